"""What changed inside free-form JSON: objects key by key, lists item by item.

Lists are compared by DeepDiff; very long ones, and those with no item in common, by place. DeepDiff takes 100 ms to
import, so only two unequal lists of different length or order bring it in; and it is given numbers in place of the
items, because in lists it takes 1, 1.0 and true for equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import ConflictError
from rolethread_vcs.model.entry import is_same

_LONGEST_LIST = 1_000  # items; DeepDiff needs 0.1 s for so many, and its time grows with the square

Path = tuple[str | int, ...]


class ValueChange(NamedTuple):
    """One value that came, went or became another.

    `path` leads to it through keys and places in lists. Places are those before the change; only the last step to
    an item that came (`before` is ABSENT) is its place after it.
    """

    path: Path
    before: Any
    after: Any


def changes(before: Any, after: Any) -> tuple[ValueChange, ...]:
    """Return how one JSON value becomes another, from the outside in; nothing when they are the same.

    Either may be ABSENT. Values are canonical: the keys of objects are sorted.
    """
    return tuple(_changes((), before, after))


def apply_changes(value: Any, difference: Iterable[ValueChange]) -> Any:
    """Return a value with changes applied; the value itself stays as it is, parts of it are shared.

    Raises:
        ConflictError (difference_does_not_fit): the value is not the one that the changes were taken from.
    """
    return _apply((), value, list(difference))


def _changes(path: Path, before: Any, after: Any) -> list[ValueChange]:
    if is_same(before, after):
        return []
    found: list[ValueChange] = []
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            found += _changes((*path, key), before.get(key, ABSENT), after.get(key, ABSENT))
        return found
    if not isinstance(before, list) or not isinstance(after, list):
        return [ValueChange(path, before, after)]
    removed, added = _by_deepdiff(before, after)
    kept = [place for place in range(len(before)) if place not in removed]
    to_kept = [place for place in range(len(after)) if place not in added]
    if len(kept) != len(to_kept):
        return [ValueChange(path, before, after)]
    for place, to_place in zip(kept, to_kept, strict=True):
        found += _changes((*path, place), before[place], after[to_place])
    found += [ValueChange((*path, place), before[place], ABSENT) for place in sorted(removed)]
    found += [ValueChange((*path, place), ABSENT, after[place]) for place in sorted(added)]
    return found


_Places = tuple[Set[int], Set[int]]
"""The places of items that went, and of items that came."""
_BY_PLACE: _Places = frozenset(), frozenset()


def _by_deepdiff(before: Sequence[Any], after: Sequence[Any]) -> _Places:
    numbers: dict[str, int] = {}
    one = [numbers.setdefault(repr(item), len(numbers)) for item in before]
    other = [numbers.setdefault(repr(item), len(numbers)) for item in after]
    if max(len(one), len(other)) > _LONGEST_LIST or (len(one) == len(other) and not set(one) & set(other)):
        return _BY_PLACE
    from deepdiff import DeepDiff

    found = DeepDiff(one, other, view="tree")
    removed = {level.path(output_format="list")[-1] for level in found.get("iterable_item_removed", ())}
    added = {level.path(output_format="list", use_t2=True)[-1] for level in found.get("iterable_item_added", ())}
    return removed, added


def _grouped(difference: Sequence[ValueChange]) -> dict[str | int, list[ValueChange]]:
    """Return the changes by the first step of their path, without it; items that came are left out."""
    groups: dict[str | int, list[ValueChange]] = {}
    for change in difference:
        if not _is_new_item(change):
            groups.setdefault(change.path[0], []).append(change._replace(path=change.path[1:]))
    return groups


def _is_new_item(change: ValueChange) -> bool:
    return len(change.path) == 1 and isinstance(change.path[0], int) and change.before is ABSENT


def _apply(path: Path, value: Any, difference: list[ValueChange]) -> Any:
    if not difference:
        return value
    if not difference[0].path:
        require(_spelled(path), fits=is_same(difference[0].before, value))
        return difference[0].after
    groups = _grouped(difference)
    is_list = isinstance(difference[0].path[0], int)
    require(_spelled(path), fits=isinstance(value, list if is_list else Mapping))
    if not is_list:
        result = {**value, **{key: _apply((*path, key), value.get(key, ABSENT), groups[key]) for key in groups}}
        return {key: result[key] for key in sorted(result) if result[key] is not ABSENT}
    require(_spelled(path), fits=all(int(place) < len(value) for place in groups))
    items = [_apply((*path, place), item, groups.get(place, [])) for place, item in enumerate(value)]
    items = [item for item in items if item is not ABSENT]
    for change in sorted(filter(_is_new_item, difference), key=lambda change: change.path):
        items.insert(int(change.path[0]), change.after)
    return items


def _spelled(path: Path) -> str:
    """Spell a path the way people type it: `lore[3].name`."""
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
