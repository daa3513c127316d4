"""Picking: what commits of another branch did, or only to some entries, done here."""

from __future__ import annotations

from pathlib import Path

from refusals import refusal
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.ops.merge.completion import State
from rolethread_vcs.transaction import Intent


def branched(folder: Path) -> tuple[Dataset, list[str]]:
    """Return a dataset with three entries on main, where one is, and two commits on `try`."""
    dataset, ids = dataset_of(folder, "one", "two", "three cellar")
    dataset.branch("try", switch=True)
    with dataset.edit("warmer answers") as change:
        for entry_id in ids:
            change.put(entry_id, dataset.snapshot()[entry_id].with_fields(tags=["warm"]))
    with dataset.edit("a new one") as change:
        change.add(conversation("four"))
    dataset.switch("main")
    with dataset.edit("main goes on") as change:
        change.put(ids[0], conversation("one", "Dry as a bone."))
    return dataset, ids


def test_a_commit_of_another_branch_is_done_here_beside_what_is_new_here(tmp_path: Path) -> None:
    dataset, ids = branched(tmp_path / "d")
    commit = dataset.snapshot("try~1").id

    outcome = dataset.pick("try~1")

    snapshot = dataset.snapshot()
    assert (outcome.state, outcome.committed.changed) == (State.COMMITTED, 3)
    assert [snapshot[each].tags for each in ids] == [("warm",)] * 3
    assert snapshot[ids[0]].messages[1]["content"] == "Dry as a bone."
    assert len(snapshot) == 3
    assert (snapshot.commit.subject, snapshot.commit.trailer("Picked-From")) == ("warmer answers", commit)
    assert len(snapshot.commit.parents) == 1


def test_only_some_entries_are_picked(tmp_path: Path) -> None:
    dataset, ids = branched(tmp_path / "d")

    first = dataset.pick("try~1", words=["2"])
    second = dataset.pick("try~1", where="cellar")

    assert (first.committed.changed, second.committed.changed) == (1, 1)
    assert [dataset.snapshot()[each].tags for each in ids] == [(), ("warm",), ("warm",)]
    assert first.committed.message.startswith("pick a part of “warmer answers”")
    with refusal(NotFoundError, "not_touched"):
        dataset.pick("try", words=["1"])


def test_a_range_is_picked_as_one_commit(tmp_path: Path) -> None:
    dataset, _ = branched(tmp_path / "d")
    fork, tip = dataset.snapshot("try~2").id, dataset.snapshot("try").id

    outcome = dataset.pick("main..try")

    assert (outcome.committed.added, outcome.committed.changed) == (1, 3)
    assert dataset.snapshot().commit.trailer("Picked-From") == f"{fork}..{tip}"
    assert dataset.snapshot().commit.subject == "pick main..try"


def test_what_is_here_already_is_nothing_to_do(tmp_path: Path) -> None:
    dataset, _ = branched(tmp_path / "d")
    dataset.pick("main..try")
    operations = dataset.repository.operations.head()

    again = dataset.pick("try~1")

    assert (again.state, again.committed.is_empty) == (State.NOTHING, True)
    assert dataset.repository.operations.head() == operations


def test_a_conflict_waits_between_the_branch_and_the_commit(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    with dataset.edit("warmer") as change:
        change.put(ids[0], conversation("one", "Dry and warm."))
        change.put(ids[1], conversation("two", "Dry and warm."))
    dataset.switch("main")
    with dataset.edit("colder") as change:
        change.put(ids[0], conversation("one", "Dry and cold."))

    outcome = dataset.pick("try")
    dataset.merges.resolve([ids[0]], "main")
    done = dataset.merges.finish("pick")

    assert (outcome.state, outcome.labels[:2]) == (State.WAITING, ("main", "try"))
    assert (done.committed.changed, dataset.snapshot().commit.subject) == (1, "warmer")
    assert dataset.snapshot()[ids[0]].messages[1]["content"] == "Dry and cold."
    dataset.undo()
    assert dataset.merges.conflicts().conflicts == ()
    dataset.merges.abort("pick")
    skipped = dataset.pick("try", skip_conflicts=True)
    assert ([each.id for each in skipped.conflicts], skipped.committed.changed) == ([ids[0]], 1)


def test_undo_takes_a_pick_back(tmp_path: Path) -> None:
    dataset, _ = branched(tmp_path / "d")
    tree = dataset.snapshot().tree

    dataset.pick("main..try", Intent("pick", "pick main..try", message="what try found out"))
    subject = dataset.snapshot().commit.subject
    dataset.undo()

    assert (subject, dataset.snapshot().tree) == ("what try found out", tree)
