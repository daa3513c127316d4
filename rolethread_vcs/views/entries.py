"""Entries as lines: whole, as they read; one line each; removed ones; as git's diff compares them; exports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import CONVERSATIONS, Entry, preview
from rolethread_vcs.phrases import count, entry_number, first_few, listed, long_time
from rolethread_vcs.views.terminal_text import (
    STYLES,
    Line,
    Lines,
    Look,
    change_head,
    commit_head,
    head_and_text,
    one_line,
    operation_note,
    safe_text,
    styled,
    width_of,
    wrap,
)

if TYPE_CHECKING:
    from rolethread_vcs.ops.export.exporter import Exported, Origin
    from rolethread_vcs.ops.export.rows import ExportOptions, Masked
    from rolethread_vcs.ops.restore.removed_entries import GoneEntry
    from rolethread_vcs.ops.select import ListedEntry

_NAMED = 5
_NAMED_KEYS = 8
_TAGS_WIDTH = 28
_INDENT = "    "


def entry_lines(entry_id: str, entry: Entry, look: Look) -> Iterator[str]:
    """Yield the lines of an entry, to be printed by `Output.print`, at most `width` columns wide."""
    uuid = "" if entry.uuid is None else styled(f"uuid {entry.uuid}", "faint")
    parts = (styled(entry_id, "id"), *(styled(f"#{tag}", "tag") for tag in entry.tags), uuid)
    yield "  ".join(filter(None, parts))
    if "messages" not in entry.document:
        yield styled("(no messages)", "faint")
    for side in CONVERSATIONS:
        if side in entry.document:
            yield from ["", styled(side, "heading")] if side != "messages" else []
            yield from _message_lines(entry.document[side], look.width)
    rest = {key: value for key, value in (("origin", list(entry.origin)), *entry.extra.items()) if value != []}
    if rest:
        yield ""
        yield from _key_lines(rest, look.width)


def _message_lines(messages: Any, width: int) -> Iterator[str]:
    if not isinstance(messages, list):
        yield ""
        yield from wrap(_json(messages), width, _INDENT)
        return
    for index, message in enumerate(messages):
        yield ""
        yield message_head(index, message)
        if not isinstance(message, Mapping):
            yield from wrap(_json(message), width, _INDENT)
            continue
        content = message.get("content")
        if isinstance(content, str) and content.strip("\n"):
            yield from wrap(content.rstrip("\n"), width, _INDENT)
        elif isinstance(content, list):
            for part in content:
                if is_text_part(part):
                    yield from wrap(part["text"], width, _INDENT)
                else:
                    yield _INDENT + styled(one_line(_json(part), width - len(_INDENT)), "faint")
        elif content is not None and not isinstance(content, str):
            yield from wrap(_json(content), width, _INDENT)
        else:
            yield _INDENT + styled(f"({_no_text(message)})", "faint")
        yield from _key_lines(other_fields(message), width)


def other_fields(message: Any) -> dict[str, Any]:
    """Return the fields of a message that neither its head shows nor its text: tool calls, say."""
    if not isinstance(message, Mapping):
        return {}
    speaker, alternatives = message.get("speaker"), message.get("alternatives")
    in_head = {
        "role": True,
        "content": True,
        "speaker": isinstance(speaker, str) and speaker,
        "train": message.get("train") is False,
        "alternatives": isinstance(alternatives, list) and alternatives,
    }
    return {key: value for key, value in message.items() if not in_head.get(key)}


def _no_text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    return "empty" if content == "" else "blank" if content else "null" if "content" in message else "no content"


def speaker_and_role(message: Any) -> tuple[str, str]:
    """Return who says a message: the speaker, "" for none, and the role in words."""
    if not isinstance(message, Mapping):
        return "", "(not a message)"
    speaker, role = message.get("speaker"), message.get("role")
    name = role if isinstance(role, str) and role else "(no role)" if role is None else _json(role)
    return speaker if isinstance(speaker, str) else "", name


def who_says(message: Any) -> str:
    """Return who says a message on one line: `mara (assistant)`, `user`."""
    speaker, role = speaker_and_role(message)
    return f"{speaker} ({role})" if speaker else role


def message_head(index: int, message: Any) -> str:
    if not isinstance(message, Mapping):
        return f"[{index}] {styled('(not a message)', 'warning')}"
    speaker, role = speaker_and_role(message)
    style = role if role in STYLES else "role"
    who = f"{styled(speaker, style)} ({styled(role, 'faint')})" if speaker else styled(role, style)
    marks = " (does not train)" if message.get("train") is False else ""
    alternatives = message.get("alternatives")
    if isinstance(alternatives, list) and alternatives:
        marks += f" ({count(len(alternatives), 'alternative')})"
    return f"[{index}] {who}{styled(marks, 'faint')}"


def _key_lines(values: Mapping[str, Any], width: int) -> Iterator[str]:
    for key, value in values.items():
        yield _INDENT + styled(one_line(f"{key}: {value_text(value)}", width - len(_INDENT)), "faint")


_LIKE_JSON = re.compile(
    r"""\s*|\s.*|.*\s|".*"|\[.*\]|\{.*\}|null|true|false|\(nothing\)|-?[0-9][0-9.eE+-]*""", re.DOTALL | re.IGNORECASE
)


def value_text(value: Any) -> str:
    """Return a value as JSON on one line; a text as it is, or in quotes where it could be taken for another value."""
    return value if isinstance(value, str) and not _LIKE_JSON.fullmatch(value) else _json(value)


def is_text_part(part: Any) -> bool:
    """Return whether a part of a content is a text, and nothing besides."""
    return isinstance(part, Mapping) and isinstance(part.get("text"), str) and set(part) <= {"type", "text"}


def text_of(message: Any) -> str:
    """Return what a message says as one text; what is no text stands in it as JSON."""
    content = message.get("content", "") if isinstance(message, Mapping) else message
    if isinstance(content, list):
        return "\n".join(part["text"] if is_text_part(part) else _text(part) for part in content)
    return "" if content is None and isinstance(message, Mapping) else _text(content)


def words_of(message: Mapping[str, Any]) -> str:
    """Return who says what, and on lines of their own the other fields of a message."""
    rest = (key for key in message if key not in ("role", "content", "speaker"))
    said = f"{who_says(message)}: {text_of(message) or f'({_no_text(message)})'}"
    return "\n".join([said, *(f"  {key}: {value_text(message[key])}" for key in rest)])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def gist_of(message: Any) -> str:
    """Return what a message says; of one that says nothing, the fields that it has besides, or why there is no text."""
    text = text_of(message)
    if text.strip() or not isinstance(message, Mapping):
        return text
    rest = ", ".join(f"{key}: {value_text(value)}" for key, value in other_fields(message).items())
    return rest or f"({_no_text(message)})"


def _json(value: Any) -> str:
    return encode_line(value).decode("utf-8")


# ---- a page of entries


def list_lines(rows: Sequence[ListedEntry], look: Look) -> Lines:
    numbers = [entry_number(row.id) for row in rows]
    # after a merge two entries can share a number, and only the whole id tells them apart
    names = [row.id if numbers.count(number) > 1 else number for row, number in zip(rows, numbers, strict=True)]
    sizes = [count(row.exchanges, "exchange") if row.reads else "" for row in rows]
    tags = [one_line(" ".join(f"#{tag}" for tag in row.tags), _TAGS_WIDTH) for row in rows]
    first, second, third = (max(map(width_of, column), default=0) for column in (names, sizes, tags))
    for row, name, size, tag in zip(rows, names, sizes, tags, strict=True):
        head = f"{styled(name.rjust(first), 'id')}  {styled(size.ljust(second), 'faint')}  "
        if third:
            head += styled(tag, "tag") + " " * (third - width_of(tag) + 2)
        room = max(look.width - first - second - 4 - (third + 2 if third else 0), 10)
        text = one_line(row.preview, room) if row.preview.strip() else ""
        if not row.reads:
            text = styled(row.problem, "warning")
        yield (head + (text or styled("(nothing is said)", "faint"))).rstrip()


# ---- removed entries


def removed_lines(shown: Sequence[GoneEntry], limit: int, look: Look, *, more: bool, since: str | None) -> Lines:
    """Yield a page of what was removed, newest first, and how to bring it back or to see more."""
    for _, entries in groupby(shown, key=lambda each: each.commit.id):
        together = list(entries)
        commit = together[0].commit
        head, tail = commit_head(commit, look), operation_note(together[0].operation)
        yield head_and_text(head, commit.subject, look.room, tail=tail, least=24)
        for each in together:
            said = "(cannot be read)" if each.entry is None else preview(each.entry)
            yield head_and_text(f"  {change_head('removed', each.id)}", said, look.width)
    if more:
        words = f" --since {since}" if since is not None else ""
        yield Line("hint", f"there are more: rtv restore --removed{words} -n {limit * 4}")
    if shown:
        yield Line("hint", "bring entries back with: rtv restore --removed ID…   (or --where QUERY, or --all)")
    else:
        yield Line("note", f"no entry was removed{'' if since is None else f' since {since}'}")


# ---- for git's diff


VERSION = 2
"""Stands in the command that git is given, so that what git remembers of an older rendering is not used any more."""


def plain_text(data: bytes, kind: str = "entry") -> str:
    """Return the text of a file of a kind (`documents/<kind>.py`); what cannot be read comes back as it is."""
    from rolethread_vcs.documents import find_kind

    try:
        value = find_kind(kind).parse(data)
    except InvalidError:
        value = None
    lines: list[str] = []
    if isinstance(value, Entry):
        lines += _conversation_lines(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, list) and item:
                lines += [f"{key}:", *(f"{_INDENT}{value_text(each)}" for each in item)]
            else:
                lines.append(f"{key}: {value_text(item)}")
    else:
        return data.decode("utf-8", "replace")
    return "\n".join(map(safe_text, lines)) + "\n"


def _conversation_lines(entry: Entry) -> Iterator[str]:
    for name in CONVERSATIONS:
        if name not in entry.document:
            continue
        if name != "messages":
            yield f"-- {name} --"
        messages = entry.document[name]
        yield from ["(no messages)"] if messages == [] else []
        for message in messages if isinstance(messages, list | tuple) else [messages]:
            if not isinstance(message, Mapping):
                yield _json(message)
                continue
            speaker, content = message.get("speaker"), message.get("content")
            name = value_text(message["role"]) if "role" in message else "(no role)"
            yield f"{speaker} ({name}):" if isinstance(speaker, str) and speaker else f"{name}:"
            if isinstance(content, str):
                yield from (f"{_INDENT}{line}" if line else "" for line in content.split("\n"))
            elif "content" in message:
                yield f"{_INDENT}content: {_json(content)}"
            for key, value in message.items():
                if key not in ("role", "content") and (key != "speaker" or not isinstance(value, str) or not value):
                    yield f"{_INDENT}{key}: {_json(value)}"
            yield ""
    rest = {key: value for key, value in entry.document.items() if key not in (*CONVERSATIONS, "extra")}
    for key, value in [*rest.items(), *entry.extra.items()]:
        if key == "tags" and isinstance(value, list | tuple):
            for tag in value:
                yield f"#{tag}"
        else:
            yield f"{key}: {_json(value)}"


# ---- exports


def exported_lines(result: Exported, target: str | None) -> Lines:
    """Yield what was written to a target, None for a stream."""
    named = "" if result.commit.startswith(result.revision) else f"{result.revision} @ "
    of = f"{count(result.entries, 'entry')} of {named}{result.commit[:10]}"
    to = f" to {target}" if target else ""
    yield Line("note", f"exported {of} (sha256 {result.sha256[:12]}…){to}")
    if result.masked is not None:
        yield from _masked_lines(result.masked, result.options)
    if result.lost:
        lost = [f"{each.key} of {count(each.number, each.level)}" for each in result.lost]
        yield Line("note", f"not in a clean file: {listed(lost, _NAMED_KEYS)}")
    if result.uneven:
        uneven = [
            f"{each.column} in {each.rows:,} of {result.entries:,} rows"
            if each.rows < result.entries
            else f"{each.column} has another shape in {count(each.unlike, 'row')}"
            for each in result.uneven
        ]
        what = "rows are uneven, which loaders that infer columns may refuse"
        yield Line("note", f"{what}: {listed(uneven, _NAMED_KEYS)}")
    if result.unfit:
        what = f"{count(len(result.unfit), 'entry')} left out, for which {result.options.format} has no place"
        yield Line("warn", "\n  ".join([f"{what}:", *first_few([f"{id}: {why}" for id, why in result.unfit], _NAMED)]))


def _masked_lines(masked: Masked, options: ExportOptions) -> Lines:
    answers = f"{count(masked.messages, 'masked answer')} of {count(masked.entries, 'entry')}"
    if masked.masks == "weight":
        yield Line("note", f"every answer has a weight: 0 for {answers}, else what it came with, or 1")
    elif masked.masks == "drop":
        yield Line("note", f"left out: {answers}, with the questions that only they answered")
        if masked.emptied:
            emptied = f"{count(len(masked.emptied), 'entry')} without another answer"
            yield Line("note", f"left out: {emptied}: {listed(masked.emptied, _NAMED)}")
    elif options.masks is None:
        yield Line("warn", f"{answers} will be trained on: {options.format} has no place for a mask")
        yield Line("hint", "leave them out with: --masks drop   or write weights: --format messages")
    else:
        yield Line("note", f"{answers} will be trained on like any other")


def origin_lines(file: str, origin: Origin) -> Lines:
    details, operation = origin.details, origin.operation
    commit = details["commit"][:10]
    options = [details["format"], "clean" if details["clean"] else "full"]
    if details["where"]:
        options.append(f"where {details['where']}")
    if details.get("masks"):
        options.append(f"masks {details['masks']}")
    yield (
        f"{file}: {count(details['entries'], 'entry')} of {details['revision']} @ {commit}, "
        f"{', '.join(options)}, exported {long_time(operation.time)} (operation {operation.number})"
    )
    yield Line("hint", f"the entries as they were then: rtv list --rev {commit}")
