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
| `escaped` | the text, with escapes |
| `json` | the content as JSON, because it is no text |
| `no content`, `null content` | nothing: the content is absent, or null; a text typed here replaces it |
| `does not train`, `trains` | |
| `+ name, tool_calls` | keys that are kept and not shown; not read back |

A message that is no object with a role is headed `(message)`, messages that are no list `(messages)`, and all
of it stands below as JSON. A role that is none of the usual ones is typed in quotes.

Blank lines around a text are layout, and a line of it that looks like a marker (`--- `, `=== `, perhaps after
backslashes) has one more backslash before it. A text is escaped when it begins or ends with a blank line, or holds a
control character or a line separator (editors change CR, break lines on U+2028): every backslash of its own is doubled
then, and line feeds at its edges are `\n`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rolethread_vcs.errors import InvalidError, did_you_mean
from rolethread_vcs.model.canonical import JsonProblemError, encode_pretty, parse
from rolethread_vcs.model.entry import KNOWN_ROLES, Entry

_NEW_ENTRY = "=== new entry"
_ENTRY = re.compile(r"=== entry ([^\s@]+)(?: @ (\S+))?\s*")
_MARK = re.compile(r"--- \s*(?:\[(\d+)\])?(.*)")
_MESSAGE, _MESSAGES = "(message)", "(messages)"
_NOT_TRAINING = re.compile(r"(?:does not|doesn['’]t|do not|don['’]t|no|not) train(?:ing)?")
_RESERVED = re.compile(rf"escaped|json|no content|null content|trains?|{_NOT_TRAINING.pattern}")
_PLAIN_WORD = re.compile(r"\w(?:[\w .'’-]*[\w.])?")
_QUOTED_OR_CHARACTER = re.compile(r'"(?:[^"\\]|\\.)*"|.', re.DOTALL)
_ABSENT = object()

_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_TO_ESCAPE = re.compile(rf"\\|{_ODD.pattern}")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.?)", re.DOTALL)
_NAMED = {"\n": "n", "\r": "r", "\t": "t", "\\": "\\"}
_MEANINGS = {"-": "-", "=": "=", **{name: character for character, name in _NAMED.items()}}
_MARKER = re.compile(r"^(?=(?:---|===) )", re.MULTILINE)
_LIKE_MARKER = re.compile(r"^(?=\\*(?:---|===) )", re.MULTILINE)
_ESCAPED_MARKER = re.compile(r"\\+(?:---|===) ")

_HELP = """\
# One block is one message: '--- [number] role', then its text as it reads. Speaker and training stand behind
# the role: '--- [2] assistant | mara | does not train'. A block without a number is a new message; delete,
# insert and reorder blocks as you like. A text line that starts with '--- ' or '=== ' needs a \\ before it.
# In a block marked 'escaped', \\n \\r \\t \\\\ \\x1b \\u2028 stand for characters that editors change.
# Blank lines around a text do not count. Lines with # count as comments only above the first message.
"""


class FormError(InvalidError):
    """A line of a form that does not fit; `line` counts from 1."""

    code = "form"

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"line {line} of the form: {reason}")
        self.line = line


@dataclass(slots=True)
class _Block:
    """One message of the form, as its lines were read."""

    line: int
    number: int | None
    role: str
    is_quoted: bool
    speaker: str | None = None
    words: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Section:
    """One entry of the form: an id, or None for a new one; tags None when their line is missing."""

    line: int
    entry_id: str | None
    tags: list[str] | None = None
    blocks: list[_Block] = field(default_factory=list)


def render_form(entries: Iterable[tuple[str, Entry]], *, revs: Mapping[str, str] | None = None) -> str:
    """Return the form of entries, in their order.

    `revs` maps ids to the blobs that were read; they stand in the form, so that a draft taken up later knows
    what it was made from.
    """
    form = [_HELP]
    for entry_id, entry in entries:
        rev = (revs or {}).get(entry_id)
        form.append(f"\n=== entry {entry_id}{f' @ {rev}' if rev else ''}\n{_tags_line(entry.tags)}")
        if entry.uuid is not None:
            form.append(f"# uuid: {_word(entry.uuid)}\n")
        kept = [key for key in entry.document if key not in ("messages", "tags", "uuid")]
        if kept:
            form.append(f"# kept as it is: {', '.join(kept)}\n")
        form.append("\n")
        messages = entry.document.get("messages", [])
        if isinstance(messages, list):
            form += (_render_message(number, message) for number, message in enumerate(messages))
        else:
            form.append(f"--- {_MESSAGES} · json\n{_json(messages)}\n\n")
    return "".join(form)


