"""What changed inside free-form JSON: objects key by key, lists item by item.

Lists are compared by DeepDiff; very long ones, and those with no item in common, by place. DeepDiff takes 100 ms to
import, so only lists that differ in their middle bring it in; and it is given numbers in place of the
items, because in lists it takes 1, 1.0 and true for equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import ConflictError
from rolethread_vcs.model.entry import is_same, sort_keys

_LONGEST_LIST = 1_000  # items; DeepDiff needs 0.1 s for so many, and its time grows with the square

Path = tuple[str | int, ...]


class KeyOrder(tuple[str, ...]):
    """The keys that an object has before and after a change, in their order."""


class ValueChange(NamedTuple):
    """One value that came, went or became another, or an object whose keys changed places (`before` is a `KeyOrder`).

    `path` leads to it through keys and places in lists. Places are those before the change; only the last step to
    an item that came (`before` is ABSENT) is its place after it. A key that came has `place`, its place after it.
    """

    path: Path
    before: Any
    after: Any
    place: int = 0

    @property
    def reordered(self) -> bool:
        """Whether the keys of an object changed places, and nothing else is told."""
        return isinstance(self.before, KeyOrder)


def changes(before: Any, after: Any, path: Path = ()) -> tuple[ValueChange, ...]:
    """Return how one JSON value at a path becomes another, from the outside in; nothing when they are the same.

    Either may be ABSENT.
    """
    if is_same(before, after):
        return ()
    found: list[ValueChange] = []
    if isinstance(before, dict) and isinstance(after, dict):
        place_of = {key: place for place, key in enumerate(after)}
        for key in sorted(before.keys() | after.keys()):
            if key in before:
                found += changes(before[key], after.get(key, ABSENT), (*path, key))
            else:
                found.append(ValueChange((*path, key), ABSENT, after[key], place_of[key]))
        order, to_order = (
            KeyOrder(key for key in side if key in other) for side, other in ((before, after), (after, before))
        )
        if order != to_order:
            found.append(ValueChange(path, order, to_order))
        return tuple(found)
    if not isinstance(before, list) or not isinstance(after, list):
        return (ValueChange(path, before, after),)
    removed, added = _by_deepdiff(before, after)
    kept = [place for place in range(len(before)) if place not in removed]
    to_kept = [place for place in range(len(after)) if place not in added]
    if len(kept) != len(to_kept):
        return (ValueChange(path, before, after),)
    for place, to_place in zip(kept, to_kept, strict=True):
        found += changes(before[place], after[to_place], (*path, place))
    found += [ValueChange((*path, place), before[place], ABSENT) for place in sorted(removed)]
    found += [ValueChange((*path, place), ABSENT, after[place]) for place in sorted(added)]
    return tuple(found)


def _by_deepdiff(before: Sequence[Any], after: Sequence[Any]) -> tuple[Set[int], Set[int]]:
    """Return the places of items that went, and of items that came; none where lists are compared by place."""
    numbers: dict[str, int] = {}
    one, other = (
        [numbers.setdefault(repr(sort_keys(item)), len(numbers)) for item in side] for side in (before, after)
    )
    if max(len(one), len(other)) > _LONGEST_LIST or (len(one) == len(other) and not set(one) & set(other)):
        return set(), set()
    # DeepDiff may tell of more than what was put in between equal items: [0, 0, 0] and [0, 1, 0, 0]
    start = _in_common(one, other)
    end = _in_common(one[start:][::-1], other[start:][::-1])
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    if not (one and other):
        return set(range(start, start + len(one))), set(range(start, start + len(other)))
    from deepdiff import DeepDiff

    found = DeepDiff(one, other, view="tree")
    removed = {level.path(output_format="list")[-1] for level in found.get("iterable_item_removed", ())}
    added = {level.path(output_format="list", use_t2=True)[-1] for level in found.get("iterable_item_added", ())}
    return {start + place for place in removed}, {start + place for place in added}


def _in_common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many items two lists begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def apply_changes(value: Any, difference: Sequence[ValueChange], path: Path = ()) -> Any:
    """Return a value at a path with changes applied; the value itself stays as it is, parts of it are shared.

    Raises:
        ConflictError (difference_does_not_fit): the value is not the one that the changes were taken from.
    """
    if not difference:
        return value
    first = difference[0]
    if not first.path and not first.reordered:
        require(spelled(path), fits=is_same(first.before, value))
        return first.after
    new: list[ValueChange] = []
    order: ValueChange | None = None
    groups: dict[str | int, list[ValueChange]] = {}
    for change in difference:
        if not change.path:
            order = change
        elif len(change.path) == 1 and change.before is ABSENT:
            new.append(change)
        else:
            groups.setdefault(change.path[0], []).append(change._replace(path=change.path[1:]))
    is_list = bool(first.path) and isinstance(first.path[0], int)
    require(spelled(path), fits=isinstance(value, list if is_list else Mapping))
    if not is_list:
        result = {key: apply_changes(each, groups.pop(str(key), ()), (*path, key)) for key, each in value.items()}
        result = {key: each for key, each in result.items() if each is not ABSENT}
        require(spelled(path), fits=not groups and result.keys().isdisjoint(change.path[0] for change in new))
        require(spelled(path), fits=order is None or tuple(result) == order.before)
        rows = [(key, result[key]) for key in (result if order is None else order.after)]
        for change in sorted(new, key=lambda change: change.place):
            rows.insert(change.place, (change.path[0], change.after))
        return dict(rows)
    require(spelled(path), fits=all(int(step) < len(value) for step in groups))
    items = [apply_changes(item, groups.get(step, []), (*path, step)) for step, item in enumerate(value)]
    items = [item for item in items if item is not ABSENT]
    for change in sorted(new, key=lambda change: change.path):
        items.insert(int(change.path[0]), change.after)
    return items


def spelled(path: Path) -> str:
    """Return a path the way people type it: `lore[3].name`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "the value"


def require(place: str, *, fits: bool) -> None:
    """Check that a place is what a difference starts from; `place` is spelled as people type it.

    Raises:
        ConflictError (difference_does_not_fit): it is not.
    """
    if not fits:
        raise ConflictError(
            f"{place} is not what this difference starts from",
            hint="take the difference again, or merge the two changes",
            code="difference_does_not_fit",
        )
