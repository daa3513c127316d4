"""Shows what a mutation did, or would do: what changed, the new commit, what the gate found, how to undo it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rolethread_vcs.gate import mass_sentences
from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import Line, Lines, one_line, styled

if TYPE_CHECKING:
    from rolethread_vcs.gate import EntryChange
    from rolethread_vcs.model.entry import Entry
    from rolethread_vcs.model.finding import Finding
    from rolethread_vcs.transaction import Committed

UNDO = "undo with: rtv undo"

_MARKS = {"added": "+", "changed": "~", "removed": "-"}
_PLACES = {"added": "to", "changed": "on", "removed": "from"}
_PLAIN = {"added": "add", "changed": "change", "removed": "remove"}
_SHOWN = 50
_WHOLE = 20
"""Entries up to which a dry run shows the whole difference."""


def healed_sentence(ids: Sequence[str], *, would: bool) -> str:
    """Return what is said of damaged entries whose checked-out files held what was saved."""
    named = f"entry {ids[0]}" if len(ids) == 1 else f"{len(ids):,} entries"
    whole = "file, which was" if len(ids) == 1 else "files, which were"
    return (
        f"{'would save' if would else 'saved'} {named} again, damaged in the store, from the checked-out {whole} whole"
    )


def committed_lines(
    result: Committed, *, width: int, color: bool, done: str | None = None, nothing: str = "nothing changed"
) -> Lines:
    """Yield what a mutation did, or would do: what changed, the new commit, what the gate found, how to undo it.

    `done` replaces the sentence about entries (`threw away the hand edits of 2 files`), `nothing` is said when there
    was nothing to do.
    """
    for line in _lines(result, done, nothing, width, color=color):
        yield Line("report", line)


def _lines(result: Committed, done: str | None, nothing: str, width: int, *, color: bool) -> Iterator[str]:
    counts = {"added": result.added, "changed": result.changed, "removed": result.removed}
    if result.operation is None and not (result.dry_run and (done or result.message)):
        yield nothing
        return
    yield from _mass_lines(result)
    if result.dry_run:
        # what was not done has a message all the same: that of the commit
        yield f"{done or _sentence(counts, result, would=True)}; nothing was changed"
        yield from _touched_lines(result, sum(counts.values()), width, color=color)
        hidden = sum(counts.values()) - min(len(result.touched), _SHOWN)
        if result.touched and hidden > 0:
            yield f"… and {count(hidden, 'more entry', 'more entries')}"
        yield from _finding_lines(result)
        return
    sentence = done or _sentence(counts, result, would=False)
    yield sentence + (f" @ {styled(result.commit[:10], 'id')}" if result.commit else "")
    yield from _finding_lines(result)
    if result.undoable:
        yield UNDO


def _sentence(counts: dict[str, int], result: Committed, *, would: bool) -> str:
    there = {kind: number for kind, number in counts.items() if number}
    if not there:
        subject = result.message.partition("\n")[0]
        return f"would save “{subject}” on {result.branch}" if would else f"saved “{subject}” on {result.branch}"
    parts: list[str] = []
    for kind, number in there.items():
        verb = _PLAIN[kind] if would else kind
        parts.append(f"{verb} {count(number, 'entry', 'entries')}" if not parts else f"{verb} {number:,}")
    ids = [change.entry_id for change in result.touched]
    named = f" ({styled(ids[0], 'id')})" if sum(there.values()) == 1 and len(ids) == 1 else ""
    place = _PLACES[next(iter(there))] if len(there) == 1 else "on"
    return f"{'would ' if would else ''}{', '.join(parts)}{named} {place} {result.branch}"


def _finding_lines(result: Committed) -> Iterator[str]:
    if not result.findings:
        return
    verb = "would bring" if result.dry_run else "brings"
    yield f"this {verb} {count(len(result.findings), 'finding', 'findings')}: {_codes(result.findings)}"
    if not result.dry_run:
        yield "see them with: rtv check"


def _mass_lines(result: Committed) -> Iterator[str]:
    if result.findings:
        yield from mass_sentences(result.findings)


def _codes(findings: tuple[Finding, ...]) -> str:
    numbers = Counter(f"{finding.code} {finding.name}" for finding in findings)
    return ", ".join(f"{title} ({number:,})" if number > 1 else title for title, number in sorted(numbers.items()))


# ---- one entry


def _touched_lines(result: Committed, total: int, width: int, *, color: bool) -> Iterator[str]:
    if total > _WHOLE:
        for change in result.touched[:_SHOWN]:
            yield change_line(change, width)
        return
    from rolethread_vcs.ops.compare.comparison import ComparedEntry
    from rolethread_vcs.views.diff_text import entry_diff_lines

    for change in result.touched:
        if change.before is None and change.after is None:  # a damaged entry that goes
            yield change_line(change, width)
            continue
        yield ""
        compared = ComparedEntry.of(change.entry_id, change.before, change.after)
        yield from entry_diff_lines(compared, width=width, color=color)


def change_line(change: EntryChange, width: int) -> str:
    kind = change.kind
    entry = change.after or change.before
    if kind == "changed" and change.before is not None and change.after is not None:
        what = ", ".join(_what_changed(change.before, change.after)) or "its layout only"
    else:
        what = _preview(entry) if entry is not None else ""
    head = f"{_MARKS[kind]} {change.entry_id}"
    return f"{styled(head, kind)}  {one_line(what, max(width - len(head) - 2, 10))}".rstrip()


def _preview(entry: Entry) -> str:
    from rolethread_vcs.ops.select.page import preview

    return preview(entry)


def _what_changed(before: Entry, after: Entry) -> Iterator[str]:
    old, new = before.fields, after.fields
    if not _same(old.get("messages"), new.get("messages")):
        yield from _messages_changed(old.get("messages"), new.get("messages"))
    tags = [f"+{tag}" for tag in after.tags if tag not in before.tags]
    tags += [f"-{tag}" for tag in before.tags if tag not in after.tags]
    if tags:
        yield f"tags {' '.join(tags)}"
    for key in sorted(old.keys() | new.keys()):
        if key not in ("messages", "tags") and not _same(old.get(key), new.get(key)):
            yield key


def _messages_changed(before: Any, after: Any) -> Iterator[str]:
    if not isinstance(before, list) or not isinstance(after, list):
        yield "messages"
        return
    if len(before) != len(after):
        yield f"{count(len(before), 'message', 'messages')} became {len(after)}"
        return
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if _same(old, new):
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            keys = [key for key in {**old, **new} if not _same(old.get(key), new.get(key))]
            yield f"[{index}] {' and '.join(keys)}" if keys else f"[{index}]"
        else:
            yield f"[{index}]"


def _same(one: Any, two: Any) -> bool:
    return repr(one) == repr(two)
