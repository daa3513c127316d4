"""Changing entries: the library's edit block, and add, put and remove."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from refusals import refusal
from rows_of_a_file import questions, row

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.model.canonical import birth_suffix, encode_entry
from rolethread_vcs.model.entry import Entry, InvalidEntryError
from rolethread_vcs.model.layout import make_id, number_of, suffix_part
from rolethread_vcs.ops.edit.change import Change
from rolethread_vcs.transaction import ChangeSet, Intent, StaleEntryError, run


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.init(tmp_path / "tavern")


def test_a_block_is_one_commit(dataset: Dataset) -> None:
    with dataset.edit("start") as change:
        first = change.add(row("a"))
        change.add(row("b"))
    before = dataset.snapshot().id

    with dataset.edit("all at once") as change:
        added = change.add(row("c"))
        change.put(first, row("a2"))
        change.remove(dataset.snapshot().ids()[1])

    assert dataset.snapshot().ids() == [first, added]
    assert questions(dataset) == ["a2", "c"]
    assert change.result is not None
    assert (change.result.added, change.result.changed, change.result.removed) == (1, 1, 1)
    commit = dataset.repository.objects.commit(dataset.snapshot().id)
    assert (commit.parents, commit.message) == ((before,), "all at once\n")


def test_a_block_that_fails_is_nothing(dataset: Dataset) -> None:
    before = dataset.snapshot().id

    with pytest.raises(ZeroDivisionError), dataset.edit() as change:
        change.add(row("a"))
        raise ZeroDivisionError

    assert dataset.snapshot().id == before


@pytest.mark.parametrize("fails", [False, True])
def test_an_ended_block_takes_no_more_changes(dataset: Dataset, fails: bool) -> None:
    dataset.add([row("a"), row("b")])

    with contextlib.suppress(ZeroDivisionError), dataset.edit() as change:
        change.put(1, row("a2"))
        if fails:
            raise ZeroDivisionError

    for late in (lambda: change.add(row("c")), lambda: change.put(2, row("b2")), lambda: change.remove(2)):
        with pytest.raises(UsageError):
            late()
    assert questions(dataset) == ["a" if fails else "a2", "b"]
    if fails:
        with pytest.raises(UsageError):
            change.commit()
    else:
        assert change.commit() is change.result
    assert change[2].messages[0]["content"] == "b"


def test_one_entry_is_replaced_by_one_only(dataset: Dataset) -> None:
    dataset.add([row("a"), row("b")])
    full = dataset.snapshot().ids()[0]

    for twice in ({1: row("x"), "1": row("y")}, {full: row("x"), "2": row("b2"), "1": row("y")}):
        with pytest.raises(UsageError):
            dataset.replace(twice)  # type: ignore[arg-type]

    assert questions(dataset) == ["a", "b"]
    assert dataset.replace({full: row("x"), "1": row("x")}).changed == 1


def test_an_empty_block_is_no_commit(dataset: Dataset) -> None:
    before = dataset.snapshot().id

    with dataset.edit() as change:
        pass

    assert change.result is not None
    assert change.result.is_empty
    assert dataset.snapshot().id == before


def test_a_block_sees_its_own_changes(dataset: Dataset) -> None:
    with dataset.edit() as change:
        entry_id = change.add(row("a"))

        assert change[entry_id] == Entry.of(row("a"))
    with dataset.edit() as change:
        change.put(entry_id, row("b"))

        assert change[entry_id] == Entry.of(row("b"))
        change.remove(entry_id)
        with pytest.raises(NotFoundError):
            change[entry_id]


@pytest.mark.parametrize(("steps", "left"), [(("remove", "put"), ["new"]), (("put", "remove"), [])])
def test_the_last_thing_done_to_an_entry_in_a_block_counts(
    dataset: Dataset, steps: tuple[str, str], left: list[str]
) -> None:
    with dataset.edit() as change:
        entry_id = change.add(row("a"))

    with dataset.edit() as change:
        for step in steps:
            if step == "put":
                change.put(entry_id, row("new"))
            else:
                change.remove(entry_id)

    assert questions(dataset) == left


@pytest.mark.parametrize("step", ["put", "remove"])
@pytest.mark.parametrize("meanwhile", ["put", "remove"])
def test_what_another_writer_did_to_the_entry_during_a_block_is_a_conflict(
    dataset: Dataset, step: str, meanwhile: str
) -> None:
    with dataset.edit() as change:
        entry_id = change.add(row("a"))

    def do(what: str, change: Change, text: str) -> None:
        if what == "put":
            change.put(entry_id, row(text))
        else:
            change.remove(entry_id)

    with pytest.raises(StaleEntryError), dataset.edit() as change:
        do(step, change, "mine")
        with Dataset.open(dataset.folder).edit() as other:
            do(meanwhile, other, "theirs")
        theirs = dataset.snapshot().id

    assert dataset.snapshot().id == theirs
    assert questions(dataset) == (["theirs"] if meanwhile == "put" else [])


def test_what_another_writer_did_to_other_entries_during_a_block_does_no_harm(dataset: Dataset) -> None:
    with dataset.edit() as change:
        ids = [change.add(row(text)) for text in "ab"]

    with dataset.edit() as change:
        change.put(ids[0], row("mine"))
        with Dataset.open(dataset.folder).edit() as other:
            other.put(ids[1], row("theirs"))

    assert questions(dataset) == ["mine", "theirs"]


def test_what_the_caller_read_before_the_block_counts_when_he_says_so(dataset: Dataset) -> None:
    with dataset.edit() as change:
        entry_id = change.add(row("a"))
    read = dataset.snapshot().blob_id(entry_id)
    with dataset.edit() as change:
        change.put(entry_id, row("theirs"))

    with pytest.raises(StaleEntryError), dataset.edit() as change:
        change.put(entry_id, row("mine"))
        change.put(entry_id, row("mine"), if_unchanged_since=read)
        change.put(entry_id, row("mine, again"))

    assert questions(dataset) == ["theirs"]


def test_the_same_steps_give_the_same_ids_everywhere(tmp_path: Path) -> None:
    ids = []
    for name in ("one", "two"):
        dataset = Dataset.init(tmp_path / name)
        with dataset.edit() as change:
            ids.append([change.add(row("a")), change.add(row("a")), change.add(row("b"))])

    assert ids[0] == ids[1]
    assert [number_of(entry_id) for entry_id in ids[0]] == [1, 2, 3]
    assert {suffix_part(entry_id) for entry_id in ids[0][:2]} == {birth_suffix(row("a")["messages"])}


def test_a_number_comes_back_only_after_the_highest_was_removed(dataset: Dataset) -> None:
    first, second, third = dataset.add([row("a"), row("b"), row("c")], Intent("add", "add")).ids

    dataset.remove([second], Intent("remove", "remove"))
    (fourth,) = dataset.add([row("d")], Intent("add", "add")).ids
    dataset.remove([fourth], Intent("remove", "remove"))
    (again,) = dataset.add([row("e")], Intent("add", "add")).ids

    assert [number_of(entry_id) for entry_id in (first, third, fourth, again)] == [1, 3, 4, 4]


def test_used_up_numbers_are_told(dataset: Dataset) -> None:
    last = make_id(99_999_999, birth_suffix(row("z")["messages"]))
    run(dataset.repository, Intent("add", "add"), lambda _: ChangeSet(puts={last: Entry.of(row("z"))}, summary="x"))

    with refusal(InvalidError, "full"):
        dataset.add([row("a")], Intent("add", "add"))
    with refusal(InvalidError, "full"), dataset.edit() as change:
        change.add(row("a"))

    assert dataset.snapshot().ids() == [last]


def test_a_stale_edit_is_a_conflict_and_overwrites_nothing(dataset: Dataset) -> None:
    (entry_id,) = dataset.add([row("a")], Intent("add", "add")).ids
    read = dataset.snapshot().blob_id(entry_id)
    with dataset.edit() as change:
        change.put(entry_id, row("by another"))

    with pytest.raises(StaleEntryError), dataset.edit() as change:
        change.put(entry_id, row("by me"), if_unchanged_since=read)

    assert questions(dataset) == ["by another"]


def test_an_edit_of_what_was_read_goes_through(dataset: Dataset) -> None:
    (entry_id,) = dataset.add([row("a")], Intent("add", "add")).ids

    with dataset.edit() as change:
        change.put(entry_id, row("b"), if_unchanged_since=dataset.snapshot().blob_id(entry_id))

    assert questions(dataset) == ["b"]


def test_ids_given_out_stay_true_when_another_writer_adds_meanwhile(dataset: Dataset) -> None:
    with dataset.edit() as change:
        mine = change.add(row("mine"))
        (theirs,) = Dataset.open(dataset.folder).add([row("theirs")], Intent("add", "add")).ids

    assert number_of(mine) == number_of(theirs)
    assert sorted(dataset.snapshot().ids()) == sorted([mine, theirs])


def test_the_very_same_conversation_added_twice_at_once_is_a_conflict(dataset: Dataset) -> None:
    with pytest.raises(ConflictError), dataset.edit() as change:
        change.add(row("same"))
        Dataset.open(dataset.folder).add([row("same")], Intent("add", "add"))

    assert questions(dataset) == ["same"]


@pytest.mark.parametrize("entry_id", ["00000009-k2x9m3ab", "../../etc/passwd", "", "1"])
def test_an_entry_that_is_not_there_is_told(dataset: Dataset, entry_id: str) -> None:
    with pytest.raises(NotFoundError):
        dataset.remove([entry_id], Intent("remove", "remove"))
    with pytest.raises(NotFoundError), dataset.edit() as change:
        change.put(entry_id, row("a"))


def test_the_gate_refuses_the_whole_block(dataset: Dataset) -> None:
    with pytest.raises(RefusedByGateError), dataset.edit() as change:
        change.add(row("fine"))
        change.add(row(""))

    assert questions(dataset) == []


def test_what_is_no_entry_is_refused_before_anything_happens(dataset: Dataset) -> None:
    with pytest.raises(InvalidError):
        dataset.add([row("a", extra={"n": float("nan")})], Intent("add", "add"))
    with pytest.raises(InvalidError):
        dataset.add([row("a", extra={"n": 2**70})], Intent("add", "add"))

    assert questions(dataset) == []


def test_removing_an_entry_twice_in_one_go_is_removing_it(dataset: Dataset) -> None:
    (entry_id,) = dataset.add([row("a")], Intent("add", "add")).ids

    assert dataset.remove([entry_id, entry_id], Intent("remove", "remove")).removed == 1


def test_a_block_can_commit_to_another_branch(dataset: Dataset) -> None:
    dataset.branch("try")

    with dataset.edit(branch="try") as change:
        change.add(row(""))

    assert questions(dataset) == []
    assert questions(dataset, "try") == [""]


def test_what_a_snapshot_returned_changes_nothing_in_it(dataset: Dataset) -> None:
    dataset.add(row("Who sings?"))
    snapshot = dataset.snapshot()
    entry_id, entry = next(iter(snapshot))
    before = encode_entry(entry)

    for change in (
        lambda: entry.fields["messages"].append("x"),
        lambda: snapshot[entry_id].messages[0].update(content=5),
        lambda: snapshot.settings.severities.update(empty_message="off"),
        lambda: snapshot.settings.options.update(empty_message={}),
        lambda: snapshot.settings.roles.update(narrator="user"),
        lambda: snapshot.order.ranks.update({entry_id: "x"}),
    ):
        with pytest.raises((TypeError, AttributeError)):
            change()

    assert encode_entry(snapshot[entry_id]) == before == snapshot.raw(entry_id)


def test_what_reaches_the_store_can_be_read_back(dataset: Dataset) -> None:
    made = Entry({"messages": [{"content": "Dry?", "role": "user"}, {"role": "assistant", "content": "Dry."}]})
    made.document["tags"] = "tavern"  # what nobody should do, and the door finds

    with pytest.raises(InvalidEntryError), dataset.edit() as change:
        change.add(made)
    with pytest.raises(InvalidEntryError):
        dataset.add(made)
    with pytest.raises(InvalidError), dataset.edit() as change:
        change.add({"messages": [{"role": "user", "content": float("nan")}]})

    assert all(encode_entry(entry) == dataset.snapshot().raw(entry_id) for entry_id, entry in dataset.snapshot())
