"""Values that cannot be changed: what an entry hands out is one all the way down, and still a dict or a list."""

from __future__ import annotations

from typing import Any, NoReturn


def _refuse(_self: Any, *_values: Any, **_more: Any) -> NoReturn:
    raise TypeError("an entry is never changed in place; entry.with_fields(…) makes another one")


class FrozenDict(dict[str, Any]):
    """A dict that refuses changes; `copy.deepcopy` of it is a plain one."""

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse

    def __reduce__(self) -> Any:
        return dict, (dict(self),)


class FrozenList(list[Any]):
    """A list that refuses changes; `copy.deepcopy` of it is a plain one."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = extend = insert = _refuse
    pop = remove = clear = sort = reverse = _refuse

    def __reduce__(self) -> Any:
        return list, (list(self),)


def frozen(value: Any) -> Any:
    """Return a JSON value that cannot be changed at any depth, and shares nothing that can."""
    if isinstance(value, dict):
        return FrozenDict({key: frozen(item) for key, item in value.items()})
    return FrozenList(map(frozen, value)) if isinstance(value, list) else value
