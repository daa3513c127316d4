"""Takes what a person decided about lines: `12=4711`, `new 13`, or the answer of `status --json` with ids filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.model.canonical import JsonProblemError, parse
from rolethread_vcs.ops.workcopy.lines import FileLines
from rolethread_vcs.store import disk
from rolethread_vcs.store.snapshot import Snapshot

ENVELOPE = "rolethread.workcopy/v1"
NEW = "new"


@dataclass(frozen=True, slots=True)
class DecisionWords:
    """Decisions as they were typed: `LINE=ID` pairs, lines that are new, a file; `all_new` takes the rest as new."""

    entries: tuple[str, ...] = ()
    new: tuple[int, ...] = ()
    file: Path | None = None
    all_new: bool = False


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person said: lines (places from 0) that are an entry, and lines that are new."""

    entries: Mapping[int, str] = field(default_factory=dict)
    new: frozenset[int] = frozenset()


def decide_lines(words: DecisionWords, lines: FileLines, bound: Snapshot) -> Decisions:
    """Return the decisions about the lines of a file; what was typed wins over the file of decisions.

    Raises:
        UsageError: a line is not in the file, or two lines are to be one entry. NotFoundError: there is no such entry.
        InvalidError (stale_decision): the file of decisions is about other lines.
    """
    if not (words.entries or words.new or words.file):
        return Decisions()
    from rolethread_vcs.ops.select.selection import find_entry

    place_of = {number: place for place, number in enumerate(lines.numbers)}
    entries: dict[int, str] = {}
    new: set[int] = set()
    if words.file is not None:
        for item in _items(words.file):
            _take(item, lines, place_of, entries, new)
    for text in words.entries:
        line, equals, word = text.partition("=")
        if not equals or not line.strip().isdigit() or not word.strip():
            raise UsageError(f"{text!r} is not a decision", hint="say which line is which entry: --as 12=4711")
        place = _place(int(line), place_of, lines)
        entries[place] = find_entry(bound, word.strip())
        new.discard(place)
    for number in words.new:
        place = _place(number, place_of, lines)
        entries.pop(place, None)
        new.add(place)
    _refuse_twice(entries, lines)
    for entry_id in entries.values():
        find_entry(bound, entry_id)
    return Decisions(entries, frozenset(new))


def _take(
    item: Mapping[str, Any], lines: FileLines, place_of: Mapping[int, int], entries: dict[int, str], new: set[int]
) -> None:
    line, entry_id, digest = item.get("line"), item.get("id"), item.get("digest")
    is_new = entry_id == NEW or (entry_id is None and item.get("change") == NEW)
    if line is None or not (is_new or entry_id):
        return
    place = place_of.get(line) if type(line) is int else None
    if place is None or lines.digests[place] != digest:
        same = [number for number, each in enumerate(lines.digests) if each == digest]
        if len(same) != 1:
            raise InvalidError(
                f"line {line} of {lines.path.name} is not what it was when this was decided; nothing was saved",
                hint="write the decisions again: rtv --json workcopy status > decisions.json",
                code="stale_decision",
            )
        place = same[0]
    if is_new:
        new.add(place)
    else:
        entries[place] = str(entry_id)


def _items(path: Path) -> list[Mapping[str, Any]]:
    with disk.system_errors(f"reading {path}"):
        data = path.read_bytes()
    try:
        value = parse(data)
    except JsonProblemError as error:
        raise InvalidError(f"{path.name} cannot be read: {error.message}; nothing was saved") from error
    value = value.get(ENVELOPE, value) if isinstance(value, dict) else value
    items = value.get("lines") if isinstance(value, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InvalidError(
            f"{path.name} holds no decisions; nothing was saved",
            hint="make such a file with: rtv --json workcopy status > decisions.json",
        )
    return items


def _place(number: int, place_of: Mapping[int, int], lines: FileLines) -> int:
    if number not in place_of:
        raise UsageError(f"{lines.path.name} has no line {number}; nothing was saved")
    return place_of[number]


def _refuse_twice(entries: Mapping[int, str], lines: FileLines) -> None:
    seen: dict[str, int] = {}
    for place, entry_id in entries.items():
        if entry_id in seen:
            both: Sequence[int] = sorted((lines.numbers[place], lines.numbers[seen[entry_id]]))
            raise UsageError(
                f"lines {both[0]} and {both[1]} cannot both be {entry_id}; nothing was saved",
                hint=f"one of them is new: --new {both[1]}",
            )
        seen[entry_id] = place
