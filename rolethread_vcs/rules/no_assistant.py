"""RT106 no_assistant: a conversation in which the model never speaks.

What it does
Finds entries with messages of which none is the assistant's, nor a call of a tool. An entry with `chosen` is
a preference pair: there the answer stands in `chosen`.

Why it matters
Only what the assistant says is learned. Such an entry costs time and teaches nothing; some trainers stop at
it.

Example
{"messages": [{"role": "system", "content": "You keep a tavern."},
              {"role": "user", "content": "Is the cellar dry?"}]}

Instead
{"messages": [{"role": "user", "content": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough."}]}

Repair
None: the answer is the writer's.
"""

from __future__ import annotations

from collections.abc import Iterator

from rolethread_vcs.model.entry import ANSWERING_ROLES, known_role
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules._contract import Found, Outline, Rule


def _check(outline: Outline) -> Iterator[Found]:
    # A misspelt assistant is reported as that, once: known_role sees through it.
    if not outline.roles or outline.entry.document.get("chosen") is not None:
        return
    if not any(known_role(role) in ANSWERING_ROLES for role in outline.roles):
        yield Found(None, "no message is the assistant's, so there is nothing to learn")


RULE = Rule(
    code="RT106",
    name="no_assistant",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset({"messages", "chosen"}),
    unless="is_answered",
    check=_check,
)
