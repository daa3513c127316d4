"""Merges `rolethread.toml` key by key; the comments are those of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.merge.conflict import Choice, Conflict
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.values import merge_maps
from rolethread_vcs.model.entry import is_same
from rolethread_vcs.model.settings import put_values, read_values


@dataclass(frozen=True, slots=True)
class MergedSettings:
    """The merged file, with ours where a key conflicted."""

    text: bytes
    conflicts: tuple[Conflict, ...] = ()


def merge_settings(
    base: bytes | None, ours: bytes, theirs: bytes, choices: Mapping[str, Choice] | None = None
) -> MergedSettings:
    """Return ours with the changes of theirs put in; lists of patterns and of features merge as sets.

    Fields are keys with dots (`gate.strict`). `base` is None where there was no such file.

    Raises:
        InvalidSettingsError: a side does not read, or the whole does not.
        NotFoundError (unknown_conflict): a choice names a key that is not in conflict.
        UsageError (unusable_choice): a choice does not fit its conflict.
    """
    resolver = Resolver(choices)
    was = {} if base is None else read_values(base)
    before = read_values(ours)
    merged = merge_maps(was, before, read_values(theirs), "", resolver, are_lists_sets=True)
    resolver.finish()
    changes = dict(_changes((), before, merged))
    return MergedSettings(put_values(ours, changes) if changes else ours, tuple(resolver.conflicts))


def _changes(path: tuple[str, ...], before: Any, after: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the values that differ with the path to each, None for one that goes."""
    if is_same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _changes((*path, key), before.get(key, ABSENT), after.get(key, ABSENT))
    else:
        yield path, None if after is ABSENT else after
