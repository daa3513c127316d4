"""Rejects: kept beside the source, kept in the operation, and taken back to where their rows had stood."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from rows_of_a_file import bring, questions, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.formats import Reject, RowPlace
from rolethread_vcs.ops.import_ import rejects
from rolethread_vcs.ops.import_.rejects import choose_files
from rolethread_vcs.ops.import_.row_reader import ImportOptions, Rejects
from rolethread_vcs.store import disk
from rolethread_vcs.transaction import Intent


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.init(tmp_path / "tavern")


@pytest.fixture
def of_rows(tmp_path: Path) -> Iterator[Callable[..., Rejects]]:
    with ExitStack() as opened:

        def make(*raws: bytes) -> Rejects:
            made = opened.enter_context(closing(Rejects(tmp_path)))
            for raw in raws:
                made.add(Reject(RowPlace("chats.jsonl", 1, 1), raw, "empty", "RT104"))
            return made

        yield make


def test_rows_of_one_line_are_lines(of_rows: Callable[..., Rejects]) -> None:
    assert b"".join(of_rows(b'{"a": 1}\r', b"{nope").rows()) == b'{"a": 1}\r\n{nope\n'


def test_rows_that_span_lines_are_an_array(of_rows: Callable[..., Rejects]) -> None:
    assert b"".join(of_rows(b'{\n"a": 1\n}', b"{}").rows()) == b'[\n{\n"a": 1\n},\n{}\n]\n'


def test_names_are_counted_on_until_both_are_free(tmp_path: Path, of_rows: Callable[..., Rejects]) -> None:
    (tmp_path / "chats.rejects.txt").touch()
    (tmp_path / "chats.rejects-2.jsonl").touch()

    files = choose_files(of_rows(b"{}"), [], ImportOptions(rejects=tmp_path / "chats.rejects.jsonl"))

    assert files.rows == tmp_path / "chats.rejects-3.jsonl"
    assert files.reasons == tmp_path / "chats.rejects-3.txt"


def test_the_same_rejects_are_not_written_twice(tmp_path: Path, of_rows: Callable[..., Rejects]) -> None:
    (tmp_path / "chats.rejects.jsonl").write_bytes(b"{}\n")

    same = choose_files(of_rows(b"{}"), [], ImportOptions(rejects=tmp_path / "chats.rejects.jsonl"))
    other = choose_files(of_rows(b"[]"), [], ImportOptions(rejects=tmp_path / "chats.rejects.jsonl"))

    assert same.rows == tmp_path / "chats.rejects.jsonl"
    assert other.rows == tmp_path / "chats.rejects-2.jsonl"


def test_reasons_never_take_the_name_of_the_rows(tmp_path: Path, of_rows: Callable[..., Rejects]) -> None:
    files = choose_files(of_rows(b"{}"), [], ImportOptions(rejects=tmp_path / "bad.txt"))

    assert (files.rows, files.reasons) == (tmp_path / "bad.txt", tmp_path / "bad.reasons.txt")


def test_imports_at_the_same_moment_write_rejects_of_their_own(tmp_path: Path, of_rows: Callable[..., Rejects]) -> None:
    options, names = ImportOptions(rejects=tmp_path / "bad.jsonl"), []
    choose, start = rejects.choose_files, Barrier(8)

    def choose_together(*given: Any) -> rejects.RejectFiles:
        files = choose(*given)
        with suppress(BrokenBarrierError):
            start.wait(0.5)
        return files

    def write(number: int) -> None:
        with rejects.written_rejects(of_rows(b"{bad%d" % number), [], options) as files:
            names.append(files)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(8) as pool:
        patch.setattr(rejects, "choose_files", choose_together)
        list(pool.map(write, range(8)))

    assert sorted(files.rows.read_bytes() for files in names) == [b"{bad%d\n" % number for number in range(8)]
    assert len({files.reasons for files in names}) == 8


def test_an_import_that_fails_leaves_files_that_were_there(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_rows(tmp_path / "chats.rejects.jsonl", row("", ""), b"{nope")
    rows = source.read_bytes()
    notes = tmp_path / "chats.rejects.txt"
    notes.write_text("what I think of them")

    def interrupt(what: str, path: str) -> None:
        if (what, path) == ("ref", "refs/heads/main"):
            raise KeyboardInterrupt

    monkeypatch.setattr(disk, "fault_point", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bring(dataset, source, write_rows(tmp_path / "chats.jsonl", row("1")), skip_invalid=True)

    assert source.read_bytes() == rows
    assert notes.read_text() == "what I think of them"


def test_corrected_rejects_go_back_to_their_places(dataset: Dataset, tmp_path: Path) -> None:
    bad = [row("", "first"), row("", "third"), row("", "fourth"), row("", "last")]
    rows = [bad[0], row("2"), bad[1], bad[2], row("5"), bad[3]]
    bring(dataset, write_rows(tmp_path / "chats.jsonl", *rows), skip_invalid=True)
    corrected = [row("1", "first"), row("3", "third"), row("4", "fourth"), row("6", "quite another end")]
    write_rows(tmp_path / "chats.rejects.jsonl", *corrected)

    bring(dataset, tmp_path / "chats.rejects.jsonl")

    assert questions(dataset) == ["1", "2", "3", "4", "5", "6"]


def test_some_of_the_rejects_find_their_places_by_likeness(dataset: Dataset, tmp_path: Path) -> None:
    long = "the cellar of the tavern is as dry as it ever was, says the keeper, and nobody believes her"
    bad = [row("", long), row("", "quite another thing, about ships and the sea and what lies under it " * 2)]
    bring(
        dataset, write_rows(tmp_path / "chats.jsonl", row("1"), bad[0], row("3"), bad[1], row("5")), skip_invalid=True
    )
    corrected = row("4", bad[1]["messages"][1]["content"])
    write_rows(tmp_path / "chats.rejects.jsonl", corrected)

    bring(dataset, tmp_path / "chats.rejects.jsonl")

    assert questions(dataset) == ["1", "3", "4", "5"]


def test_rejects_that_span_lines_find_their_places_too(dataset: Dataset, tmp_path: Path) -> None:
    bad = [row("", "about the cellar, which is dry, they say, in summer"), row("", "ships and sea and wind, and rain")]
    rows = [row("1"), bad[0], row("3"), bad[1], row("5")]
    (tmp_path / "chats.json").write_text(json.dumps(rows, indent=2), "utf-8")
    bring(dataset, tmp_path / "chats.json", skip_invalid=True)
    corrected = row("4", "ships and sea and wind, and rain")
    (tmp_path / "chats.rejects.jsonl").write_text(json.dumps([corrected], indent=2), "utf-8")

    bring(dataset, tmp_path / "chats.rejects.jsonl")

    assert questions(dataset) == ["1", "3", "4", "5"]


def test_a_place_that_is_gone_is_the_end(dataset: Dataset, tmp_path: Path) -> None:
    rows = [row("1"), row("", "second"), row("3")]
    ids = bring(dataset, write_rows(tmp_path / "chats.jsonl", *rows), skip_invalid=True).committed.ids
    dataset.remove([ids[0]], Intent("remove", "remove"))
    write_rows(tmp_path / "chats.rejects.jsonl", row("2"))

    bring(dataset, tmp_path / "chats.rejects.jsonl")

    assert questions(dataset) == ["3", "2"]


def test_rows_still_wrong_keep_their_places(dataset: Dataset, tmp_path: Path) -> None:
    rows = [row("1"), row("", "second"), row("3"), row("", "fourth")]
    bring(dataset, write_rows(tmp_path / "chats.jsonl", *rows), skip_invalid=True)
    write_rows(tmp_path / "chats.rejects.jsonl", row("2", "second"), row("", "fourth"))

    done = bring(dataset, tmp_path / "chats.rejects.jsonl", skip_invalid=True)

    assert len(done.rejects) == 1
    write_rows(tmp_path / "chats.rejects-2.jsonl", row("4", "fourth"))
    bring(dataset, write_rows(tmp_path / "more.jsonl", row("5")))
    bring(dataset, tmp_path / "chats.rejects-2.jsonl")
    assert questions(dataset) == ["1", "2", "3", "4", "5"]


def test_placing_corrected_rejects_is_undone_with_them(dataset: Dataset, tmp_path: Path) -> None:
    rows = [row("1"), row("", "second"), row("3")]
    bring(dataset, write_rows(tmp_path / "chats.jsonl", *rows), skip_invalid=True)
    before = dataset.snapshot().tree
    write_rows(tmp_path / "chats.rejects.jsonl", row("2"))
    bring(dataset, tmp_path / "chats.rejects.jsonl")

    dataset.undo()

    assert dataset.snapshot().tree == before


KEEPER = row("", "the keeper looks up from her book and says nothing at all")
SAILOR = row("", "a sailor sings of the cold sea, and of the boats that went down")


def corrected(reject: dict[str, Any], question: str) -> dict[str, Any]:
    return row(question, reject["messages"][1]["content"])


def test_an_unrelated_file_of_the_same_name_stands_at_the_end(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "more.jsonl", row("1"), KEEPER, row("3")), skip_invalid=True)
    (tmp_path / "other").mkdir()

    bring(dataset, write_rows(tmp_path / "other" / "more.rejects.jsonl", row("4", "Rain again over the hills.")))

    assert questions(dataset) == ["1", "3", "4"]


def test_rejects_are_known_by_their_rows_under_any_name(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "a.jsonl", row("1"), KEEPER, row("3")), skip_invalid=True)
    bring(dataset, write_rows(tmp_path / "b.jsonl", row("4"), SAILOR, row("6")), skip_invalid=True)

    done = bring(dataset, write_rows(tmp_path / "mine.jsonl", corrected(KEEPER, "2")))
    assert len(done.notes) == 1
    bring(dataset, write_rows(tmp_path / "a.rejects.jsonl", corrected(SAILOR, "5")))

    assert questions(dataset) == ["1", "2", "3", "4", "5", "6"]


def test_each_reject_is_taken_back_once_and_again_when_that_was_undone(dataset: Dataset, tmp_path: Path) -> None:
    rows = [row("1"), KEEPER, row("3"), SAILOR, row("5")]
    bring(dataset, write_rows(tmp_path / "a.jsonl", *rows), skip_invalid=True)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"

    bring(dataset, write_rows(first, corrected(KEEPER, "2")))
    bring(dataset, write_rows(second, corrected(KEEPER, "6")))
    bring(dataset, write_rows(second, corrected(SAILOR, "4")))
    assert questions(dataset) == ["1", "2", "3", "4", "5", "6"]
    dataset.undo()
    bring(dataset, second)

    assert questions(dataset) == ["1", "2", "3", "4", "5", "6"]


def test_a_file_with_many_other_rows_is_no_file_of_rejects(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "a.jsonl", row("1"), KEEPER, row("3")), skip_invalid=True)

    new = [row(number, f"{number} fathoms down") for number in "45678"]
    bring(dataset, write_rows(tmp_path / "a.rejects.jsonl", corrected(KEEPER, "2"), *new))

    assert questions(dataset) == ["1", "3", "2", "4", "5", "6", "7", "8"]


def test_only_rows_that_go_back_are_said_to(dataset: Dataset, tmp_path: Path) -> None:
    first = bring(dataset, write_rows(tmp_path / "a.jsonl", row("1"), KEEPER, row("3")), skip_invalid=True)

    others = bring(dataset, write_rows(tmp_path / "b.jsonl", *(row(number, f"{number} deep") for number in "456789")))
    none = bring(dataset, write_rows(tmp_path / "empty.jsonl"))
    again = bring(dataset, tmp_path / "a.rejects.jsonl", skip_invalid=True)

    assert len(first.rejects) == len(again.rejects) == 1
    assert [note for done in (others, none, again) for note in done.notes if "operation" in note] == []


def test_another_file_of_the_same_name_is_no_rejects_file_of_ours_when_nothing_was_rejected(
    dataset: Dataset, tmp_path: Path
) -> None:
    bring(dataset, write_rows(tmp_path / "chats.jsonl", row("1")))

    bring(dataset, write_rows(tmp_path / "chats.rejects.jsonl", row("2")))

    assert questions(dataset) == ["1", "2"]
    assert not dataset.snapshot().order.ranks
