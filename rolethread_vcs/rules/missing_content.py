"""RT109 missing_content: a message without `content`.

What it does
Finds messages that have no `content` at all and call no tool. Content that is there and empty is RT104
empty_message.

Why it matters
Usually the text stands under another key (`text`, `value`), where no trainer looks: the line is lost in
training.

Example
{"messages": [{"role": "user", "text": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough."}]}

Instead
{"messages": [{"role": "user", "content": "Is the cellar dry?"},
              {"role": "assistant", "content": "Dry enough."}]}

Repair
None: the content has to be written, or found under its other key.
"""

from __future__ import annotations

from collections.abc import Iterator

from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules._contract import ABSENT, Found, Outline, Rule


def _check(outline: Outline) -> Iterator[Found]:
    for index, content in enumerate(outline.contents):
        message = outline.messages[index]
        if content is not ABSENT or not isinstance(message, dict):
            continue
        if not (message.get("tool_calls") or message.get("function_call")):
            yield Found(index, f"[{index}] has no content")


RULE = Rule(
    code="RT109",
    name="missing_content",
    severity=Severity.ERROR,
    scope=Scope.ENTRY,
    reads=frozenset({"messages"}),
    unless="whole",
    check=_check,
)
