"""The format of OpenAI and ChatML rows: `{"messages": [{"role", "content"}, …]}`.

Full exports are rows of this format too, and it is the only one that carries every entry. It also reads an entry's own
document (the file in `entries/`), and OpenAI's preference rows (`input`, `preferred_output`,
`non_preferred_output`). Sources: OpenAI's fine-tuning guide, TRL's dataset formats.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolethread_vcs.formats._contract import CannotCarryError, Content, RowFormat
from rolethread_vcs.formats._rows import (
    MARK,
    OWN_KEYS,
    OWN_VALUES,
    SIDES,
    SYSTEM_KEYS,
    is_our_mark,
    is_system,
    join_row,
    role_notes,
    split_row,
    take_system,
    trained_values,
)
from rolethread_vcs.model.entry import (
    CLEAN_KEYS,
    ENTRY_KEYS,
    KNOWN_ROLES,
    OPENING_ROLES,
    TOOL_ROLES,
    Entry,
    read_role,
    well_formed,
)

_NAME = "messages"
_DOCUMENT_KEYS = frozenset(ENTRY_KEYS)
_ABSENT = object()
_OTHER_CONVERSATIONS = frozenset({"conversations", "conversation", "instruction"})
_UNMISTAKABLE = frozenset({"messages", "tags"})
"""Fields that a row with our mark carries under their own names, whatever they hold; most entries have no others."""
_LIFTED = ("tools", "parallel_tool_calls")


# ---- reading


def _recognise(row: dict[str, Any]) -> bool:
    messages = row.get("messages", _ABSENT)
    if type(messages) is list:
        if not messages or MARK in row:
            return True
        first = messages[0]
        # an Agnai log has a list of this name too: its items say `msg` and have no role
        return not (type(first) is dict and "msg" in first and "role" not in first)
    if messages is _ABSENT:
        asked = row.get("input")
        is_preference = isinstance(asked, dict) and "messages" in asked and "preferred_output" in row
        return is_preference or (is_our_mark(row.get(MARK)) and _OTHER_CONVERSATIONS.isdisjoint(row))
    return _OTHER_CONVERSATIONS.isdisjoint(row)


def _read(row: dict[str, Any]) -> Content:
    if "messages" not in row and MARK not in row:
        row = _from_preference(row)
    # our own rows are taken word for word: their roles were mapped when they came in, or are meant as they are
    is_ours = MARK in row and is_our_mark(row[MARK])
    messages = row.get("messages")
    notes: tuple[str, ...] = ()
    if type(messages) is list and not is_ours and not _are_standard(messages):
        notes = role_notes(message.get("role") for message in messages if isinstance(message, dict))
        row = {**row, "messages": _with_roles(messages)}
    if type(messages) is list and not SYSTEM_KEYS.isdisjoint(row):
        row = {**row, "messages": list(row["messages"])}
        notes += take_system(row, row["messages"])
    if OWN_KEYS.isdisjoint(row) or _has_only_tags(row):
        return Content(row, None, notes)
    own, identity = split_row(
        {key: value for key, value in row.items() if key != "messages"},
        _read_side if is_ours else _read_foreign_side,
        is_document=_DOCUMENT_KEYS.issuperset(row),
    )
    fields = {"messages": row["messages"]} if "messages" in row else {}
    return Content({**fields, **own}, identity, notes + _foreign_notes(row, own))


def _has_only_tags(row: dict[str, Any]) -> bool:
    """Return whether a row has messages and tags that are the entry's own, and nothing else: many rows are so."""
    if len(row) != 2 or "messages" not in row:
        return False
    tags = row.get("tags")
    return type(tags) is list and all(type(tag) is str for tag in tags)


