"""A chat log comes in as one entry, and goes on as that entry when it has grown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rows_of_a_file import bring

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.model.entry import Entry

LOGS = Path(__file__).parents[3] / "fixtures/formats/sillytavern"
LEGACY = (LOGS / "legacy.jsonl").read_bytes().split(b"\n")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.init(tmp_path / "tavern")


def write(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"\n".join(lines))
    return path


def said(mes: str, *, user: bool = False) -> bytes:
    return json.dumps({"name": "Bram" if user else "Selma", "is_user": user, "mes": mes}).encode()


def contents(dataset: Dataset, number: int = 0) -> list[str]:
    return [message["content"] for message in list(dataset.snapshot())[number][1].messages]


def only_entry(dataset: Dataset) -> tuple[str, Entry]:
    ((entry_id, entry),) = dataset.snapshot()
    return entry_id, entry


@pytest.mark.parametrize("name", ["modern", "legacy", "group"])
def test_a_log_that_comes_again_adds_nothing(dataset: Dataset, name: str) -> None:
    first = bring(dataset, LOGS / f"{name}.jsonl")
    again = bring(dataset, LOGS / f"{name}.jsonl")

    assert (first.committed.added, first.sources[0].formats) == (1, ("sillytavern",))
    assert (again.committed.commit, again.unchanged) == (None, 1)


def test_a_log_that_has_grown_goes_on_as_its_entry(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY))
    entry_id, entry = only_entry(dataset)
    with dataset.edit() as change:
        change.put(entry_id, entry.with_fields(tags=["cosy"]))

    done = bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY, said("I do.", user=True), said("Good.")))

    assert (done.committed.added, done.committed.changed) == (0, 1)
    assert contents(dataset)[2:] == ['"Then wait."', "I do.", "Good."]
    assert dataset.snapshot()[entry_id].tags == ("cosy",)


def test_what_was_edited_here_stays_when_the_log_has_grown(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY))
    entry_id, entry = only_entry(dataset)
    opening = {**entry.messages[0], "content": '"We are closed, sir."'}
    with dataset.edit() as change:
        change.put(entry_id, entry.with_fields(messages=[opening, *entry.messages[1:]]))

    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY, said("I do.", user=True), said("Good.")))

    assert contents(dataset) == ['"We are closed, sir."', '"I can wait."', '"Then wait."', "I do.", "Good."]


def test_both_going_on_is_merged_as_two_branches_would_be(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY))
    entry_id, entry = only_entry(dataset)
    with dataset.edit() as change:
        change.put(entry_id, entry.with_fields(messages=[*entry.messages, {"role": "user", "content": "No."}]))

    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY, said("I do.", user=True), said("Good.")))

    assert contents(dataset)[2:] == ['"Then wait."', "I do.", "Good.", "No."]


def test_a_log_that_took_another_turn_is_an_entry_of_its_own(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY))

    done = bring(dataset, write(tmp_path / "branch.jsonl", *LEGACY[:3], said("Come in.")))

    assert (done.committed.added, done.committed.changed) == (1, 0)


@pytest.mark.parametrize("more", [(), (said("I do.", user=True), said("Good."))])
def test_a_log_whose_messages_were_edited_is_its_entry(
    dataset: Dataset, tmp_path: Path, more: tuple[bytes, ...]
) -> None:
    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY))
    entry_id, entry = only_entry(dataset)
    corrected = {**entry.messages[2], "content": '"Then wait here."'}
    with dataset.edit() as change:
        change.put(entry_id, entry.with_fields(tags=["cosy"], messages=[*entry.messages[:2], corrected]))

    edited = [line.replace(b"We are closed.", b"We are full.") for line in LEGACY]
    dated = [line.replace(b'"mes"', b'"send_date": "May 5", "mes"') for line in more]
    done = bring(dataset, write(tmp_path / "chat.jsonl", *edited, *dated))
    again = bring(dataset, write(tmp_path / "chat.jsonl", *edited, *dated))

    assert (done.committed.added, done.committed.changed, again.committed.commit) == (0, 1, None)
    assert contents(dataset)[:3] == ['"We are full."', '"I can wait."', '"Then wait here."']
    assert len(contents(dataset)) == 3 + len(more)
    assert only_entry(dataset)[1].tags == ("cosy",)


def test_another_log_with_the_same_moments_is_an_entry_of_its_own(dataset: Dataset, tmp_path: Path) -> None:
    def log(*texts: str) -> list[bytes]:
        lines = [said(text, user=number % 2 == 1) for number, text in enumerate(texts)]
        return [LEGACY[0], *(line.replace(b'"mes"', b'"send_date": "May 5", "mes"') for line in lines)]

    bring(dataset, write(tmp_path / "first.jsonl", *log("Come in.", "Is it dry?", "Dry enough.", "Good.")))

    done = bring(
        dataset, write(tmp_path / "other.jsonl", *log("Come in.", "Who sings?", "A sailor.", "Of what?", "Rain."))
    )

    assert (done.committed.added, done.committed.changed) == (1, 0)
    assert contents(dataset)[1] == "Is it dry?"


def test_a_log_that_is_edited_twice_stays_its_entry(dataset: Dataset, tmp_path: Path) -> None:
    for word in (b"closed", b"full", b"open"):
        bring(dataset, write(tmp_path / "chat.jsonl", *(line.replace(b"closed", word) for line in LEGACY)))

    assert contents(dataset) == ['"We are open."', '"I can wait."', '"Then wait."']
    assert len(list(dataset.snapshot())) == 1


def test_an_edit_of_one_message_here_and_in_the_log_is_a_conflict(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY))
    entry_id, entry = only_entry(dataset)
    with dataset.edit() as change:
        change.put(entry_id, entry.with_fields(messages=[{**entry.messages[0], "content": "No."}, *entry.messages[1:]]))

    with pytest.raises(ConflictError):
        bring(dataset, write(tmp_path / "chat.jsonl", *(line.replace(b"We are closed.", b"Full.") for line in LEGACY)))

    assert contents(dataset)[0] == "No."


def test_a_grown_log_whose_entry_was_removed_stays_away(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY))
    with dataset.edit() as change:
        change.remove(only_entry(dataset)[0])

    done = bring(dataset, write(tmp_path / "chat.jsonl", *LEGACY, said("I do.", user=True), said("Good.")))

    assert (done.committed.commit, done.removed_before) == (None, 1)


def test_a_damaged_line_stops_the_import_unless_it_may_be_left_out(dataset: Dataset, tmp_path: Path) -> None:
    path = write(tmp_path / "chat.jsonl", *LEGACY, b'{"mes": ')

    with pytest.raises(RefusedByGateError):
        bring(dataset, path)
    done = bring(dataset, path, skip_invalid=True)

    assert [(each.place.line, each.code) for each in done.rejects] == [(5, "not_json")]
    assert len(contents(dataset)) == 3
    assert (tmp_path / "chat.rejects.jsonl").read_bytes() == b'{"mes": \n'


def test_refused_logs_lie_one_behind_the_other_and_come_back_corrected(dataset: Dataset, tmp_path: Path) -> None:
    first = write(tmp_path / "a.jsonl", LEGACY[0], said("Hi", user=True), said(""))
    second = write(tmp_path / "b.jsonl", LEGACY[0], said("Ho", user=True), said("", user=False))

    done = bring(dataset, first, second, skip_invalid=True)
    rejects = tmp_path / "a.rejects.jsonl"
    assert done.reject_files is not None and done.reject_files.rows == rejects
    assert rejects.read_bytes() == first.read_bytes() + b"\n" + second.read_bytes() + b"\n"
    rejects.write_bytes(rejects.read_bytes().replace(b'"mes": ""', b'"mes": "Yes."'))
    bring(dataset, rejects)

    assert [contents(dataset, number) for number in (0, 1)] == [["Hi", "Yes."], ["Ho", "Yes."]]
