"""The text that git's diff compares: one line a line, no numbers, nothing that steers a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.views.entries import plain_text


def test_an_entry_reads_as_a_conversation() -> None:
    messages = [
        {"role": "user", "content": "Is it dry?\nReally?", "speaker": "scott"},
        {"role": "assistant", "content": "Dry\x1b[31m enough.", "train": False},
        {"role": "tool", "content": [{"type": "text"}]},
    ]
    data = encode_entry(Entry.of({"messages": messages, "tags": ["b", "a"], "extra": {"id": "draft-3"}}))

    assert plain_text(data).splitlines() == [
        "scott (user):",
        "    Is it dry?",
        "    Really?",
        "",
        "assistant:",
        r"    Dry\x1b[31m enough.",
        "    train: false",
        "",
        "tool:",
        '    content: [{"type":"text"}]',
        "",
        "#a",
        "#b",
        'id: "draft-3"',
    ]


def test_what_is_no_conversation_is_shown_all_the_same() -> None:
    odd = json.dumps({"messages": ["x", {"role": 3}], "chosen": "y"}).encode()

    assert plain_text(odd).splitlines() == ['"x"', "3:", "", "-- chosen --", '"y"']
    assert plain_text(b"not json\n") == "not json\n"


Q = {"role": "user", "content": "q"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"content": "a"}, {"content": "a "}),
        ({"content": "a\nb"}, {"content": "a\t\nb"}),
        ({"content": "a"}, {"content": "a\r"}),
        ({"content": "a"}, {"content": "a\n"}),
        ({"content": "a"}, {"content": "a\u200b"}),
        ({"content": "a"}, {"content": "a", "speaker": ""}),
        ({"content": "a"}, {"content": "a", "speaker": 3}),
        ({"content": "a"}, {"content": "a", "role": None}),
        ({"content": "a", "role": None}, {"content": "a", "role": "null"}),
        ({"content": None}, {"content": "null"}),
        ({"content": None}, {}),
        ({"content": ""}, {}),
        ({"content": 1}, {"content": "1"}),
        ({"content": "a", "x": {"a": 1, "b": 2}}, {"content": "a", "x": {"b": 2, "a": 1}}),
    ],
)
def test_git_sees_everything_that_changed(before: dict[str, Any], after: dict[str, Any]) -> None:
    one, other = (json.dumps({"messages": [Q, each]}).encode() for each in (before, after))

    assert plain_text(one) != plain_text(other)


def test_no_messages_are_not_an_empty_list_of_them() -> None:
    assert plain_text(b'{"messages": []}') != plain_text(b"{}")
