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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rolethread_vcs.errors import UsageError, did_you_mean
from rolethread_vcs.formats._contract import CannotCarryError, RowFormat
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import ENTRY_KEYS, KNOWN_ROLES, OPENING_ROLES, Entry, fold_label, known_role, read_role
from rolethread_vcs.model.layout import is_id, rev_of

MARK = "rolethread"
SIDES = ("chosen", "rejected")
OWN_VALUES = (*SIDES, "tags", "origin", "uuid")
OWN_KEYS = frozenset({*OWN_VALUES, "extra", MARK})
"""The keys beside the conversation that mean something to us."""
SYSTEM_KEYS = frozenset({"system", "system_prompt", "system_message"})
"""Where rows of any format have a system prompt beside the conversation."""

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
    hidden: Mapping[str, Any] = {}
    for key, value in row.items():
        if key not in OWN_KEYS:
            foreign[key] = value
        elif key == MARK and is_our_mark(value):
            identity, hidden, rest = _read_mark(value)
            if rest:
                foreign[key] = rest
        elif key == "extra" and is_document and isinstance(value, dict):
            foreign.update(value)
        elif key not in OWN_VALUES:
            foreign[key] = value
        elif value is not None:
            own = _own_value(key, value, read_side)
            if own is None:
                foreign[key] = value
            else:
                fields[key] = own
    for key, value in hidden.items():
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
    if mark.get("id") is not None:
        identity = {"id": mark["id"]}
        if isinstance(mark.get("rev"), str):
            identity["rev"] = mark["rev"]
    fields = mark.get("fields")
    rest = {key: value for key, value in mark.items() if key not in _MARK_KEYS}
    return identity, fields if isinstance(fields, dict) else {}, rest


def take_system(row: dict[str, Any], messages: list[Any]) -> tuple[str, ...]:
    """Move the system prompt beside a conversation before its first message, and say where that cannot be.

    A conversation that has its own keeps it: then the other one stays in the row, a foreign key.
    """
    notes = []
    for key in sorted(SYSTEM_KEYS.intersection(row)):
        own = [turn.get("content") for turn in messages if isinstance(turn, dict) and turn.get("role") in OPENING_ROLES]
        if is_system(key, row[key], own):
            messages.insert(0, {"role": "system", "content": row.pop(key)})
        elif is_system(key, row[key]) and row[key] not in own:
            notes.append(f"{key} is kept as a foreign key: the conversation has another system message")
    return tuple(notes)


def is_system(key: str, value: Any, own: Sequence[Any] = ()) -> bool:
    """Return whether a key of a row is read as its system message: text, or text in parts, and none is there."""
    if key not in SYSTEM_KEYS or own:
        return False
    if isinstance(value, list):
        return bool(value) and all(isinstance(part, dict) and isinstance(part.get("text"), str) for part in value)
    return isinstance(value, str) and bool(value.strip())


def roles_by_label(words: Mapping[str, str]) -> dict[str, str]:
    """Return the roles that labels of speakers are read as; a label is as `fold_label` makes it.

    Raises:
        UsageError: a word is no role.
    """
    roles = {}
    for label, word in words.items():
        role = known_role(word)
        if role is None:
            hint = did_you_mean(word, KNOWN_ROLES, f"roles are {', '.join(sorted(KNOWN_ROLES))}")
            raise UsageError(f"unknown role {word!r}", hint=hint)
        roles[fold_label(label)] = role
    return roles


