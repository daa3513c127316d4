"""Merges three versions of one file of a dataset, without a dataset: what git asks of a merge driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.merge.conflict import Conflict
from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.merge.order import merge_order
from rolethread_vcs.merge.settings import merge_settings
from rolethread_vcs.merge.values import merge_documents
from rolethread_vcs.model.canonical import decode_entry, encode_entry, encode_value, parse
from rolethread_vcs.model.layout import ENTRIES, ORDER, SETTINGS, id_of_path
from rolethread_vcs.model.order import Order


class UnreadableVersionError(InvalidError):
    """A version of a file that is to be merged does not read."""

    code = "unreadable_version"


@dataclass(frozen=True, slots=True)
class MergedVersions:
    """What the merge of a file gives: its bytes, which always read (ours where something conflicted), and the
    conflicts."""

    data: bytes
    conflicts: tuple[Conflict, ...] = ()


def merge_versions(path: str, base: bytes, ours: bytes, theirs: bytes) -> MergedVersions:
    """Return the merge of a file of the dataset, the way its kind is merged; an empty base stands for none.

    Raises:
        UnreadableVersionError: a version does not read.
    """
    try:
        return _merge(path, base, ours, theirs)
    except InvalidError as error:
        raise UnreadableVersionError(f"{path}: {error.message}") from error


def _merge(path: str, base: bytes, ours: bytes, theirs: bytes) -> MergedVersions:
    if path == SETTINGS:
        settings = merge_settings(base or None, ours, theirs)
        return MergedVersions(settings.text, settings.conflicts)
    if path == ORDER:
        order = merge_order(Order.parse(base or None), Order.parse(ours or None), Order.parse(theirs or None))
        return MergedVersions(order.order.encode() or b"{}\n", order.conflicts)
    if id_of_path(path) is not None or path.startswith(f"{ENTRIES}/"):
        was = decode_entry(base) if base else None
        merged = merge_entries(was, decode_entry(ours), decode_entry(theirs))
        data = ours if merged.preview is None else encode_entry(merged.preview)
        return MergedVersions(data, merged.conflicts)
    document = merge_documents(_object(path, base) if base else None, _object(path, ours), _object(path, theirs))
    data = ours if document.value is None else encode_value(dict(document.value))
    return MergedVersions(data, document.conflicts)


def _object(path: str, data: bytes) -> Mapping[str, Any]:
    value = parse(data)
    if not isinstance(value, dict):
        raise UnreadableVersionError(f"{path} holds no JSON object")
    return value
