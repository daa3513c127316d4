"""The words of `diff`: none, revisions, ranges, files, standard input."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of, hand_edit

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import InvalidError, NotFoundError, UsageError
from rolethread_vcs.ops.compare.comparison import Comparison
from rolethread_vcs.store.refs import UnknownRevisionError

QUESTIONS = ("Is the cellar dry?", "Who mends the clock?", "Where is the key?")


@pytest.fixture
def inn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Dataset, list[str]]:
    made = dataset_of(tmp_path / "inn", *QUESTIONS)
    monkeypatch.chdir(tmp_path)
    return made


def change(dataset: Dataset, entry_id: str, question: str) -> None:
    with dataset.edit() as edit:
        edit.put(entry_id, conversation(question))


def told(comparison: Comparison) -> list[tuple[str, str]]:
    return [(each.id, each.change.value) for each in comparison.entries()]


def write_rows(name: str, *rows: dict[str, Any]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_no_words_compare_the_branch_with_the_hand_edits(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    hand_edit(dataset, ids[0])
    (dataset.folder / "notes.txt").write_text("no part of the dataset")

    found = dataset.diff()

    assert (found.from_label, found.to_label, found.to_commit) == ("main", "main with unsaved edits", None)
    assert told(found) == [(ids[0], "changed")]
    assert found.files() == ()


def test_entries_made_and_removed_by_hand_are_told(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    path = hand_edit(dataset, ids[0])
    data = path.read_bytes()
    path.unlink()
    new = "00000009-00000000"
    (dataset.folder / f"entries/0000/00/{new}.json").write_bytes(data)

    assert told(dataset.diff()) == [(ids[0], "removed"), (new, "added")]
    assert told(dataset.diff(ids=[new])) == [(new, "added")]


def test_a_clean_folder_has_nothing_unsaved(inn: tuple[Dataset, list[str]]) -> None:
    found = inn[0].diff()

    assert (told(found), found.from_label, found.to_label) == ([], "main", "main")


def test_nothing_is_unsaved_where_nothing_is_checked_out(inn: tuple[Dataset, list[str]]) -> None:
    dataset, _ = inn
    dataset.settings.set("checkout", "never")

    found = dataset.diff()

    assert told(found) == []
    assert found.notes == ("no files are checked out here, so nothing can be edited by hand and not saved",)


def test_one_word_is_compared_with_what_is_there_now(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    change(dataset, ids[1], "Who mends the bell?")
    hand_edit(dataset, ids[0])

    assert told(dataset.diff("@~1")) == [(ids[0], "changed"), (ids[1], "changed")]


def test_a_hand_edit_back_to_what_was_is_no_difference(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    old = dataset.snapshot().raw(ids[1])
    change(dataset, ids[1], "Who mends the bell?")
    hand_edit(dataset, ids[1]).write_bytes(old)

    assert told(dataset.diff("@~1")) == []
    assert told(dataset.diff()) == [(ids[1], "changed")]


@pytest.mark.parametrize("words", [("@~1", "main"), ("@~1..main",), ("@~1..",)])
def test_two_words_and_a_range_compare_two_commits(words: tuple[str, ...], inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    change(dataset, ids[1], "Who mends the bell?")
    hand_edit(dataset, ids[0])

    found = dataset.diff(*words)

    assert told(found) == [(ids[1], "changed")]
    assert found.to_commit == dataset.snapshot().id


def test_three_dots_compare_with_where_both_parted(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    dataset.branch("warmer", switch=True)
    change(dataset, ids[0], "Is the cellar warm?")
    dataset.switch("main")
    change(dataset, ids[1], "Who mends the bell?")

    assert told(dataset.diff("main", "warmer")) == [(ids[0], "changed"), (ids[1], "changed")]
    assert told(dataset.diff("main...warmer")) == [(ids[0], "changed")]
    assert dataset.diff("main...warmer").from_label == "where warmer left main"


def test_ids_where_and_only_choose(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    with dataset.edit() as edit:
        edit.put(ids[0], conversation("Is the cellar warm?", tags=["warm"]))
        edit.remove(ids[1])
        new = edit.add(conversation("Is it late?"))

    assert told(dataset.diff("@~1", "@", ids=["1", "2"])) == [(ids[0], "changed"), (ids[1], "removed")]
    assert told(dataset.diff("@~1", "@", where="tag:warm")) == [(ids[0], "changed")]
    assert told(dataset.diff("@~1", "@", where="clock")) == [(ids[1], "removed")]
    assert told(dataset.diff("@~1", "@", only=["added", "removed"])) == [(ids[1], "removed"), (new, "added")]
    assert dataset.diff("@~1", "@", only=["added"]).summary().total == 1


def test_an_entry_that_is_nowhere_is_not_found(inn: tuple[Dataset, list[str]]) -> None:
    with pytest.raises(NotFoundError, match="there is no entry 99"):
        inn[0].diff("@~1", "@", ids=["99"])


def test_a_file_is_a_side(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    write_rows("old.jsonl", *map(conversation, QUESTIONS))
    change(dataset, ids[1], "Who mends the bell?")

    assert told(dataset.diff("old.jsonl", "@")) == [(ids[1], "changed")]
    assert told(dataset.diff("old.jsonl")) == [(ids[1], "changed")]
    assert told(dataset.diff("@", "old.jsonl")) == [(ids[1], "changed")]


def test_a_file_is_compared_with_hand_edits_too(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    write_rows("old.jsonl", *map(conversation, QUESTIONS))
    hand_edit(dataset, ids[0])

    assert told(dataset.diff("old.jsonl")) == [(ids[0], "changed")]
    assert told(dataset.diff("old.jsonl", "@")) == []


def test_standard_input_is_a_side_once(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    rows = "".join(json.dumps(conversation(question)) + "\n" for question in QUESTIONS[:2])

    assert told(dataset.diff("-", "@", stdin=io.BytesIO(rows.encode()))) == [(ids[2], "added")]
    with pytest.raises(UsageError, match="read only once"):
        dataset.diff("-", "-", stdin=io.BytesIO())
    with pytest.raises(UsageError, match="there is none here"):
        dataset.diff("-")


def test_a_word_that_is_a_branch_and_a_file_is_refused_and_both_can_be_said(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    write_rows("main", *map(conversation, QUESTIONS[:2]))

    with refusal(UsageError, "ambiguous_word", match="main is a revision and a file") as caught:
        dataset.diff("main", "@")

    assert caught.value.status == 2
    assert (caught.value.hint or "").startswith("the file is ./main; the revision is ")
    assert told(dataset.diff("./main", "@")) == [(ids[2], "added")]
    assert told(dataset.diff(dataset.snapshot().id[:10], "@")) == []


def test_a_folder_of_the_name_of_a_branch_is_no_file(inn: tuple[Dataset, list[str]]) -> None:
    dataset, _ = inn
    Path("main").mkdir()

    assert told(dataset.diff("main", "@")) == []
    with pytest.raises(InvalidError, match="is a folder"):
        dataset.diff("./main", "@")


@pytest.mark.parametrize(
    ("words", "error", "match"),
    [
        (("nowhere",), UnknownRevisionError, "there is no branch, release or commit 'nowhere'"),
        (("lost.jsonl",), UnknownRevisionError, "there is no file lost.jsonl, and no branch"),
        (("./lost",), NotFoundError, "there is no file ./lost"),
        (("a b",), UsageError, "and there is no file a b"),
        (("x" * 5000,), UnknownRevisionError, "there is no branch"),
        (("main", "@", "12"), UsageError, "diff compares two states, and here are 3 words"),
        (("2",), UsageError, "2 is an entry, and diff compares two states"),
        (("..",), UsageError, "names neither end"),
    ],
)
def test_words_that_name_nothing_are_refused(
    words: tuple[str, ...], error: type[Exception], match: str, inn: tuple[Dataset, list[str]]
) -> None:
    with pytest.raises(error, match=match):
        inn[0].diff(*words)


def test_a_kind_that_is_none_is_refused(inn: tuple[Dataset, list[str]]) -> None:
    with pytest.raises(UsageError, match="gone is not a kind of change"):
        inn[0].diff(only=["gone"])


def test_three_words_with_a_number_are_told_where_entries_stand(inn: tuple[Dataset, list[str]]) -> None:
    with pytest.raises(UsageError) as caught:
        inn[0].diff("main", "@", "12")

    assert caught.value.hint == "entries stand behind --: rtv diff main -- 12"


@pytest.mark.skipif(os.name == "nt", reason="needs a link")
def test_a_link_to_a_file_is_that_file(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    write_rows("old.jsonl", *map(conversation, QUESTIONS[1:]))
    Path("link.jsonl").symlink_to("old.jsonl")

    assert told(dataset.diff("link.jsonl", "@")) == [(ids[0], "added")]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("1",), "rtv diff -- 1"),
        (("@~1", "1"), "rtv diff @~1 -- 1"),
        (("1@~1", "1"), "rtv diff @~1 -- 1"),
        (("1@main~1",), "rtv diff main~1 -- 1"),
    ],
)
def test_an_entry_among_the_states_is_told_where_it_stands(
    words: tuple[str, ...], hint: str, inn: tuple[Dataset, list[str]]
) -> None:
    dataset, _ = inn

    with pytest.raises(UsageError, match="is an entry, and diff compares two states") as caught:
        dataset.diff(*words)

    assert caught.value.hint == hint


def test_the_stored_file_of_an_entry_is_that_entry(
    inn: tuple[Dataset, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, ids = inn
    monkeypatch.chdir(dataset.folder)
    path = next(Path("entries").rglob(f"{ids[0]}.json"))

    with pytest.raises(UsageError) as caught:
        dataset.diff(str(path), "@")

    assert caught.value.hint == f"rtv diff @ -- {ids[0]}"
    assert dataset.diff(f"./{path}", "@").from_label == f"./{path}"


def test_a_mistyped_file_is_told_the_nearest(inn: tuple[Dataset, list[str]]) -> None:
    dataset, _ = inn
    write_rows("old-train.jsonl", {"messages": []})

    with pytest.raises(NotFoundError) as caught:
        dataset.diff("./old-tarin.jsonl", "@")

    assert caught.value.hint == "did you mean ./old-train.jsonl?"
