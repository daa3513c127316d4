"""Shows conflicts: what each side made of the base, word by word, side by side where there is room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.views.diff_layout import json_text, shortened, text_of
from rolethread_vcs.views.terminal_text import safe_text, styled, width_of, wrap, wrap_styled

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Conflict

SIDE_BY_SIDE = 100
"""Columns from which the sides stand beside each other."""

_LONGEST = 20_000
"""Characters of a side that are compared; the rest is only counted."""

_STYLES = {"insert": "added", "delete": "removed"}
_BRACKETS = {"insert": ("{+", "+}"), "delete": ("[-", "-]")}


def conflict_block(
    conflict: Conflict, labels: tuple[str, str, str], *, width: int, color: bool, whole: bool = True
) -> Iterator[str]:
    """Yield the lines of one conflict: field and reason, both sides, the suggestion."""
    yield f"  {styled(conflict.field, 'heading')}: {safe_text(conflict.message)}"
    if whole and conflict.base is conflict.ours is conflict.theirs is ABSENT:
        return
    ours, theirs = (_side(value, conflict.base, color=color) for value in (conflict.ours, conflict.theirs))
    if width >= SIDE_BY_SIDE:
        yield from _beside(labels, ours, theirs, width)
    else:
        for label, text in zip(labels, (ours, theirs), strict=False):
            yield f"    {styled(label, 'faint')}"
            yield from wrap_styled(text, width, "      ")
    if conflict.suggestion is not None:
        yield f"    suggested: --take {side_label(conflict.suggestion, labels)}"


def side_label(side: str, labels: tuple[str, str, str]) -> str:
    return {"ours": labels[0], "theirs": labels[1], "base": labels[2]}.get(side, side)


def plain_text(value: Any) -> str:
    if value is ABSENT:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "messages" in value:
        rest = {key: item for key, item in value.items() if key != "messages"}
        return plain_text(value["messages"]) + (f"\n{json_text(rest)}" if rest else "")
    if isinstance(value, list) and value and all(isinstance(item, Mapping) and "role" in item for item in value):
        return "\n".join(f"{_who(message)}: {text_of(message)}" for message in value)
    if isinstance(value, Mapping) and "role" in value:
        return f"{_who(value)}: {text_of(value)}"
    return json_text(value)


def _who(message: Mapping[str, Any]) -> str:
    speaker = message.get("speaker")
    return f"{speaker} ({message['role']})" if speaker else str(message["role"])


def _side(value: Any, base: Any, *, color: bool) -> str:
    if value is ABSENT or (value == [] and base):
        return styled("(removed here)" if base is not ABSENT else "(not there)", "removed")
    text = plain_text(value)
    more = ""
    if len(text) > _LONGEST:
        text, more = text[:_LONGEST], f" … and {len(text) - _LONGEST:,} more characters"
    was = plain_text(base)[:_LONGEST]
    if base is ABSENT or not was:
        return safe_text(text + more)
    from rolethread_vcs.diff.words import word_changes

    changes = word_changes(was, text)
    if not changes or all(kind == "equal" for kind, _ in changes):
        return f"{safe_text(text + more)} {styled('(as it was)', 'faint')}"
    return "".join(_marked(kind, part, color=color) for kind, part in shortened(changes)) + safe_text(more)


def _marked(kind: str, text: str, *, color: bool) -> str:
    if kind == "equal":
        return safe_text(text)
    if color:
        return styled(text if text.strip() else text.replace(" ", "␣"), _STYLES[kind])
    start, end = _BRACKETS[kind]
    return styled(f"{start}{text}{end}", _STYLES[kind])


def _beside(labels: tuple[str, str, str], ours: str, theirs: str, width: int) -> Iterator[str]:
    half = (width - 4 - 3) // 2
    left = [styled(labels[0], "faint"), *wrap_styled(ours, half)]
    right = [styled(labels[1], "faint"), *wrap_styled(theirs, half)]
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"    {one}{' ' * max(half - width_of(one), 0)} │ {other}".rstrip()


def comment_lines(label: str, value: Any, width: int = 96) -> Iterator[str]:
    """Yield a side as comment lines of a form."""
    yield f"# {label}:"
    for line in wrap("(removed here)" if value is ABSENT else plain_text(value), width, "#   "):
        yield line or "#"
