"""Shows what differs as one page for a browser that needs nothing else: no network, no other file.

Everything that comes from a dataset is escaped, and the page forbids the browser to run any script but its own, to
load anything, and to send anything.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from rolethread_vcs.diff.entry import EntryDiff, MessageChange
from rolethread_vcs.ops.compare.comparison import ChangeKind, ComparedEntry, ComparedFile, Comparison, counted
from rolethread_vcs.views import diff_layout as layout
from rolethread_vcs.views.diff_layout import MARKS, Folded, Step, Unchanged, Words, text_of
from rolethread_vcs.views.diff_page import SCRIPT, STYLE
from rolethread_vcs.views.diff_text import summary_line
from rolethread_vcs.views.terminal_text import one_line, safe_text

_LINE = 300
_UNFOLDED = 100
"""Unchanged messages in a row that the page holds, to be unfolded and found by the filter."""
_ROLES = frozenset({"system", "user", "assistant", "tool"})
_DID = {"insert": "added", "remove": "removed", "edit": "edited", "move": "moved", "attributes": "changed"}
_KEYS = (
    '<p class="keys"><kbd>n</kbd> <kbd>j</kbd> next · <kbd>p</kbd> <kbd>k</kbd> previous · <kbd>o</kbd> fold · '
    "<kbd>/</kbd> filter · <kbd>t</kbd> dark or light</p>\n"
)


def html_page(comparison: Comparison, words: Words = "auto") -> Iterator[str]:
    """Yield the page piece by piece."""
    kinds = [each.change for each in comparison.entries()]
    summary = counted(kinds)
    title = f"{_safe(comparison.from_label)} → {_safe(comparison.to_label)}"
    policy = (
        f"default-src 'none'; style-src '{_digest(STYLE)}'; script-src '{_digest(SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="rolethread-vcs">\n<title>{title}</title>\n<style>{STYLE}</style>\n'
        f"</head>\n<body>\n<header>\n<h1>{title}</h1>\n"
    )
    for kind in ChangeKind:
        number = getattr(summary, kind.value)
        if number:
            said = f"{MARKS[kind]}{number:,} {kind.value}"
            yield f'<button data-kind="{kind.value}" aria-pressed="true">{said}</button>\n'
    yield (
        '<input id="filter" type="search" placeholder="Filter: words, a tag, a number …" aria-label="Filter">\n'
        '<button id="theme" title="dark or light">◐</button>\n</header>\n<main>\n'
        f'<p class="note">{_safe(summary_line(summary))}<span id="shown" role="status"></span></p>\n'
    )
    for note in comparison.notes:
        yield f'<p class="note">{_safe(note)}</p>\n'
    yield _KEYS
    for compared in comparison.entries():
        yield from _entry(compared, words)
    for file in comparison.files():
        yield from _file(file)
    yield '<p id="empty" hidden>Nothing fits the filter.</p>\n'
    yield f"</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"


def _entry(compared: ComparedEntry, words: Words) -> Iterator[str]:
    difference = compared.diff
    kind = compared.change.value
    yield (
        f'<details class="entry {kind}" data-kind="{kind}" open>\n<summary><span class="sign">{MARKS[compared.change]}'
        f'</span><code>{_safe(compared.id)}</code> <span class="what">'
        f"{_safe(one_line(layout.summary_of(compared, difference), _LINE))}</span></summary>\n"
    )
    if compared.change is not ChangeKind.MOVED and not compared.problem:
        for heading, steps in layout.changed_lists(compared, difference):
            if heading:
                yield f"<h3>{heading}</h3>\n"
            yield from _messages(steps, words)
        yield from _values(compared, difference)
    yield "</details>\n"


def _messages(steps: Iterable[Step], words: Words) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Folded):
            yield f'<details class="fold"><summary>… {step.count:,} unchanged</summary>\n'
            yield from map(_unchanged, step.messages[:_UNFOLDED])
            yield "</details>\n"
        elif isinstance(step, Unchanged):
            yield _unchanged(step)
        else:
            yield from _message(step, words)


def _unchanged(step: Unchanged) -> str:
    said = f'<div class="text">{_safe(one_line(text_of(step.message), _LINE))}</div>'
    return f'<div class="message same">{_who(step.index, step.message, "")}{said}</div>\n'


def _message(change: MessageChange, words: Words) -> Iterator[str]:
    placed = change.after or change.before
    assert placed is not None
    did = _DID[change.op]
    if change.op == "move" and change.before is not None:
        did += f", was [{change.before.index}]"
    yield f'<div class="message {change.op}">{_who(placed.index, placed.message, did)}'
    if change.before is None or change.after is None:
        yield f'<div class="text">{_safe(text_of(placed.message))}</div>'
    else:
        yield from _content(change, text_of(change.before.message), text_of(change.after.message), words)
        for key, before, after in layout.attribute_values(change):
            yield _value(key, before, after)
    yield "</div>\n"


def _content(change: MessageChange, old: str, new: str, words: Words) -> Iterator[str]:
    inline = layout.inline_words(change, words)
    if inline:
        names = {"insert": "ins", "delete": "del"}
        said = "".join(
            _safe(text) if kind == "equal" else f"<{names[kind]}>{_safe(text)}</{names[kind]}>" for kind, text in inline
        )
        yield f'<div class="text">{said}</div>'
    elif old != new:
        sides = f'<div class="text old">{_safe(old)}</div><div class="text new">{_safe(new)}</div>'
        yield f'<div class="both">{sides}</div>'
    else:
        yield f'<div class="same"><div class="text">{_safe(one_line(new, _LINE))}</div></div>'


def _who(index: int, message: Any, did: str) -> str:
    role = message.get("role") if isinstance(message, dict) else None
    speaker = message.get("speaker") if isinstance(message, dict) else None
    name = role if isinstance(role, str) and role else "(no role)"
    style = f" role-{name}" if name in _ROLES else ""
    who = (
        f"<b>{_safe(speaker)}</b> ({_safe(name)})" if isinstance(speaker, str) and speaker else f"<b>{_safe(name)}</b>"
    )
    return f'<div class="who{style}">[{index}] {who}{f" · {did}" if did else ""}</div>'


def _values(compared: ComparedEntry, difference: EntryDiff) -> Iterator[str]:
    if compared.change is ChangeKind.CHANGED and (difference.tags_added or difference.tags_removed):
        tags = [f"<ins>+{_safe(tag)}</ins>" for tag in difference.tags_added]
        tags += [f"<del>-{_safe(tag)}</del>" for tag in difference.tags_removed]
        yield f'<p class="value">tags {" ".join(tags)}</p>\n'
    for name, before, after in layout.value_lines(difference):
        yield _value(name, before, after)


def _value(name: str, before: str, after: str) -> str:
    return f'<p class="value">{_safe(name)}: <del>{_safe(before)}</del> → <ins>{_safe(after)}</ins></p>\n'


def _file(compared: ComparedFile) -> Iterator[str]:
    kind = compared.change.value
    yield (
        f'<details class="entry {kind}" data-kind="{kind}" open>\n<summary><span class="sign">{MARKS[compared.change]}'
        f'</span><code>{_safe(compared.path)}</code></summary>\n<div class="value">'
    )
    names = {"+": "ins", "-": "del"}
    for mark, line in layout.changed_lines(compared):
        name = names.get(mark, "span")
        yield f"<{name}>{_safe(mark + line)}</{name}>\n"
    yield "</div>\n</details>\n"


def _safe(text: str) -> str:
    """Return a text as HTML: no markup of its own, no control characters, no change of the writing direction."""
    return escape(safe_text(text), quote=True)


def _digest(text: str) -> str:
    """Return what a Content-Security-Policy knows a script or a style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
