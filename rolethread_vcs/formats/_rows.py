"""What a row holds beside its conversation (the entry's own keys, foreign keys, our mark), and files of rows.

| key of the row | is the entry's own when | otherwise |
|---|---|---|
| `tags` | a list of text | foreign |
| `uuid` | text of RFC 4122 form | foreign |
| `origin` | a list of entry ids | foreign |
| `chosen`, `rejected` | the format says it is a list of messages | foreign |
| `extra` | an object, in a row that has only keys of an entry (an entry's own document) | foreign |
| `rolethread` | an object with the id of an entry | foreign |

Foreign keys are kept in the entry's `extra` and stand at the top of a full row again. A null in one of the first
five keys says the same as no key. What a row cannot carry under its own key (a foreign `tags` beside the entry's
tags, an `uuid` that would not be taken for one) travels in `rolethread.fields`, so every row comes back exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rolethread_vcs.errors import UsageError
from rolethread_vcs.formats._contract import CannotCarryError, CleanKeys, RowFormat
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import ENTRY_KEYS, Entry, read_role
from rolethread_vcs.model.layout import is_id, rev_of

MARK = "rolethread"
OWN_KEYS = frozenset({"chosen", "rejected", "tags", "origin", "uuid", "extra", MARK})
"""The keys beside the conversation that mean something to us."""

_HIDEABLE = frozenset(ENTRY_KEYS) - {"messages"}
_MARK_KEYS = frozenset({"id", "rev", "fields"})
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

ReadSide = Callable[[Any], list[Any] | None]
"""Returns the messages of a `chosen` or `rejected` value, or None when it is not of a format's shape."""


# ---- reading


def split_row(
    row: Mapping[str, Any], read_side: ReadSide, *, is_document: bool = False
) -> tuple[dict[str, Any], dict[str, str] | None]:
    """Return the entry's fields of a row without its conversation, and the identity our mark carries.

    `row` must not hold the keys of the conversation any more. Foreign keys stand under `extra`; in an entry's own
    document (`is_document`) they stood there before.
    """
    fields: dict[str, Any] = {}
    foreign: dict[str, Any] = {}
    identity: dict[str, str] | None = None
    marked: Mapping[str, Any] = {}
    for key, value in row.items():
        if key not in OWN_KEYS:
            foreign[key] = value
        elif key == MARK:
            if is_our_mark(value):
                identity, marked, rest = _read_mark(value)
                if rest:
                    foreign[key] = rest
            else:
                foreign[key] = value
        elif key == "extra":
            if is_document and isinstance(value, dict):
                foreign.update(value)
            else:
                foreign[key] = value
        elif value is not None:
            own = _own_value(key, value, read_side)
            if own is None:
                foreign[key] = value
            else:
                fields[key] = own
    for key, value in marked.items():
        if key == "extra" and isinstance(value, dict):
            foreign.update(value)
        elif key in _HIDEABLE:
            fields[key] = value
    if foreign:
        fields["extra"] = foreign
    return fields, identity


def is_our_mark(value: Any) -> bool:
    """Return whether the value of `rolethread` was written by us."""
    if not isinstance(value, dict):
        return False
    entry_id = value.get("id")
    if entry_id is None:
        return isinstance(value.get("fields"), dict)
    return isinstance(entry_id, str) and is_id(entry_id)


def _read_mark(mark: dict[str, Any]) -> tuple[dict[str, str] | None, Mapping[str, Any], dict[str, Any]]:
    identity = None
    if "id" in mark:
        identity = {"id": mark["id"]}
        if isinstance(mark.get("rev"), str):
            identity["rev"] = mark["rev"]
    fields = mark.get("fields")
    rest = {key: value for key, value in mark.items() if key not in _MARK_KEYS}
    return identity, fields if isinstance(fields, dict) else {}, rest


def role_notes(labels: Iterable[Any]) -> tuple[str, ...]:
    """Say which of the labels of speakers were read as another role, each once."""
    read = {label: read_role(label) for label in labels if isinstance(label, str)}
    return tuple(f"role {label!r} is read as {role}" for label, role in read.items() if role != label)


def _own_value(key: str, value: Any, read_side: ReadSide) -> Any:
    """Return the value as the entry's own, or None when it is a foreign one of the same name."""
    if key in ("chosen", "rejected"):
        return read_side(value)
    if key == "uuid":
        return value if isinstance(value, str) and _UUID.fullmatch(value) else None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    if key == "origin" and not all(is_id(item) for item in value):
        return None
    return value


# ---- writing


