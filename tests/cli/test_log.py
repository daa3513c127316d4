"""`rtv log`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
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
    assert (nothing.status, nothing.out, nothing.err) == (0, "", "no commit matches\n")


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
    assert line.count("gone") == 41  # a pipe is never cut


def test_the_log_is_cut_at_a_moment(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "one")

    assert len(rtv("log", "--full", "--since", "1 hour ago").out.splitlines()) == 3
    assert rtv("log", "--until", "1 hour ago").err == "no commit matches\n"
    assert len(rtv("log", "--full", "--until", "today").out.splitlines()) == 3
    assert rtv("log", "--since", "soon").status == 2


def test_the_log_of_an_author(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "one")

    assert len(rtv("log", "--full", "--author", "CREATOR@").out.splitlines()) == 3
    assert rtv("log", "--author", "mara").err == "no commit matches\n"


def test_the_log_of_entries_that_fit_before_or_after(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "no tag any more")
    untagged = dataset.snapshot().id
    change(dataset, 2, "something else")

    lines = rtv("log", "--full", "--where", "tag:tavern").out.splitlines()

    assert [line[:10] for line in lines] == [untagged[:10], dataset.snapshot("@~2").id[:10]]
    assert rtv("log", "--where", "id:2", "-n", "1").out.startswith(dataset.snapshot().id[:10])
    assert rtv("log", "--where", "bogus:").status == 2


def test_the_life_of_an_entry_is_a_line_for_each_step(rtv: Rtv, dataset: Dataset) -> None:
    born = dataset.snapshot().id
    change(dataset, 1, "Is the cellar dry today?", "ask about today")
    edited = dataset.snapshot().id
    change(dataset, 2, "not this one")
    dataset.remove([dataset.snapshot().ids()[0]], Intent("remove", "remove 1"))
    gone = dataset.snapshot().id

    lines = rtv("log", "1").out.splitlines()

    assert [line[:10] for line in lines] == [gone[:10], edited[:10], born[:10]]
    assert "  removed   remove 0000" in lines[0]
    assert "  [0] edited, tags -tavern   ask about today" in lines[1]
    assert "  added, 2 messages   add " in lines[2]


def test_a_life_is_cut_at_a_number_an_author_or_a_revision(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "one")

    assert len(rtv("log", "1", "-n", "1").out.splitlines()) == 1
    assert len(rtv("log", "1@main~1").out.splitlines()) == 1
    assert rtv("log", "1", "--author", "mara").err == "no step of its life matches\n"
    assert rtv("log", "77").status == 40


def test_a_life_is_of_one_entry_and_not_of_whole_commits(rtv: Rtv, dataset: Dataset) -> None:
    answer = rtv("log", "1", "--graph")

    assert answer.status == 2
    assert "a commit of that name: rtv log commit:1" in answer.err


def test_the_envelope_of_a_life_tells_commit_and_step(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = change(dataset, 1, "Is the cellar dry today?", "ask about today")

    value = rtv("log", "1", "--json").json("rolethread.log/v1")

    newest, oldest = value["commits"]
    assert value["entry"] == entry_id
    assert newest["id"] == dataset.snapshot().id
    assert (newest["operation"], newest["verb"]) == (3, "edit")
    assert (newest["added"], newest["changed"], newest["removed"]) == (0, 1, 0)
    assert (newest["entry"], newest["change"], newest["origin"]) == (entry_id, "changed", [])
    assert (newest["summary"]["edited"], newest["summary"]["words_added"]) == (1, 1)
    assert (oldest["change"], oldest["summary"]) == ("added", None)


def test_the_graph_draws_what_parts_and_meets_and_names_branches(rtv: Rtv, dataset: Dataset) -> None:
    dataset.branch("try", switch=True)
    change(dataset, 1, "on try", "ours")
    dataset.switch("main")
    change(dataset, 2, "on main", "theirs")
    subprocess.run(["git", "merge", "-q", "-m", "both", "try"], cwd=dataset.folder, check=True)

    lines = rtv("log", "--graph").out.splitlines()

    assert lines[0].startswith("* ")
    assert "  main  both" in lines[0]
    assert lines[1] == "|\\"
    assert "theirs" in lines[2] and lines[2].startswith("* | ")
    assert "  try  ours" in lines[3] and lines[3].startswith("| * ")
    assert lines[4] == "|/"
    assert len(lines) == 7


def test_all_branches_are_shown(rtv: Rtv, dataset: Dataset) -> None:
    dataset.branch("try", switch=True)
    change(dataset, 1, "on try", "only there")
    dataset.switch("main")

    assert "only there" not in rtv("log", "--full").out
    assert "only there" in rtv("log", "--full", "--all").out
    assert "only there" in rtv("log", "--graph", "--all").out
    assert rtv("log", "main", "--all").status == 2


@pytest.mark.parametrize("words", [("log",), ("log", "--graph"), ("log", "1"), ("log", "--json"), ("blame", "1")])
def test_a_shallow_copy_says_where_history_ends(
    rtv: Rtv, dataset: Dataset, tmp_path: Path, words: tuple[str, ...]
) -> None:
    change(dataset, 1, "one")
    change(dataset, 1, "two")
    subprocess.run(["git", "clone", "-q", "--depth", "2", f"file://{dataset.folder}", str(tmp_path / "s")], check=True)

    answer = rtv("-C", str(tmp_path / "s"), *words)

    assert answer.status == 0
    assert f"history ends at {dataset.snapshot('@~1').id[:10]}: this copy is shallow" in answer.err


def test_a_missing_commit_ends_history_and_does_not_stop_the_log(rtv: Rtv, dataset: Dataset, tmp_path: Path) -> None:
    change(dataset, 1, "one")
    change(dataset, 1, "two")
    lost, end = dataset.snapshot("@~2").id, dataset.snapshot("@~1").id
    _unpack_all(dataset.folder)
    (dataset.folder / ".git/objects" / lost[:2] / lost[2:]).unlink()

    answer = rtv("log", "--full")

    assert answer.status == 0
    assert len(answer.out.splitlines()) == 2
    assert f"history ends at {end[:10]}: the commit before it is missing or damaged" in answer.err


def _unpack_all(folder: Path) -> None:
    """Turn the packs of a repository into loose objects, so that one can be lost."""
    packs = folder / ".git/objects/pack"
    elsewhere = folder.parent / "packs"
    packs.rename(elsewhere)
    packs.mkdir()
    for pack in elsewhere.glob("*.pack"):
        with pack.open("rb") as file:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=folder, stdin=file, check=True, env=os.environ)
