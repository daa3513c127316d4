"""Laws of taking back: a revert after a change restores, a pick of a reverted change brings it back, the rest stays."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.merge.completion import State
from rolethread_vcs.transaction import Intent

ENTRIES = 4
WORDS = st.sampled_from(["cellar", "attic", "lamp", "rain", "key", "barrel", "clock", "stair"])
TEXT = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)


@st.composite
def conversations(draw: st.DrawFn) -> dict[str, Any]:
    """Return the fields of an entry of some exchanges."""
    messages = []
    for _ in range(draw(st.integers(1, 3))):
        messages.append({"role": "user", "content": draw(TEXT)})
        messages.append({"role": "assistant", "content": draw(TEXT)})
    tags = draw(st.lists(WORDS, max_size=2, unique=True))
    return {"messages": messages, "tags": tags} if tags else {"messages": messages}


@st.composite
def changes(draw: st.DrawFn, places: tuple[int, ...] = tuple(range(ENTRIES))) -> Mapping[int, Any]:
    """Return what happens to entries by their place: new fields, None to remove; -1 is an entry to add."""
    chosen = draw(st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True))
    found = {place: draw(st.none() | conversations()) for place in chosen}
    return {**found, -1: draw(conversations())} if draw(st.booleans()) else found


def dataset_in(folder: str) -> tuple[Dataset, list[str]]:
    """Return a dataset whose branch only reports, since the laws are about what is, sound or not."""
    dataset = Dataset.init(Path(folder) / "d")
    first = [
        {"messages": [{"role": "user", "content": f"{n} what"}, {"role": "assistant", "content": "that"}]}
        for n in range(ENTRIES)
    ]
    ids = dataset.add(first, Intent("add", "add")).ids
    dataset.branch("try", switch=True)
    return dataset, list(ids)


def do(dataset: Dataset, ids: list[str], change: Mapping[int, Any]) -> str:
    """Make one commit of a change and return its id."""
    with dataset.edit("a change") as edit:
        for place, fields in change.items():
            if place < 0:
                edit.add(fields)
            elif fields is None:
                edit.remove(ids[place])
            else:
                edit.put(ids[place], fields)
    return dataset.snapshot().id


LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LAW
@given(change=changes())
def test_a_revert_after_a_change_restores_and_a_pick_brings_it_back(change: Mapping[int, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dataset, ids = dataset_in(folder)
        before = dataset.snapshot().tree
        commit = do(dataset, ids, change)
        after = dataset.snapshot().tree

        dataset.revert(commit)
        reverted = dataset.snapshot()
        dataset.revert("@")
        twice = dataset.snapshot().tree
        dataset.revert("@")
        dataset.pick(commit)

        assert reverted.tree == before
        assert reverted.commit.trailer("Reverts") == commit
        assert twice == after
        assert dataset.snapshot().tree == after
        assert dataset.snapshot().commit.trailer("Picked-From") == commit
        assert dataset.pick(commit).state is State.NOTHING


@LAW
@given(change=changes(places=(0, 1)), later=changes(places=(2, 3)))
def test_what_was_done_to_other_entries_since_stays(change: Mapping[int, Any], later: Mapping[int, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dataset, ids = dataset_in(folder)
        commit = do(dataset, ids, {place: fields for place, fields in change.items() if place >= 0})
        wanted = dict(dataset.snapshot("@~1"))
        do(dataset, ids, later)
        since = {key: entry for key, entry in dataset.snapshot() if key not in ids[:2]}

        dataset.revert(commit)

        assert dict(dataset.snapshot()) == {key: wanted[key] for key in ids[:2]} | since


@LAW
@given(first=changes(), second=changes())
def test_a_range_is_taken_back_as_one_and_picked_as_one(first: Mapping[int, Any], second: Mapping[int, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        dataset, ids = dataset_in(folder)
        start = dataset.snapshot()
        do(dataset, ids, first)
        there = [entry_id for entry_id in ids if entry_id in dataset.snapshot()]
        do(dataset, ids, {place: fields for place, fields in second.items() if place < 0 or ids[place] in there})
        end = dataset.snapshot()

        dataset.revert(f"{start.id}..{end.id}")
        back = dataset.snapshot().tree
        dataset.branch("other", start=start.id, switch=True)
        dataset.pick(f"{start.id}..{end.id}")

        assert back == start.tree
        assert dataset.snapshot().tree == end.tree
