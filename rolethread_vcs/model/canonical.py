"""Canonical JSON, and strict reading of anybody's JSON. The only file that imports orjson.

Canonical means: UTF-8, two-space indent, a final newline, non-ASCII raw, keys of entries and messages in the order of
`model.entry` and below that as they came, numbers as orjson 3 writes them, at most `limits.DEPTH` levels.
`docs/on-disk-format.md` has the vectors.

Reading refuses what could not be kept: two equal keys in one object, NaN and Infinity, integers beyond 64
bits, lone surrogates, deeper nesting. orjson parses at full speed but keeps the last of two equal keys and
turns big integers into floats, so a few byte counts decide whether it can be trusted on a text; when they
cannot rule trouble out, `model.strict_json`, which sees every key and digit, decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from rolethread_vcs import limits
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.entry import Entry, kind_of, sort_keys
from rolethread_vcs.model.entry import JsonProblemError as JsonProblemError
from rolethread_vcs.model.layout import suffix_of

BOM = b"\xef\xbb\xbf"

_CANONICAL = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_TOO_DEEP = b"\n" + b"  " * (limits.DEPTH + 1)
_TOO_SHORT_FOR_DEPTH = limits.DEPTH * (limits.DEPTH + 1)
"""Every level indents a line of its own, so an indented text of at most so many bytes is not too deep."""
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"000000000")
_NINETEEN_DIGITS = b"0" * 19
_LINE_BREAKERS = ("\u2028", "\u2029", "\u0085")

# The digits of a number are part of the frozen format, and releases of orjson have differed in them.
if orjson.dumps([1e16, 1e-7, 5e-324]) != b"[1e+16,1e-7,5e-324]":
    raise ImportError(f"orjson {orjson.__version__} writes numbers unlike format 1; install orjson 3.13")


# ---- reading


def parse(data: bytes) -> Any:
    """Return the value of a JSON text, exactly, or refuse it.

    A leading byte order mark is passed over; telling the user about it is the caller's affair.

    Raises:
        JsonProblemError: with line, column and a reason in plain words.
    """
    if len(data) > limits.FILE:
        raise JsonProblemError(f"larger than {limits.FILE >> 20} MB")
    if data.startswith(BOM):
        data = data[len(BOM) :]
    try:
        value = orjson.loads(data)
        if _is_surely_exact(data, value):
            return value
    except orjson.JSONDecodeError:
        pass  # the strict reader says what is wrong, and where
    from rolethread_vcs.model.strict_json import read_strictly

    return read_strictly(data)


def is_json(data: bytes) -> bool:
    """Return whether `parse` reads a text."""
    try:
        parse(data)
    except JsonProblemError:
        return False
    return True


def _is_surely_exact(data: bytes, value: Any) -> bool:
    """Return whether orjson cannot have lost a key or a digit of this text, nor read it too deep.

    Every key is followed by one colon, in the text as in a dump of the value; a colon inside a string stands
    in both too, unless the text wrote it as an escape. So equal counts mean that no key was dropped.
    """
    try:
        dump = orjson.dumps(value, option=orjson.OPT_INDENT_2)
    except (orjson.JSONEncodeError, RecursionError):
        return False
    if len(dump) > _TOO_SHORT_FOR_DEPTH and _TOO_DEEP in dump:
        return False
    if data.startswith(dump):  # a file of ours: written again it is the same, so nothing was lost
        return True
    if data.count(b":") != dump.count(b":"):
        return False
    if b"\\" in data and b"\\u003" in data and (b"\\u003a" in data or b"\\u003A" in data):
        return False
    # A big integer became a float, and orjson writes one of that size with an exponent: 1e+19.
    if b"+" not in dump:
        return True
    # 19 digits in a row hold at least three neighbours of every sixth byte; all else has no big integer.
    return b"000" not in data[::6].translate(_DIGITS_TO_ZERO) or (
        _NINETEEN_DIGITS not in data.translate(_DIGITS_TO_ZERO)
    )


# ---- writing


class UnkeepableValueError(InvalidError):
    """A value made in Python that JSON cannot keep: NaN, a huge integer, half a surrogate pair, too deep."""

    code = "unkeepable"


def encode_entry(entry: Entry) -> bytes:
    """Return the canonical bytes of an entry.

    Raises:
        UnkeepableValueError: the entry holds what JSON cannot keep.
    """
    return _dump(entry.document, _CANONICAL)


def encode_value(value: Any) -> bytes:
    """Return the canonical bytes of what is no entry, keys sorted by code point at every depth."""
    return _dump(sort_keys(value), _CANONICAL)


def encode_sorted(value: Any) -> bytes:
    """Return bytes that two values share if they are equal, in whatever order their keys stand."""
    return _dump(value, orjson.OPT_SORT_KEYS)


def encode_line(value: Any, *, is_parsed: bool = False) -> bytes:
    """Return a JSON value on one line without its newline, keys in the order given.

    U+2028, U+2029 and U+0085 are escaped, because other tools break lines on them. A value that came out of `parse`
    (`is_parsed`) holds no NaN, and need not be searched for one.
    """
    data = _dump(value, 0, is_parsed=is_parsed)
    if data.isascii():
        return data
    if b"\xe2\x80\xa8" in data or b"\xe2\x80\xa9" in data or b"\xc2\x85" in data:
        text = data.decode("utf-8")
        for character in _LINE_BREAKERS:
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text.encode("utf-8")
    return data


def encode_pretty(value: Any, *, is_parsed: bool = False) -> bytes:
    """Return a JSON value indented by two spaces with a final newline, keys in the order given; see `encode_line`."""
    return _dump(value, _CANONICAL, is_parsed=is_parsed)


def _dump(value: Any, options: int, *, is_parsed: bool = False) -> bytes:
    try:
        data = orjson.dumps(value, option=options)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise UnkeepableValueError(f"this cannot be kept as JSON: {error}") from error
    if not is_parsed and b"null" in data and _has_no_number(value):
        raise UnkeepableValueError("this cannot be kept as JSON: NaN or Infinity")
    if len(data) > _TOO_SHORT_FOR_DEPTH and options & orjson.OPT_INDENT_2 and _TOO_DEEP in data:
        raise UnkeepableValueError(f"nested deeper than {limits.DEPTH} levels")
    if len(data) > limits.FILE:
        raise UnkeepableValueError(f"larger than {limits.FILE >> 20} MB")
    return data


def _has_no_number(value: Any) -> bool:
    """Return whether a NaN or an infinity hides in the value; orjson would write it as null."""
    if isinstance(value, float):
        return value != value or value in (float("inf"), float("-inf"))
    if isinstance(value, Mapping):
        return any(_has_no_number(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_has_no_number(item) for item in value)
    return False


# ---- entries


def decode_entry(data: bytes) -> Entry:
    """Return the entry of a file, canonical or not.

    Raises:
        JsonProblemError: not JSON, or JSON that could not be kept.
        InvalidEntryError: JSON that cannot be an entry.
    """
    value = parse(data)
    if not isinstance(value, dict):
        raise JsonProblemError("an entry is an object with messages, not " + kind_of(value))
    return Entry.of(value, is_owned=True)


def birth_suffix(messages: Any) -> str:
    """Return the birth suffix of messages in canonical shape; see `model.layout`."""
    return suffix_of(_dump(messages, _CANONICAL))
