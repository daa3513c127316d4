"""Says where a list of messages stops to read as a conversation."""

from __future__ import annotations

from enum import Enum
from typing import Any

from rolethread_vcs.merge.conflict import Reason
from rolethread_vcs.model.entry import ANSWERING_ROLES, OPENING_ROLES, TOOL_ROLES, known_role


class Edge(Enum):
    """What stands before the first message, and behind the last."""

    START = "start"
    END = "end"


START, END = Edge


def role_of(message: Any) -> Any:
    """Return what a message's role means: a known role, another label as it is, None where there is none."""
    role = message.get("role") if isinstance(message, dict) else None
    return known_role(role) or (role if isinstance(role, str) else None)


def break_between(left: Any, right: Any) -> Reason | None:
    """Return how two neighbours fail to read as a conversation, or None; each is a role, START or END.

    It says what is unusual, not what is wrong: a greeting may come before every question. A merge asks it only about
    neighbours that no side had.
    """
    if left is None or right is None:
        return None
    if right is END:
        answers = left in ANSWERING_ROLES or left in TOOL_ROLES or not (left is START or known_role(left))
        return None if answers else Reason.NO_ANSWER_LEFT
    if right in OPENING_ROLES:
        if left in OPENING_ROLES:
            return Reason.TURNS_TOUCH
        return None if left is START else Reason.SYSTEM_NOT_FIRST
    if right in TOOL_ROLES:
        return None if left in ANSWERING_ROLES or left in TOOL_ROLES else Reason.TOOL_WITHOUT_CALL
    if left is START or left in OPENING_ROLES:
        return Reason.STARTS_WITH_ANSWER if right in ANSWERING_ROLES else None
    return Reason.TURNS_TOUCH if left == right else None