def join_row(
    entry: Entry,
    conversation: Mapping[str, Any],
    *,
    identity: Mapping[str, str] | None,
    extra: Mapping[str, Any],
    is_claimed: Callable[[str, Any], bool],
    read_side: ReadSide,
    write_side: Callable[[Any], Any],
) -> dict[str, Any]:
    """Return a full row: our mark, the conversation, the entry's own keys, then its foreign keys as stored.

    `extra` is what is left of the entry's extra to be written at the top; `is_claimed` says which of its keys the
    format would take for its own when it reads the row again; `write_side` returns None where it has no shape.
    """
    row: dict[str, Any] = {}
    if identity is not None:
        row[MARK] = dict(identity)
    row.update(conversation)
    fields = entry.fields
    hidden: dict[str, Any] = {}
    for key in ("chosen", "rejected"):
        if key in fields:
            written = write_side(fields[key])
            if written is not None and read_side(written) == fields[key]:
                row[key] = written
            else:
                hidden[key] = fields[key]
    for key in ("tags", "origin", "uuid"):
        if key in fields:
            if _own_value(key, fields[key], read_side) is None:
                hidden[key] = fields[key]
            else:
                row[key] = fields[key]
    if extra:
        if row.keys().isdisjoint(extra) and OWN_KEYS.isdisjoint(extra) and not _any_claimed(extra, is_claimed):
            row.update(extra)
        else:
            hidden_extra = {}
            for key, value in extra.items():
                if key in row or is_claimed(key, value) or _is_misread(key, value, identity, read_side):
                    hidden_extra[key] = value
                else:
                    row[key] = value
            if hidden_extra:
                hidden["extra"] = hidden_extra
    if hidden:
        return {MARK: {**(identity or {}), "fields": hidden}, **{k: v for k, v in row.items() if k != MARK}}
    return row


def _any_claimed(extra: Mapping[str, Any], is_claimed: Callable[[str, Any], bool]) -> bool:
    return any(is_claimed(key, value) for key, value in extra.items())


def _is_misread(key: str, value: Any, identity: Mapping[str, str] | None, read_side: ReadSide) -> bool:
    """Return whether a foreign value would be taken for the entry's own, or for nothing, at the top of a row."""
    if key not in OWN_KEYS:
        return False
    if key == MARK:
        return True
    if key == "extra":
        return identity is None
    return value is None or _own_value(key, value, read_side) is not None


# ---- files of rows

CONTAINERS = ("jsonl", "json")
"""One row a line, or one array with a row a line."""


def clean_keys(format: RowFormat, entries: Iterable[Entry]) -> CleanKeys:
    """Return the optional keys that a clean export of these entries needs: the first of its two passes."""
    keys = CleanKeys()
    for entry in entries:
        keys = keys.union(format.used_keys(entry))
    return keys


def export_rows(
    format: RowFormat,
    entries: Iterable[tuple[str, bytes, Entry]],
    *,
    clean: bool = False,
    keys: CleanKeys | None = None,
    container: str = "jsonl",
) -> Iterator[bytes]:
    """Return the bytes of an export, a row at a time.

    `entries` are (entry id, 20-byte blob id, entry) in dataset order. A full export carries the id
    and all that the entry holds. A clean one needs `keys`, those of `clean_keys` over the same entries.

    Raises:
        CannotCarryError: an entry holds what the format has no place for; it is named.
        UsageError: there is no such container.
    """
    if container not in CONTAINERS:
        raise UsageError(f"there is no container {container!r}", hint=f"containers are {', '.join(CONTAINERS)}")
    if clean and keys is None:
        raise ValueError("a clean export needs the keys of a first pass: clean_keys(format, entries)")
    rows = (write_line(format, each, keys if clean else None) + b"\n" for each in entries)
    return rows if container == "jsonl" else _array(rows)


def write_line(format: RowFormat, entry: tuple[str, bytes, Entry], keys: CleanKeys | None) -> bytes:
    """Return the row of an entry (id, 20-byte blob id, entry) without its line feed: a clean one with keys, else full.

    Raises:
        CannotCarryError: it holds what the format has no place for.
    """
    entry_id, blob, content = entry
    try:
        if keys is None:
            row = format.write_full(content, {"id": entry_id, "rev": rev_of(blob)})
        else:
            row = format.write_clean(content, keys)
    except CannotCarryError as error:
        raise CannotCarryError(error.format_title, error.reason, entry_id) from error
    return encode_line(row, is_parsed=True)


def _array(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Return an array with one row a line; an array of nothing is `[]`."""
    before = b"["
    for row in rows:
        yield before + b"\n" + row[:-1]
        before = b","
    yield b"[]\n" if before == b"[" else b"\n]\n"
