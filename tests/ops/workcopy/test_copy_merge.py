"""The order of the lines of a file copy becomes moves of entries."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.model.order import Order, runs
from rolethread_vcs.ops.workcopy.merge import put_behind


@given(st.permutations([f"{number:08d}-00000000" for number in range(1, 10)]), st.integers(0, 9))
def test_runs_put_behind_their_anchors_make_the_list(listed: list[str], staying: int) -> None:
    ids = sorted(listed)
    stays = set(sorted(listed)[:staying])
    in_order = iter(sorted(stays))
    wanted = [next(in_order) if each in stays else each for each in listed]
    behind = {anchor: run for anchor, run, _ in runs(wanted, stays)}

    after, order = put_behind(Order(), ids, behind, next((each for each in wanted if each in stays), None))

    assert after == wanted
    assert sorted(ids, key=order.key_of) == wanted
