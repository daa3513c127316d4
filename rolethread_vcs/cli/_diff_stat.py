"""Shows the figures of a comparison as a table: entries, messages, words, then by tag and by speaker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rolethread_vcs.cli._output import Output, one_line, width_of
from rolethread_vcs.ops.compare.change_counts import DiffStat

_SHOWN = 20
_NAME_WIDTH = 32

Row = tuple[str, int, int, int, int]


def stat_lines(stat: DiffStat) -> Iterator[str]:
    """Yield the lines of the figures, to be printed by `Output.print`."""
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


def _largest(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-sum(row[1:]), row[0]))


def _table(title: str, rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    if title:
        yield ""
        yield Output.style(title, "heading")
    names = [one_line(row[0], _NAME_WIDTH) for row in rows[:_SHOWN]]
    width = max(map(width_of, names))
    cells = [[_cell(mark, number) for mark, number in zip("+-~>", row[1:], strict=True)] for row in rows[:_SHOWN]]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    for name, row in zip(names, cells, strict=True):
        line = Output.style(name, "faint") + " " * (width - width_of(name))
        for cell, room, style in zip(row, widths, ("added", "removed", "changed", "changed"), strict=True):
            if room:
                line += "  " + " " * (room - len(cell)) + Output.style(cell, style)
        yield line.rstrip()
    if len(rows) > _SHOWN:
        yield f"… and {len(rows) - _SHOWN:,} more"


def _cell(mark: str, number: int) -> str:
    return f"{mark}{number:,}" if number else ""
