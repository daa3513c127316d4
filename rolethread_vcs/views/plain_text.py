"""Renders a file of a dataset for git's own diff: a conversation as it reads, line by line, without numbers.

Numbers are left out because git compares lines: with them, one message put in would change the head of each after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rolethread_vcs.documents import find_kind
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.views.terminal_text import safe_text

VERSION = 1
"""Stands in the command that git is given, so that what git remembers of an older rendering is not used any more."""

_INDENT = "    "


def plain_text(data: bytes, kind: str = "entry") -> str:
    """Return the text of a file of a kind (`documents/<kind>.py`); what cannot be read comes back as it is."""
    try:
        value = find_kind(kind).parse(data)
    except InvalidError:
        value = None
    if not isinstance(value, Entry | dict):
        return data.decode("utf-8", "replace")
    lines = _entry_lines(value) if isinstance(value, Entry) else _card_lines(value)
    return "\n".join(map(safe_text, lines)) + "\n"


def _card_lines(card: Mapping[str, Any]) -> Iterator[str]:
    for key, value in card.items():
        if isinstance(value, list) and value:
            yield f"{key}:"
            yield from (f"{_INDENT}{_text(item)}" for item in value)
        else:
            yield f"{key}: {_text(value)}"


def _entry_lines(entry: Entry) -> Iterator[str]:
    for name in ("messages", "chosen", "rejected"):
        if name not in entry.fields:
            continue
        if name != "messages":
            yield f"-- {name} --"
        yield from _message_lines(entry.fields[name])
    rest = {key: value for key, value in entry.fields.items() if key not in ("messages", "chosen", "rejected", "extra")}
    for key, value in [*rest.items(), *entry.extra.items()]:
        if key == "tags" and isinstance(value, list | tuple):
            for tag in value:
                yield f"#{tag}"
        else:
            yield f"{key}: {_json(value)}"


def _message_lines(messages: Any) -> Iterator[str]:
    if not isinstance(messages, list | tuple):
        yield _json(messages)
        return
    for message in messages:
        if not isinstance(message, Mapping):
            yield _json(message)
            continue
        role, speaker = message.get("role"), message.get("speaker")
        name = role if isinstance(role, str) else _json(role)
        yield f"{speaker} ({name}):" if isinstance(speaker, str) and speaker else f"{name}:"
        content = message.get("content")
        if isinstance(content, str):
            yield from (f"{_INDENT}{line}".rstrip() for line in content.split("\n"))
        elif "content" in message:
            yield f"{_INDENT}{_json(content)}"
        for key, value in message.items():
            if key not in ("role", "content", "speaker"):
                yield f"{_INDENT}{key}: {_json(value)}"
        yield ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return encode_line(value).decode().rstrip("\n")
