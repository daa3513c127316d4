"""`rtv blame`."""

from __future__ import annotations

from reading_steps import Rtv, change, edit_by_hand

from rolethread_vcs import Dataset
from rolethread_vcs.transaction import Intent


def test_each_message_has_a_commit_and_the_one_that_brought_it_in(rtv: Rtv, dataset: Dataset) -> None:
    born = dataset.snapshot().id
    change(dataset, 1, "Is the cellar dry today?", "ask about today")
    edited = dataset.snapshot().id

    lines = rtv("blame", "1").out.splitlines()

    assert lines[0] == "[0] user  Is the cellar dry today?"
    assert lines[1].startswith(f"    {edited[:10]}  ")
    assert lines[1].endswith("  Dataset creator  ask about today")
    assert lines[2].startswith(f"    brought in by {born[:10]}  ")
    assert lines[3] == "[1] assistant  Dry enough."
    assert lines[4].startswith(f"    {born[:10]}  ")
    assert len(lines) == 5


def test_an_earlier_state_is_told(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "Is the cellar dry today?")

    assert "today" not in rtv("blame", "1@@~1").out
    assert "today" not in rtv("blame", "1@main~1").out
    assert rtv("blame", "1@").status == 2
    assert rtv("blame", "9").status == 40
    assert rtv("blame", "main").status == 2


def test_the_envelope_holds_both_commits(rtv: Rtv, dataset: Dataset) -> None:
    born = dataset.snapshot().commit
    entry_id = change(dataset, 1, "Is the cellar dry today?", "ask about today")
    edited = dataset.snapshot().commit

    value = rtv("blame", "1", "--json").json("rolethread.blame/v1")

    assert (value["id"], value["commit"], value["ends"]) == (entry_id, edited.id, [])
    assert value["messages"][0] == {
        "side": "messages",
        "index": 0,
        "message": {"role": "user", "content": "Is the cellar dry today?"},
        "changed": {
            "id": edited.id,
            "author": "Dataset creator",
            "email": "creator@localhost",
            "time": edited.author.time,
            "subject": "ask about today",
        },
        "brought": {
            "id": born.id,
            "author": "Dataset creator",
            "email": "creator@localhost",
            "time": born.author.time,
            "subject": born.subject,
        },
        "older": False,
    }


def test_texts_never_steer_the_terminal(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "\x1b[2Jgone", "\x1b[2Jgone too")

    out = rtv("blame", "1").out

    assert "\x1b" not in out
    assert "\\x1b[2Jgone too" in out


def test_an_entry_without_messages_says_so(rtv: Rtv, dataset: Dataset) -> None:
    dataset.branch("try", switch=True)
    dataset.add([{"messages": [], "tags": ["empty"]}], Intent("add", "add"))

    answer = rtv("blame", "4")

    assert answer.out == ""
    assert answer.err.endswith("has no messages\n")


def test_hand_edits_that_are_not_told_of_are_mentioned(rtv: Rtv, dataset: Dataset) -> None:
    path = edit_by_hand(dataset, 1)

    assert f"{path.stem} was edited by hand since" in rtv("blame", "1").err
    assert rtv("blame", "2").err == ""
