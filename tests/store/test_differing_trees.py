"""Which items differ between two trees is found without taking the trees apart, and is the same as if one had."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.trees import FILE, FOLDER, Item, differing, parse, two_way, unparse
from rolethread_vcs.store.tree_reader import Overlay

# Ids with the bytes that end a name, or begin a mode, at any place: where an item ends is never guessed.
IDS = st.binary(min_size=20, max_size=20) | st.sampled_from([b"\0" * 20, b"100644 a\0" + b"0" * 11, b"1" * 20])
NAMES = st.text("ab0.", min_size=1, max_size=4).map(str.encode)
ITEMS = st.dictionaries(NAMES, st.tuples(st.sampled_from([FILE, FOLDER]), IDS), max_size=8)
Items = dict[bytes, tuple[bytes, bytes]]


def tree(items: Items) -> bytes:
    return unparse(Item(mode, name, oid) for name, (mode, oid) in items.items())


@given(ITEMS, ITEMS)
@example({}, {b"a": (FILE, b"\0" * 20)})
@example({b"a": (FILE, b"x" * 20)}, {b"a": (FILE, b"x" * 19 + b"\0"), b"b": (FILE, b"\0" * 20)})
def test_what_differs_is_what_is_in_one_and_not_in_the_other(before: Items, after: Items) -> None:
    one, other = tree(before), tree(after)

    gone, came = (list(side.values()) for side in differing(b"1", b"2", {b"1": one, b"2": other}.__getitem__))

    assert gone == [item for item in parse(one) if item not in parse(other)]
    assert came == [item for item in parse(other) if item not in parse(one)]


@given(ITEMS, st.lists(st.tuples(NAMES, st.none() | st.tuples(st.just(FILE), IDS)), max_size=3))
def test_few_changes_are_found_as_if_all_had_been_compared(
    items: Items, changes: list[tuple[bytes, tuple[bytes, bytes] | None]]
) -> None:
    after = dict(items)
    for name, change in changes:
        if change is None:
            after.pop(name, None)
        else:
            after[name] = change
    one, other = tree(items), tree(after)

    gone, came = (list(side.values()) for side in differing(b"1", b"2", {b"1": one, b"2": other}.__getitem__))

    assert {item.name for item in (*gone, *came)} == {
        name for name in items.keys() | after.keys() if items.get(name) != after.get(name)
    }


@given(st.lists(st.tuples(IDS, IDS), max_size=8), st.integers(0, 2))
@example([(b"\0" * 20, b"1" * 20), (b"1" * 20, b"\0" * 20)], 0)
def test_items_of_one_length_are_compared_in_their_places_and_when_they_shifted(
    ids: list[tuple[bytes, bytes]], shift: int
) -> None:
    names = [b"a %02d" % number for number in range(len(ids) + shift)]
    before = {name: (FILE, one) for name, (one, _) in zip(names, ids, strict=False)}
    after = {name: (FILE, other) for name, (_, other) in zip(names[shift:], ids, strict=False)}
    one, other = tree(before), tree(after)

    gone, came = (list(side.values()) for side in differing(b"1", b"2", {b"1": one, b"2": other}.__getitem__))

    assert gone == [item for item in parse(one) if item not in parse(other)]
    assert came == [item for item in parse(other) if item not in parse(one)]


class _Nothing:
    def tree(self, oid: bytes) -> bytes:
        raise KeyError(oid)

    blob = tree


def test_a_walk_of_two_trees_tells_the_files_that_a_full_comparison_would() -> None:
    store = Overlay(_Nothing())
    paths = {
        f"entries/{first}/{second}.json": (FILE, bytes([first, second]) * 10)
        for first in range(4)
        for second in range(30)
    }
    before = trees.apply(None, paths, store, store)
    changes = {
        "entries/1/7.json": (FILE, b"n" * 20),
        "entries/1/8.json": None,
        "entries/3/x.json": (FILE, b"m" * 20),
        "a": (FILE, b"a" * 20),
    }
    after = trees.apply(before, changes, store, store)

    found = {each.path: (each.before, each.after) for each in two_way(before, after, store.tree)}

    assert found == {path: (paths.get(path), change) for path, change in changes.items()}
    assert list(found) == sorted(found)
