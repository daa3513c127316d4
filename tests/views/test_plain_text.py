"""The text that git's diff compares: one line a line, no numbers, nothing that steers a terminal."""

from __future__ import annotations

import json

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
