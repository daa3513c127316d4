"""Two states of a dataset: what came, went, changed and moved, and nothing that is equal."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_dataset import conversation, dataset_of, hand_edit

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.diff import ChangeKind
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.model.order import Order
from rolethread_vcs.ops.compare.comparison import ChangeCounts, ComparedEntry, Comparison, compare_trees
from rolethread_vcs.ops.compare.sides import TreeSide
from rolethread_vcs.store.objects.trees import object_id


@pytest.fixture
def inn(tmp_path: Path) -> tuple[Dataset, list[str]]:
    return dataset_of(tmp_path / "inn", "Is the cellar dry?", "Who mends the clock?", "Where is the key?")


def between(dataset: Dataset, before: bytes | None, after: bytes | None) -> Comparison:
    return compare_trees(*(TreeSide("a side", dataset.repository.objects, tree) for tree in (before, after)))


def trees(dataset: Dataset, before: str = "@~1", after: str = "@") -> Comparison:
    return between(dataset, dataset.snapshot(before).tree, dataset.snapshot(after).tree)


def told(comparison: Comparison) -> list[tuple[str, str]]:
    return [(each.id, each.change.value) for each in comparison.entries()]


def commit_files(dataset: Dataset, files: dict[str, bytes | None]) -> None:
    """Commit other bytes at paths with plain git, as somebody without this program would."""
    for path, data in files.items():
        full = dataset.folder / path
        if data is None:
            full.unlink()
        else:
            full.parent.mkdir(parents=True, exist_ok=True)
            full.write_bytes(data)
    import subprocess

    git = ["git", "-C", str(dataset.folder)]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "by plain git"], check=True)


def test_what_came_went_and_changed_is_told_in_the_order_of_ids(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    with dataset.edit() as change:
        change.remove(ids[0])
        change.put(ids[1], conversation("Who mends the old clock?"))
        new = change.add(conversation("Is it late?"))

    found = trees(dataset)

    assert told(found) == [(ids[0], "removed"), (ids[1], "changed"), (new, "added")]
    assert found.summary() == ChangeCounts(added=1, removed=1, changed=1)
    assert found.files() == ()


def test_a_changed_entry_carries_its_difference(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    with dataset.edit() as change:
        change.put(ids[1], conversation("Who mends the old clock?"))

    (compared,) = trees(dataset).entries()

    (message,) = compared.diff.messages
    assert message.op == "edit"
    assert [word for word in message.words if word[0] != "equal"] == [("insert", "old ")]


def test_an_added_entry_is_all_insertions_and_a_removed_one_all_removals(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    with dataset.edit() as change:
        change.remove(ids[0])
        change.add(conversation("Is it late?", tags=["night"]))

    removed, added = trees(dataset).entries()

    assert [message.op for message in removed.diff.messages] == ["remove", "remove"]
    assert [message.op for message in added.diff.messages] == ["insert", "insert"]
    assert added.diff.tags_added == ("night",)


def test_equal_trees_do_not_differ(inn: tuple[Dataset, list[str]]) -> None:
    found = trees(inn[0], "@", "@")

    assert (told(found), found.summary(), found.is_different()) == ([], ChangeCounts(), False)


def test_an_empty_tree_is_no_tree(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn

    found = between(dataset, None, dataset.snapshot().tree)

    assert told(found) == [(entry_id, "added") for entry_id in ids]
    assert {each.path for each in found.files()} == {".gitattributes", "rolethread.toml"}


def test_a_move_is_a_move_and_only_of_the_one_that_moved(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    order = Order().move_after([ids[0]], ids[2], next_id=None).encode()
    commit_files(dataset, {"order.json": order})

    found = trees(dataset)

    assert told(found) == [(ids[0], "moved")]
    assert [each.moved for each in found.entries()] == [True]
    assert found.summary() == ChangeCounts(moved=1)
    assert found.files() == ()


def test_an_entry_that_moved_and_changed_is_changed_and_says_that_it_moved(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    with dataset.edit() as change:
        change.put(ids[0], conversation("Is the attic dry?"))
    commit_files(dataset, {"order.json": Order().move_after([ids[0]], ids[2], next_id=None).encode()})

    found = trees(dataset, "@~2")

    assert [(each.id, each.change.value, each.moved) for each in found.entries()] == [(ids[0], "changed", True)]


def test_a_rank_that_changes_no_place_is_no_move(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    rank = f"{ids[0]}.h"
    commit_files(dataset, {"order.json": b'{"%s": "%s"}\n' % (ids[1].encode(), rank.encode())})

    assert told(trees(dataset)) == []


def test_an_order_that_does_not_read_is_a_file_that_changed(inn: tuple[Dataset, list[str]]) -> None:
    dataset, _ = inn
    commit_files(dataset, {"order.json": b"[1]\n"})

    found = trees(dataset)

    assert told(found) == []
    assert [(each.path, each.change.value) for each in found.files()] == [("order.json", "added")]


def test_another_layout_of_the_same_content_is_no_difference(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    path = entry_path(ids[0])
    data = (dataset.folder / path).read_bytes()
    commit_files(dataset, {path: data.replace(b"\n", b"") + b"\n"})

    found = trees(dataset)

    assert told(found) == []
    assert found.is_different() is False


def test_what_does_not_read_is_named_and_costs_only_itself(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    commit_files(dataset, {entry_path(ids[0]): b"not json", entry_path(ids[1]): None})

    first, second = trees(dataset).entries()

    assert (first.id, first.change, first.after, first.problem) == (
        ids[0],
        ChangeKind.CHANGED,
        None,
        "not a valid entry: line 1, column 1: a value is missing here",
    )
    assert second.change is ChangeKind.REMOVED


def test_a_symbolic_link_is_not_followed(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    path = dataset.folder / entry_path(ids[0])
    path.unlink()
    path.symlink_to("/etc/passwd")
    commit_files(dataset, {})

    (compared,) = trees(dataset).entries()

    assert (compared.after, compared.problem) == (None, "a symbolic link or a folder")


def test_a_mode_alone_is_no_change_of_an_entry(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    (dataset.folder / entry_path(ids[0])).chmod(0o755)
    commit_files(dataset, {})

    assert trees(dataset).is_different() is False


def test_other_files_are_told_with_their_bytes(inn: tuple[Dataset, list[str]]) -> None:
    dataset, _ = inn
    dataset.settings.set("gate.rules.empty_message", "warning")

    (file,) = trees(dataset).files()

    assert (file.path, file.change.value) == ("rolethread.toml", "changed")
    assert b"\nempty_message = " not in (file.before or b"")
    assert b"\nempty_message = " in (file.after or b"")


def test_entries_before_and_after_are_compared_without_a_store() -> None:
    from rolethread_vcs.model.entry import Entry

    entry = Entry.of(conversation("q"))

    kinds = [ComparedEntry.of("x", *sides).change.value for sides in ((None, entry), (entry, None), (entry, entry))]

    assert kinds == ["added", "removed", "changed"]


def test_a_hand_edit_is_read_from_the_folder(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    path = hand_edit(dataset, ids[1])

    (compared,) = dataset.diff().entries()

    assert compared.id == ids[1]
    assert compared.after is not None
    assert compared.after.messages[1]["content"] == "Wet, by now."
    assert object_id("blob", path.read_bytes()) != dataset.snapshot().blob_id(ids[1])


def test_a_broken_hand_edit_says_where_it_is_broken(inn: tuple[Dataset, list[str]]) -> None:
    dataset, ids = inn
    path = dataset.folder / entry_path(ids[1])
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], "  nonsense", *lines[1:]]) + "\n", encoding="utf-8")

    (compared,) = dataset.diff().entries()

    assert compared.problem.startswith("not a valid entry: line 2, column 3: ")
