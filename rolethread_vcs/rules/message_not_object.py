"""RT102 message_not_object: an item in the list of messages that is no message.

What it does
Finds items of `messages` that are a text, a number, a list or null where an object with role and content
belongs.

Why it matters
Nobody can say who speaks in it, and a trainer that meets it stops or drops the whole conversation.

Example
{"messages": ["Is the cellar dry?", {"role": "assistant", "content": "Dry enough."}]}

Instead
{"messages": [{"role": "user", "content": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough."}]}

Repair
None: who speaks would be a guess.
"""

from __future__ import annotations

from collections.abc import Iterator

from rolethread_vcs.model.entry import kind_of
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules._contract import Found, Outline, Rule, as_text


def _check(outline: Outline) -> Iterator[Found]:
    if not isinstance(outline.messages, list):
        return
    for index, message in enumerate(outline.messages):
        if not isinstance(message, dict):
            sentence = f"[{index}] is {kind_of(message)}, not a message with a role and content"
            yield Found(index, sentence, as_text(message))


RULE = Rule(
    code="RT102",
    name="message_not_object",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset({"messages"}),
    unless="whole",
    check=_check,
)
