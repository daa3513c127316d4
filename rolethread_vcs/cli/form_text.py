r"""How a text stands in a form: as it reads where that is safe, else with backslash escapes.

| text | in the form |
|---|---|
| ends or begins with a blank line, is only white space | escaped: line feeds at its edges are `\n` |
| holds a control character or a line separator (editors change CR, break lines on U+2028) | escaped |
| a line looks like a marker (`--- `, `=== `), perhaps after backslashes | one backslash before the line |
| anything else | as it is |

Blank lines around a text are layout. In an escaped text every backslash of its own is doubled.
"""

from __future__ import annotations

import json
import re

from rolethread_vcs.errors import InvalidError

_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_TO_ESCAPE = re.compile("[\\\\\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_LIKE_MARKER = re.compile(r"^(?=\\*(?:---|===) )", re.MULTILINE)
_ESCAPED_MARKER = re.compile(r"\\+(?:---|===) ")
_MARKER = re.compile(r"^(?=(?:---|===) )", re.MULTILINE)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.?)", re.DOTALL)
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "-": "-", "=": "="}
_SHORT_NAMES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
_QUOTED_OR_CHARACTER = re.compile(r'"(?:[^"\\]|\\.)*"|.', re.DOTALL)
_PLAIN_WORD = re.compile(r"\w(?:[\w .'’-]*[\w.])?")


def needs_escapes(text: str) -> bool:
    if _ODD.search(text):
        return True
    if not text:
        return False
    first, last = text[: text.find("\n")] if "\n" in text else text, text[text.rfind("\n") + 1 :]
    return not first.strip() or not last.strip()


def plain_text(text: str) -> str:
    return _LIKE_MARKER.sub(r"\\", text)


def read_plain(lines: list[str]) -> str:
    kept = _without_blank_edges(lines)[1]
    return "\n".join(line[1:] if _ESCAPED_MARKER.match(line) else line for line in kept)


def escaped_text(text: str) -> str:
    body = text.strip()
    if not body:
        return re.sub(r"(?s).", _escape, text)
    start = text.index(body)
    end = start + len(body)
    edges = [_TO_ESCAPE.sub(_escape, edge).replace("\n", "\\n") for edge in (text[:start], text[end:])]
    middle = _TO_ESCAPE.sub(_escape, body)
    return _MARKER.sub(r"\\", edges[0] + middle + edges[1])


def read_escaped(lines: list[str], line: int) -> str:
    """Return the text of the lines of an escaped block that starts at a line of the form.

    Raises:
        FormError: an escape that means nothing.
    """
    skipped, kept = _without_blank_edges(lines)

    def meaning(match: re.Match[str]) -> str:
        code = match[1]
        if code in _SHORT:
            return _SHORT[code]
        if len(code) > 1 and not 0xD800 <= (character := int(code[1:], 16)) <= 0xDFFF:
            return chr(character)
        place = line + skipped + joined.count("\n", 0, match.start())
        raise FormError(f"{match[0].strip()} means nothing in an escaped text; a backslash is \\\\", place)

    joined = "\n".join(kept)
    return _ESCAPE.sub(meaning, joined)


def word(text: str, reserved: re.Pattern[str] | None = None) -> str:
    if _PLAIN_WORD.fullmatch(text) and not (reserved and reserved.fullmatch(text.casefold())):
        return text
    return visible_json(json.dumps(text, ensure_ascii=False))


def visible_json(text: str) -> str:
    return _ODD.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def read_word(text: str, line: int) -> str:
    """Return the name that `word` wrote, or that a person typed.

    Raises:
        FormError: the quotes do not close.
    """
    if not text.startswith('"'):
        return text
    try:
        value = json.loads(text)
    except ValueError as error:
        raise FormError(f"the quotes of {text} do not fit", line) from error
    return str(value)


def split_words(text: str, separators: str) -> list[str]:
    parts = [""]
    for token in _QUOTED_OR_CHARACTER.findall(text):
        if len(token) == 1 and token in separators:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip() for part in parts if part.strip()]


def _without_blank_edges(lines: list[str]) -> tuple[int, list[str]]:
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return start, lines[start:end]


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _SHORT_NAMES:
        return _SHORT_NAMES[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class FormError(InvalidError):
    """A line of a form that does not fit; `line` counts from 1."""

    code = "form"

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(f"line {line} of the form: {reason}; nothing was saved")
        self.reason = reason
        self.line = line
