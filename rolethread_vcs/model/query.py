"""Queries: the words behind `--where`, read into a condition that entries meet or not.

    query   = all { "or" all }            all = item { ["and"] item }
    item    = "not" item | "(" query ")" | term
    term    = word | "quoted words" | keyword:value | keyword:"quoted value" | untagged

A new keyword is one builder and one line in `KEYWORDS`. Words of the grammar and keywords may be written in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rolethread_vcs.errors import UsageError, did_you_mean
from rolethread_vcs.model.entry import CONVERSATIONS, Entry, well_formed
from rolethread_vcs.model.layout import LAST_NUMBER, fold, is_id, number_of

_TOKEN = re.compile(
    r"""[ \t\r\n]+
      | (?P<paren>[()])
      | (?P<keyword>[A-Za-z][A-Za-z_-]*):(?P<value>"[^"]*"|[^\s()"]*)(?=[\s()]|$)
      | (?P<quoted>"[^"]*")(?=[\s()]|$)
      | (?P<word>[^\s()"]+)(?=[\s()]|$)
    """,
    re.VERBOSE,
)
_OPERATORS = ("and", "or", "not")


Condition: TypeAlias = Callable[[str, Entry | None], bool | None]
"""Whether an entry meets a condition, by its id and what it holds; None where what it holds is wanted and not given."""


@dataclass(frozen=True, slots=True)
class Query:
    """A condition that an entry meets or not."""

    _condition: Condition

    def decide(self, entry_id: str) -> bool | None:
        """Return the answer as far as the id alone gives it, None when the entry must be read."""
        return self._condition(entry_id, None)

    def matches(self, entry_id: str, entry: Entry) -> bool:
        """Return whether an entry meets the query."""
        return bool(self._condition(entry_id, entry))


def parse_query(text: str | Sequence[str]) -> Query:
    """Return the query of a text (`--where TEXT`) or of the words of a command (`list tag:a not tag:b`).

    No words at all choose every entry. Among several words, one that holds spaces is a phrase, or a keyword's
    value with its spaces: the shell has eaten the quotes.

    Raises:
        UsageError (query): the query does not read, or has two readings; the message names both.
    """
    if isinstance(text, str):
        tokens = _tokens_of(text)
    elif len(text) == 1:
        tokens = _tokens_of(text[0])
    else:
        tokens = [token for word in text for token in _tokens_of_word(word)]
        if not text:
            return Query(_several((), settles=False))
    if not tokens:
        raise UsageError(
            "an empty query could mean every entry or none", hint="leave it away to choose every entry", code="query"
        )
    return Query(_Parser(tokens).parse())


# ---- conditions


def _by_id(test: Callable[[str], bool]) -> Condition:
    return lambda entry_id, _: test(entry_id)


def _by_entry(test: Callable[[Entry], bool]) -> Condition:
    return lambda _, entry: None if entry is None else test(entry)


def _not(item: Condition) -> Condition:
    def meets(entry_id: str, entry: Entry | None) -> bool | None:
        answer = item(entry_id, entry)
        return None if answer is None else not answer

    return meets


def _several(items: Sequence[Condition], *, settles: bool) -> Condition:
    """Return one condition of several: any of them, where a yes settles it (`settles`), or all, where a no does."""
    if len(items) == 1:
        return items[0]

    def meets(entry_id: str, entry: Entry | None) -> bool | None:
        is_open = False
        for item in items:
            answer = item(entry_id, entry)
            if answer is settles:
                return settles
            is_open = is_open or answer is None
        return None if is_open else not settles

    return meets


# ---- keywords


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword with a value: how it is used, and what makes its condition of a value that is not blank."""

    example: str
    build: Callable[[str], Condition]


def _words(text: str) -> Condition:
    """Return the condition of a word or phrase: it stands in the text or the speaker of some message."""
    needle = fold(text)
    return _by_entry(lambda entry: any(needle in fold(found) for found in _searchable(entry)))


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


def _tag(value: str) -> Condition:
    wanted = fold(value)
    return _by_entry(lambda entry: any(fold(tag) == wanted for tag in entry.tags))


def _speaker(value: str) -> Condition:
    wanted = fold(value)
    return _by_entry(lambda entry: wanted in _folded(entry, "speaker"))


def _role(value: str) -> Condition:
    wanted = fold(value)
    return _by_entry(lambda entry: wanted in _folded(entry, "role"))


def _id(value: str) -> Condition:
    if is_id(value.lower()):
        wanted = value.lower()
        return _by_id(lambda entry_id: entry_id == wanted)
    first, last = parse_span("id", value)
    low = 0 if first is None else first
    high = LAST_NUMBER if last is None else last
    return _by_id(lambda entry_id: low <= number_of(entry_id) <= high)


KEYWORDS: Mapping[str, Keyword] = {
    "tag": Keyword("tag:slow_burn", _tag),
    "id": Keyword("id:12000..13000", _id),
    "speaker": Keyword("speaker:mara", _speaker),
    "role": Keyword("role:system", _role),
}
"""The keywords that take a value, by name."""

BARE_KEYWORDS: Mapping[str, Condition] = {
    "untagged": _by_entry(lambda entry: not entry.tags),
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


# ---- words


@dataclass(frozen=True, slots=True)
class _Token:
    """`kind` is an operator, a parenthesis or "term"; `text` is what was written."""

    kind: str
    text: str
    term: Condition | None = None


def _tokens_of(text: str) -> list[_Token]:
    tokens = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UsageError(
                f"a quotation mark has no partner in {text!r}, or stands inside a word",
                hint='"the whole phrase", or tag:"two words"',
                code="query",
            )
        token = _token(match)
        if token is not None:
            tokens.append(token)
        position = match.end()
    return tokens


def _token(match: re.Match[str]) -> _Token | None:
    text = match.group()
    if match["paren"]:
        return _Token(text, text)
    if match["quoted"]:
        return _Token("term", text, _words(_content(text[1:-1], text)))
    if match["keyword"]:
        return _Token("term", text, _keyword_term(match["keyword"], match["value"].strip('"'), text))
    if match["word"]:
        word = text.lower()
        if word in _OPERATORS:
            return _Token(word, text)
        if word in BARE_KEYWORDS:
            return _Token("term", text, BARE_KEYWORDS[word])
        return _Token("term", text, _words(text))
    return None


def _tokens_of_word(word: str) -> list[_Token]:
    if not re.search(r"\s", word) or '"' in word or (word.startswith("(") and word.endswith(")")):
        return _tokens_of(word)
    inside = _tokens_of(word)
    head, colon, value = word.partition(":")
    has_keyword = bool(colon) and head.lower() in KEYWORDS
    first = 1 if has_keyword else 0
    keywords = {*BARE_KEYWORDS, *KEYWORDS}
    if any(token.kind != "term" or token.text.lower().partition(":")[0] in keywords for token in inside[first:]):
        raise UsageError(
            f"{word!r} beside other words could be a phrase to search for or a query of its own",
            hint=f"'({word})' for the query, or '\"{word}\"' for the phrase",
            code="query",
        )
    if has_keyword:
        return [_Token("term", word, _keyword_term(head, value.strip(), word))]
    return [_Token("term", word, _words(word.strip()))]


def _content(content: str, text: str) -> str:
    if not content.strip():
        raise UsageError(f"{text} holds nothing to search for", code="query")
    return content


def _keyword_term(keyword: str, value: str, text: str) -> Condition:
    name = keyword.lower()
    if name in BARE_KEYWORDS:
        raise _two_readings(text, f"the keyword {name}", hint=f"{name}, without the colon")
    if name not in KEYWORDS:
        known = ", ".join([*(f"{known}:" for known in KEYWORDS), *BARE_KEYWORDS])
        words = [*KEYWORDS, *BARE_KEYWORDS]
        suggestion = did_you_mean(name, words, f"the keywords are {known}", shown=lambda near: f"{near}:{value}")
        raise UsageError(
            f"there is no keyword {keyword}:",
            hint=f"{suggestion}  To search for the text itself, quote it: '\"{text}\"'",
            code="query",
        )
    if not value.strip():
        raise _two_readings(text, f"the keyword {name}: without a value", hint=f"for example {KEYWORDS[name].example}")
    return KEYWORDS[name].build(value.strip())


def _two_readings(text: str, reading: str, *, hint: str) -> UsageError:
    return UsageError(
        f"{text!r} could be {reading} or a word to search for", hint=f"{hint}; for the word: '\"{text}\"'", code="query"
    )


# ---- grammar


class _Parser:
    """Reads tokens from left to right; its state is how many have been read."""

    def __init__(self, tokens: Sequence[_Token]) -> None:
        self._tokens = tokens
        self._position = 0

    def parse(self) -> Condition:
        node = self._any()
        if self._position < len(self._tokens):
            raise UsageError("a parenthesis is closed that was never opened", code="query")
        return node

    def _any(self) -> Condition:
        items = [self._all()]
        while self._kind() == "or":
            self._position += 1
            items.append(self._all())
        return _several(items, settles=True)

    def _all(self) -> Condition:
        items = [self._item()]
        while self._kind() in ("and", "not", "(", "term"):
            if self._kind() == "and":
                self._position += 1
            items.append(self._item())
        return _several(items, settles=False)

    def _item(self) -> Condition:
        kind = self._kind()
        if kind == "not":
            self._position += 1
            return _not(self._item())
        if kind == "(":
            self._position += 1
            node = self._any()
            if self._kind() != ")":
                raise UsageError("a parenthesis is never closed", code="query")
            self._position += 1
            return node
        if kind == "term":
            term = self._tokens[self._position].term
            if term is not None:
                self._position += 1
                return term
        raise self._missing_item()

    def _missing_item(self) -> UsageError:
        kind = self._kind()
        before = self._tokens[self._position - 1] if self._position else None
        # The operator that has nothing on one side: the one here, or the one just read.
        if kind in _OPERATORS:
            lonely = self._tokens[self._position]
        elif before is not None and before.kind in _OPERATORS:
            lonely = before
        else:
            return UsageError("there is nothing between two parentheses", code="query")
        return _two_readings(
            lonely.text, f"the operator {lonely.kind} with a side missing", hint="tag:a or tag:b, not tag:c"
        )

    def _kind(self) -> str | None:
        return self._tokens[self._position].kind if self._position < len(self._tokens) else None
