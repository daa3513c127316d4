"""The operation log: what it keeps comes back to the byte, and no collection takes it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import DamagedError
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.store import log
from rolethread_vcs.store.derived import Derived, Table
from rolethread_vcs.store.log import OPERATIONS_REF, Operation, table_difference
from rolethread_vcs.transaction import Intent, Session

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
VALUES = st.none() | st.sampled_from(["a" * 40, "b" * 40, "ref: refs/heads/x"])
REFS = st.sampled_from(["HEAD", "refs/heads/main", "refs/heads/ü", "refs/tags/v1"])


def add(dataset, text="hi"):
    with dataset.edit() as change:
        change.add({"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "x"}]})
    return change.result


@given(
    changes=st.dictionaries(REFS, st.tuples(VALUES, VALUES), max_size=3),
    command=TEXT,
    details=st.dictionaries(TEXT, TEXT | st.integers(0, 9) | st.none(), max_size=3),
    counts=st.tuples(*[st.integers(0, 10**6)] * 3),
    undoes=st.lists(st.integers(1, 99), max_size=3).map(tuple),
)
def test_a_record_is_canonical_and_holds_every_field(changes, command, details, counts, undoes):
    from rolethread_vcs.model.canonical import encode_value, parse

    added, changed, removed = counts
    operation = Operation(
        1, "edit", command, 5, "main", changes, {}, added, changed, removed, undoes=undoes, details=details
    )

    record = parse(operation.record())

    assert encode_value(record) == operation.record()
    assert {name: tuple(pair) for name, pair in record["changes"].items()} == changes
    assert (record["command"], record["details"], tuple(record["undoes"])) == (command, details, undoes)
    assert (record["added"], record["changed"], record["removed"]) == counts


def test_operations_come_back_newest_first(dataset):
    first, second = add(dataset, "1"), add(dataset, "2")

    newest, oldest = list(dataset.repository.operations)
    assert (newest.number, oldest.number) == (2, 1)
    assert newest.changes == {"refs/heads/main": (first.commit, second.commit)}
    assert newest.refs["refs/heads/main"] == second.commit
    assert (newest.added, newest.verb, newest.branch) == (1, "edit", "main")
    assert oldest.previous is None and newest.previous == oldest.id


def test_a_pruning_collection_leaves_everything_that_can_be_undone(dataset, git):
    first = add(dataset, "1")
    lost = add(dataset, "2")
    with Session.open(dataset.repository, Intent("undo", "undo")) as session:
        session.move({"refs/heads/main": (lost.commit, first.commit)}, undoes=(2,))
    git(dataset.folder, "reflog", "expire", "--expire=now", "--all")

    git(dataset.folder, "gc", "--prune=now", "--quiet")

    again = Dataset.open(dataset.folder)
    assert len(again.repository.snapshot_of(lost.commit)) == 2
    assert [operation.number for operation in again.repository.operations] == [3, 2, 1]


def test_a_moved_tag_object_survives_a_pruning_collection(dataset, git):
    first = add(dataset)
    git(dataset.folder, "tag", "-a", "v1", "-m", "first release", first.commit)
    tag = git(dataset.folder, "rev-parse", "refs/tags/v1").strip()
    data = git(dataset.folder, "cat-file", "-p", tag).encode()
    with Session.open(dataset.repository, Intent("release", "release --delete v1")) as session:
        session.move({"refs/tags/v1": (tag, None)})
    git(dataset.folder, "gc", "--prune=now", "--quiet")

    repository = Dataset.open(dataset.folder).repository
    operation = repository.operations.last()
    assert operation.changes == {"refs/tags/v1": (tag, None)}
    kept = repository.operations.tag_object(operation, tag)
    assert hashlib.sha1(b"tag %d\0" % len(kept) + kept).hexdigest() == tag
    assert kept.startswith(b"object ") and len(data) > 0


def test_a_tag_made_in_the_same_pack_is_kept_as_bytes_and_never_a_parent(dataset, git):
    first = add(dataset)
    with (
        Session.open(dataset.repository, Intent("release", "release v1")) as session,
        dataset.repository.pack() as pack,
    ):
        text = f"object {first.commit}\ntype commit\ntag v1\ntagger T <t@example.org> 1700000000 +0000\n\nfirst\n"
        tag = pack.add_tag(text.encode())
        session.publish(pack, {"refs/tags/v1": (None, tag)})

    git(dataset.folder, "fsck", "--strict")
    operation = dataset.repository.operations.last()
    assert dataset.repository.operations.tag_object(operation, tag) == text.encode()
    assert tag not in dataset.repository.objects.commit(operation.id).parents


def test_a_tag_of_a_file_made_by_plain_git_breaks_nothing(dataset, git):
    first = add(dataset)
    blob = git(dataset.folder, "rev-parse", f"{first.commit}:rolethread.toml").strip()
    git(dataset.folder, "tag", "settings", blob)

    add(dataset, "2")

    git(dataset.folder, "fsck", "--strict")
    assert [operation.verb for operation in dataset.repository.operations] == ["edit", "external", "edit"]


def test_moves_by_plain_git_are_recorded_by_the_next_command(dataset, git):
    first = add(dataset)
    git(dataset.folder, "branch", "side", first.commit)

    result = add(dataset, "2")

    external = list(dataset.repository.operations)[1]
    assert external.verb == "external"
    assert external.changes == {"refs/heads/side": (None, first.commit)}
    assert any("plain git had made side" in note for note in result.notes)


def test_a_torn_operation_is_damage_with_its_id(dataset, git):
    add(dataset)
    empty = git(dataset.folder, "commit-tree", "-m", "nothing", "4b825dc642cb6eb9a060e54bf8d69288fbee4904").strip()
    git(dataset.folder, "update-ref", OPERATIONS_REF, empty)

    with pytest.raises(DamagedError, match=f"the operation {empty[:10]} of the log cannot be read") as caught:
        dataset.repository.operations.last()
    assert caught.value.status == 70


@given(before=st.dictionaries(REFS, TEXT), after=st.dictionaries(REFS, TEXT))
def test_the_difference_of_two_tables_leads_from_one_to_the_other(before, after):
    difference = table_difference(before, after)

    result = dict(before)
    for name, (old, new) in difference.items():
        assert result.get(name) == old
        if new is None:
            del result[name]
        else:
            result[name] = new
    assert result == after


def test_which_operations_a_test_picks_is_remembered_and_only_those_are_asked_again(dataset, monkeypatch):
    monkeypatch.setattr(log, "_WORTH_REMEMBERING", 3)
    table, asked = Table("adds", 1), []

    def picked():
        fresh = Dataset.open(dataset.folder).repository.operations
        return [each.number for each in fresh.picked(table, lambda each: asked.append(each.id) or each.verb == "edit")]

    for number in range(5):
        add(dataset, f"question {number}")
        dataset.branch(f"b{number}")
    every = [each.number for each in dataset.repository.operations if each.verb == "edit"]
    first, count = picked(), len(asked)
    dataset.undo()
    newest = add(dataset, "one more").operation
    again = picked()

    assert (first, again) == (every, [newest, *every])
    assert len(asked) == count + 2 + len(every)
    Derived(dataset.repository.cache_folder).keep(table, {b"log": encode_line(["0" * 40, ["1" * 40]])})
    assert picked() == again
