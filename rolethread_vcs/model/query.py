"""Queries: the words behind `--where`, read into a condition that entries meet or not.

    query   = all { "or" all }            all = item { ["and"] item }
    item    = "not" item | "(" query ")" | term
    term    = word | "quoted words" | keyword:value | keyword:"quoted value" | untagged

`model.query_terms` has the keywords. Words of the grammar and keywords may be written in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rolethread_vcs.errors import UsageError, did_you_mean
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.query_terms import BARE_KEYWORDS, KEYWORDS, Term, words_term

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


def _term(term: Term) -> Condition:
    def meets(entry_id: str, entry: Entry | None) -> bool | None:
        if term.by_id is not None:
            return term.by_id(entry_id)
        return None if entry is None or term.by_entry is None else term.by_entry(entry)

    return meets


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


# ---- words


@dataclass(frozen=True, slots=True)
class _Token:
    """`kind` is an operator, a parenthesis or "term"; `text` is what was written."""

    kind: str
    text: str
    term: Term | None = None


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
        return _Token("term", text, words_term(_content(text[1:-1], text)))
    if match["keyword"]:
        return _Token("term", text, _keyword_term(match["keyword"], match["value"].strip('"'), text))
    if match["word"]:
        word = text.lower()
        if word in _OPERATORS:
            return _Token(word, text)
        if word in BARE_KEYWORDS:
            return _Token("term", text, BARE_KEYWORDS[word])
        return _Token("term", text, words_term(text))
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
    return [_Token("term", word, words_term(word.strip()))]


def _content(content: str, text: str) -> str:
    if not content.strip():
        raise UsageError(f"{text} holds nothing to search for", code="query")
    return content


def _keyword_term(keyword: str, value: str, text: str) -> Term:
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
                return _term(term)
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
