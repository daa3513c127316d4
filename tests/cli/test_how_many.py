"""How many lines are shown: `-n`, `--limit`."""

from __future__ import annotations

import pytest
from reading_steps import Rtv

MORE_THAN_A_MACHINE_COUNTS = "99999999999999999999"


@pytest.mark.parametrize("words", [("log", "-n"), ("ops", "-n"), ("list", "--limit"), ("restore", "--removed", "-n")])
def test_any_number_from_one_may_be_asked_for(rtv: Rtv, words: tuple[str, ...]) -> None:
    everything = rtv(*words, "1000")

    assert rtv(*words, MORE_THAN_A_MACHINE_COUNTS).out == everything.out
    assert everything.status == 0
    assert rtv(*words, "0").status == 2
