"""Shows what differs as text for a terminal: an entry's summary on a line, then its changed messages and fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rolethread_vcs.diff import ChangeKind
from rolethread_vcs.diff.entry import MessageChange
from rolethread_vcs.model.entry import preview
from rolethread_vcs.ops.compare.comparison import ChangeCounts, ComparedEntry, ComparedFile, Comparison, count_changes
from rolethread_vcs.phrases import count, counted_words, rest_line
from rolethread_vcs.views import diff_layout as layout
from rolethread_vcs.views.diff_layout import Folded, Step, Unchanged, Words
from rolethread_vcs.views.entries import gist_of, message_head
from rolethread_vcs.views.terminal_text import (
    Line,
    Lines,
    Look,
    change_head,
    head_and_text,
    one_line,
    styled,
    width_of,
    wrap,
    wrap_styled,
)

_INDENT = "    "


def entry_diff_lines(compared: ComparedEntry, look: Look, words: Words = "auto") -> Iterator[str]:
    """Yield the lines of one entry that differs, to be printed by `Output.print`.

    Words that changed are marked with styles where colours show, and with `[-old-]{+new+}` where not.
    """
    difference = compared.diff
    yield entry_diff_head(compared, look.width)
    if compared.change is ChangeKind.MOVED or compared.problem:
        return
    paint = _Painter(look, words)
    for heading, steps in layout.changed_lists(compared, difference):
        if heading:
            yield f"{_INDENT}{styled(heading, 'heading')}"
        yield from paint.messages(steps)
    if compared.change is ChangeKind.CHANGED:
        tags = [_new(f"+{tag}") for tag in difference.tags_added] + [_old(f"-{tag}") for tag in difference.tags_removed]
        yield from [f"{_INDENT}{styled('tags', 'faint')} {' '.join(tags)}"] if tags else []
    for name, before, after in layout.value_lines(difference):
        yield from paint.value(name, before, after, compared.change)


def entry_diff_head(compared: ComparedEntry, width: int) -> str:
    """Return the line about an entry: `~ 00000012-k2x9m3ab  [2] edited, tags +warm`."""
    what = layout.summary_of(compared, compared.diff)
    entry = compared.after or compared.before
    if compared.change is ChangeKind.MOVED and entry is not None:
        what = f"{what}: {preview(entry)}"
    line = compared.before_line if compared.change is ChangeKind.CHANGED else None
    if line is not None and not compared.is_row:
        what = f"{what}  (line {line})"
    return head_and_text(change_head(compared.change, compared.id), what, width)


def file_diff_lines(compared: ComparedFile, width: int) -> Iterator[str]:
    """Yield the lines of another file that differs: what went and what came, by its values or line by line."""
    title = "" if compared.title == compared.path else f"  {one_line(compared.title, width)}"
    yield f"{change_head(compared.change, compared.path)}{title}"
    for mark, text in layout.changed_lines(compared):
        indent = text[: len(text) - len(text.lstrip())][:20]
        for line in list(wrap(text.strip(), width - len(indent), f"  {mark} ")) or [f"  {mark}"]:
            whole = f"{line[:4]}{indent}{line[4:]}".rstrip()
            yield styled(whole, "added" if mark == "+" else "removed") if mark in "+-" else whole


def summary_line(summary: ChangeCounts, files: int = 0) -> str:
    """Return the counts as a sentence part: `13 entries: 1 added, 12 changed`; `files` are other files that differ."""
    said = counted_words(summary, "added", "removed", "changed", "moved")
    entries = f"{count(summary.total, 'entry')}: {said}" if said else "no entry differs"
    return f"{entries}; {count(files, 'other file')}" if files else entries


class _Painter:
    """Writes changed messages, so wide and with words shown so."""

    def __init__(self, look: Look, words: Words) -> None:
        self._width = look.width
        self._words = words
        self._color = look.color and words != "plain"

    def messages(self, steps: Iterable[Step]) -> Iterator[str]:
        for step in steps:
            if isinstance(step, Folded):
                yield _INDENT + styled(f"… {step.count:,} unchanged", "faint")
            elif isinstance(step, Unchanged):
                head = f"{_INDENT}{message_head(step.index, step.message)}"
                room = max(self._width - width_of(head) - 2, 10)
                yield f"{head}  {styled(one_line(gist_of(step.message), room), 'faint')}".rstrip()
            else:
                yield from self._message(step)

    def _message(self, change: MessageChange) -> Iterator[str]:
        placed = change.after or change.before
        assert placed is not None
        mark, style = {"insert": ("+", "added"), "remove": ("-", "removed"), "move": (">", "changed")}.get(
            change.op, ("~", "changed")
        )
        notes = "".join(f" ({note})" for note in (layout.was_note(change), layout.form_note(change)) if note)
        yield f"  {styled(mark, style)} {message_head(placed.index, placed.message)}{styled(notes, 'faint')}"
        inline, blocks = layout.text_changes(change, self._words)
        if inline:
            marked = layout.marked_words(inline, color=self._color)
            yield from wrap_styled(marked, self._width, f"{_INDENT}    ")
        elif not blocks and change.op in ("move", "attributes"):
            yield f"{_INDENT}    {styled(one_line(gist_of(placed.message), self._width - 8), 'faint')}"
        for mark, text in blocks:
            style = "added" if mark == "+" else "removed"
            for line in wrap(text.rstrip("\n") or text, self._width, f"  {mark}     "):
                # `wrap` has made the text safe, and would do it once more
                yield styled(line or f"  {mark}", style)
        kind = {"insert": ChangeKind.ADDED, "remove": ChangeKind.REMOVED}.get(change.op, ChangeKind.CHANGED)
        for key, before, after in layout.attribute_values(change):
            yield from self.value(key, before, after, kind, indent=f"{_INDENT}    ")

    def value(self, name: str, before: str, after: str, kind: ChangeKind, *, indent: str = _INDENT) -> Iterator[str]:
        room = max(self._width - len(indent) - width_of(name) - 2, 10)
        if kind is not ChangeKind.CHANGED:
            value, style = (after, "added") if kind is ChangeKind.ADDED else (before, "removed")
            yield f"{indent}{styled(f'{name}: {one_line(value, room)}', style)}"
            return
        if width_of(before) + width_of(after) + 3 <= room and "\n" not in before + after:
            yield f"{indent}{styled(name, 'faint')}: {_old(before)} → {_new(after)}"
            return
        yield f"{indent}{styled(name, 'faint')}:"
        if words := layout.value_words(before, after):
            yield from wrap_styled(layout.marked_words(words, color=self._color), self._width, f"{indent}  ")
            return
        yield f"{indent}  {_old('- ' + one_line(before, self._width - len(indent) - 4))}"
        yield f"{indent}  {_new('+ ' + one_line(after, self._width - len(indent) - 4))}"


def _old(text: str) -> str:
    return styled(text, "removed")


def _new(text: str) -> str:
    return styled(text, "added")


# ---- a whole comparison


_FOLDED_MOVES = 20


def comparison_lines(comparison: Comparison, look: Look, words: Words, *, brief: bool, of_edits: bool) -> Lines:
    """Yield all that differs, a line each when `brief`, and how much it was; `of_edits` compares the hand edits."""
    kinds: list[ChangeKind] = []
    moves = 0
    for compared in comparison.entries():
        kinds.append(compared.change)
        moves += compared.change is ChangeKind.MOVED
        if compared.change is ChangeKind.MOVED and moves > _FOLDED_MOVES:
            continue
        if brief:
            yield entry_diff_head(compared, look.width)
            continue
        if len(kinds) > 1:
            yield ""
        yield from entry_diff_lines(compared, look, words)
    files = comparison.files()
    for file in files:
        if kinds and not brief:
            yield ""
        yield from islice(file_diff_lines(file, look.width), 1 if brief else None)
    if moves > _FOLDED_MOVES:
        yield Line("note", f"… and {moves - _FOLDED_MOVES:,} more that only moved")
    if of_edits and not (kinds or files):
        yield _nothing_edited(comparison)
    else:
        summary = summary_line(ChangeCounts.of(kinds), len(files))
        yield Line("note", f"{comparison.from_label} → {comparison.to_label}: {summary}")


def _nothing_edited(comparison: Comparison) -> Line:
    if comparison.from_label != comparison.to_label and comparison.kinds is not None:
        layout_only = "hand-edited files hold what is saved, laid out differently; rtv commit brings them in shape"
        return Line("note", f"{comparison.to_label}: {layout_only}")
    if comparison.from_label != comparison.to_label:
        return Line("note", f"{comparison.to_label}: no entry that was asked for differs")
    same = f"nothing is edited by hand on {comparison.to_label}; rtv diff REV compares with an earlier state"
    return Line("note", same)


# ---- figures


_SHOWN = 20
_NAME_WIDTH = 32

Row = tuple[str, int, int, int, int]


def figure_lines(comparison: Comparison, *, of_edits: bool) -> Lines:
    """Yield how much differs, by kind, tag and speaker; `of_edits` compares the hand edits."""
    if not comparison.is_different():
        nothing = Line("note", f"{comparison.from_label} → {comparison.to_label}: no entry differs")
        yield _nothing_edited(comparison) if of_edits else nothing
        return
    stat = count_changes(comparison.entries())
    entries, messages, words = stat.entries, stat.messages, stat.words
    rows: list[Row] = [
        ("entries", entries.added, entries.removed, entries.changed, entries.moved),
        ("messages", messages.added, messages.removed, messages.changed, messages.moved),
        ("words", words.added, words.removed, 0, 0),
    ]
    tags: list[Row] = [
        (f"#{tag}", each.added, each.removed, each.changed, each.moved) for tag, each in stat.tags.items()
    ]
    spoken = [(name, each.added, each.removed, each.changed, 0) for name, each in stat.speakers.items()]
    said = [(name, each.words_added, each.words_removed, 0, 0) for name, each in stat.speakers.items()]
    yield from _table("", rows)
    yield from _table("entries by tag", _largest(tags))
    yield from _table("messages by speaker", _largest(spoken))
    yield from _table("words by speaker", _largest([row for row in said if row[1] or row[2]]))
    for file in comparison.files():
        yield f"{file.path} {file.change.value}"


def _largest(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-sum(row[1:]), row[0]))


def _table(title: str, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    if title:
        yield ""
        yield styled(title, "heading")
    names = [one_line(row[0], _NAME_WIDTH) for row in rows[:_SHOWN]]
    width = max(map(width_of, names))
    cells = [
        [f"{mark}{number:,}" if number else "" for mark, number in zip("+-~>", row[1:], strict=True)]
        for row in rows[:_SHOWN]
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    for name, row in zip(names, cells, strict=True):
        line = styled(name, "faint") + " " * (width - width_of(name))
        for cell, room, style in zip(row, widths, ("added", "removed", "changed", "changed"), strict=True):
            if room:
                line += "  " + " " * (room - len(cell)) + styled(cell, style)
        yield line.rstrip()
    yield from rest_line(len(rows), _SHOWN)
