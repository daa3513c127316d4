"""The laws of merging three states of a dataset: entries, their order, registry cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs import Dataset, Entry
from rolethread_vcs.model.canonical import encode_entry, encode_value
from rolethread_vcs.model.layout import ORDER, entry_path
from rolethread_vcs.ops.merge.decisions import Decision
from rolethread_vcs.ops.merge.sides import MergeInputs
from rolethread_vcs.ops.merge.tree_merge import TreeMerge, merge_trees
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import Overlay

IDS = [f"0000000{number}-{'abcdefgh'[number] * 8}" for number in range(1, 6)]
QUESTIONS = ["Is the cellar dry tonight, old friend?", "Who goes there in the dark and the rain?"]
ANSWERS = ["Dry enough for the likes of you.", "Dry enough for all the likes of us.", "Only the wind, and it is cold."]

_entry = st.builds(
    lambda question, answer, tags, extra: {
        "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}],
        "tags": tags,
        "extra": extra,
    },
    st.sampled_from(QUESTIONS),
    st.sampled_from(ANSWERS),
    st.lists(st.sampled_from(["inn", "rain"]), max_size=2),
    st.dictionaries(st.sampled_from(["rating", "seen"]), st.integers(0, 2), max_size=2),
)
_card = st.dictionaries(st.sampled_from(["name", "aliases"]), st.sampled_from(["inn", "pub"]), max_size=2)
State = dict[str, Any]
_states = st.fixed_dictionaries(
    {},
    optional={
        **{entry_path(entry_id): _entry for entry_id in IDS},
        "tags/inn.json": _card,
        ORDER: st.dictionaries(
            st.sampled_from(IDS), st.sampled_from([".8", ".g", f"{IDS[2]}.8", f"{IDS[4]}.g"]), min_size=1, max_size=2
        ),
    },
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Dataset.init(Path(tmp_path_factory.mktemp("laws")) / "inn").repository


def tree_of(overlay: Overlay, state: State) -> bytes | None:
    ids = {path.removesuffix(".json")[-17:] for path in state if path.startswith("entries/")}
    paths: dict[str, tuple[bytes, bytes] | None] = {}
    for path, value in state.items():
        if path == ORDER:
            value = {entry_id: rank for entry_id, rank in value.items() if entry_id in ids}
            if not value:
                continue
        data = encode_entry(Entry.of(value)) if path.startswith("entries/") else encode_value(value)
        paths[path] = (trees.FILE, overlay.add("blob", data))
    return trees.apply(None, paths, overlay, overlay)


def result_of(overlay: Overlay, ours: bytes | None, merged: TreeMerge) -> bytes | None:
    return trees.apply(ours, dict(merged.change.write(overlay)), overlay, overlay)


def merge(repository: Repository, overlay: Overlay, *states: bytes | None) -> TreeMerge:
    return merge_trees(MergeInputs(overlay, *states))


@given(base=_states, other=_states)
def test_who_alone_changed_something_wins(repository: Repository, base: State, other: State) -> None:
    overlay = Overlay(repository.objects)
    b, x = tree_of(overlay, base), tree_of(overlay, other)

    theirs = merge(repository, overlay, b, b, x)

    assert (theirs.conflicts, result_of(overlay, b, theirs)) == ((), x)
    assert merge(repository, overlay, b, x, b).change.is_empty
    assert merge(repository, overlay, b, x, x).change.is_empty


@settings(max_examples=100)
@given(base=_states, ours=_states, theirs=_states)
def test_swapping_the_sides_swaps_only_the_labels(
    repository: Repository, base: State, ours: State, theirs: State
) -> None:
    overlay = Overlay(repository.objects)
    b, x, y = (tree_of(overlay, state) for state in (base, ours, theirs))

    one, other = merge(repository, overlay, b, x, y), merge(repository, overlay, b, y, x)

    assert sorted((c.id, c.field, c.reason) for c in one.conflicts) == sorted(
        (c.id, c.field, c.reason) for c in other.conflicts
    )
    assert {c.id: (c.ours, c.theirs) for c in one.conflicts if c.field == "entry"} == {
        c.id: (c.theirs, c.ours) for c in other.conflicts if c.field == "entry"
    }
    if not one.conflicts:
        assert result_of(overlay, x, one) == result_of(overlay, y, other)


@given(base=_states, ours=_states, theirs=_states)
def test_deciding_everything_for_ours_leaves_no_conflict(
    repository: Repository, base: State, ours: State, theirs: State
) -> None:
    overlay = Overlay(repository.objects)
    inputs = MergeInputs(overlay, *(tree_of(overlay, state) for state in (base, ours, theirs)))
    decisions: dict[str, dict[str, Decision]] = {}

    merged = merge_trees(inputs)
    rounds = 0
    while merged.conflicts and rounds < 5:
        for conflict in merged.conflicts:
            decisions.setdefault(conflict.id, {})[conflict.field] = Decision("ours", conflict.about)
        merged = merge_trees(inputs, decisions)
        rounds += 1

    assert (merged.conflicts, merged.void) == ((), ())
