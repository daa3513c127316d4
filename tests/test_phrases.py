"""How long ago something was, in words."""

from __future__ import annotations

import pytest

from rolethread_vcs.phrases import age


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "moments"),
        (59, "moments"),
        (60, "1 minute"),
        (3_599, "59 minutes"),
        (7_200, "2 hours"),
        (86_400, "1 day"),
        (604_799, "6 days"),
        (1_209_600, "2 weeks"),
        (5_184_000, "2 months"),
        (70_000_000, "2 years"),
    ],
)
def test_an_age_is_told_in_its_largest_whole_unit(seconds: int, said: str) -> None:
    assert age(1_000_000_000 - seconds, now=1_000_000_000) == said
