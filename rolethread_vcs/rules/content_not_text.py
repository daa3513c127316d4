"""RT110 content_not_text: content that is a number, true or false, an object, or a list of bare texts.

What it does
Finds content that is neither a text, nor null, nor a list of parts (objects such as {"type": "text", "text": "…"}),
also among the alternatives of a message and in `chosen` and `rejected`, which are lists of messages themselves.
In messages, null and empty content are RT104 empty_message, unless a tool is called.

Why it matters
One such value changes the kind of a whole column: loaders stop, or turn every text around it into something
else, and chat templates print it as Python would ("True").

Example
{"messages": [{"role": "user", "content": "How many oars?"}, {"role": "assistant", "content": 4.5}]}

Instead
{"messages": [{"role": "user", "content": "How many oars?"},
              {"role": "assistant", "content": "Four, and a broken one."}]}

Repair
Safe for a whole number, which becomes the text of its digits. Anything else is the writer's to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rolethread_vcs.model.entry import CONVERSATIONS, Entry, kind_of
from rolethread_vcs.model.finding import RepairSafety, Scope, Severity
from rolethread_vcs.rules._contract import Found, Outline, Repair, Rule, as_text


def _check(outline: Outline) -> Iterator[Found]:
    for index, message in enumerate(outline.messages if isinstance(outline.messages, list) else ()):
        if isinstance(message, dict):
            yield from _of_message(message, index, f"[{index}]")
    for name in CONVERSATIONS[1:]:
        side = outline.entry.document.get(name, [])
        if not isinstance(side, list):
            yield Found(None, f"{name} is {kind_of(side)}, not a list of messages", as_text(side), RepairSafety.NONE)
            continue
        for index, message in enumerate(side):
            if isinstance(message, dict) and isinstance(message.get("role"), str):
                yield from _of_message(message, None, f"{name} [{index}]")
                if message.get("content") is None and not (message.get("tool_calls") or message.get("function_call")):
                    yield Found(None, f"{name} [{index}] has no content", "", RepairSafety.NONE)
            else:
                sentence = f"{name} [{index}] is not a message with a role and content"
                yield Found(None, sentence, as_text(message), RepairSafety.NONE)


def _of_message(message: dict[str, Any], index: int | None, place: str) -> Iterator[Found]:
    alternatives = message.get("alternatives", [])
    values = [("content", message.get("content"))]
    if isinstance(alternatives, list):
        values += [(f"alternative {number}", each) for number, each in enumerate(alternatives)]
    else:
        yield Found(
            index, f"{place} has {kind_of(alternatives)} for alternatives, not a list of them", "", RepairSafety.NONE
        )
    for what, value in values:
        why = _why_not(value)
        if why is not None:
            safety = RepairSafety.SAFE if type(value) is int and what == "content" else RepairSafety.NONE
            yield Found(index, f"{place} has {why} for {what}", as_text(value), safety)


def _why_not(content: Any) -> str | None:
    """Return what a content is that nobody can train on, None where it is a text, null or a list of parts."""
    if content is None or isinstance(content, str):
        return None
    if not isinstance(content, list):
        return kind_of(content)
    for part in content:
        if not isinstance(part, dict):
            return f"a list with {kind_of(part)} in it, where parts belong,"
        if not isinstance(part.get("text", ""), str):
            return f"a part whose text is {kind_of(part['text'])}"
    return None


def _repair(entry: Entry) -> tuple[Entry, tuple[str, ...]] | None:
    done: list[str] = []
    changes: dict[str, list[Any]] = {}
    for name in CONVERSATIONS:
        messages: Any = entry.document.get(name)
        for index, message in enumerate(messages if isinstance(messages, list) else ()):
            if isinstance(message, dict) and type(number := message.get("content")) is int:
                changes.setdefault(name, list(messages))[index] = {**message, "content": str(number)}
                done.append(f'[{index}] the number {number} became the text "{number}"')
    return (entry.with_fields(**changes), tuple(done)) if done else None


RULE = Rule(
    code="RT110",
    name="content_not_text",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset(CONVERSATIONS),
    unless="only_texts",
    check=_check,
    repair=Repair(RepairSafety.SAFE, _repair),
)
