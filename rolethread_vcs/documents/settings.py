"""The settings that travel with a dataset: `rolethread.toml`, saved as it was written, comments and all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rolethread_vcs.documents import Data, Kind
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.entry import is_same
from rolethread_vcs.model.layout import SETTINGS
from rolethread_vcs.model.settings import parse_settings, put_values, read_values, slips

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Choose, Merged

_FIXED = ("id", "format", "writer_features")
"""What clones and other programs rely on."""


class _SettingsKind(Kind[bytes]):
    name = "settings"
    is_needed = True
    patterns = (f"/{SETTINGS}",)

    def owns(self, path: str) -> bool:
        return path == SETTINGS

    def parse(self, data: bytes) -> bytes:
        parse_settings(data)
        return data

    def encode(self, value: bytes) -> bytes:
        return value

    def check_by_hand(self, path: str, data: Data, before: Data) -> None:
        if data is None:
            raise InvalidError(f"{path} is gone, and without it this is no dataset")
        settings = parse_settings(data)
        if settings.why_read_only is not None:
            raise InvalidError(f"{settings.why_read_only}, nor could this be undone")
        old = settings if before is None else parse_settings(before)
        for key in _FIXED:
            was = getattr(old, key)
            if getattr(settings, key) != was:
                raise InvalidError(f"{path}: {key} cannot be changed; write it back: {key} = {json.dumps(was)}")
        known = () if before is None else slips(before)
        for slip in slips(data):
            if slip not in known:
                raise InvalidError(f"{path}: {slip}")

    def _merge_sides(self, base: Data, ours: bytes, theirs: bytes, choose: Choose | None) -> Merged[Data]:
        """Put the changes of theirs into ours: fields are keys with dots, lists of patterns merge as sets."""
        from rolethread_vcs.merge.resolver import Resolver
        from rolethread_vcs.merge.values import merge_maps

        resolver = Resolver(choose)
        was, before = {} if base is None else read_values(base), read_values(ours)
        merged = merge_maps(was, before, read_values(theirs), "", resolver, are_lists_sets=True)
        changes = dict(_changes((), before, merged))
        return resolver.merged(put_values(ours, changes) if changes else ours)


KIND = _SettingsKind()


def _changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the values that differ with the path to each, None for one that goes."""
    if is_same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from _changes((*path, key), before.get(key), after.get(key))
    else:
        yield path, after
