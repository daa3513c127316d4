"""What a person writes for a commit (`main~2`, `A..B`) or an entry (`12345`), read into data without git."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.layout import LAST_NUMBER, is_id, number_of

CURRENT_NAMES = ("@", "HEAD")

_STEPS = re.compile(r"(?:~[0-9]*|\^[0-9]*)*$")
_STEP = re.compile(r"([~^])([0-9]*)")
_HEX = re.compile(r"[0-9a-fA-F]{4,40}")
_COMMIT = "commit:"
_OF_GIT = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\{}]*@\{[^{}]+\}")
_UNFIT_FOR_NAMES = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|@\{|//|^[-/]|(?:^|/)\.|[/.]$|\.lock$")


Ids = str | int | Iterable[str | int]
"""Entries as people name them: by ids, numbers or ranges, one or several."""


def words_of(ids: Ids) -> list[str]:
    """Return entries that were named as texts."""
    return [str(each) for each in ([ids] if isinstance(ids, (str, int)) else ids)]


class RevisionError(UsageError):
    """A text that cannot be a revision, a range or an entry."""

    code = "revision"


class RevisionKind(StrEnum):
    """What the base of a revision can be."""

    CURRENT = "current"
    NAME = "name"
    NAME_OR_COMMIT = "name or commit"
    COMMIT = "commit"
    GIT = "git"
    """What git knows of a branch: what it follows (`@{u}`), and where it was before (`main@{1}`, `@{yesterday}`)."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, as written: a base, and how many first parents up from it.

    `base` is a branch or release name, the hexadecimal start of a commit id (lower case, when `kind` is
    COMMIT), or `@`. Of NAME_OR_COMMIT a name of that spelling wins.
    """

    base: str
    kind: RevisionKind
    ups: int = 0

    def __str__(self) -> str:
        base = f"{_COMMIT}{self.base}" if self.kind is RevisionKind.COMMIT else self.base
        return f"{base}~{self.ups}" if self.ups else base


CURRENT = Revision("@", RevisionKind.CURRENT)


@dataclass(frozen=True, slots=True)
class RevisionRange:
    """`A..B` (from A to B) or `A...B` (`from_fork`: from where both parted to B); a lone `B` has no start."""

    start: Revision | None
    end: Revision
    from_fork: bool = False


def parse_revision(word: str) -> Revision:
    """Return the revision of `@`, `HEAD`, a name, `NAME@{…}` or a commit prefix, with `~N` and `^` behind.

    `commit:PREFIX` always means a commit.

    Raises:
        RevisionError: the word can be none of these.
    """
    suffix = _STEPS.search(word)
    steps = suffix.group() if suffix else ""
    base = word[: len(word) - len(steps)]
    ups = sum(_ups(kind, digits, word) for kind, digits in _STEP.findall(steps))
    if base in CURRENT_NAMES:
        return Revision("@", RevisionKind.CURRENT, ups)
    if base.startswith(_COMMIT):
        prefix = base.removeprefix(_COMMIT)
        if not _HEX.fullmatch(prefix):
            raise RevisionError(f"commit:{prefix} must name 4 to 40 hexadecimal digits of a commit")
        return Revision(prefix.lower(), RevisionKind.COMMIT, ups)
    if not base:
        hint = f"@{word} counts from the current one; of an entry: 12@@{word}" if steps else None
        raise RevisionError(f"{word!r} names no revision", hint=hint or "@ is the current one, @~1 the one before")
    if ".." in base:
        raise RevisionError(f"{word!r} is a range; one revision is wanted here")
    if _OF_GIT.fullmatch(base):
        return Revision(base, RevisionKind.GIT, ups)
    if _UNFIT_FOR_NAMES.search(base):
        raise RevisionError(f"{base!r} cannot be the name of a branch, a release or a commit")
    if _HEX.fullmatch(base):
        return Revision(base, RevisionKind.NAME_OR_COMMIT, ups)
    return Revision(base, RevisionKind.NAME, ups)


def _ups(kind: str, digits: str, word: str) -> int:
    if kind == "^" and digits not in ("", "0", "1"):
        raise RevisionError(
            f"{word!r} asks for parent {digits}; only first parents can be counted",
            hint="name the commit itself",
        )
    if len(digits) > 9:
        raise RevisionError(f"{word!r} goes further back than any dataset")
    return int(digits) if digits else 1


def parse_range(word: str) -> RevisionRange:
    """Return the range of `A..B`, `A...B` or a lone revision; a side left out is the current revision.

    Raises:
        RevisionError: a side is no revision, or both are missing.
    """
    start, dots, end = word.partition("...")
    if not dots:
        start, dots, end = word.partition("..")
    if not dots:
        return RevisionRange(None, parse_revision(word))
    if not start and not end:
        raise RevisionError(f"{word!r} names neither end", hint="main..@")
    return RevisionRange(
        parse_revision(start) if start else CURRENT,
        parse_revision(end) if end else CURRENT,
        from_fork=dots == "...",
    )


def parse_selector(word: str) -> int | str:
    """Return the number (`12345`, `00012345`) or the full id (`00012345-k2x9m3ab`) that names an entry.

    Raises:
        RevisionError: the word is neither.
    """
    if word.isascii() and word.isdigit() and len(word) <= 20 and int(word) <= LAST_NUMBER:
        return int(word)
    if is_id(word.lower()):
        return word.lower()
    raise RevisionError(f"{word!r} names no entry", hint="an entry is its number (12345) or its whole id")


def named_of(ids: Iterable[str], selector: str | int) -> str | None:
    """Return the one of some ids that a number or a whole id names, None when it names none of them.

    Raises:
        UsageError (ambiguous): a number that several of them carry.
    """
    found = [each for each in ids if selector in (each, number_of(each))]
    if len(found) > 1:
        raise UsageError(
            f"{selector} is the number of {len(found)} entries: {', '.join(found)}",
            hint="write the whole id",
            code="ambiguous",
        )
    return found[0] if found else None


def number_named(word: object) -> int | None:
    """Return the number of an entry that an integer, or a text of digits, is; None for another text.

    Raises:
        UsageError: a slice, a negative number, or something else that names no entry.
    """
    if isinstance(word, str):
        return int(word) if word.isdecimal() else None
    if isinstance(word, slice) or (isinstance(word, int) and word < 0):
        raise UsageError(
            "an entry is named by its number or its id, not by its place",
            hint="snapshot.ids() lists the ids in dataset order: snapshot[snapshot.ids()[-1]] is the last entry",
        )
    if isinstance(word, bool) or not hasattr(word, "__index__"):
        raise UsageError(f"an entry is named by its number or its id, not by a {type(word).__name__}")
    return operator.index(word)


def is_selector(word: str) -> bool:
    """Return whether a word can name an entry."""
    try:
        parse_selector(word)
    except RevisionError:
        return False
    return True
