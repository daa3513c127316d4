"""Words that several rules use to name a value to a writer."""

from __future__ import annotations

from typing import Any

from rolethread_vcs.model.canonical import encode_line

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
