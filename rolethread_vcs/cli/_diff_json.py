"""Shows what differs as data: the value of `rolethread.diff/v1`, and one value for each entry of `--json-lines`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.diff.entry import MessageChange, Placed
from rolethread_vcs.ops.compare.change_counts import DiffStat
from rolethread_vcs.ops.compare.comparison import ChangeKind, ComparedEntry, ComparedFile, Comparison, counted

ENVELOPE = "rolethread.diff/v1"


def diff_value(comparison: Comparison, stat: DiffStat | None = None) -> dict[str, Any]:
    """Return a comparison as the value of its envelope; with figures where they were counted."""
    compared = list(comparison.entries())
    value = {
        **_sides(comparison, (each.change for each in compared)),
        "entries": [entry_value(each) for each in compared],
        "files": [file_value(each) for each in comparison.files()],
    }
    return value if stat is None else {**value, "stat": stat_value(stat)}


def entry_value(compared: ComparedEntry) -> dict[str, Any]:
    """Return one entry that differs."""
    difference = compared.diff
    return {
        "id": _id(compared),
        "change": compared.change.value,
        "moved": compared.moved,
        "lines": {"before": compared.before_line, "after": compared.after_line},
        "problem": compared.problem or None,
        "messages": list(map(_message_value, difference.messages)),
        "chosen": list(map(_message_value, difference.chosen)),
        "rejected": list(map(_message_value, difference.rejected)),
        "tags": {"added": list(difference.tags_added), "removed": list(difference.tags_removed)},
        "fields": [
            {"field": field.key, "before": _value(field.before), "after": _value(field.after)}
            for field in difference.fields
        ],
        "extra": [
            {"path": list(change.path), "before": _value(change.before), "after": _value(change.after)}
            for change in difference.extra
        ],
    }


def file_value(compared: ComparedFile) -> dict[str, Any]:
    """Return another file that differs."""
    return {
        "path": compared.path,
        "change": compared.change.value,
        "before": _text(compared.before),
        "after": _text(compared.after),
    }


def stat_value(stat: DiffStat) -> dict[str, Any]:
    """Return the figures."""
    return {
        "entries": asdict(stat.entries),
        "messages": asdict(stat.messages),
        "words": {"added": stat.words.added, "removed": stat.words.removed},
        "tags": {tag: asdict(tally) for tag, tally in sorted(stat.tags.items())},
        "speakers": {name: asdict(spoken) for name, spoken in sorted(stat.speakers.items())},
    }


def _sides(comparison: Comparison, kinds: Iterable[ChangeKind]) -> dict[str, Any]:
    return {
        "from": comparison.from_label,
        "to": comparison.to_label,
        "from_commit": comparison.from_commit,
        "to_commit": comparison.to_commit,
        "summary": asdict(counted(kinds)),
        "notes": list(comparison.notes),
    }


def _id(compared: ComparedEntry) -> str | None:
    return None if compared.is_row else compared.id


def _message_value(change: MessageChange) -> dict[str, Any]:
    return {
        "op": change.op,
        "before": _placed(change.before),
        "after": _placed(change.after),
        "words": [list(word) for word in change.words],
        "attributes": list(change.attributes),
    }


def _placed(placed: Placed | None) -> dict[str, Any] | None:
    return None if placed is None else {"index": placed.index, "message": placed.message}


def _value(value: Any) -> Any:
    """Return a value; what is not there is null, as everywhere in the answers."""
    return None if value is ABSENT else value


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "backslashreplace")