def with_roles(row: dict[str, Any], roles: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a row in which labels of speakers are the roles that a person said, and what was read so.

    `roles` are those of `roles_by_label`. A label that no program means a role by is a name, and stays as the
    `speaker`. A row with our mark is taken word for word.
    """
    if is_our_mark(row.get(MARK)):
        return row, ()
    notes: dict[str, None] = {}

    def read(turn: Any) -> Any:
        if not isinstance(turn, dict):
            return turn
        key = next((key for key in ("from", "role", "speaker") if isinstance(turn.get(key), str)), "")
        role = roles.get(fold_label(turn.get(key, "")))
        if role is None:
            return turn
        notes[f"role {turn[key]!r} is read as {role}"] = None
        named = {} if known_role(turn[key]) or turn.get("speaker") is not None else {"speaker": turn[key]}
        return {**turn, "role" if key == "speaker" else key: role, **named}

    result = {
        key: list(map(read, value)) if isinstance(value, list) else read(value) if key in SIDES else value
        for key, value in row.items()
    }
    return result, tuple(notes)


def role_notes(labels: Iterable[Any]) -> tuple[str, ...]:
    """Say which of the labels of speakers were read as another role, each once."""
    read = {label: read_role(label) for label in labels if isinstance(label, str)}
    return tuple(f"role {label!r} is read as {role}" for label, role in read.items() if role != label)


def _own_value(key: str, value: Any, read_side: ReadSide) -> Any:
    """Return the value as the entry's own, or None when it is a foreign one of the same name."""
    if key in SIDES:
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
    identity: Mapping[str, str],
    extra: Mapping[str, Any],
    is_claimed: Callable[[str, Any], bool],
    read_side: ReadSide,
    write_side: Callable[[Any], Any],
) -> dict[str, Any]:
    """Return a full row: our mark, the conversation, the entry's own keys, then its foreign keys as stored.

    `extra` is what is left of the entry's extra to be written at the top; `is_claimed` says which of its keys the
    format would take for its own when it reads the row again; `write_side` returns None where it has no shape.
    """
    row = dict(conversation)
    hidden: dict[str, Any] = {}
    for key in OWN_VALUES:
        if key in entry.document:
            value = entry.document[key]
            written = write_side(value) if key in SIDES else value
            if written is not None and _own_value(key, written, read_side) == value:
                row[key] = written
            else:
                hidden[key] = value
    hidden_extra = {}
    for key, value in extra.items():
        is_misread = key in OWN_VALUES and (value is None or _own_value(key, value, read_side) is not None)
        if key in row or key == MARK or is_misread or is_claimed(key, value):
            hidden_extra[key] = value
        else:
            row[key] = value
    if hidden_extra:
        hidden["extra"] = hidden_extra
    return {MARK: {**identity, "fields": hidden} if hidden else dict(identity), **row}


def trained_values(entry: Entry, write_side: Callable[[str, Any], Any]) -> dict[str, Any]:
    """Return what a clean row has beside its conversation: the sides of a preference pair, and tools."""
    document = entry.document
    values = {key: write_side(key, document[key]) for key in SIDES if key in document}
    tools = document.get("extra", {}).get("tools")
    return values if tools is None else {**values, "tools": tools}


# ---- files of rows

CONTAINERS = ("jsonl", "json")
"""One row a line, or one array with a row a line."""


def write_line(format: RowFormat, entry: tuple[str, bytes, Entry], *, clean: bool) -> bytes:
    """Return the row of an entry (id, 20-byte blob id, entry) without its line feed.

    Raises:
        CannotCarryError: the entry holds what the format has no place for; it is named.
    """
    entry_id, blob, content = entry
    try:
        row = (
            format.write_clean(content) if clean else format.write_full(content, {"id": entry_id, "rev": rev_of(blob)})
        )
    except CannotCarryError as error:
        raise CannotCarryError(error.format_title, error.reason, entry_id) from error
    return encode_line(row, is_parsed=True)


def joined(lines: Iterator[bytes], container: str) -> Iterator[bytes]:
    """Return the bytes of a file of rows, a row at a time: one row a line, or one array with a row a line.

    Raises:
        UsageError: there is no such container.
    """
    if container not in CONTAINERS:
        raise UsageError(f"there is no container {container!r}", hint=f"containers are {', '.join(CONTAINERS)}")
    return (line + b"\n" for line in lines) if container == "jsonl" else _array(lines)


def _array(rows: Iterator[bytes]) -> Iterator[bytes]:
    """Return an array with one row a line; an array of nothing is `[]`."""
    before = b"["
    for row in rows:
        yield before + b"\n" + row
        before = b","
    yield b"[]\n" if before == b"[" else b"\n]\n"
