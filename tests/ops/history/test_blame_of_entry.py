"""Where each message comes from."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_dataset import dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.history.blame import blame
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.snapshot import NoSuchEntryError
from rolethread_vcs.transaction import Intent


def said(*texts: str) -> list[dict[str, Any]]:
    return [{"role": ("user", "assistant")[index % 2], "content": text} for index, text in enumerate(texts)]


def put(dataset: Dataset, entry_id: str, *texts: str, **more: Any) -> str:
    with dataset.edit() as change:
        change.put(entry_id, {"messages": said(*texts), **more})
    return dataset.snapshot().id


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def told(dataset: Dataset, word: str = "1", revision: str = "@") -> list[tuple[str, str]]:
    """Return, for each message, the commits that changed it last and brought it in."""
    found = blame(open_dataset(dataset.folder), word, revision).messages
    return [(each.changed.id, each.brought.id) for each in found]


def test_an_edit_changes_one_message_and_brings_none_in(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "Is the cellar dry?")
    born = dataset.snapshot().id
    edited = put(dataset, ids[0], "Is the cellar dry today?", "Dry enough.")

    assert told(dataset) == [(edited, born), (born, born)]
    assert told(dataset, "1", "@~1") == [(born, born), (born, born)]


def test_messages_keep_their_commit_when_others_come_before_them(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "Is the cellar dry?")
    born = dataset.snapshot().id
    longer = put(dataset, ids[0], "Good evening.", "Come in, come in.", "Is the cellar dry?", "Dry enough.")

    assert told(dataset) == [(longer, longer), (longer, longer), (born, born), (born, born)]


def test_a_message_that_moved_is_the_same_message(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    texts = ["Where is the harbour?", "Down the hill.", "Who mends the old clock?", "Nobody does these days."]
    born = put(dataset, ids[0], *texts)
    put(dataset, ids[0], *texts[2:], *texts[:2])

    assert [changed for changed, _ in told(dataset)] == [born] * 4


def test_a_replaced_exchange_was_brought_in_by_who_replaced_it(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    texts = ["Where is the harbour?", "Down the hill.", "Who mends the old clock?", "Nobody does these days."]
    born = put(dataset, ids[0], *texts)
    replaced = put(dataset, ids[0], "Is there fish today?", "Smoked eel.", *texts[2:])

    assert told(dataset) == [(replaced, replaced)] * 2 + [(born, born)] * 2


def test_attributes_count_as_a_change(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    born = dataset.snapshot().id
    messages = said("one", "Dry enough.")
    messages[1]["speaker"] = "mara"
    with dataset.edit() as change:
        change.put(ids[0], {"messages": messages})

    assert told(dataset) == [(born, born), (dataset.snapshot().id, born)]


def test_a_removal_and_a_restore_bring_nothing_new(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    born = dataset.snapshot().id
    dataset.remove([ids[0]], Intent("remove", "remove"))
    dataset.restore([ids[0]], dataset.snapshot("@~1"), Intent("restore", "restore"))
    edited = put(dataset, ids[0], "one, again", "Dry enough.")

    assert told(dataset) == [(edited, born), (born, born)]


def test_a_merge_follows_the_side_that_holds_the_message(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "Is the cellar dry?")
    dataset.branch("try", switch=True)
    ours = put(dataset, ids[0], "Is the cellar dry today?", "Dry enough.")
    dataset.switch("main")
    theirs = put(dataset, ids[0], "Is the cellar dry?", "Dry enough for wine.")
    subprocess.run(["git", "merge", "-q", "try"], cwd=dataset.folder, capture_output=True, check=False)
    merged = Entry.of({"messages": said("Is the cellar dry today?", "Dry enough for wine.")})
    (dataset.folder / entry_path(ids[0])).write_bytes(encode_entry(merged))
    git(dataset.folder, "commit", "-qam", "merge")
    born = git(dataset.folder, "rev-parse", "try~1")

    assert told(dataset) == [(ours, born), (theirs, born)]


def test_a_range_tells_what_was_changed_in_it(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "Is the cellar dry?")
    dataset.branch("try")
    put(dataset, ids[0], "Is the cellar dry today?", "Dry enough.")
    dataset.switch("try")
    put(dataset, ids[0], "Is the cellar dry?", "Dry enough for wine.")

    def older(rev: str) -> list[bool]:
        return [each.is_older for each in blame(dataset.repository, "1", rev).messages]

    assert older("main...try") == older("main..try") == older("main...") == [True, False]
    assert older("try...main") == [False, True]
    assert older("try") == [False, False]


def test_what_was_split_off_comes_from_the_entry_it_was_split_from(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    born = put(dataset, ids[0], "Is the cellar dry?", "Dry enough.", "Who mends the clock?", "Nobody.")
    with dataset.edit("split") as change:
        change.put(ids[0], {"messages": said("Is the cellar dry?", "Dry enough.")})
        new = change.add({"messages": said("Who mends the clock?", "Nobody, I fear."), "origin": [ids[0]]})
    split = dataset.snapshot().id

    assert told(dataset, new) == [(born, born), (split, born)]


def test_what_was_joined_comes_from_each_of_them(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "Is the cellar dry?")
    first = dataset.snapshot().id
    ids += dataset.add([{"messages": said("Who mends the clock?", "Nobody.")}], Intent("add", "add")).ids
    second = dataset.snapshot().id
    with dataset.edit("join") as change:
        texts = ("Is the cellar dry?", "Dry enough.", "Who mends the clock?", "Nobody.")
        joined = change.add({"messages": said(*texts), "origin": ids})
        change.remove(ids[0])
        change.remove(ids[1])

    assert told(dataset, joined) == [(first, first)] * 2 + [(second, second)] * 2


def test_both_sides_of_a_preference_pair_are_told(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    pair = {"messages": said("Hello?"), "chosen": said("Yes, dear."), "rejected": said("No.")}
    entry_id = dataset.add([pair], Intent("add", "add", allowances=())).ids[0]
    born = dataset.snapshot().id
    with dataset.edit() as change:
        change.put(entry_id, {**pair, "rejected": said("No, and no.")})

    found = blame(dataset.repository, entry_id).messages

    assert [(each.side, each.index) for each in found] == [("messages", 0), ("chosen", 0), ("rejected", 0)]
    assert [each.changed.id for each in found] == [born, born, dataset.snapshot().id]


def test_an_entry_that_is_gone_is_told_with_its_life(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.remove([ids[0]], Intent("remove", "remove"))

    with pytest.raises(NoSuchEntryError) as caught:
        blame(dataset.repository, "1")

    assert caught.value.hint == f"see its life with: rtv log {ids[0]}"


def test_in_a_shallow_copy_the_oldest_commit_stands_for_what_was_before(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    put(dataset, ids[0], "one", "Dry.")
    put(dataset, ids[0], "one", "Dry, by now.")
    git(tmp_path, "clone", "-q", "--depth", "2", f"file://{dataset.folder}", "shallow")
    repository = open_dataset(tmp_path / "shallow")

    found = blame(repository, "1")

    assert found.ends == (repository.resolve("@~1"),)
    assert [each.brought.id for each in found.messages] == [repository.resolve("@~1")] * 2


def test_two_thousand_messages_are_told(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    texts = [f"This is message number {number} of a long evening at the inn." for number in range(2_000)]
    born = put(dataset, ids[0], *texts)
    texts[1_234] += " The fire went out."
    edited = put(dataset, ids[0], *texts)

    found = told(dataset)

    assert found[1_234] == (edited, born)
    # the first message of this version was made of the first one there was
    assert {pair for index, pair in enumerate(found) if index not in (0, 1, 1_234)} == {(born, born)}


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6), min_size=1, max_size=6))
def test_every_message_has_a_commit_of_the_life_that_held_it_so(tmp_path_factory: Any, versions: list[str]) -> None:
    folder = tmp_path_factory.mktemp("blame") / "d"
    dataset = Dataset.init(folder)
    dataset.settings.set("gate.strict", "")
    texts = [[f"{letter} said so, and {letter} was right" for letter in version] for version in versions]
    entry_id = dataset.add([{"messages": said(*texts[0])}], Intent("add", "add")).ids[0]
    for version in texts[1:]:
        put(dataset, entry_id, *version)

    for each in blame(dataset.repository, entry_id).messages:
        then = dataset.repository.snapshot_of(each.changed.id)[entry_id].messages
        assert each.message in then
        assert each.brought.committer.time <= each.changed.committer.time


def test_a_thousand_edits_of_one_entry_are_told(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    texts = [f"This is message {number} of a long evening at the inn." for number in range(5)]
    born = put(dataset, ids[0], *texts)
    stream = [f"reset refs/heads/main\nfrom {born}\n".encode()]
    for number in range(1_000):
        texts[number % 5] = f"This is message {number % 5}, told for the {number}th time at the inn."
        data = encode_entry(Entry.of({"messages": said(*texts)}))
        head = f"commit refs/heads/main\ncommitter B <b@localhost> {2_000_000_000 + number} +0000\ndata 0\n"
        stream.append(f"{head}M 100644 inline {entry_path(ids[0])}\ndata {len(data)}\n".encode() + data + b"\n")
    subprocess.run(["git", "fast-import", "--quiet"], input=b"".join(stream), cwd=dataset.folder, check=True)
    newest = git(dataset.folder, "rev-list", "-n", "5", "main").split()

    found = told(dataset)

    assert [changed for changed, _ in found] == newest[::-1]
    # the first two came with the first version there was
    assert [brought for _, brought in found[2:]] == [born] * 3
