"""Renders a file of a dataset for git's own diff: a conversation as it reads, line by line, without numbers.

Numbers are left out because git compares lines: with them, one message put in would change the head of each after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import JsonProblemError, decode_entry, encode_line
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.views.terminal_text import safe_text

VERSION = 1
"""Stands in the command that git is given, so that what git remembers of an older rendering is not used any more."""

_INDENT = "    "


def plain_text(data: bytes) -> str:
    """Return the text of an entry's file; what is no entry comes back as it is."""
    try:
        entry = decode_entry(data)
    except (JsonProblemError, InvalidError):
        return data.decode("utf-8", "replace")
    return "\n".join(safe_text(line) for line in _entry_lines(entry)) + "\n"


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


def _json(value: Any) -> str:
    return encode_line(value).decode().rstrip("\n")
