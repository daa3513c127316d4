"""Shows what differs as Markdown for a review comment: a line for each entry, and what changed in a block of code.

Content stands in code blocks and code spans only, each fenced longer than any run of backticks in it, so that nothing
in an entry is taken for markup, a link, or the name of a person to call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rolethread_vcs.diff import ChangeKind
from rolethread_vcs.diff.entry import MessageChange
from rolethread_vcs.ops.compare.comparison import ChangeCounts, ComparedEntry, ComparedFile, Comparison
from rolethread_vcs.views import diff_layout as layout
from rolethread_vcs.views.diff_layout import Folded, Unchanged, Words
from rolethread_vcs.views.diff_text import summary_line
from rolethread_vcs.views.entries import gist_of, who_says
from rolethread_vcs.views.terminal_text import CHANGE_MARKS, one_line, safe_text

LIMIT = 60_000
"""Characters of a comment; GitHub takes 65,536."""
_LINE = 200


def markdown(comparison: Comparison, words: Words = "auto") -> Iterator[str]:
    """Yield the parts of the page; it ends before it is too long for a comment, and says so."""
    compared = list(comparison.entries())
    files = comparison.files()
    head = f"### {_code(comparison.from_label)} → {_code(comparison.to_label)}\n"
    yield head
    yield f"{summary_line(ChangeCounts.of(each.change for each in compared))}\n"
    for note in comparison.notes:
        yield f"{_code(note)}\n"
    size = len(head) + 200
    parts = [*(_entry(each, words) for each in compared), *(_file(each) for each in files)]
    for number, lines in enumerate(parts):
        text = "\n".join(lines)
        size += len(text) + 1
        if size > LIMIT:
            left = len(parts) - number
            yield f"… and {left:,} more; a comment has room for no more\n"
            return
        yield text


def _entry(compared: ComparedEntry, words: Words) -> Iterator[str]:
    difference = compared.diff
    summary = _code(one_line(layout.summary_of(compared, difference), _LINE))
    yield f"**{CHANGE_MARKS[compared.change]}** {_code(compared.id)} {summary}"
    if not (compared.change is ChangeKind.MOVED or compared.problem):
        lines: list[str] = []
        for heading, steps in layout.changed_lists(compared, difference):
            lines += [f"  {heading}"] if heading else []
            for step in steps:
                if isinstance(step, Folded):
                    lines.append(f"  … {step.count:,} unchanged")
                elif isinstance(step, Unchanged):
                    said = one_line(gist_of(step.message), _LINE)
                    lines.append(f"  {_head(step.index, step.message)} {said}".rstrip())
                else:
                    lines += _message(step, words)
        if compared.change is ChangeKind.CHANGED:
            lines += [f"+ tag {tag}" for tag in difference.tags_added]
            lines += [f"- tag {tag}" for tag in difference.tags_removed]
        for name, before, after in layout.value_lines(difference):
            lines += [f"- {name}: {before}"] if compared.change is not ChangeKind.ADDED else []
            lines += [f"+ {name}: {after}"] if compared.change is not ChangeKind.REMOVED else []
        yield from _fenced(lines)
    yield ""


def _message(change: MessageChange, words: Words) -> Iterator[str]:
    placed = change.after or change.before
    assert placed is not None
    mark = {"insert": "+", "remove": "-"}.get(change.op, "!")
    notes = "".join(f" ({note})" for note in (layout.was_note(change), layout.form_note(change)) if note)
    yield f"{mark} {_head(placed.index, placed.message)}{notes}"
    inline, blocks = layout.text_changes(change, words)
    if inline:
        yield from _marked("!", "".join(layout.BRACKETS[kind] % text for kind, text in inline))
    for sign, text in blocks:
        yield from _marked(sign, text)
    for key, before, after in layout.attribute_values(change):
        yield f"{mark}     {key}: {after}" if change.op in ("insert", "remove") else f"!     {key}: {before} → {after}"


def _head(index: int, message: Any) -> str:
    return f"[{index}] {one_line(who_says(message), 80)}"


def _marked(mark: str, text: str) -> Iterator[str]:
    for line in text.rstrip("\n").split("\n"):
        yield f"{mark}     {line}".rstrip()


def _file(compared: ComparedFile) -> Iterator[str]:
    yield f"**{CHANGE_MARKS[compared.change]}** {_code(compared.path)}"
    yield from _fenced([mark + line for mark, line in layout.changed_lines(compared)])
    yield ""


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    clean = [line for each in lines for line in safe_text(each).split("\n")]
    longest = max((len(run) for line in clean for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}diff"
    yield from clean
    yield fence


def _code(text: str) -> str:
    flat = " ".join(safe_text(text).split())
    longest = max(map(len, re.findall("`+", flat)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{fence}{space}{flat}{space}{fence}"
