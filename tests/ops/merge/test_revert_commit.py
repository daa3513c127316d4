"""Taking an old change back: later edits stay, what cannot be is told or waits, and what is named must be there."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of, hand_edit

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.merge.conflict import Reason
from rolethread_vcs.model.layout import ORDER
from rolethread_vcs.model.order import Order
from rolethread_vcs.ops.edit.hand_edits import save_hand_edits
from rolethread_vcs.ops.merge.completion import State
from rolethread_vcs.store.checkout import UnsavedEditsError
from rolethread_vcs.store.refs import UnknownRevisionError
from rolethread_vcs.transaction import Intent


def git(dataset: Dataset, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=dataset.folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def put(dataset: Dataset, changes: dict[str, Any], message: str = "a change") -> str:
    with dataset.edit(message) as change:
        for entry_id, fields in changes.items():
            change.put(entry_id, fields)
    return dataset.snapshot().id


def said(dataset: Dataset, entry_id: str) -> list[str]:
    return [message["content"] for message in dataset.snapshot()[entry_id].messages]


def test_three_hundred_ruined_entries_with_other_edits_on_top(tmp_path: Path) -> None:
    questions = [f"question number {number} about the cellar" for number in range(300)]
    dataset, ids = dataset_of(tmp_path / "d", *questions)
    ruin = put(dataset, {id_: conversation(q, "RUINED.") for id_, q in zip(ids, questions, strict=True)}, "tidy up")
    over = {id_: conversation(q, "RUINED. And more.") for id_, q in zip(ids[:20], questions, strict=False)}
    beside = {
        id_: conversation(f"{q}, please", "RUINED.", tags=["kind"])
        for id_, q in zip(ids[20:60], questions[20:], strict=False)
    }
    put(dataset, over | beside)

    outcome = dataset.revert(ruin, skip_conflicts=True)

    assert (outcome.state, outcome.committed.changed) == (State.COMMITTED, 280)
    assert [each.id for each in outcome.conflicts] == ids[:20]
    assert said(dataset, ids[0]) == [questions[0], "RUINED. And more."]
    assert said(dataset, ids[30]) == [f"{questions[30]}, please", "Dry enough."]
    assert dataset.snapshot()[ids[30]].tags == ("kind",)
    assert said(dataset, ids[299]) == [questions[299], "Dry enough."]
    commit = dataset.snapshot().commit
    assert (commit.subject, commit.trailer("Reverts")) == ("revert “tidy up”", ruin)
    dataset.undo()
    assert said(dataset, ids[299]) == [questions[299], "RUINED."]


def test_conflicts_wait_between_now_and_before_and_the_rest_comes_with_them(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    ruin = put(dataset, {id_: conversation(q, "Ruined.") for id_, q in zip(ids, ("one", "two"), strict=True)})
    put(dataset, {ids[0]: conversation("one", "Ruined, as I said.")})
    head = dataset.snapshot().id

    outcome = dataset.revert(ruin)
    waits = dataset.merges.conflicts()
    with refusal(ConflictError, "open_conflicts"):
        dataset.merges.finish("revert")
    dataset.merges.resolve([ids[0]], "before")
    done = dataset.merges.finish("revert")

    assert (outcome.state, outcome.labels[:2]) == (State.WAITING, ("now", "before"))
    assert [(each.id, each.field) for each in outcome.conflicts] == [(ids[0], "messages[1].content")]
    assert (waits.unfinished.kind, waits.unfinished.command) == ("revert", f"revert {ruin}")
    assert (done.state, done.committed.changed) == (State.COMMITTED, 2)
    assert (said(dataset, ids[0])[1], said(dataset, ids[1])[1]) == ("Dry enough.", "Dry enough.")
    commit = dataset.snapshot().commit
    assert (commit.parents, commit.trailer("Reverts")) == ((head,), ruin)
    assert dataset.repository.unfinished() is None


def test_a_revert_that_is_given_up_leaves_the_branch_and_makes_room(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    ruin = put(dataset, {ids[0]: conversation("one", "Ruined.")})
    put(dataset, {ids[0]: conversation("one", "Ruined, as I said.")})
    head = dataset.snapshot().id

    dataset.revert(ruin)
    with refusal(ConflictError, "unfinished"):
        dataset.revert(ruin)
    ended = dataset.merges.abort("revert")

    assert (ended.state, dataset.snapshot().id) == (State.ABORTED, head)
    assert dataset.revert(ruin).state is State.WAITING


def test_only_some_entries_are_taken_back(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one cellar", "two", "three cellar")
    ruin = put(
        dataset,
        {id_: conversation(q, "Ruined.") for id_, q in zip(ids, ("one cellar", "two", "three cellar"), strict=True)},
    )

    first = dataset.revert(ruin, words=["2"])
    second = dataset.revert(ruin, where="cellar")

    assert (first.committed.changed, second.committed.changed) == (1, 2)
    assert first.committed.message.startswith("revert a part of “a change”")
    assert {said(dataset, each)[1] for each in ids} == {"Dry enough."}


def test_entries_that_the_change_did_nothing_to_are_named(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    ruin = put(dataset, {ids[0]: conversation("one", "Ruined.")})

    with refusal(NotFoundError, "not_touched") as caught:
        dataset.revert(ruin, words=[ids[1]])
    with pytest.raises(UsageError):
        dataset.revert(ruin, words=["1"], where="one")

    assert caught.value.hint == f"what it did: rtv show {ruin}"
    assert dataset.revert(ruin, where="nothing like that").state is State.NOTHING


def test_a_number_that_two_touched_entries_carry_is_answered_with_both(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    two = dataset.add([conversation("two")], Intent("add", "add")).ids
    dataset.undo()
    with dataset.edit() as change:
        zwei = change.add(conversation("zwei"))
    path = dataset.folder / f"entries/0000/00/{zwei}.json"
    path.with_name(f"{two[0]}.json").write_bytes(path.read_bytes())
    save_hand_edits(dataset.repository, Intent("commit", "commit"))

    with refusal(UsageError, "ambiguous"):
        dataset.revert("@~2..@", words=["2"])


def test_removed_entries_come_back_and_added_ones_go(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    order = Order().move_after([ids[2]], None, next_id=ids[0]).encode()
    assert order is not None
    (dataset.folder / ORDER).write_bytes(order)
    save_hand_edits(dataset.repository, Intent("commit", "commit"))
    before = dataset.snapshot().tree
    dataset.remove([ids[2]], Intent("remove", "remove"))
    dataset.add([conversation("four")], Intent("add", "add"))

    dataset.revert("@~2..@")

    assert dataset.snapshot().ids() == [ids[2], ids[0], ids[1]]
    assert dataset.snapshot().tree == before


def test_an_import_taken_back_keeps_what_was_edited_since_as_a_conflict(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(
            f'{{"messages": [{{"role": "user", "content": "row {n}"}}, {{"role": "assistant", "content": "yes"}}]}}\n'
            for n in range(3)
        )
    )
    imported = dataset.import_files([rows]).committed.ids
    commit = dataset.snapshot().id
    put(dataset, {imported[1]: conversation("row 1", "yes, edited")})

    outcome = dataset.revert(commit, skip_conflicts=True)

    assert outcome.committed.removed == 2
    assert [(each.id, each.reason) for each in outcome.conflicts] == [(imported[1], "deleted_and_edited")]
    assert imported[1] in dataset.snapshot()


def test_a_merge_is_taken_back_against_its_first_parent_and_that_is_said(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    put(dataset, {ids[0]: conversation("one", "Warmer.")})
    dataset.switch("main")
    put(dataset, {ids[1]: conversation("two", "Colder.")})
    before = dataset.snapshot().tree
    dataset.merge("try")

    outcome = dataset.revert("@")

    assert dataset.snapshot().tree == before
    assert "first parent" in outcome.committed.notes[0]


def test_what_is_as_before_already_is_nothing_to_do(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    ruin = put(dataset, {ids[0]: conversation("one", "Ruined.")})
    dataset.revert(ruin)
    operations = dataset.repository.operations.head()

    outcome = dataset.revert(ruin)

    assert (outcome.state, outcome.committed.is_empty) == (State.NOTHING, True)
    assert dataset.repository.operations.head() == operations


def test_a_name_that_is_no_change_is_refused(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    put(dataset, {ids[0]: conversation("one", "Ruined.")})
    head = dataset.snapshot().id

    for word, family, code in (
        ("nowhere", UnknownRevisionError, "unknown_revision"),
        ("1", UsageError, "usage"),
        (ids[0], UsageError, "usage"),
        ("@..@~1", NotFoundError, "empty_span"),
        ("main..main", NotFoundError, "empty_span"),
        ("@~2", InvalidError, "nothing_before"),
    ):
        with refusal(family, code):
            dataset.revert(word)

    assert dataset.snapshot().id == head


def test_hand_edits_and_a_lone_commit_stop_it(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    put(dataset, {ids[0]: conversation("one", "Ruined.")})
    path = hand_edit(dataset, ids[1])
    text = path.read_bytes()

    with pytest.raises(UnsavedEditsError):
        dataset.revert("@")
    git(dataset, "checkout", "-q", "-f", "--detach")
    with refusal(InvalidError, "detached"):
        dataset.revert("main")

    assert text != path.read_bytes()


def test_the_gate_has_the_last_word(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.branch("rough", switch=True)
    put(dataset, {ids[0]: conversation("one", "")})
    put(dataset, {ids[0]: conversation("one", "Mended.")})
    dataset.branches.rename("main", "old")
    dataset.branches.rename("rough", "main", intent=Intent("branch", "x"))

    with pytest.raises(RefusedByGateError):
        dataset.revert("@")

    assert said(dataset, ids[0])[1] == "Mended."


def test_a_dry_run_tells_and_changes_nothing(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    ruin = put(dataset, {ids[0]: conversation("one", "Ruined.")})
    table = dataset.repository.refs.table()

    outcome = dataset.revert(ruin, Intent("revert", "revert", dry_run=True))

    assert (outcome.committed.dry_run, outcome.committed.changed) == (True, 1)
    assert [each.entry_id for each in outcome.committed.touched] == [ids[0]]
    assert dataset.repository.refs.table() == table


def test_in_a_shallow_copy_the_end_of_history_is_told(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    put(dataset, {ids[0]: conversation("one", "Ruined.")})
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{dataset.folder}", str(tmp_path / "copy")],
        check=True,
        capture_output=True,
    )
    copy = Dataset.open(tmp_path / "copy")

    with refusal(InvalidError, "nothing_before") as caught:
        copy.revert("@")

    assert caught.value.hint is not None
    assert "unshallow" in caught.value.hint


def talk(*texts: str) -> dict[str, Any]:
    roles = ("user", "assistant") * len(texts)
    return {"messages": [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]}


Texts = tuple[str, ...]
CELLAR = ("Is the cellar dry this year?", "Dry enough for the barrels, I should say.")
ATTIC = ("And what about the attic, is it safe?", "Mind the third board from the left.")
HORSE = ("Who sold the black horse at the fair?", "Nobody sold it; it was a gift from the abbot.")
NOD = ("Hm.", "*nods*")


@pytest.mark.parametrize(
    ("before", "after", "now", "expected"),
    [
        # a short exchange that was moved, or added, and deleted since does not come back
        (CELLAR + NOD + ATTIC + HORSE, CELLAR + ATTIC + HORSE + NOD, CELLAR + ATTIC + HORSE, None),
        (CELLAR + ATTIC, CELLAR + NOD + ATTIC, CELLAR + ATTIC, None),
        # what was added goes, and a later one that says the same stays
        (CELLAR + ATTIC, CELLAR + NOD + ATTIC, CELLAR + NOD + ATTIC + NOD, CELLAR + ATTIC + NOD),
        # an answer is what it was, and a later one that says the same stays, wherever it stands
        (
            (CELLAR[0], "ok", *ATTIC),
            (CELLAR[0], "Fine.", *ATTIC),
            (CELLAR[0], "Fine.", ATTIC[0], "Fine."),
            (CELLAR[0], "ok", ATTIC[0], "Fine."),
        ),
        (
            (CELLAR[0], "ok", *ATTIC),
            (CELLAR[0], "Fine.", *ATTIC),
            (ATTIC[0], "Fine.", CELLAR[0], "Fine."),
            (ATTIC[0], "Fine.", CELLAR[0], "ok"),
        ),
    ],
)
def test_only_what_the_change_did_is_taken_back(
    tmp_path: Path,
    before: tuple[str, ...],
    after: tuple[str, ...],
    now: tuple[str, ...],
    expected: tuple[str, ...] | None,
) -> None:
    dataset, (entry_id,) = dataset_of(tmp_path / "d", "one")
    put(dataset, {entry_id: talk(*before)})
    change = put(dataset, {entry_id: talk(*after)})
    put(dataset, {entry_id: talk(*now)})

    outcome = dataset.revert(change)

    assert outcome.state is (State.NOTHING if expected is None else State.COMMITTED)
    assert said(dataset, entry_id) == list(now if expected is None else expected)


def test_what_was_changed_and_is_gone_by_now_needs_a_decision(tmp_path: Path) -> None:
    dataset, (entry_id,) = dataset_of(tmp_path / "d", "one")
    put(dataset, {entry_id: talk(CELLAR[0], "ok", ATTIC[0], "ok")})
    change = put(dataset, {entry_id: talk(CELLAR[0], "Fine.", ATTIC[0], "ok")})
    put(dataset, {entry_id: talk(ATTIC[0], "ok")})

    outcome = dataset.revert(change)

    assert [(each.field, each.reason) for each in outcome.conflicts] == [("messages[0]", Reason.DELETED_AND_EDITED)]
    assert said(dataset, entry_id) == [ATTIC[0], "ok"]


@pytest.mark.parametrize("name", ["v1", "old"])
def test_a_release_taken_back_names_the_way_back_to_it(tmp_path: Path, name: str) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    put(dataset, {ids[0]: conversation("one, changed")}, "before v1")
    dataset.branch("old") if name == "old" else dataset.releases.create("v1")
    put(dataset, {ids[1]: conversation("two, changed")})

    dry = dataset.revert(name, Intent("revert", "revert", dry_run=True))
    done = dataset.revert(name)

    for outcome in (dry, done):
        assert "“before v1”" in outcome.committed.notes[0]
        assert f"rtv restore --all --from {name}" in outcome.committed.notes[1]
    assert said(dataset, ids[0])[0] == "one"


def test_a_revert_that_goes_far_is_told_and_a_small_one_is_not(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", *(f"question {number}" for number in range(30)))
    imported = dataset.snapshot().id
    dataset.add([conversation("one more")])
    small = put(dataset, {ids[0]: conversation("changed")})

    far = dataset.revert(imported, Intent("revert", "revert", dry_run=True), skip_conflicts=True)
    part = dataset.revert(imported, Intent("revert", "revert", dry_run=True), words=ids[5:], skip_conflicts=True)

    assert "of 31 entries, 29 removed" in far.committed.notes[0]
    assert f"rtv restore --all --from {imported[:10]}" in far.committed.notes[1]
    assert not part.committed.notes
    assert not dataset.revert(small).committed.notes
