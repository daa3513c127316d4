"""RT103 missing_role: a message that does not say who speaks.

What it does
Finds messages without `role`, and with a role that is null, empty or only white space.

Why it matters
The role decides which turns are learned and which are only read. Without it a trainer stops, or learns the
wrong side.

Example
{"messages": [{"content": "Is the cellar dry?"}, {"role": "assistant", "content": "Dry enough."}]}

Instead
{"messages": [{"role": "user", "content": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough."}]}

Repair
None: the place of a message hints at its role and does not prove it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules._contract import ABSENT, Found, Outline, Rule


def _check(outline: Outline) -> Iterator[Found]:
    for index, role in enumerate(outline.roles):
        if role is ABSENT:
            if isinstance(outline.messages[index], dict):
                yield Found(index, f"[{index}] does not say who speaks: it has no role")
        elif role is None or (isinstance(role, str) and not role.strip()):
            yield Found(index, f"[{index}] does not say who speaks: its role is empty")


RULE = Rule(
    code="RT103",
    name="missing_role",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset({"messages"}),
    unless="roles_known",
    check=_check,
)
