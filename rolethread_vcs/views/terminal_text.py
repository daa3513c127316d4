"""Text that is safe on any terminal: control characters visible, styles marked, widths counted, lines wrapped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

from rolethread_vcs.phrases import short_time

if TYPE_CHECKING:
    from rolethread_vcs.store.log import Operation
    from rolethread_vcs.store.objects.commits import Commit


class Line(NamedTuple):
    """A line of an answer that is not data: what was done (on stdout), or a remark beside it (on stderr)."""

    kind: Literal["report", "note", "warn", "hint"]
    text: str


Lines = Iterator[str | Line]
"""An answer as text; a plain text is data."""


class Look(NamedTuple):
    """How an answer is laid out: columns, whether colours show, when it is read (seconds since 1970), and by whom.

    What is said in a sentence is cut to the `room` of a line; who reads a pipe or a file gets all of it.
    """

    width: int
    color: bool = False
    now: float = 0.0
    is_terminal: bool = True

    @property
    def room(self) -> int:
        """The columns that a sentence may take."""
        return self.width if self.is_terminal else _ALL


_ALL = 1_000_000

STYLE_MARKS = range(0xFDD0, 0xFDF0)
"""Noncharacters that mark inside a text where a colour begins and ends; whoever prints it turns them into colours."""

STYLES: Mapping[str, str] = {
    "heading": "1",
    "id": "33",
    "faint": "2",
    "tag": "94",
    "system": "34",
    "user": "36",
    "assistant": "35",
    "tool": "33",
    "role": "94",
    "added": "32",
    "removed": "31",
    "inserted": "4;32",
    "deleted": "9;31",
    "changed": "33",
    "error": "1;31",
    "warning": "1;33",
    "hint": "36",
}
"""The colours by what they mean, as the numbers of ANSI sequences; what came and what went is no speaker's colour, and
words of a text are underlined or struck through besides."""

CHANGE_MARKS: Mapping[str, str] = {"added": "+", "new": "+", "removed": "-", "changed": "~", "moved": ">"}

_MARKS = {name: chr(STYLE_MARKS[0] + number) for number, name in enumerate(STYLES)}
_END_MARK = chr(STYLE_MARKS[-1])
TO_COLORS = {ord(mark): f"\x1b[{STYLES[name]}m" for name, mark in _MARKS.items()} | {ord(_END_MARK): "\x1b[0m"}
TO_NOTHING: dict[int, str | None] = dict.fromkeys(TO_COLORS)

_STEERING = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_INVISIBLE = (
    "\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u2064\u206a-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
"""Characters of no width, blanks that do not break, fillers: nobody sees them, or sees a plain blank in their place."""

_UNSAFE = re.compile(f"[{_STEERING}{_INVISIBLE}\ufdd0-\ufdef]")
_UNSAFE_BUT_MARKS = re.compile(f"[{_STEERING}{_INVISIBLE}]")
_NOT_SEEN = re.compile(f"[{_INVISIBLE}]")
_BLANKS = re.compile("[\xa0\u2000-\u200a\u202f\u205f\u3000\t ]+")
_IN_PLACE = re.compile(
    "(?<=[\u203c-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff])[\u200d\ufe0e\ufe0f]"  # parts of an emoji
    "|(?<=[0-9#*])\ufe0f|(?<=[\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]"
    "|(?<=[\u0600-\u109f\u1780-\u18af])[\u200c\u200d]"  # letters that join
    "|[\xa0\u202f](?=[!?;:»])|(?<=«)[\xa0\u202f]"  # French marks
)
"""Where such a character is seen by what it does, or stands as typography wants it."""
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_WORDS = re.compile(r"[ \t]+|[^ \t]+")
_TAB = "    "


def safe_text(text: str) -> str:
    r"""Return the text with what could steer a terminal, or is not seen, made visible: as `\x1b`, as `\u200b`.

    Line feed and tab stay. Control characters, overrides of the writing direction, line separators, halves of
    surrogate pairs, our own style marks, blanks that do not break and characters of no width are shown; not so where
    these do what they are for: in an emoji, between letters that join, before French marks.
    """
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_visible, text)


def exact_text(text: str) -> str:
    r"""Return the text as `safe_text` does, but with all named that looks like something else: `e\u0301` for an accent
    of its own, `\t` for a tab, so that two texts that look alike can be told apart."""
    return "".join(map(_exact, text))


def seen(text: str) -> str:
    """Return what a reader sees of a text: texts for which it is equal look alike."""
    if text.isascii():
        return _BLANKS.sub(" ", text)
    return _NOT_SEEN.sub("", _BLANKS.sub(" ", unicodedata.normalize("NFC", text)))


def safe_but_styled(text: str) -> str:
    """Return the text as `safe_text` would, but with our style marks left in."""
    return _UNSAFE_BUT_MARKS.sub(_visible, text)


def safe_json(text: str) -> str:
    """Return a JSON text of the same value whose strings hold no character that could steer a terminal."""
    return _UNSAFE_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def styled(text: str, name: str) -> str:
    """Return the text made safe and marked with a style of `STYLES`; it shows where colours are on."""
    return f"{_MARKS[name]}{safe_text(text)}{_END_MARK}" if text else ""


def change_head(change: str, name: str) -> str:
    """Return what happened to an entry or a file as a mark before its name, in its colour: `+ 00000012-k2x9m3ab`."""
    return styled(f"{CHANGE_MARKS[change]} {name}", {"new": "added", "moved": "changed"}.get(change, change))


def commit_head(commit: Commit, look: Look) -> str:
    """Return a commit in short, and when it was made: `1f2e3d4c5b  21:05`."""
    return f"{styled(commit.id[:10], 'id')}  {styled(short_time(commit.author.time, now=look.now), 'faint')}"


def operation_note(operation: Operation | None) -> str:
    """Return which operation made a commit, behind it: `  (operation 12, edit)`."""
    return "" if operation is None else f"  (operation {operation.number}, {operation.verb})"


def head_and_text(head: str, text: str, width: int, *, tail: str = "", least: int = 10) -> str:
    """Return a line: a head, as much of a text as there is room for (at `least` so much), and a faint tail."""
    room = max(width - width_of(head) - width_of(tail) - 2, least)
    return f"{head}  {one_line(text, room)}{styled(tail, 'faint')}".rstrip()


def hint_text(hint: str) -> str:
    """Return a hint with its label; further lines stand under the first."""
    return styled("hint:", "hint") + " " + hint.replace("\n", "\n      ")


def one_line(text: str, width: int) -> str:
    flat = " ".join(safe_text(text[: 4 * width + 200]).split())
    if width_of(flat) <= width and len(text) <= 4 * width + 200:
        return flat
    room = max(width - 1, 0)
    return next(_pieces(flat, room), "").rstrip() + "…" if room else "…"


def width_of(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def wrap(text: str, width: int, indent: str = "") -> Iterator[str]:
    """Yield the lines of a text, wrapped between words so that none is wider than `width` columns.

    Line breaks, blank lines and the white space that a line starts with are kept; a word that is too long
    is cut. The text is made safe first; `indent` is put before every line that is not blank.
    """
    yield from _wrap_safe(safe_text(text), width, indent)


def wrap_styled(text: str, width: int, indent: str = "") -> Iterator[str]:
    """Yield the lines of a text with style marks as `wrap` would; a style that goes on is set anew on each line.

    The pieces of the text were made safe when they were styled. Styles do not stand inside each other.
    """
    mark = ""
    for line in _wrap_safe(text, width, indent):
        styled = indent + mark + line[len(indent) :] if mark and line else line
        for character in line:
            if ord(character) in STYLE_MARKS:
                mark = "" if ord(character) == STYLE_MARKS[-1] else character
        yield styled + chr(STYLE_MARKS[-1]) if mark and line else styled


def _wrap_safe(text: str, width: int, indent: str) -> Iterator[str]:
    room = max(width - width_of(indent), 8)
    for line in text.expandtabs(len(_TAB)).split("\n"):
        if not line.strip():
            yield ""
            continue
        for piece in _wrap_line(line, room):
            yield indent + piece


def _wrap_line(line: str, room: int) -> Iterator[str]:
    current, used = "", 0
    for word in _WORDS.findall(line):
        size = width_of(word)
        if used + size <= room:
            current, used = current + word, used + size
            continue
        if word.isspace():
            yield current
            current, used = "", 0
            continue
        if current.strip():
            yield current.rstrip()
        pieces = list(_pieces(word, room))
        yield from pieces[:-1]
        current = pieces[-1]
        used = width_of(current)
    if current.strip():
        yield current.rstrip()


def _pieces(word: str, room: int) -> Iterator[str]:
    start, used = 0, 0
    for position, character in enumerate(word):
        size = _width(character)
        if size and used + size > room and position > start:
            yield word[start:position]
            start, used = position, 0
        used += size
    yield word[start:]


def _width(character: str) -> int:
    if character < "\x7f":
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    if ord(character) in STYLE_MARKS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _visible(match: re.Match[str]) -> str:
    return match[0] if _IN_PLACE.match(match.string, match.start()) else _named(match[0])


def _exact(character: str) -> str:
    if character == "\t":
        return "\\t"
    if character < "\x7f":
        return safe_text(character)
    is_plain = unicodedata.category(character)[0] not in "CMZ" and not "\u1100" <= character <= "\u11ff"
    return character if is_plain and unicodedata.normalize("NFC", character) == character else _named(character)


def _named(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
