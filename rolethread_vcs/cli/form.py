r"""The form that entries are written and edited in: text for a person, read back to the byte.

    # comments, only above the first message of an entry
    === entry 00000012-k2x9m3ab
    tags: slow_burn, tavern

    --- [0] system
    You are the keeper of a tavern.

    --- [1] user · scott
    Is the cellar dry?

    --- assistant · emma · does not train
    A message without a number is new.

What a block does not show (unknown keys, alternatives) follows its number `[n]`; the order of the blocks is
the order of the messages. After the role come, in any order, a speaker and these words:

| words | what stands below |
|---|---|
| (none) | the text of the message |
| `escaped` | the text, with escapes: see `_form_text` |
| `json` | the content as JSON, because it is no text |
| `no content`, `null content` | nothing: the content is absent, or null; a text typed here replaces it |
| `does not train`, `trains` | |
| `+ name, tool_calls` | keys that are kept and not shown; not read back |

A message that is no object with a role is headed `(message)`, messages that are no list `(messages)`, and all
of it stands below as JSON. A role that is none of the usual ones is typed in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rolethread_vcs.cli.form_text import (
    FormError,
    escaped_text,
    needs_escapes,
    plain_text,
    read_escaped,
    read_plain,
    read_word,
    split_words,
    visible_json,
    word,
)
from rolethread_vcs.errors import nearest
from rolethread_vcs.model.canonical import JsonProblemError, encode_pretty, parse
from rolethread_vcs.model.entry import KNOWN_ROLES, Entry

__all__ = ["FormError", "blank_form", "form_heads", "form_text", "parse_form", "parse_new", "render_form"]

_NEW_ENTRY = "=== new entry"
_ENTRY = re.compile(r"=== entry ([^\s@]+)(?: @ (\S+))?\s*")
_NUMBER = re.compile(r"\[(\d+)\]\s*")
_SEPARATORS = "·|"
_MESSAGE, _MESSAGES = "(message)", "(messages)"
_NOT_TRAINING = re.compile(r"(?:does not|doesn['’]t|do not|don['’]t|no|not) train(?:ing)?")
_RESERVED = re.compile(rf"escaped|json|no content|null content|trains?|{_NOT_TRAINING.pattern}")
_ABSENT = object()

_HELP = """\
# One block is one message: '--- [number] role', then its text as it reads. Speaker and training stand behind
# the role: '--- [2] assistant | mara | does not train'. A block without a number is a new message; delete,
# insert and reorder blocks as you like. A text line that starts with '--- ' or '=== ' needs a \\ before it.
# In a block marked 'escaped', \\n \\r \\t \\\\ \\x1b \\u2028 stand for characters that editors change.
# Blank lines around a text do not count. Lines with # count as comments only above the first message.
"""


@dataclass(slots=True)
class _Block:
    """One message of the form, as its lines were read."""

    line: int
    number: int | None
    role: str
    is_quoted: bool = False
    speaker: str | None = None
    words: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Section:
    """One entry of the form: an id, or None for a new one; tags None when their line is missing."""

    line: int
    entry_id: str | None
    rev: str | None = None
    tags: list[str] | None = None
    blocks: list[_Block] = field(default_factory=list)


# ---- writing


def render_form(entries: Iterable[tuple[str, Entry]], *, revs: Mapping[str, str] | None = None) -> str:
    """Return the form of entries, in their order.

    `revs` maps ids to the blobs that were read; they stand in the form, so that a draft taken up later knows
    what it was made from.
    """
    revs = revs or {}
    return _HELP + "".join(_render_entry(id_, entry, revs.get(id_)) for id_, entry in entries)


def blank_form(*, tags: Sequence[str] = ()) -> str:
    blocks = "".join(f"--- {role}\n\n\n" for role in ("system", "user", "assistant"))
    return f"{_HELP}\n{_NEW_ENTRY}\n{_tags_line(tags)}\n{blocks}"


def _render_entry(entry_id: str, entry: Entry, rev: str | None) -> str:
    lines = ["", f"=== entry {entry_id}" + (f" @ {rev}" if rev else ""), _tags_line(entry.tags).rstrip("\n")]
    if entry.uuid is not None:
        lines.append(f"# uuid: {word(entry.uuid)}")
    kept = [key for key in entry.fields if key not in ("messages", "tags", "uuid")]
    if kept:
        lines.append(f"# kept as it is: {', '.join(kept)}")
    lines.append("")
    return "\n".join(lines) + "\n" + "".join(_render_messages(entry))


def _tags_line(tags: Sequence[str]) -> str:
    return " ".join(["tags:", ", ".join(word(tag) for tag in tags)]).rstrip() + "\n"


def _render_messages(entry: Entry) -> Iterator[str]:
    if "messages" not in entry.fields:
        return
    messages = entry.fields["messages"]
    if not isinstance(messages, list):
        yield f"--- {_MESSAGES} · json\n{_json(messages)}\n\n"
        return
    for number, message in enumerate(messages):
        yield _render_message(number, message)


def _render_message(number: int, message: Any) -> str:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return f"--- [{number}] {_MESSAGE} · json\n{_json(message)}\n\n"
    parts = [f"--- [{number}] {word(message['role'], _RESERVED)}"]
    speaker = message.get("speaker")
    if isinstance(speaker, str):
        parts.append(word(speaker, _RESERVED))
    if message.get("train") is False:
        parts.append("does not train")
    state, body = _render_content(message.get("content", _ABSENT))
    if state:
        parts.append(state)
    hidden = [key for key, value in message.items() if not _is_shown(key, value)]
    if hidden:
        parts.append("+ " + ", ".join(key if re.fullmatch(r"\w+", key) else "…" for key in hidden))
    return " · ".join(parts) + f"\n{body}\n" + ("\n" if body else "")


def _is_shown(key: str, value: Any) -> bool:
    if key == "speaker":
        return isinstance(value, str)
    return value is False if key == "train" else key in ("role", "content")


def _render_content(content: Any) -> tuple[str, str]:
    if content is _ABSENT:
        return "no content", ""
    if content is None:
        return "null content", ""
    if not isinstance(content, str):
        return "json", _json(content)
    if needs_escapes(content):
        return "escaped", escaped_text(content)
    return "", plain_text(content)


def _json(value: Any) -> str:
    text = encode_pretty(value).decode("utf-8").rstrip("\n")
    return visible_json(text)


# ---- reading


def form_text(data: bytes) -> str:
    """Return the text of a form from the bytes that an editor wrote.

    Raises:
        FormError: the bytes are no UTF-8.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormError("this is not UTF-8; save the file as UTF-8", line) from error
    return text.replace("\r\n", "\n")


