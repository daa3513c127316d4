"""`rtv log`."""

from __future__ import annotations

from reading_steps import Rtv, change, said

from rolethread_vcs import Dataset
from rolethread_vcs.transaction import Intent


def test_single_edits_in_a_row_are_one_line(rtv: Rtv, dataset: Dataset) -> None:
    for number in (1, 2, 3):
        change(dataset, number, "Whose is it?")
    dataset.add([said("Who is there?")], Intent("add", "add"))

    lines = rtv("log").out.splitlines()

    assert len(lines) == 4
    assert "add 00000004" in lines[0]
    assert lines[0].endswith("+1  (operation 6, add)")
    assert "  3 edits, " in lines[1]
    assert lines[1].endswith("(operations 3-5)")
    assert lines[2].endswith("+3  (operation 2, add)")
    assert "start the dataset  no entries" in lines[3]


def test_what_a_writer_said_about_an_edit_is_not_folded_away(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "one", "mara sounds like mara")
    change(dataset, 2, "two")

    assert rtv("log").out.splitlines()[1].strip() == "mara sounds like mara"


def test_full_shows_every_edit(rtv: Rtv, dataset: Dataset) -> None:
    for number in (1, 2, 3):
        change(dataset, number, "Whose is it?")

    assert len(rtv("log", "--full").out.splitlines()) == 5


def test_the_log_is_cut_at_a_number_a_verb_or_a_size(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "one")

    assert len(rtv("log", "-n", "1").out.splitlines()) == 1
    assert rtv("log", "--op", "edit").out.startswith(dataset.snapshot().id[:10])
    assert rtv("log", "--min-changes", "3").out.startswith(dataset.snapshot("@~1").id[:10])
    nothing = rtv("log", "--op", "replace")
    assert (nothing.status, nothing.out, nothing.err) == (0, "", "no commit fits\n")


def test_the_log_of_another_revision(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "one")

    assert rtv("log", "main~1").out.startswith(dataset.snapshot("@~1").id[:10])
    assert len(rtv("log", "main~1..main").out.splitlines()) == 1
    assert rtv("log", "nowhere").status == 40


def test_the_envelope_is_not_folded(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "one")
    change(dataset, 2, "two", "my words\n\nand more of them")

    commits = rtv("log", "--json").json("rolethread.log/v1")["commits"]

    newest = dataset.snapshot().commit
    assert len(commits) == 4
    assert commits[0] == {
        "id": newest.id,
        "message": "my words\n\nand more of them",
        "author": "Dataset creator",
        "email": "creator@localhost",
        "time": newest.author.time,
        "parents": list(newest.parents),
        "operation": 4,
        "verb": "edit",
        "added": 0,
        "changed": 1,
        "removed": 0,
    }


def test_a_message_never_steers_the_terminal(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "one", "\x1b[2Jgone " + "and gone " * 40)

    (line,) = rtv("log", "-n", "1", "--full").out.splitlines()

    assert "\\x1b[2Jgone" in line
    assert "…" in line
