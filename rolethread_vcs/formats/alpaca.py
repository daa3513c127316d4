"""The Alpaca format: `{"instruction", "input", "output"}`, with `system` and `history`; `response` for `output`.

Instruction and input become one user message, joined by a line feed as LLaMA-Factory does. So that they can be taken
apart again, the entry keeps `extra.alpaca.split`, the number of characters of the instruction: a position, because
a copy of the text would stay behind when somebody edits or removes it. An edit that moves the line feed away from
there only means that the whole message becomes the instruction. `extra.alpaca.output` keeps the spelling `response`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from rolethread_vcs.formats._contract import CannotCarryError, Content, RowFormat, RowProblemError
from rolethread_vcs.formats._rows import SYSTEM_KEYS, is_system, join_row, split_row, take_system
from rolethread_vcs.model.entry import Entry

_NAME = "alpaca"
_TITLE = "Alpaca"
_RECORD = "alpaca"
_OUTPUTS = ("output", "response")
_ALWAYS_CLAIMED = frozenset({"instruction", "input", *_OUTPUTS, "messages", "conversations", "conversation"})


# ---- reading


def _recognise(row: dict[str, Any]) -> bool:
    return "instruction" in row and ("output" in row or "response" in row)


def _read(row: dict[str, Any]) -> Content:
    output_key = next(key for key in _OUTPUTS if key in row)
    rest = {key: value for key, value in row.items() if key not in ("instruction", output_key)}
    record: dict[str, Any] = {} if output_key == "output" else {"output": output_key}
    question = row["instruction"]
    asked_about = rest.get("input")
    if asked_about in (None, ""):
        rest.pop("input", None)
    elif isinstance(question, str) and isinstance(asked_about, str):
        del rest["input"]
        record["split"] = len(question)
        question = f"{question}\n{asked_about}" if question else asked_about
    messages = _take_history(rest)
    messages.append({"role": "user", "content": question})
    messages.append({"role": "assistant", "content": row[output_key]})
    notes = take_system(rest, messages)
    own, identity = split_row(rest, _no_side)
    if record:
        extra = own.setdefault("extra", {})
        kept = extra.get(_RECORD, {})
        if not isinstance(kept, dict):
            raise RowProblemError("the key alpaca of this row is needed to note how it was spelled; rename it")
        extra[_RECORD] = {**kept, **record}
    return Content({"messages": messages, **own}, identity, notes)


def _take_history(rest: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the history out of the rest of a row and return its messages; empty keys say nothing."""
    messages = []
    if _is_empty(rest.get("system")):
        rest.pop("system", None)
    history = rest.get("history")
    if _is_empty(history):
        rest.pop("history", None)
    elif _is_history(history):
        for question, answer in rest.pop("history"):
            messages.append({"role": "user", "content": question})
            messages.append({"role": "assistant", "content": answer})
    return messages


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [])


def _is_history(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], str)
        for pair in value
    )


def _no_side(_: Any) -> None:
    """Say that `chosen` and `rejected` are foreign here: an Alpaca row has no messages to prefer."""


# ---- writing


def _write_full(entry: Entry, identity: Mapping[str, str]) -> dict[str, Any]:
    system, pairs = _conversation(entry)
    for index, message in enumerate(entry.messages):
        if len(message) > 2:
            key = next(key for key in message if key not in ("role", "content"))
            raise CannotCarryError(_TITLE, f"message [{index}] has the key {key}")
    conversation, record = _row(entry, system, pairs)
    if record.get("output") == "response":
        conversation = {record.pop("output") if key == "output" else key: conversation[key] for key in conversation}
    extra = dict(entry.extra)
    if isinstance(extra.get(_RECORD), dict) and extra[_RECORD]:
        del extra[_RECORD]
        if record:
            extra[_RECORD] = record
    return join_row(
        entry,
        conversation,
        identity=identity,
        extra=extra,
        is_claimed=partial(_is_claimed, system),
        read_side=_no_side,
        write_side=_no_side,
    )


def _is_claimed(system: str | None, key: str, value: Any) -> bool:
    if key in SYSTEM_KEYS:
        return (key == "system" and _is_empty(value)) or is_system(key, value, () if system is None else (system,))
    if key == "history":
        return _is_empty(value) or _is_history(value)
    return key in _ALWAYS_CLAIMED


def _conversation(entry: Entry) -> tuple[str | None, list[list[str]]]:
    """Return the system prompt and the exchanges of an entry whose messages alternate, all of them text."""
    for key in ("chosen", "rejected"):
        if key in entry.document:
            raise CannotCarryError(_TITLE, f"it has a {key} answer")
    messages = entry.messages
    if not isinstance(messages, list):
        raise CannotCarryError(_TITLE, "its messages are no list")
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise CannotCarryError(_TITLE, f"message [{index}] has a content that is no text")
        if message.get("tool_calls") is not None:
            raise CannotCarryError(_TITLE, f"message [{index}] has tool calls")
    system = messages[0]["content"] if messages and messages[0].get("role") == "system" else None
    if system is not None and not system.strip():
        raise CannotCarryError(_TITLE, "its system message is blank, which Alpaca reads as none")
    first = 0 if system is None else 1
    turns = messages[first:]
    for index, message in enumerate(turns, start=first):
        expected = ("user", "assistant")[(index - first) % 2]
        if message.get("role") != expected:
            raise CannotCarryError(
                _TITLE, f"message [{index}] has the role {message.get('role')!r} where {expected} is expected"
            )
    if not turns or len(turns) % 2:
        raise CannotCarryError(_TITLE, "it does not end with an exchange of user and assistant")
    contents = [message["content"] for message in turns]
    return system, [[contents[index], contents[index + 1]] for index in range(0, len(contents), 2)]


def _row(entry: Entry, system: str | None, pairs: list[list[str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the row of a conversation, and what of the entry's record was not used for it."""
    question, asked_about, left = _split(pairs[-1][0], entry.extra.get(_RECORD))
    row: dict[str, Any] = {"instruction": question, "input": asked_about, "output": pairs[-1][1]}
    if system is not None:
        row["system"] = system
    if len(pairs) > 1:
        row["history"] = pairs[:-1]
    return row, left


def _split(content: str, record: Any) -> tuple[str, str, dict[str, Any]]:
    """Return instruction and input of a user message, and what of the record was not used for it."""
    left = dict(record) if isinstance(record, dict) else {}
    at = left.get("split")
    if type(at) is int and 0 <= at < len(content):
        if at == 0:
            del left["split"]
            return "", content, left
        if content[at] == "\n" and at + 1 < len(content):
            del left["split"]
            return content[:at], content[at + 1 :], left
    return content, "", left


def _write_clean(entry: Entry) -> dict[str, Any]:
    return _row(entry, *_conversation(entry))[0]


FORMAT = RowFormat(
    name=_NAME,
    title=_TITLE,
    keys="instruction, input, output",
    precedence=30,
    recognise=_recognise,
    read=_read,
    write_full=_write_full,
    write_clean=_write_clean,
)