def blank_form(*, tags: Sequence[str] = ()) -> str:
    return f"{_HELP}\n{_NEW_ENTRY}\n{_tags_line(tags)}\n--- system\n\n\n--- user\n\n\n--- assistant\n\n\n"


def _tags_line(tags: Sequence[str]) -> str:
    return f"tags: {', '.join(map(_word, tags))}".rstrip() + "\n"


def _render_message(number: int, message: Any) -> str:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        return f"--- [{number}] {_MESSAGE} · json\n{_json(message)}\n\n"
    shown = {"role", "content"}
    parts = [_word(message["role"], _RESERVED)]
    if isinstance(message.get("speaker"), str):
        shown.add("speaker")
        parts.append(_word(message["speaker"], _RESERVED))
    if message.get("train") is False:
        shown.add("train")
        parts.append("does not train")
    state, body = _render_content(message.get("content", _ABSENT))
    if state:
        parts.append(state)
    hidden = [key if re.fullmatch(r"\w+", key) else "…" for key in message if key not in shown]
    if hidden:
        parts.append(f"+ {', '.join(hidden)}")
    return f"--- [{number}] {' · '.join(parts)}\n{body}\n" + ("\n" if body else "")


def _render_content(content: Any) -> tuple[str, str]:
    if content is _ABSENT:
        return "no content", ""
    if content is None:
        return "null content", ""
    if not isinstance(content, str):
        return "json", _json(content)
    lines = content.split("\n")
    if not _ODD.search(content) and (not content or (lines[0].strip() and lines[-1].strip())):
        return "", _LIKE_MARKER.sub(r"\\", content)
    body = content.strip()
    if not body:
        return "escaped", re.sub(r"(?s).", _escape, content)
    before, body, after = (_TO_ESCAPE.sub(_escape, part) for part in content.partition(body))
    before, after = (edge.replace("\n", "\\n") for edge in (before, after))
    return "escaped", _MARKER.sub(r"\\", before + body + after)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "\\" + (_NAMED.get(match[0]) or (f"x{code:02x}" if code < 0x100 else f"u{code:04x}"))


def _word(text: str, reserved: re.Pattern[str] | None = None) -> str:
    is_plain = _PLAIN_WORD.fullmatch(text) and not (reserved and reserved.fullmatch(text.casefold()))
    return text if is_plain else _json(text)


def _json(value: Any) -> str:
    is_text = isinstance(value, str)
    text = json.dumps(value, ensure_ascii=False) if is_text else encode_pretty(value).decode("utf-8").rstrip("\n")
    return _ODD.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def form_text(data: bytes) -> str:
    """Return the text of a form from the bytes that an editor wrote."""
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormError("this is not UTF-8; save the file as UTF-8", line) from error


def form_heads(text: str) -> list[tuple[str, str | None]]:
    """Return the id of each entry of a form, with the blob that it was made from."""
    return [(match[1], match[2]) for line in text.split("\n") if (match := _ENTRY.fullmatch(line))]


def parse_form(text: str, originals: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries of a form by id, in the order of the form, changed or not.

    What the form does not show is taken from `originals`. An entry whose section was deleted is not in the
    result: it stays as it is.
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
    """Return the entries written into blank forms; blocks without a text are no messages."""
    result = []
    for section in _read_sections(text):
        if section.entry_id is not None:
            raise FormError("an entry that exists is changed with rtv edit", section.line)
        section.blocks = [
            block
            for block in section.blocks
            if block.words & {"no content", "null content"} or any(line.strip() for line in block.lines)
        ]
        if section.blocks:
            result.append(_changed(section, Entry.of({"messages": []})))
    return result


def _read_sections(text: str) -> list[_Section]:
    sections: list[_Section] = []
    block: _Block | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("=== "):
            match = _ENTRY.fullmatch(line)
            if match is None and line.rstrip() != _NEW_ENTRY:
                raise FormError("this line is no '=== entry ID'; if it is text, put a \\ before it", number)
            sections.append(_Section(number, match and match[1]))
            block = None
        elif line.startswith("--- "):
            if not sections:
                raise FormError("a message stands before the first '=== entry …' line", number)
            block = _read_marker(line, number)
            sections[-1].blocks.append(block)
        elif block is not None:
            block.lines.append(line)
        elif line.strip() and not line.startswith("#"):
            name, colon, value = line.partition(":")
            if not sections or name.strip().casefold() != "tags" or not colon:
                raise FormError("a text needs a message to stand in; start one with '--- user'", number)
            if sections[-1].tags is not None:
                raise FormError("the tags of this entry stand here a second time", number)
            sections[-1].tags = [_read_word(tag, number) for tag in _split_words(value, ",")]
    return sections


def _read_marker(line: str, number: int) -> _Block:
    count, rest = _MARK.findall(line)[0]
    parts = _split_words(rest, "·|")
    if not parts:
        raise FormError("a message needs a role, as in '--- user'; if this is text, put a \\ before it", number)
    role = parts[0]
    block = _Block(number, int(count) if count else None, _read_word(role, number), role.startswith('"'))
    if role in (_MESSAGE, _MESSAGES):
        block.words.add(role)
    for part in parts[1:]:
        lower = part.casefold()
        if part.startswith("+"):
            continue
        if _NOT_TRAINING.fullmatch(lower):
            block.words.add("does not train")
        elif _RESERVED.fullmatch(lower):
            block.words.add("trains" if lower == "train" else lower)
        elif block.speaker is not None:
            raise FormError(f"one message has one speaker; {block.speaker!r} and {part!r} are two", number)
        else:
            block.speaker = _read_word(part, number)
    return block


def _split_words(text: str, separators: str) -> list[str]:
    parts = [""]
    for token in _QUOTED_OR_CHARACTER.findall(text):
        if len(token) == 1 and token in separators:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts if part.strip()]