def _foreign_notes(row: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[str, ...]:
    """Say which keys were not taken for the entry's own although they are named like it."""
    foreign = own.get("extra", {})
    return tuple(
        f"{key} is kept as a foreign key: it is not what an entry's {key} looks like"
        for key in (*OWN_VALUES, MARK)
        if key in row and key in foreign and foreign[key] is row[key]
    )


def _are_standard(messages: list[Any]) -> bool:
    """Return whether no message needs a change; the path of nearly every row."""
    try:
        for message in messages:
            if message["role"] not in KNOWN_ROLES:
                return False
    except (TypeError, KeyError):
        return False
    return True


def _with_roles(messages: list[Any]) -> list[Any]:
    return [
        {**message, "role": read_role(message["role"])}
        if isinstance(message, dict) and isinstance(message.get("role"), str)
        else message
        for message in messages
    ]


def _read_side(value: Any) -> list[Any] | None:
    """Return the messages of a preference side: a list of messages, or one message."""
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        return None
    is_well_formed = all(isinstance(item, dict) and isinstance(item.get("role"), str) for item in value)
    return value if is_well_formed else None


def _read_foreign_side(value: Any) -> list[Any] | None:
    messages = _read_side(value)
    return None if messages is None else _with_roles(messages)


def _from_preference(row: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAI preference row as a row of messages with the two sides beside it.

    `tools` and `parallel_tool_calls` move to where a row of messages has them; what else `input` held stays there.
    """
    asked = dict(row["input"])
    result: dict[str, Any] = {"messages": asked.pop("messages")}
    sides = {"chosen": "preferred_output", "rejected": "non_preferred_output"}
    taken = set()
    for side, key in sides.items():
        if side not in row and _read_side(row.get(key)) is not None:
            result[side] = row[key]
            taken.add(key)
    for key in _LIFTED:
        if key in asked and key not in row:
            result[key] = asked.pop(key)
    result.update({key: value for key, value in row.items() if key != "input" and key not in taken})
    if asked:
        result["input"] = asked
    return result


# ---- writing


def _write_full(entry: Entry, identity: Mapping[str, str]) -> dict[str, Any]:
    fields = entry.document
    if _UNMISTAKABLE.issuperset(fields):
        return {MARK: dict(identity), **fields}
    is_plain = type(fields.get("messages")) is list
    own = [turn for turn in well_formed(fields.get("messages")) if turn.get("role") in OPENING_ROLES]
    return join_row(
        entry,
        {"messages": fields["messages"]} if "messages" in fields else {},
        identity=identity,
        extra=entry.document.get("extra", {}),
        # beside messages that are no list, other programs' keys would win
        is_claimed=lambda key, value: (
            is_system(key, value, own) if is_plain else key in _OTHER_CONVERSATIONS or key == "messages"
        ),
        read_side=_read_side,
        write_side=lambda side: side if isinstance(side, list) else None,
    )


def _write_clean(entry: Entry) -> dict[str, Any]:
    return {
        "messages": _clean_messages("messages", entry.document.get("messages")),
        **trained_values(entry, _clean_messages),
    }


def _clean_messages(field: str, messages: Any) -> list[dict[str, Any]]:
    if not isinstance(messages, list):
        raise CannotCarryError(f"clean {_NAME}", f"{field} is no list")
    result = []
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or "role" not in message:
            raise CannotCarryError(f"clean {_NAME}", f"{field} [{index}] has no role")
        role = message["role"]
        cleaned = {"role": role}
        if "content" in message:
            cleaned["content"] = message["content"]
        if len(message) > len(cleaned):
            for key in CLEAN_KEYS:
                if message.get(key) is not None and (key != "name" or role in TOOL_ROLES):
                    cleaned[key] = message[key]
        result.append(cleaned)
    return result


FORMAT = RowFormat(
    name=_NAME,
    title="messages",
    keys="messages: [{role, content}]",
    precedence=10,
    recognise=_recognise,
    read=_read,
    write_full=_write_full,
    write_clean=_write_clean,
    clean_keys=frozenset({*CLEAN_KEYS, *SIDES, "tools"}),
    has_weights=True,
    aliases=("chatml", "openai"),
)
