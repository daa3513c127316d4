"""The terms of a query. A new keyword is one builder and one line in `KEYWORDS`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.entry import CONVERSATIONS, Entry, well_formed
from rolethread_vcs.model.layout import LAST_NUMBER, fold, is_id, number_of


@dataclass(frozen=True, slots=True)
class Term:
    """One test: `by_id` where the id alone decides, else `by_entry`."""

    by_entry: Callable[[Entry], bool] | None = None
    by_id: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword with a value: how it is used, and what makes its term of a value that is not blank."""

    example: str
    build: Callable[[str], Term]


def words_term(text: str) -> Term:
    """Return the term of a word or phrase: it stands in the text or the speaker of some message."""
    needle = fold(text)
    return Term(by_entry=lambda entry: any(needle in fold(found) for found in _searchable(entry)))


def parse_span(keyword: str, value: str) -> tuple[int | None, int | None]:
    """Return first and last of `4`, `4..9`, `4..` or `..9`, both included; None where a side is open.

    Raises:
        UsageError: not such a span, or one that ends before it starts.
    """
    match = re.fullmatch(r"([0-9]*)(\.\.)?([0-9]*)", value)
    if match is None or not (match[1] or match[3]) or len(value) > 20:
        raise UsageError(f"{keyword}:{value} is no number and no span of numbers", hint=f"{keyword}:4..9")
    first = int(match[1]) if match[1] else None
    last = int(match[3]) if match[3] else None
    if match[2] is None:
        return first, first
    if first is not None and last is not None and first > last:
        raise UsageError(f"{keyword}:{value} ends before it starts", hint=f"{keyword}:{last}..{first}")
    return first, last


def _tag(value: str) -> Term:
    wanted = fold(value)
    return Term(by_entry=lambda entry: any(fold(tag) == wanted for tag in entry.tags))


def _speaker(value: str) -> Term:
    wanted = fold(value)
    return Term(by_entry=lambda entry: wanted in _folded(entry, "speaker"))


def _role(value: str) -> Term:
    wanted = fold(value)
    return Term(by_entry=lambda entry: wanted in _folded(entry, "role"))


def _id(value: str) -> Term:
    if is_id(value.lower()):
        wanted = value.lower()
        return Term(by_id=lambda entry_id: entry_id == wanted)
    first, last = parse_span("id", value)
    low = 0 if first is None else first
    high = LAST_NUMBER if last is None else last
    return Term(by_id=lambda entry_id: low <= number_of(entry_id) <= high)


KEYWORDS: Mapping[str, Keyword] = {
    "tag": Keyword("tag:slow_burn", _tag),
    "id": Keyword("id:12000..13000", _id),
    "speaker": Keyword("speaker:mara", _speaker),
    "role": Keyword("role:system", _role),
}
"""The keywords that take a value, by name."""

BARE_KEYWORDS: Mapping[str, Term] = {
    "untagged": Term(by_entry=lambda entry: not entry.tags),
}
"""The keywords that stand alone."""


def _messages(entry: Entry) -> Iterator[Mapping[str, Any]]:
    """Yield the well-formed messages of an entry, those of a preference pair too."""
    for side in CONVERSATIONS:
        messages = entry.document.get(side)
        yield from well_formed(messages if isinstance(messages, list) or side == "messages" else [messages])


def _searchable(entry: Entry) -> Iterator[str]:
    for message in _messages(entry):
        content = message.get("content")
        for part in content if isinstance(content, list) else [content]:
            text = part.get("text") if isinstance(part, dict) else part
            if isinstance(text, str):
                yield text
        speaker = message.get("speaker")
        if isinstance(speaker, str):
            yield speaker


def _folded(entry: Entry, key: str) -> set[str]:
    values = (message.get(key) for message in _messages(entry))
    return {fold(value) for value in values if isinstance(value, str)}
