"""The ShareGPT format: `{"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]}`.

A turn may spell its keys `role` or `speaker`, `content` or `text`; the list may be called `conversation`.
LLaMA-Factory's `chosen` and `rejected` turns are read too. System turns keep their place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from rolethread_vcs.formats._contract import CannotCarryError, Content, RowFormat, RowProblemError
from rolethread_vcs.formats._rows import (
    MARK,
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
from rolethread_vcs.model.entry import OPENING_ROLES, Entry, read_role

_NAME = "sharegpt"
_TITLE = "ShareGPT"
_LISTS = ("conversations", "conversation")
_ROLE_KEYS = ("from", "role", "speaker")
_CONTENT_KEYS = ("value", "content", "text")
_WRITTEN = {"user": "human", "assistant": "gpt", "tool": "observation"}
_LABELS = {**_WRITTEN, "system": "system"}
_OURS = {label: role for role, label in _WRITTEN.items()}
_USUAL = {"human": "user", "gpt": "assistant", "system": "system", "observation": "tool"}
_TWICE = frozenset({"role", "content"})
_DOUBLED = "sharegpt"
"""The key of a message that keeps a second `role` or `content` which a turn had beside `from` and `value`."""


# ---- reading


def _recognise(row: dict[str, Any]) -> bool:
    return _list_key(row) is not None


def _list_key(row: Mapping[str, Any]) -> str | None:
    """Return the key of the conversation: a list before anything else, then the usual name."""
    for key in _LISTS:
        if type(row.get(key)) is list:
            return key
    return next((key for key in _LISTS if key in row), None)


def _read(row: dict[str, Any]) -> Content:
    list_key = _list_key(row)
    assert list_key is not None  # it was recognised
    read_label = _read_our_label if is_our_mark(row.get(MARK)) else read_role
    turns = row[list_key]
    notes: tuple[str, ...] = ()
    messages: Any = _read_plain_turns(turns)
    if messages is None and isinstance(turns, list):
        messages = [_read_turn(turn, read_label) for turn in turns]
        if read_label is read_role:
            labels = [turn.get(_first_key(turn, _ROLE_KEYS)) for turn in turns if isinstance(turn, dict)]
            notes = role_notes(label for label in labels if isinstance(label, str) and label not in _USUAL)
    elif messages is None:
        messages = turns
    rest = {key: value for key, value in row.items() if key != list_key}
    if isinstance(messages, list) and not SYSTEM_KEYS.isdisjoint(rest):
        notes += take_system(rest, messages)
    own, identity = split_row(rest, partial(_read_side, read_label=read_label))
    return Content({"messages": messages, **own}, identity, notes)


def _read_plain_turns(turns: Any) -> list[Any] | None:
    """Return the messages of turns that are all `from` one of the usual four and `value`: nearly every row."""
    if type(turns) is not list:
        return None
    messages = []
    try:
        for turn in turns:
            if len(turn) != 2:
                return None
            messages.append({"role": _USUAL[turn["from"]], "content": turn["value"]})
    except (TypeError, KeyError):
        return None
    return messages


def _read_turn(turn: Any, read_label: Callable[[str], str]) -> Any:
    if not isinstance(turn, dict):
        return turn
    role_key = _first_key(turn, _ROLE_KEYS)
    content_key = _first_key(turn, _CONTENT_KEYS)
    message: dict[str, Any] = {}
    if role_key is not None:
        label = turn[role_key]
        message["role"] = read_label(label) if isinstance(label, str) else label
    if content_key is not None:
        message["content"] = turn[content_key]
    doubled = {}
    for key, value in turn.items():
        if key in (role_key, content_key):
            continue
        if key in _TWICE:
            doubled[key] = value
        else:
            message[key] = value
    if doubled and _DOUBLED not in message:
        message[_DOUBLED] = doubled
    elif doubled:
        raise RowProblemError(f"a turn has the keys {', '.join(turn)}, and two of them say the same thing")
    return message


def _first_key(turn: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    """Return the first of the keys that has a value, else the first that is there."""
    present = [key for key in keys if key in turn]
    return next((key for key in present if turn[key] is not None), present[0] if present else None)


def _read_our_label(label: str) -> str:
    return _OURS.get(label, label)


def _read_side(value: Any, read_label: Callable[[str], str]) -> list[Any] | None:
    """Return the messages of a preference side: one turn as LLaMA-Factory has it, or a list of turns."""
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        return None
    for turn in value:
        if not isinstance(turn, dict):
            return None
        role_key = _first_key(turn, _ROLE_KEYS)
        if role_key is None or not isinstance(turn[role_key], str) or _first_key(turn, _CONTENT_KEYS) is None:
            return None
    return [_read_turn(turn, read_label) for turn in value]


# ---- writing


def _write_full(entry: Entry, identity: Mapping[str, str]) -> dict[str, Any]:
    messages = _list(entry.document.get("messages"))
    turns = _plain_turns(messages)
    if turns is None:
        turns = [_full_turn(f"message [{index}]", item) for index, item in enumerate(messages)]
    own = [turn for turn in turns if turn.get("from") in OPENING_ROLES]

    def is_claimed(key: str, value: Any) -> bool:
        return key in _LISTS or (key == "messages" and isinstance(value, list)) or is_system(key, value, own)

    return join_row(
        entry,
        {"conversations": turns},
        identity=identity,
        extra=entry.document.get("extra", {}),
        is_claimed=is_claimed,
        read_side=partial(_read_side, read_label=_read_our_label),
        write_side=_write_side,
    )


def _list(messages: Any) -> list[Any]:
    if not isinstance(messages, list):
        raise CannotCarryError(_TITLE, "its messages are no list")
    return messages


def _plain_turns(messages: list[Any]) -> list[dict[str, Any]] | None:
    """Return the turns of messages that all are a usual role and a text, and nothing else: nearly every entry."""
    turns = []
    try:
        for message in messages:
            content = message["content"]
            if len(message) != 2 or type(content) is not str:
                return None
            turns.append({"from": _LABELS[message["role"]], "value": content})
    except (TypeError, KeyError):
        return None
    return turns


def _full_turn(place: str, message: Any) -> dict[str, Any]:
    """Return the turn of a message with all its keys; it must come back as the same message."""
    turn = _clean_turn(place, message)
    if len(message) > 2:
        if "from" in message or "value" in message:
            raise CannotCarryError(_TITLE, f"{place} has a key of its own called from or value")
        doubled = message.get(_DOUBLED)
        for key, value in message.items():
            if key == _DOUBLED and isinstance(doubled, dict) and doubled and doubled.keys() <= _TWICE:
                turn.update(doubled)
            elif key not in _TWICE:
                turn[key] = value
    if message["role"] in _OURS:
        raise CannotCarryError(_TITLE, f"{place} has the role {message['role']!r}, which ShareGPT reads as another")
    return turn


def _clean_turn(place: str, message: Any) -> dict[str, Any]:
    if not isinstance(message, dict):
        raise CannotCarryError(_TITLE, f"{place} is no object")
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str):
        raise CannotCarryError(_TITLE, f"{place} has no role")
    if not isinstance(content, str):
        what = "tool calls instead of text" if "tool_calls" in message else "a content that is no text"
        raise CannotCarryError(_TITLE, f"{place} has {what}")
    return {"from": _WRITTEN.get(role, role), "value": content}


def _write_side(side: Any) -> Any:
    """Return a preference side as one turn, LLaMA-Factory's shape, or as a list; None when it has no shape."""
    try:
        turns = [_full_turn("", message) for message in _list(side)]
    except CannotCarryError:
        return None
    return (turns[0] if len(turns) == 1 else turns) or None


def _write_clean(entry: Entry) -> dict[str, Any]:
    messages = _list(entry.document.get("messages"))
    turns = _plain_turns(messages)
    if turns is None:
        turns = [_clean_message(f"message [{index}]", item) for index, item in enumerate(messages)]
    return {"conversations": turns, **trained_values(entry, _clean_side)}


def _clean_side(key: str, side: Any) -> Any:
    turns = [_clean_message(key, item) for item in _list(side)]
    return turns[0] if len(turns) == 1 else turns


def _clean_message(place: str, message: Any) -> dict[str, Any]:
    turn = _clean_turn(place, message)
    if message.get("tool_calls") is not None:
        raise CannotCarryError(_TITLE, f"{place} has tool calls")
    return turn


FORMAT = RowFormat(
    name=_NAME,
    title=_TITLE,
    keys="conversations: [{from, value}]",
    precedence=20,
    recognise=_recognise,
    read=_read,
    write_full=_write_full,
    write_clean=_write_clean,
    clean_keys=frozenset({*SIDES, "tools"}),
)
