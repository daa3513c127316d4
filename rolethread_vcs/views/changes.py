"""What a mutation did, or would do, as lines: what changed, the new commit, what the gate found, how to undo it."""

from __future__ import annotations

import shlex
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
    from rolethread_vcs.ops.import_.importer import Imported
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
            yield f"… and {count(hidden, 'more entry')}"
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
        parts.append(f"{verb} {count(number, 'entry')}" if not parts else f"{verb} {number:,}")
    ids = [change.entry_id for change in result.touched]
    named = f" ({styled(ids[0], 'id')})" if sum(there.values()) == 1 and len(ids) == 1 else ""
    place = _PLACES[next(iter(there))] if len(there) == 1 else "on"
    return f"{'would ' if would else ''}{', '.join(parts)}{named} {place} {result.branch}"


def _finding_lines(result: Committed) -> Iterator[str]:
    if not result.findings:
        return
    verb = "would bring" if result.dry_run else "brings"
    yield f"this {verb} {count(len(result.findings), 'finding')}: {_codes(result.findings)}"
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
    from rolethread_vcs.model.entry import preview

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
        yield f"{count(len(before), 'message')} became {len(after)}"
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


# ---- imports


_REPAIRS_SHOWN = 10


def imported_lines(result: Imported, here: str | None) -> list[str]:
    """Return what an import did; `here` is the branch that one is on."""
    committed = result.committed
    would = committed.dry_run
    lines = []
    counts = [
        (committed.added, "add" if would else "added"),
        (committed.changed, "change" if would else "changed"),
    ]
    done = ", ".join(f"{verb} {count(number, 'entry')}" for number, verb in counts if number)
    if would:
        lines.append(f"would {done or 'add nothing'} on {committed.branch}; nothing was changed")
    elif committed.commit is None:
        lines.append(_why_nothing(result))
    else:
        lines.append(f"{done} on {committed.branch} @ {styled(committed.commit[:10], 'id')}")
    lines += _row_lines(result)
    lines += _imported_findings(result, here)
    if committed.commit is not None:
        lines.append(UNDO)
    return lines


def _why_nothing(result: Imported) -> str:
    if not any(source.rows for source in result.sources):
        return "there are no rows to import"
    if result.rejects:
        return "nothing was saved"
    return "nothing new" if result.removed_before else "nothing new: every row is here already"


def _row_lines(result: Imported) -> list[str]:
    lines = []
    if result.unchanged and (result.committed.commit is not None or result.edited_since or result.rejects):
        since = f", {result.edited_since:,} of them edited here since" if result.edited_since else ""
        lines.append(f"{count(result.unchanged, 'row is', 'rows are')} here already{since}")
    if result.removed_before:
        one = result.removed_before == 1
        rows = count(result.removed_before, "row was", "rows were")
        stay = "stays away (--again brings it back)" if one else "stay away (--again brings them back)"
        lines.append(f"{rows} removed here before and {stay}")
    for what, number in sorted(result.repaired.items(), key=lambda item: (-item[1], item[0]))[:_REPAIRS_SHOWN]:
        lines.append(f"repaired: {what}" + (f" ({number:,} times)" if number > 1 else ""))
    if result.rejects and result.reject_files is not None:
        rows = count(len(result.rejects), "row went", "rows went")
        lines.append(f"{rows} to {result.reject_files.rows} (the reasons: {result.reject_files.reasons.name})")
    elif result.rejects:
        lines.append(f"{count(len(result.rejects), 'row')} would go to a rejects file")
    if result.absent:
        lines.append(
            f"{count(result.absent, 'entry')} of the dataset {'is' if result.absent == 1 else 'are'} "
            "not in the file; an import never removes (to mirror a file: rtv workcopy add --bind FILE)"
        )
    return lines


def _imported_findings(result: Imported, here: str | None) -> list[str]:
    committed = result.committed
    if not committed.findings:
        return []
    found = count(len(committed.findings), "finding")
    if committed.dry_run:
        said = f"would bring {found}"
    else:
        elsewhere = "" if committed.branch == here else f" --rev {shlex.quote(committed.branch)}"
        said = f"brings {found}: see them with rtv check{elsewhere}"
    return [*mass_sentences(committed.findings), said]
