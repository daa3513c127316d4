"""The outline of an entry: one pass over its messages that all rules share, and words to name a value with."""

from __future__ import annotations

from typing import Any, Final

from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.roles import KNOWN_ROLES


class _Absent:
    """Stands where a message has no role or no content; falsy, so that `all(roles)` sees it."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


class Outline:
    """What most rules ask first, gathered once per entry.

    `messages` is what the entry holds, of any type. `roles` and `contents` run beside it: one item a message,
    ABSENT where a message lacks the key or is no object; both are empty when `messages` is no list. `whole`
    is true when every message is an object with role and content, `roles_known` when every role is a known
    one.

    A plain class, not a frozen dataclass: it is built for every entry of every import, and a frozen one takes
    four times as long.
    """

    __slots__ = ("_text", "contents", "entry", "messages", "roles", "roles_known", "whole")

    entry: Entry
    messages: Any
    roles: list[Any]
    contents: list[Any]
    whole: bool
    roles_known: bool
    _text: str

    def __init__(self, entry: Entry) -> None:
        messages: Any = entry.fields.get("messages")
        self.entry = entry
        self.messages = messages
        try:
            self.roles = roles = [message["role"] for message in messages]
            self.contents = [message["content"] for message in messages]
            self.whole = type(messages) is list
        except (KeyError, TypeError):  # the usual entry is whole; any other is gone through with care
            items = messages if type(messages) is list else ()
            self.roles = roles = [_value(message, "role") for message in items]
            self.contents = [_value(message, "content") for message in items]
            self.whole = False
        try:
            self.roles_known = KNOWN_ROLES.issuperset(roles)
        except TypeError:  # a role that is a list or an object cannot be looked up
            self.roles_known = False

    @property
    def text(self) -> str:
        """All text contents, lower case, one line break between; made once, for literal prefilters."""
        try:
            return self._text
        except AttributeError:
            self._text = "\n".join(content for content in self.contents if type(content) is str).lower()
            return self._text


def _value(message: Any, key: str) -> Any:
    return message.get(key, ABSENT) if isinstance(message, dict) else ABSENT


_LONGEST = 40


def quoted(text: str) -> str:
    """Return a text in quotes, cut short so that a sentence stays a sentence."""
    return f'"{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"}"'


def kind_of(value: Any) -> str:
    """Return what a JSON value is, in plain words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def as_text(value: Any) -> str:
    """Return a value as the text of a finding: a text as it is, anything else as JSON on one line."""
    return value if isinstance(value, str) else encode_line(value).decode("utf-8")
