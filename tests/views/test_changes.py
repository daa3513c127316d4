"""How a mutation is told: what changed, where, what the gate found, how to undo it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from editing_steps import Desk

from rolethread_vcs import Dataset, Entry
from rolethread_vcs.gate import EntryChange
from rolethread_vcs.views.changes import change_line

ID = "00000012-k2x9m3ab"
TALK = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]


def line(before: Any, after: Any, width: int = 80) -> str:
    old, new = (None if fields is None else Entry.of(fields) for fields in (before, after))
    text = change_line(EntryChange(ID, old, new), width)
    return "".join(character for character in text if not 0xFDD0 <= ord(character) < 0xFDF0)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {"messages": TALK}, f"+ {ID}  q"),
        ({"messages": TALK}, None, f"- {ID}  q"),
        ({"messages": TALK}, {"messages": TALK[:1]}, f"~ {ID}  [1] removed"),
        ({"messages": TALK[:1]}, {"messages": []}, f"~ {ID}  [0] removed"),
        (
            {"messages": TALK, "tags": ["a", "b"]},
            {"messages": [TALK[0], {**TALK[1], "content": "b", "train": False}], "tags": ["b", "c"]},
            f"~ {ID}  [1] edited, tags +c -a",
        ),
        ({"messages": TALK, "extra": {"a": 1}}, {"messages": TALK, "extra": {"a": True}}, f"~ {ID}  extra.a"),
        ({"messages": TALK}, {"messages": "text", "uuid": "u"}, f"~ {ID}  messages, uuid"),
        ({"messages": ["a"]}, {"messages": ["b"]}, f"~ {ID}  [0] edited"),
        ({"messages": TALK}, {"messages": TALK}, f"~ {ID}  its layout only"),
        ({"messages": []}, None, f"- {ID}"),
        (None, None, f"- {ID}"),
    ],
)
def test_one_changed_entry_is_one_line(before: Any, after: Any, expected: str) -> None:
    assert line(before, after) == expected


def test_a_line_is_no_wider_than_the_terminal() -> None:
    messages = [{"role": "user", "content": "word " * 100}]

    assert len(line(None, {"messages": messages}, width=60)) == 60


def test_a_branch_that_only_reports_tells_what_the_change_brings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.rtv("switch", "-c", "work/draft")

    answer = desk.rtv("edit", "1", "2", "--message", "1", "--content", "")

    assert answer.status == 0
    assert answer.out.splitlines() == [
        f"changed 2 entries on work/draft @ {desk.head()[:10]}",
        "this brings 2 findings: RT104 empty_message (2)",
        "see them with: rtv check",
        "undo with: rtv undo",
    ]


def test_twenty_findings_of_one_code_are_said_before_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.rtv("switch", "-c", "work/draft")
    with Dataset.open(desk.folder).edit() as change:
        for number in range(60):
            change.add({"messages": [{"role": "user", "content": f"q{number}"}, *TALK]})

    answer = desk.rtv("edit", "--where", "id:4..63", "--message", "1", "--content", "", "--dry-run")

    lines = answer.out.splitlines()
    assert lines[:2] == [
        "RT104 empty_message comes 60 times: likely one cause",
        "would change 60 entries on work/draft; nothing was changed",
    ]
    assert lines[52:] == [
        "… and 10 more entries",
        "this would bring 60 findings: RT104 empty_message (60)",
    ]


def test_what_plain_git_did_is_noted_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.git("branch", "side")

    answer = desk.rtv("edit", "1", "--tag", "+x")

    assert answer.status == 0
    assert answer.err.startswith("plain git had made side since the last command")


def test_quiet_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    assert desk.rtv("edit", "1", "--tag", "+x", "-q").out == ""


def test_findings_stand_in_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.rtv("switch", "-c", "work/draft")

    value = desk.rtv("edit", "1", "--message", "1", "--content", "", "--json").value()

    (finding,) = value["findings"]
    assert (value["branch"], value["changed"], value["commit"]) == ("work/draft", 1, desk.head())
    assert (finding["code"], finding["id"], finding["index"]) == ("RT104", desk.ids[0], 1)