def _read_word(text: str, line: int) -> str:
    if not text.startswith('"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError as error:
        raise FormError(f"the quotes of {text} do not fit", line) from error


def _changed(section: _Section, original: Entry) -> Entry:
    fields = dict(original.document)
    if section.tags is not None:
        fields["tags"] = section.tags
    messages = original.document.get("messages")
    originals = messages if isinstance(messages, list) else []
    whole = [block for block in section.blocks if _MESSAGES in block.words]
    if whole:
        if len(section.blocks) > 1:
            raise FormError("the block '(messages)' is all messages; no other can stand beside it", whole[0].line)
        fields["messages"] = _read_json(whole[0])
    elif section.blocks or originals:
        fields["messages"] = _read_messages(section.blocks, originals)
    return Entry.of(fields)


def _read_messages(blocks: list[_Block], originals: list[Any]) -> list[Any]:
    roles = {item["role"] for item in originals if isinstance(item, dict) and isinstance(item.get("role"), str)}
    known = roles | KNOWN_ROLES
    seen: set[int] = set()
    messages = []
    for block in blocks:
        original: Any = None
        if block.number is not None:
            if block.number >= len(originals):
                raise FormError(f"there is no message [{block.number}]; a new one has no number", block.line)
            if block.number in seen:
                raise FormError(f"[{block.number}] stands here a second time; take the number off the copy", block.line)
            seen.add(block.number)
            original = originals[block.number]
        if _MESSAGE in block.words:
            messages.append(_read_json(block))
            continue
        if not (block.is_quoted or block.role in known):
            meant = did_you_mean(block.role.casefold(), sorted(known), "if this line is text, put a \\ before it;")
            raise FormError(f"{block.role!r} is no role; {meant} If it is meant, write it in quotes", block.line)
        message: dict[str, Any] = {**(original if isinstance(original, dict) else {}), "role": block.role}
        if block.speaker is not None:
            message["speaker"] = block.speaker
        elif isinstance(message.get("speaker"), str):
            del message["speaker"]
        if "does not train" in block.words:
            message["train"] = False
        elif "trains" in block.words or message.get("train") is False:
            message.pop("train", None)
        content = _read_json(block) if "json" in block.words else _read_text(block)
        if not content and "no content" in block.words:
            message.pop("content", None)
        else:
            message["content"] = None if not content and "null content" in block.words else content
        messages.append(message)
    return messages


def _read_text(block: _Block) -> str:
    start, end = 0, len(block.lines)
    while start < end and not block.lines[start].strip():
        start += 1
    while end > start and not block.lines[end - 1].strip():
        end -= 1
    lines = block.lines[start:end]
    if "escaped" not in block.words:
        return "\n".join(line[1:] if _ESCAPED_MARKER.match(line) else line for line in lines)
    text = "\n".join(lines)

    def meaning(match: re.Match[str]) -> str:
        code = match[1]
        if code in _MEANINGS:
            return _MEANINGS[code]
        if len(code) > 1 and not 0xD800 <= (character := int(code[1:], 16)) <= 0xDFFF:
            return chr(character)
        line = block.line + 1 + start + text.count("\n", 0, match.start())
        raise FormError(f"{match[0].strip()} means nothing in an escaped text; a backslash is \\\\", line)

    return _ESCAPE.sub(meaning, text)


def _read_json(block: _Block) -> Any:
    try:
        return parse("\n".join(block.lines).encode("utf-8", "surrogatepass"))
    except JsonProblemError as error:
        raise FormError(f"this is not JSON: {error.reason}", block.line + error.line) from error
