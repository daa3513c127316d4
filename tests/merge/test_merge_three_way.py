"""Who alone changed a value, wins."""

from __future__ import annotations

from typing import Any

import pytest

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.merge.scalars import UNSETTLED, settle


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "result"),
    [
        (1, 1, 1, 1),
        (1, 2, 1, 2),
        (1, 1, 2, 2),
        (1, 2, 2, 2),
        (1, 2, 3, UNSETTLED),
        (ABSENT, 2, ABSENT, 2),
        (1, ABSENT, 1, ABSENT),
        (1, ABSENT, 2, UNSETTLED),
        (None, ABSENT, None, ABSENT),
        (1, 1.0, True, UNSETTLED),
        ([1], [True], [1], [True]),
    ],
)
def test_a_value_is_settled_by_the_side_that_changed_it(base: Any, ours: Any, theirs: Any, result: Any) -> None:
    assert repr(settle(base, ours, theirs)) == repr(result)