def form_heads(text: str) -> list[tuple[str, str | None]]:
    heads = []
    for line in text.split("\n"):
        match = _ENTRY.fullmatch(line)
        if match is not None:
            heads.append((match[1], match[2]))
    return heads


def parse_form(text: str, originals: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries of a form by id, in the order of the form, changed or not.

    What the form does not show is taken from `originals`. An entry whose section was deleted is not in the
    result: it stays as it is.

    Raises:
        FormError: a line does not fit; it names the line.
    """
    result: dict[str, Entry] = {}
    for section in _read_sections(text):
        if section.entry_id is None:
            raise FormError("a new entry is written with rtv add", section.line)
        if section.entry_id not in originals:
            raise FormError(f"{section.entry_id} is not among the entries of this form", section.line)
        if section.entry_id in result:
            raise FormError(f"{section.entry_id} stands here a second time", section.line)
        result[section.entry_id] = _changed(section, originals[section.entry_id])
    return result


def parse_new(text: str) -> list[Entry]:
    """Return the entries written into blank forms; blocks without a text are no messages.

    Raises:
        FormError: a line does not fit; it names the line.
    """
    result = []
    for section in _read_sections(text):
        if section.entry_id is not None:
            raise FormError("an entry that exists is changed with rtv edit", section.line)
        section.blocks = [block for block in section.blocks if not _is_blank(block)]
        if section.blocks:
            result.append(_changed(section, Entry.of({"messages": []})))
    return result


def _is_blank(block: _Block) -> bool:
    return not block.words & {"no content", "null content"} and not any(line.strip() for line in block.lines)


def _read_sections(text: str) -> list[_Section]:
    sections: list[_Section] = []
    block: _Block | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("=== "):
            sections.append(_read_head(line, number))
            block = None
        elif line.startswith("--- "):
            if not sections:
                raise FormError("a message stands before the first '=== entry …' line", number)
            block = _read_marker(line, number)
            sections[-1].blocks.append(block)
        elif block is not None:
            block.lines.append(line)
        elif line.strip() and not line.startswith("#"):
            _read_header(line, number, sections)
    return sections


def _read_head(line: str, number: int) -> _Section:
    if line.rstrip() == _NEW_ENTRY:
        return _Section(number, None)
    match = _ENTRY.fullmatch(line)
    if match is None:
        raise FormError("this line is no '=== entry ID'; if it is text, put a \\ before it", number)
    return _Section(number, match[1], match[2])


def _read_header(line: str, number: int, sections: list[_Section]) -> None:
    name, colon, value = line.partition(":")
    if not sections or name.strip().casefold() != "tags" or not colon:
        raise FormError("a text needs a message to stand in; start one with '--- user'", number)
    if sections[-1].tags is not None:
        raise FormError("the tags of this entry stand here a second time", number)
    sections[-1].tags = [read_word(tag, number) for tag in split_words(value, ",")]


def _read_marker(line: str, number: int) -> _Block:
    rest = line[4:].strip()
    match = _NUMBER.match(rest)
    parts = split_words(rest[match.end() :] if match else rest, _SEPARATORS)
    if not parts:
        raise FormError("a message needs a role, as in '--- user'; if this is text, put a \\ before it", number)
    block = _Block(
        line=number,
        number=int(match[1]) if match else None,
        role=read_word(parts[0], number),
        is_quoted=parts[0].startswith('"'),
    )
    if parts[0] in (_MESSAGE, _MESSAGES):
        block.words.add(parts[0])
    for part in parts[1:]:
        _read_part(part, block)
    return block


def _read_part(part: str, block: _Block) -> None:
    lower = part.casefold()
    if part.startswith("+"):
        return
    if _NOT_TRAINING.fullmatch(lower):
        block.words.add("does not train")
    elif lower in ("trains", "train"):
        block.words.add("trains")
    elif _RESERVED.fullmatch(lower):
        block.words.add(lower)
    elif block.speaker is not None:
        raise FormError(f"one message has one speaker; {block.speaker!r} and {part!r} are two", block.line)
    else:
        block.speaker = read_word(part, block.line)


def _changed(section: _Section, original: Entry) -> Entry:
    fields = dict(original.fields)
    if section.tags is not None:
        fields["tags"] = section.tags
    messages = original.fields.get("messages", _ABSENT)
    whole = [block for block in section.blocks if _MESSAGES in block.words]
    if whole:
        if len(section.blocks) > 1:
            raise FormError("the block '(messages)' is all messages; no other can stand beside it", whole[0].line)
        fields["messages"] = _read_json(whole[0])
    elif section.blocks or (isinstance(messages, list) and messages):
        fields["messages"] = _read_messages(section.blocks, messages if isinstance(messages, list) else [])
    return Entry.of(fields)


def _read_messages(blocks: list[_Block], originals: list[Any]) -> list[Any]:
    known = {item["role"] for item in originals if isinstance(item, dict) and isinstance(item.get("role"), str)}
    seen: set[int] = set()
    messages = []
    for block in blocks:
        original: Any = _ABSENT
        if block.number is not None:
            if block.number >= len(originals):
                raise FormError(f"there is no message [{block.number}]; a new one has no number", block.line)
            if block.number in seen:
                raise FormError(f"[{block.number}] stands here a second time; take the number off the copy", block.line)
            seen.add(block.number)
            original = originals[block.number]
        if not (isinstance(original, dict) and original.get("role") == block.role):
            _check_role(block, known)
        messages.append(_read_message(block, original))
    return messages


def _check_role(block: _Block, known: set[str]) -> None:
    if _MESSAGE in block.words or block.is_quoted or block.role in known or block.role in KNOWN_ROLES:
        return
    near = nearest(block.role.casefold(), sorted(known | KNOWN_ROLES))
    meant = f"did you mean {near}" if near else "if this line is text, put a \\ before it"
    raise FormError(f"{block.role!r} is no role; {meant}; if it is meant, write it in quotes", block.line)


def _read_message(block: _Block, original: Any) -> Any:
    if _MESSAGE in block.words:
        return _read_json(block)
    message = dict(original) if isinstance(original, dict) else {}
    message["role"] = block.role
    if block.speaker is not None:
        message["speaker"] = block.speaker
    elif isinstance(message.get("speaker"), str):
        del message["speaker"]
    if "does not train" in block.words:
        message["train"] = False
    elif "trains" in block.words or message.get("train") is False:
        message.pop("train", None)
    content = _read_content(block)
    if content is _ABSENT:
        message.pop("content", None)
    else:
        message["content"] = content
    return message


def _read_content(block: _Block) -> Any:
    if "json" in block.words:
        return _read_json(block)
    if "escaped" in block.words:
        text = read_escaped(block.lines, block.line + 1)
    else:
        text = read_plain(block.lines)
    if not text and "no content" in block.words:
        return _ABSENT
    if not text and "null content" in block.words:
        return None
    return text


def _read_json(block: _Block) -> Any:
    try:
        return parse("\n".join(block.lines).encode("utf-8", "surrogatepass"))
    except JsonProblemError as error:
        raise FormError(f"this is not JSON: {error.reason}", block.line + error.line) from error
