"""What words take as keywords: `message="…"` in place of an `Intent`, `clean=True` in place of options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, cast

if TYPE_CHECKING:
    from rolethread_vcs.transaction import Intent

T = TypeVar("T")


class Said(TypedDict, total=False):
    """What a change says about itself: its `message`, the `branch` to commit to, and as the options of the same name:

    `dry_run`, and `allow` (a rule or several, as `CODE`, `NAME` or `CODE=COUNT`) with `because`.
    """

    message: str | None
    branch: str | None
    allow: str | Sequence[str]
    because: str | None
    dry_run: bool


def intent_of(intent: Intent | None, said: Said, verb: str, command: str) -> Intent:
    """Return the intent of a word: what it was given, or its own verb and command with what the keywords say."""
    from rolethread_vcs.transaction import Intent

    if intent is None:
        return Intent.of(verb, command, **said)
    if said:
        raise TypeError(f"{', '.join(said)} can be said by keywords or by an Intent, not by both")
    return intent


def options_of(kind: type[T], options: T | None, keywords: Mapping[str, Any]) -> T:
    """Return the options of a word: those that it was given, or those that its keywords say."""
    if not keywords:
        return kind() if options is None else options
    if options is not None:
        raise TypeError(f"{', '.join(keywords)} can be said by keywords or by {kind.__name__}, not by both")
    texts = {name for name, wanted in kind.__annotations__.items() if str(wanted).startswith("tuple[str")}
    alone = {name: (keywords[name],) for name in texts & keywords.keys() if isinstance(keywords[name], str)}
    return kind(**{**keywords, **alone})


def intent_and_options(
    intent: Intent | None, verb: str, command: str, kind: type[T], options: T | None, keywords: Mapping[str, Any]
) -> tuple[Intent, T]:
    """Return the intent and the options of a word whose keywords are of both."""
    said = {name: value for name, value in keywords.items() if name in Said.__annotations__}
    rest = {name: value for name, value in keywords.items() if name not in said}
    return intent_of(intent, cast("Said", said), verb, command), options_of(kind, options, rest)
