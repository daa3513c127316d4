"""Revisions, ranges and selectors: text into data, without git."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.model.revision import (
    CURRENT,
    Revision,
    RevisionError,
    RevisionKind,
    RevisionRange,
    is_selector,
    parse_range,
    parse_revision,
    parse_selector,
)

NAME, COMMIT, EITHER = RevisionKind.NAME, RevisionKind.COMMIT, RevisionKind.NAME_OR_COMMIT


@pytest.mark.parametrize(
    ("text", "revision"),
    [
        ("@", CURRENT),
        ("HEAD", CURRENT),
        ("@~2", Revision("@", RevisionKind.CURRENT, 2)),
        ("HEAD^", Revision("@", RevisionKind.CURRENT, 1)),
        ("main", Revision("main", NAME)),
        ("main~2", Revision("main", NAME, 2)),
        ("main~", Revision("main", NAME, 1)),
        ("main^^", Revision("main", NAME, 2)),
        ("main^1~3^0", Revision("main", NAME, 4)),
        ("release/1.0", Revision("release/1.0", NAME)),
        ("entwürfe/größer", Revision("entwürfe/größer", NAME)),
        ("3fa", Revision("3fa", NAME)),
        ("3fa9", Revision("3fa9", EITHER)),
        ("3FA9C1~1", Revision("3FA9C1", EITHER, 1)),
        ("12345", Revision("12345", EITHER)),
        ("f" * 40, Revision("f" * 40, EITHER)),
        ("f" * 41, Revision("f" * 41, NAME)),
        ("commit:3FA9", Revision("3fa9", COMMIT)),
        ("commit:12345^", Revision("12345", COMMIT, 1)),
        ("@{u}", Revision("@{u}", RevisionKind.GIT)),
        ("try/2@{1}~3", Revision("try/2@{1}", RevisionKind.GIT, 3)),
        ("main@{2 days ago}", Revision("main@{2 days ago}", RevisionKind.GIT)),
    ],
)
def test_a_text_is_read_as_this_revision(text: str, revision: Revision) -> None:
    assert parse_revision(text) == revision


@pytest.mark.parametrize(
    "text",
    [
        *("", "~1", "^", "commit:", "commit:3fa", "commit:xyz1", "commit:" + "f" * 41, "main^2", "main~9999999999"),
        *("a b", "a:b", "a?", "a*", "a[", "a\\b", "-m", "/a", "a/", "a.", "a//b", "a.lock", "@{}", "main@{1", "a@{1}b"),
        *("a b@{1}", "-m@{1}:x", ":/a@{1}", "@{1}@{1}"),
        *("A..B", "a~x", "a\nb", "a\x7f"),
    ],
)
def test_a_text_that_can_be_no_revision_is_refused(text: str) -> None:
    with pytest.raises(RevisionError):
        parse_revision(text)


@given(st.from_regex(r"\A(main|@|commit:[0-9a-f]{4,40}|[a-z/]{1,5})([~^]|~[0-9]{1,3}){0,3}\Z"))
def test_a_revision_written_out_reads_as_itself(text: str) -> None:
    try:
        revision = parse_revision(text)
    except RevisionError:
        return

    assert parse_revision(str(revision)) == revision


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("main", RevisionRange(None, Revision("main", NAME))),
        ("main..work", RevisionRange(Revision("main", NAME), Revision("work", NAME))),
        ("main...work", RevisionRange(Revision("main", NAME), Revision("work", NAME), from_fork=True)),
        ("main~1..", RevisionRange(Revision("main", NAME, 1), CURRENT)),
        ("..work", RevisionRange(CURRENT, Revision("work", NAME))),
        ("...work", RevisionRange(CURRENT, Revision("work", NAME), from_fork=True)),
        ("v1.0..v1.1", RevisionRange(Revision("v1.0", NAME), Revision("v1.1", NAME))),
    ],
)
def test_a_text_is_read_as_this_range(text: str, expected: RevisionRange) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize("text", ["", "..", "...", "a..b..c", "a....b", "a.. b"])
def test_a_text_that_can_be_no_range_is_refused(text: str) -> None:
    with pytest.raises(RevisionError):
        parse_range(text)


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("12345", 12345),
        ("00012345", 12345),
        ("0", 0),
        ("99999999", 99999999),
        ("00012345-k2x9m3ab", "00012345-k2x9m3ab"),
        ("00012345-K2X9M3AB", "00012345-k2x9m3ab"),
    ],
)
def test_a_text_selects_this_entry(text: str, selector: int | str) -> None:
    assert parse_selector(text) == selector
    assert is_selector(text)


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "100000000", "1" * 5000, "12345-k2x9m3ab", "00012345-k2x9m3ai", "../x", "٣", "²", "1.0", "1 "],
)
def test_a_text_that_selects_no_entry_is_refused(text: str) -> None:
    assert not is_selector(text)
    with pytest.raises(RevisionError):
        parse_selector(text)
