"""RT104 empty_message: a message that says nothing.

What it does
Finds messages whose content is empty, only white space or invisible characters, null, or a list of parts
without text or anything else in it. An assistant message that calls a tool may be without words, and a tool
may answer with an empty text: that says that it returned nothing.

Why it matters
A model that sees empty answers learns to answer nothing, and several trainers refuse the whole file for one.

Example
{"messages": [{"role": "user", "content": "Is the cellar dry?"}, {"role": "assistant", "content": "  "}]}

Instead
{"messages": [{"role": "user", "content": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough."}]}

Repair
None: the missing words are the writer's. Write them, or remove the exchange.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rolethread_vcs.model.entry import TOOL_ROLES
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules._contract import Found, Outline, Rule

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_WHITE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_BLANK = _INVISIBLE + _WHITE
_BLANK_STARTS = frozenset(["", *_BLANK])
"""How every blank text starts: with white space of any script, or what cannot be seen."""


def _is_blank_text(text: str) -> bool:
    return text[:1] in _BLANK_STARTS and not text.strip(_BLANK)


def _is_blank(content: Any) -> bool:
    """Return whether a content holds nothing; an absent one is another rule's."""
    if isinstance(content, str):
        return _is_blank_text(content)
    if isinstance(content, list):
        return all(_is_blank_part(part) for part in content)
    return content is None


def _is_blank_part(part: Any) -> bool:
    if not isinstance(part, Mapping):
        return _is_blank(part)
    if part.get("type", "text") == "text":
        return all(_is_blank(part.get(key)) for key in ("text", "value", "content"))
    return all(_is_blank(value) for key, value in part.items() if key != "type")


def _may_be_wordless(message: Mapping[str, Any]) -> bool:
    if message.get("tool_calls") or message.get("function_call"):
        return True
    role = message.get("role")
    return isinstance(role, str) and role in TOOL_ROLES and isinstance(message.get("content"), str)


def _suspects(outline: Outline) -> bool:
    starts = _BLANK_STARTS
    for content in outline.contents:  # noqa: SIM110  a generator takes half as long again, for every entry
        if type(content) is not str or not content or content[0] in starts:
            return True
    return False


def _check(outline: Outline) -> Iterator[Found]:
    for index, content in enumerate(outline.contents):
        if not _is_blank(content) or _may_be_wordless(outline.messages[index]):
            continue
        what = "holds nothing but white space" if isinstance(content, str) and content else "is empty"
        role = outline.roles[index]
        who = f"the {role} says nothing" if isinstance(role, str) and role.strip() else "nothing is said"
        yield Found(index, f"[{index}] {what}: {who}")


RULE = Rule(
    code="RT104",
    name="empty_message",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset({"messages"}),
    suspects=_suspects,
    check=_check,
)
