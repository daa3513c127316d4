"""RT101 missing_messages: an entry that holds no list of messages.

What it does
Finds entries without `messages`, with `messages` that is no list, and with a list that is empty.

Why it matters
The messages are what is trained on. Some trainers stop at such a row, others drop it without a word.

Example
{"tags": ["tavern"]}

Instead
{"messages": [{"role": "user", "content": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough."}]}

Repair
None: only the writer knows what was meant to be here. Remove the entry, or write its messages.
"""

from __future__ import annotations

from collections.abc import Iterator

from rolethread_vcs.model.entry import kind_of
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules._contract import Found, Outline, Rule, as_text


def _check(outline: Outline) -> Iterator[Found]:
    messages = outline.messages
    if messages is None:
        yield Found(None, "the entry has no messages")
    elif not isinstance(messages, list):
        yield Found(None, f"the messages are {kind_of(messages)}, not a list of messages", as_text(messages))
    elif not messages:
        yield Found(None, "the list of messages is empty")


RULE = Rule(
    code="RT101",
    name="missing_messages",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset({"messages"}),
    unless="roles",
    check=_check,
)
