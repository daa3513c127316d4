"""Counts what a comparison holds: entries, messages, words, and both by tag and by speaker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rolethread_vcs.diff.entry import MessageChange, Placed, count_changed_words
from rolethread_vcs.ops.compare.comparison import ChangeCounts, ChangeKind, ComparedEntry


@dataclass(slots=True)
class Spoken:
    """What one speaker gained and lost: messages that came, went, changed; words that came and went."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    words_added: int = 0
    words_removed: int = 0


@dataclass(frozen=True, slots=True)
class DiffStat:
    """The figures of a comparison.

    `tags` counts entries that now have a tag and had not (`added`), had it (`removed`), or have it and changed.
    `speakers` is by speaker, and by role where a message names none. Marks are no words.
    """

    entries: ChangeCounts = field(default_factory=ChangeCounts)
    messages: ChangeCounts = field(default_factory=ChangeCounts)
    words: ChangeCounts = field(default_factory=ChangeCounts)
    tags: Mapping[str, ChangeCounts] = field(default_factory=dict)
    speakers: Mapping[str, Spoken] = field(default_factory=dict)


def count_changes(compared: Iterable[ComparedEntry]) -> DiffStat:
    """Return the figures of what differs, reading it once."""
    tags: dict[str, ChangeCounts] = {}
    speakers: dict[str, Spoken] = {}
    stat = DiffStat(tags=tags, speakers=speakers)
    for each in compared:
        _count(stat.entries, each.change)
        old = set(each.before.tags) if each.before is not None else set()
        new = set(each.after.tags) if each.after is not None else set()
        for tag in old | new:
            tally = tags.setdefault(tag, ChangeCounts())
            if tag not in old:
                tally.added += 1
            elif tag not in new:
                tally.removed += 1
            else:
                _count(tally, each.change)
        difference = each.diff
        for change in (*difference.messages, *difference.chosen, *difference.rejected):
            _count_message(stat, speakers, change)
    return stat


def _count(tally: ChangeCounts, kind: ChangeKind) -> None:
    setattr(tally, kind.value, getattr(tally, kind.value) + 1)


def _count_message(stat: DiffStat, speakers: dict[str, Spoken], change: MessageChange) -> None:
    if change.op == "insert":
        stat.messages.added += 1
    elif change.op == "remove":
        stat.messages.removed += 1
    elif change.op == "move":
        stat.messages.moved += 1
    else:
        stat.messages.changed += 1
    came, went = count_changed_words(change, "insert"), count_changed_words(change, "delete")
    stat.words.added += came
    stat.words.removed += went
    if change.after is not None:
        spoken = speakers.setdefault(speaker_of(change.after), Spoken())
        spoken.added += change.op == "insert"
        spoken.changed += change.op != "insert"
        spoken.words_added += came
    if change.before is not None:
        spoken = speakers.setdefault(speaker_of(change.before), Spoken())
        spoken.removed += change.op == "remove"
        spoken.words_removed += went


def speaker_of(placed: Placed) -> str:
    """Return who speaks a message: the speaker, else the role."""
    message = placed.message
    if not isinstance(message, dict):
        return "(not a message)"
    for key in ("speaker", "role"):
        value = message.get(key)
        if isinstance(value, str) and value:
            return value
    return "(no role)"
