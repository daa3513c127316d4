"""RT105 unknown_role: a role that trainers do not know.

What it does
Finds roles other than system, developer, user, assistant, tool, function, function_call and tool_call,
written exactly so.

Why it matters
Chat templates pass such a message over without a word, or stop: the line is in the dataset and never trained.
The name of a character belongs in `speaker`, and the role stays user or assistant.

Example
{"messages": [{"role": "user", "content": "Is the cellar dry?"}, {"role": "Emma", "content": "Dry enough."}]}

Instead
{"messages": [{"role": "user", "content": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough.", "speaker": "emma"}]}

Repair
Safe for other spellings of a known role (" User ", "ASSISTANT"), for plain synonyms (human, gpt, bot, model …) and
for the known misspellings of them (uesr); imports read the same words so. Any other label is left to the writer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rolethread_vcs.model.entry import KNOWN_ROLES, Entry, kind_of, known_role
from rolethread_vcs.model.finding import RepairSafety, Scope, Severity
from rolethread_vcs.rules._contract import ABSENT, Found, Outline, Repair, Rule, as_text, quoted


def _is_unknown(role: Any) -> bool:
    """Return whether there is a role and it is no known one; a missing one is another rule's."""
    if isinstance(role, str):
        return role not in KNOWN_ROLES and bool(role.strip())
    return role is not None and role is not ABSENT


def _check(outline: Outline) -> Iterator[Found]:
    for index, role in enumerate(outline.roles):
        if not _is_unknown(role):
            continue
        if not isinstance(role, str):
            sentence = f"[{index}] has {kind_of(role)} for a role"
            yield Found(index, sentence, as_text(role), RepairSafety.NONE)
        elif meant := known_role(role):
            yield Found(index, f'[{index}] has the role {quoted(role)}; trainers know it as "{meant}"', role)
        else:
            sentence = f"[{index}] has the role {quoted(role)}, which trainers do not know"
            yield Found(index, sentence, role, RepairSafety.NONE)


def _repair(entry: Entry) -> tuple[Entry, tuple[str, ...]] | None:
    done = []
    messages = []
    for index, message in enumerate(entry.messages if isinstance(entry.messages, list) else ()):
        role = message.get("role") if isinstance(message, dict) else None
        meant = known_role(role) if _is_unknown(role) else None
        messages.append(message if meant is None else {**message, "role": meant})
        if meant is not None:
            done.append(f'[{index}] role {quoted(str(role))} became "{meant}"')
    return (entry.with_fields(messages=messages), tuple(done)) if done else None


RULE = Rule(
    code="RT105",
    name="unknown_role",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset({"messages"}),
    unless="roles_known",
    check=_check,
    repair=Repair(RepairSafety.SAFE, _repair),
)
