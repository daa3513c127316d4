"""RT107 system_not_first: a system message after the conversation has begun.

What it does
Finds system messages that follow a message of anybody but system or developer.

Why it matters
Most chat templates know a system message at [0] only: later ones raise an error, are dropped, or move to the
front, and the model learns another conversation than the one written.

Example
{"messages": [{"role": "user", "content": "Is the cellar dry?"},
              {"role": "system", "content": "You keep a tavern."},
              {"role": "assistant", "content": "Dry enough."}]}

Instead
{"messages": [{"role": "system", "content": "You keep a tavern."},
              {"role": "user", "content": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough."}]}

Repair
Suggested where it is the only system message: it moves to [0]. Whether it was meant as an opening or as a
remark in between, only the writer knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rolethread_vcs.model.entry import OPENING_ROLES, Entry
from rolethread_vcs.model.finding import RepairSafety, Scope, Severity
from rolethread_vcs.rules._contract import Found, Outline, Repair, Rule


def _late(roles: Sequence[Any]) -> list[int]:
    begun = False
    late = []
    for index, role in enumerate(roles):
        if begun and role == "system":
            late.append(index)
        begun = begun or not (isinstance(role, str) and role in OPENING_ROLES)
    return late


def _check(outline: Outline) -> Iterator[Found]:
    late = _late(outline.roles)
    only = outline.roles.count("system") == 1
    for index in late:
        # The text is the role, not the prompt: to reword a misplaced prompt makes no new problem.
        sentence = f"[{index}] is a system message after the conversation has begun"
        yield Found(index, sentence, "system", None if only else RepairSafety.NONE)


def _repair(entry: Entry) -> tuple[Entry, tuple[str, ...]] | None:
    outline = Outline(entry)
    late = _late(outline.roles)
    if not late or outline.roles.count("system") != 1:
        return None
    index = late[0]
    messages = [outline.messages[index], *outline.messages[:index], *outline.messages[index + 1 :]]
    return entry.with_fields(messages=messages), (f"[{index}] the system message moved to [0]",)


RULE = Rule(
    code="RT107",
    name="system_not_first",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset({"messages"}),
    unless="system_leads",
    check=_check,
    repair=Repair(RepairSafety.SUGGESTED, _repair),
)
