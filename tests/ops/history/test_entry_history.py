"""The life of one entry."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ORDER, entry_path
from rolethread_vcs.ops.history.entry_history import StepKind, entry_history, successors
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.snapshot import NoSuchEntryError
from rolethread_vcs.transaction import Intent


def put(dataset: Dataset, entry_id: str, question: str, **more: object) -> str:
    with dataset.edit() as change:
        change.put(entry_id, conversation(question, **more))
    return dataset.snapshot().id


def commit_files(dataset: Dataset, files: dict[str, bytes | None], message: str = "by hand") -> str:
    """Commit files with plain git, as no verb of ours would."""
    for name, data in files.items():
        path = dataset.folder / name
        if data is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    git(dataset.folder, "add", "-A")
    git(dataset.folder, "commit", "-qm", message)
    return git(dataset.folder, "rev-parse", "HEAD")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def told(dataset: Dataset, word: str, revision: str = "@") -> list[tuple[str, str]]:
    """Return commit and kind of each step."""
    repository = open_dataset(dataset.folder)
    return [(step.commit.id, str(step.kind)) for step in entry_history(repository, word, revision)]


def test_a_life_is_birth_and_changes_and_nothing_else(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    born = dataset.snapshot().id
    first = put(dataset, ids[0], "one, again")
    put(dataset, ids[1], "not this one")
    second = put(dataset, ids[0], "one, for good")

    assert told(dataset, "1") == [(second, "changed"), (first, "changed"), (born, "added")]
    assert told(dataset, ids[0], "@~2") == [(first, "changed"), (born, "added")]


def test_a_step_holds_the_two_versions(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    before = dataset.snapshot().blob_id(ids[0])
    put(dataset, ids[0], "two")

    step = next(entry_history(dataset.repository, "1"))

    assert (step.before, step.after) == (
        before,
        dataset.snapshot().blob_id(ids[0]),
    )


def test_an_entry_that_was_removed_and_came_back_was_restored(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    born = dataset.snapshot().id
    dataset.remove([ids[0]], Intent("remove", "remove"))
    gone = dataset.snapshot().id
    dataset.restore([ids[0]], dataset.snapshot("@~1"), Intent("restore", "restore"))
    back = dataset.snapshot().id

    assert told(dataset, "1") == [(back, "restored"), (gone, "removed"), (born, "added")]


def test_a_removed_entry_still_has_its_life(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.remove([ids[0]], Intent("remove", "remove"))

    assert [kind for _, kind in told(dataset, "1")] == ["removed", "added"]
    assert [kind for _, kind in told(dataset, ids[0])] == ["removed", "added"]


def test_a_number_that_never_was_is_told(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with pytest.raises(NoSuchEntryError, match=r"^there is no entry 77, nor in any commit before$"):
        entry_history(dataset.repository, "77")


def test_a_number_of_two_removed_entries_needs_the_whole_id(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    twin = ids[0][:9] + "zzzzzzzz"
    data = dataset.snapshot().raw(ids[0])
    commit_files(dataset, {entry_path(twin): data})
    commit_files(dataset, {entry_path(twin): None, entry_path(ids[0]): None})

    with refusal(UsageError, "ambiguous", match=twin):
        entry_history(open_dataset(dataset.folder), "1")


def test_a_move_in_the_order_is_a_step(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two", "three")
    order = dataset.snapshot().order.move_after([ids[0]], ids[2], next_id=None).encode()
    assert order is not None
    moved = commit_files(dataset, {ORDER: order})
    changed = put(Dataset.open(dataset.folder), ids[0], "one, behind three")

    assert told(dataset, "1")[:2] == [(changed, "changed"), (moved, "moved")]
    assert [kind for _, kind in told(dataset, "2")] == ["added"]


def test_what_was_split_off_goes_on_with_the_entry_it_was_split_from(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    put(dataset, ids[0], "one, longer")
    with dataset.edit("split") as change:
        change.put(ids[0], conversation("one, shorter"))
        new = change.add(Entry.of(conversation("the rest", origin=[ids[0]])))
    split = dataset.snapshot().id

    steps = list(entry_history(dataset.repository, "2"))

    assert [(step.entry_id, str(step.kind)) for step in steps] == [
        (new, "added"),
        (ids[0], "changed"),
        (ids[0], "added"),
    ]
    assert steps[0].origin.ids == (ids[0],)
    assert successors(dataset.repository, split, ids[0]) == (new,)


def test_what_was_joined_goes_on_with_both(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    put(dataset, ids[0], "one, again")
    put(dataset, ids[1], "two, again")
    with dataset.edit("join") as change:
        joined = change.add(Entry.of(conversation("one and two", origin=ids)))
        change.remove(ids[0])
        change.remove(ids[1])

    steps = [(step.entry_id, str(step.kind)) for step in entry_history(dataset.repository, joined)]

    assert steps[0] == (joined, "added")
    assert sorted(steps[1:]) == [(entry_id, kind) for entry_id in ids for kind in ("added", "changed")]
    assert successors(dataset.repository, dataset.snapshot().id, ids[0]) == (joined,)


def test_the_same_conversation_under_a_new_id_goes_on_with_the_old_one(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    born = dataset.snapshot().id
    data = dataset.snapshot().raw(ids[0])
    new = "00000009" + ids[0][8:]
    commit = commit_files(dataset, {entry_path(ids[0]): None, entry_path(new): data})

    steps = list(entry_history(open_dataset(dataset.folder), new))

    assert [(step.commit.id, step.entry_id) for step in steps] == [(commit, new), (born, ids[0])]
    assert steps[0].origin.is_renumbered


def test_a_file_whose_name_only_ends_like_the_entry_s_is_another(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    path = Path(entry_path(ids[0]))
    born = dataset.snapshot().id
    commit_files(
        dataset, {f"{path.parent}/Copy of {path.name}": b"{}", f"an old {ORDER}": b'{"%s":"Z"}' % ids[0].encode()}
    )
    removed = dataset.remove([ids[0]], Intent("remove", "remove")).commit

    assert told(dataset, ids[0]) == [(removed, "removed"), (born, "added")]


def test_a_copy_is_no_renumbering(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    copy = "00000009" + ids[0][8:]
    commit_files(dataset, {entry_path(copy): dataset.snapshot().raw(ids[0])})

    assert [kind for _, kind in told(dataset, copy)] == ["added"]


def test_of_a_merge_only_the_side_that_holds_the_same_is_followed(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    changed = put(dataset, ids[0], "on try")
    dataset.switch("main")
    put(dataset, ids[1], "on main")
    git(dataset.folder, "merge", "-q", "--no-edit", "try")

    assert told(dataset, "1")[0] == (changed, "changed")
    assert [kind for _, kind in told(dataset, "1")] == ["changed", "added"]


def test_a_merge_that_makes_a_third_version_is_a_step(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.branch("try", switch=True)
    put(dataset, ids[0], "on try")
    dataset.switch("main")
    put(dataset, ids[0], "on main")
    subprocess.run(["git", "merge", "-q", "try"], cwd=dataset.folder, capture_output=True, check=False)
    data = Entry.of(conversation("on both"))
    commit_files(dataset, {entry_path(ids[0]): encode_entry(data)}, "merge try")

    assert [kind for _, kind in told(dataset, "1")] == ["merged", "changed", "changed", "added"]


def test_a_shallow_copy_says_where_history_ends(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    put(dataset, ids[0], "two")
    put(dataset, ids[0], "three")
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{dataset.folder}", "shallow")
    repository = open_dataset(tmp_path / "shallow")

    steps = entry_history(repository, "1")

    assert [step.kind for step in steps] == [StepKind.CHANGED, StepKind.ADDED]
    assert steps.ends == (repository.resolve("@~1"),)


def test_a_life_streams(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    for number in range(5):
        put(dataset, ids[0], f"version {number}")
    steps = entry_history(dataset.repository, "1")

    first = next(steps)

    assert first.commit.id == dataset.snapshot().id
    assert not steps.ends
    assert len(list(steps)) == 5


def test_within_one_second_what_led_to_a_commit_comes_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"@{dataset.snapshot().commit.time} +0000")
    path = entry_path(ids[0])

    def write(question: str, message: str) -> str:
        return commit_files(dataset, {path: encode_entry(Entry.of(conversation(question)))}, message)

    start = dataset.snapshot().id
    git(dataset.folder, "switch", "-qc", "try")
    theirs = [write("two", "two"), commit_files(dataset, {path: None}), write("three", "three"), write("four", "four")]
    git(dataset.folder, "switch", "-q", "main")
    ours = write("five", "five")
    git(dataset.folder, "merge", "-q", "-s", "ours", "--no-commit", "try")
    merge = write("six", "six")

    found = told(dataset, "1")

    assert found[0] == (merge, "merged")
    assert found[-1] == (start, "added")
    assert [step for step in found if step[0] in theirs] == list(
        zip(theirs[::-1], ["changed", "restored", "removed", "changed"], strict=True)
    )
    assert (ours, "changed") in found
