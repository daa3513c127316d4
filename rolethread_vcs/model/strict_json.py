"""Reads JSON slowly and exactly, and says in plain words what stands where when it cannot be kept.

`model.canonical.parse` comes here with the texts that its fast parser refused or could not be trusted with.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rolethread_vcs import limits
from rolethread_vcs.model.entry import NOT_UTF8, JsonProblemError

_INT64_MIN, _UINT64_MAX = -(2**63), 2**64 - 1
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_BRACKET_OR_STRING = re.compile(rf"{_STRING}|[\[\]{{}}]", re.DOTALL)
_NUMBER = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_TOKEN = re.compile(rf"{_STRING}|[\[\]{{}}]|NaN|-?Infinity|{_NUMBER}", re.DOTALL)
_CLOSES_AT_ONCE = re.compile(r"[\[{][ \t\r\n]*[\]}]")
_COLON = re.compile(r"[ \t\r\n]*:")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_WORDS = {
    "Expecting value": "a value is missing here",
    "Extra data": "something follows after the end of the value",
    "Invalid control character at": "a raw line break or control character inside a text",
    "Invalid \\escape": "a backslash that escapes nothing (write \\\\ for a backslash)",
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits",
    "Unterminated string starting at": "a text that never ends starts here",
    "Expecting ',' delimiter": "a comma is missing here",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing here",
    "Illegal trailing comma before end of object": "trailing comma",
    "Illegal trailing comma before end of array": "trailing comma",
}


class _UnkeepableError(ValueError):
    """Stops the standard parser at a value that cannot be kept."""


def read_strictly(data: bytes) -> Any:
    """Return the value of a JSON text without a byte order mark, every key and digit looked at.

    Raises:
        JsonProblemError: with line, column and a reason in plain words.
    """
    text = _decode_text(data)
    if not text.strip():
        raise JsonProblemError("the text is empty")
    too_deep = _find_too_deep(text)
    if too_deep is not None:
        raise JsonProblemError(f"nested deeper than {limits.DEPTH} levels", *_place(text, too_deep))
    decoder = json.JSONDecoder(
        object_pairs_hook=_unique_pairs,
        parse_int=_parse_int,
        parse_float=_parse_float,
        parse_constant=_refuse_constant,
    )
    try:
        value = decoder.decode(text)
        if "\\ud" in text or "\\uD" in text:
            _refuse_lone_surrogates(value)
    except json.JSONDecodeError as error:
        reason, offset = _in_plain_words(error, text)
        raise JsonProblemError(reason, *_place(text, offset)) from error
    except _UnkeepableError as error:
        # The parser saw one, so its place can be found; up to there the text is well-formed.
        reason, offset = next(_unkeepable_places(text))
        raise JsonProblemError(reason, *_place(text, offset)) from error
    return value


def _decode_text(data: bytes) -> str:
    nulls = [byte == 0 for byte in data[:4]]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or nulls in ([False, True] * 2, [True, False] * 2):
        raise JsonProblemError("this looks like UTF-16; save it as UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise JsonProblemError(f"byte 0x{data[error.start]:02x} {NOT_UTF8}", *_place(before, len(before))) from error


def _find_too_deep(text: str) -> int | None:
    """Return the offset of the bracket that puts a value below `limits.DEPTH` levels, or None."""
    if text.count("{") + text.count("[") <= limits.DEPTH:
        return None
    depth = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        first = text[match.start()]
        if first in "[{":
            depth += 1
            if depth > limits.DEPTH and not _CLOSES_AT_ONCE.match(text, match.start()):
                return match.start()
        elif first in "]}":
            depth -= 1
    return None


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _UnkeepableError
    return result


def _parse_int(digits: str) -> int:
    if not _fits(digits):
        raise _UnkeepableError
    return int(digits)


def _fits(digits: str) -> bool:
    # The length first: Python itself refuses to convert thousands of digits.
    return len(digits) <= 20 and _INT64_MIN <= int(digits) <= _UINT64_MAX


def _parse_float(digits: str) -> float:
    value = float(digits)
    if _is_infinite(value):
        raise _UnkeepableError
    return value


def _is_infinite(value: float) -> bool:
    return value in (float("inf"), float("-inf"))


def _refuse_constant(_name: str) -> Any:
    raise _UnkeepableError


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise _UnkeepableError from error


def _unkeepable_places(text: str) -> Iterator[tuple[str, int]]:
    """Yield reason and offset of what cannot be kept, in the order of the text."""
    keys_seen: list[set[str]] = []
    for match in _TOKEN.finditer(text):
        token, offset = match.group(), match.start()
        first = token[0]
        if first in "[{":
            keys_seen.append(set())
        elif first in "]}":
            keys_seen.pop()
        elif first == '"':
            string = json.loads(token, strict=False)
            surrogate = _SURROGATE.search(string)
            if surrogate is not None:
                code = f"\\u{ord(surrogate.group()):04x}"
                yield f"a lone surrogate ({code}), half a character that no other program can read", offset
            elif keys_seen and _COLON.match(text, match.end()):
                if string in keys_seen[-1]:
                    yield (
                        f"the key {json.dumps(string, ensure_ascii=False)} stands twice in one object",
                        offset,
                    )
                keys_seen[-1].add(string)
        elif first == "N" or "I" in token:
            yield f"{token} is not JSON", offset
        elif token.lstrip("-").isdigit():
            if not _fits(token):
                yield f"the number {_shortened(token)} does not fit 64 bits; write it as text", offset
        elif _is_infinite(float(token)):
            yield f"the number {_shortened(token)} is too large; write it as text", offset


def _shortened(digits: str) -> str:
    return digits if len(digits) <= 24 else digits[:24] + "…"


def _in_plain_words(error: json.JSONDecodeError, text: str) -> tuple[str, int]:
    """Turn the parser's words into a writer's, with the offset that they are about."""
    if text[error.pos : error.pos + 1] == "\x00":
        return "a null byte, as a power cut leaves them", error.pos
    before = text[: error.pos].rstrip(" \t\r\n")
    after = text[error.pos :].lstrip(" \t\r\n")[:1]
    if before.endswith(",") and after in ("]", "}"):
        return "trailing comma", len(before) - 1
    if error.pos >= len(text.rstrip()) and error.msg.startswith("Expecting"):
        return "the text ends in the middle of a value", error.pos
    return _PLAIN_WORDS.get(error.msg.removesuffix(": "), error.msg[:1].lower() + error.msg[1:]), error.pos


def _place(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
