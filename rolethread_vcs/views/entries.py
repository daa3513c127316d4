"""Entries as lines: whole, as they read, or one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.phrases import count, entry_number
from rolethread_vcs.views.terminal_text import STYLES, Lines, one_line, styled, width_of, wrap

if TYPE_CHECKING:
    from rolethread_vcs.ops.select.page import Row

_TAGS_WIDTH = 28
_INDENT = "    "
_SHOWN = frozenset({"role", "content", "speaker", "train", "alternatives"})


def entry_lines(entry_id: str, entry: Entry, *, width: int) -> Iterator[str]:
    """Yield the lines of an entry, to be printed by `Output.print`, at most `width` columns wide."""
    yield _head(entry_id, entry)
    if "messages" in entry.fields:
        yield from message_lines(entry.messages, width=width)
    else:
        yield styled("(no messages)", "faint")
    for side in ("chosen", "rejected"):
        if side in entry.fields:
            yield ""
            yield styled(side, "heading")
            yield from message_lines(entry.fields[side], width=width)
    rest = {key: value for key, value in (("origin", list(entry.origin)), *entry.extra.items()) if value != []}
    if rest:
        yield ""
        yield from _key_lines(rest, width)


def message_lines(messages: Any, *, width: int) -> Iterator[str]:
    if not isinstance(messages, list):
        yield ""
        yield from wrap(_json(messages), width, _INDENT)
        return
    for index, message in enumerate(messages):
        yield ""
        yield from _one_message(index, message, width)


def message_head(index: int, message: Any) -> str:
    if not isinstance(message, Mapping):
        return f"[{index}] {styled('(not a message)', 'warning')}"
    role = message.get("role")
    name = role if isinstance(role, str) and role else "(no role)" if role is None else _json(role)
    style = name if name in STYLES else "role"
    speaker = message.get("speaker")
    if isinstance(speaker, str) and speaker:
        who = f"{styled(speaker, style)} ({styled(name, 'faint')})"
    else:
        who = styled(name, style)
    marks = " (does not train)" if message.get("train") is False else ""
    alternatives = message.get("alternatives")
    if isinstance(alternatives, list) and alternatives:
        marks += f" ({count(len(alternatives), 'alternative', 'alternatives')})"
    return f"[{index}] {who}{styled(marks, 'faint')}"


def _head(entry_id: str, entry: Entry) -> str:
    parts = [styled(entry_id, "id"), *(styled(f"#{tag}", "tag") for tag in entry.tags)]
    if entry.uuid is not None:
        parts.append(styled(f"uuid {entry.uuid}", "faint"))
    return "  ".join(parts)


def _one_message(index: int, message: Any, width: int) -> Iterator[str]:
    yield message_head(index, message)
    if not isinstance(message, Mapping):
        yield from wrap(_json(message), width, _INDENT)
        return
    content = message.get("content")
    if isinstance(content, str) and content.strip("\n"):
        yield from wrap(content.rstrip("\n"), width, _INDENT)
    elif isinstance(content, list):
        yield from _part_lines(content, width)
    elif content is not None and not isinstance(content, str):
        yield from wrap(_json(content), width, _INDENT)
    else:
        word = "empty" if content == "" else "blank" if content else "null" if "content" in message else "no content"
        yield _INDENT + styled(f"({word})", "faint")
    yield from _key_lines({key: value for key, value in message.items() if _is_rest(key, value)}, width)


def _part_lines(parts: list[Any], width: int) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Mapping) and isinstance(part.get("text"), str) and set(part) <= {"type", "text"}:
            yield from wrap(part["text"], width, _INDENT)
        else:
            yield _INDENT + styled(one_line(_json(part), width - len(_INDENT)), "faint")


def _is_rest(key: str, value: Any) -> bool:
    if key == "speaker":
        return not (isinstance(value, str) and value)
    if key == "train":
        return value is not False
    if key == "alternatives":
        return not (isinstance(value, list) and value)
    return key not in _SHOWN


def _key_lines(values: Mapping[str, Any], width: int) -> Iterator[str]:
    for key, value in values.items():
        text = value if isinstance(value, str) else _json(value)
        yield _INDENT + styled(one_line(f"{key}: {text}", width - len(_INDENT)), "faint")


def _json(value: Any) -> str:
    return encode_line(value).decode("utf-8")


# ---- a page of entries


def list_lines(rows: Sequence[Row], *, width: int) -> Lines:
    """Yield a line for each entry of a page: number, exchanges, tags, and how it begins."""
    numbers = [entry_number(row.id) for row in rows]
    # after a merge two entries can share a number, and only the whole id tells them apart
    names = [row.id if numbers.count(number) > 1 else number for row, number in zip(rows, numbers, strict=True)]
    sizes = [count(row.exchanges, "exchange", "exchanges") if row.reads else "" for row in rows]
    tags = [one_line(" ".join(f"#{tag}" for tag in row.tags), _TAGS_WIDTH) for row in rows]
    first, second, third = (max(map(width_of, column), default=0) for column in (names, sizes, tags))
    for row, name, size, tag in zip(rows, names, sizes, tags, strict=True):
        head = f"{styled(name.rjust(first), 'id')}  {styled(size.ljust(second), 'faint')}  "
        if third:
            head += styled(tag, "tag") + " " * (third - width_of(tag) + 2)
        room = max(width - first - second - 4 - (third + 2 if third else 0), 10)
        text = one_line(row.preview, room) if row.preview.strip() else ""
        if not row.reads:
            text = styled(row.problem, "warning")
        yield (head + (text or styled("(nothing is said)", "faint"))).rstrip()
