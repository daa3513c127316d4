"""Moments as people write them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from refusals import refusal

from rolethread_vcs.cli.arguments import parse_moment
from rolethread_vcs.errors import UsageError

NOW = datetime(2026, 11, 22, 21, 5, 30)


def read(text: str, *, end_of_day: bool = False) -> datetime:
    return datetime.fromtimestamp(parse_moment(text, now=NOW.timestamp(), end_of_day=end_of_day))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", datetime(2026, 11, 1)),
        ("20261101", datetime(2026, 11, 1)),
        ("2026-11-01 21:05", datetime(2026, 11, 1, 21, 5)),
        ("2026-11-01T21:05:09", datetime(2026, 11, 1, 21, 5, 9)),
        ("today", datetime(2026, 11, 22)),
        ("Yesterday", datetime(2026, 11, 21)),
        ("90 minutes ago", NOW - timedelta(minutes=90)),
        ("3 days ago", NOW - timedelta(days=3)),
        ("3.days.ago", NOW - timedelta(days=3)),
        ("1 day", NOW - timedelta(days=1)),
        ("12h", NOW - timedelta(hours=12)),
        ("2w", NOW - timedelta(weeks=2)),
        ("2 months ago", NOW - timedelta(days=60)),
        ("1y", NOW - timedelta(days=365)),
    ],
)
def test_a_moment_reads(text: str, moment: datetime) -> None:
    assert read(text) == moment


def test_a_day_can_be_meant_to_its_end() -> None:
    assert read("2026-11-01", end_of_day=True) == datetime(2026, 11, 1, 23, 59, 59)
    assert read("yesterday", end_of_day=True) == datetime(2026, 11, 21, 23, 59, 59)
    assert read("2026-11-01 10:00", end_of_day=True) == datetime(2026, 11, 1, 10)


@pytest.mark.parametrize("text", ["", "soon", "3 eons ago", "2026-13-01", "999999 years ago", "12", "-3d"])
def test_what_is_no_moment_is_told_with_examples(text: str) -> None:
    with refusal(UsageError, "moment") as caught:
        read(text)

    assert caught.value.hint is not None
