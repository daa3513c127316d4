"""What a mutation did, or would do, as lines: what changed, the new commit, what the gate found, how to undo it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.gate import mass_sentences
from rolethread_vcs.model.entry import preview
from rolethread_vcs.phrases import count, listed, rest_line
from rolethread_vcs.views.terminal_text import Line, Lines, Look, change_head, head_and_text, styled

if TYPE_CHECKING:
    from rolethread_vcs.gate import EntryChange
    from rolethread_vcs.ops.import_.importer import Imported
    from rolethread_vcs.ops.restore.restore import Discarded
    from rolethread_vcs.transaction import Committed

UNDO = "undo with: rtv undo"

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


def discarded_sentence(discarded: Discarded, *, would: bool) -> str | None:
    """Return which hand edits were thrown away, None where there were none."""
    said = []
    if discarded.files:
        names = [item.path.rpartition("/")[2].removesuffix(".json") for item in discarded.files]
        files = f"{count(len(names), 'file')} ({listed(names, 3)})"
        said.append(f"{'would throw' if would else 'threw'} away the hand edits of {files}")
    if discarded.healed:
        said.append(healed_sentence(discarded.healed, would=would))
    return "\n".join(said) or None


def committed_lines(
    result: Committed, look: Look, *, done: str | None = None, nothing: str = "nothing changed"
) -> Lines:
    """Yield what a mutation did, or would do: what changed, the new commit, what the gate found, how to undo it.

    `done` replaces the sentence about entries (`threw away the hand edits of 2 files`), `nothing` is said when there
    was nothing to do.
    """
    for line in _lines(result, look, done, nothing):
        yield Line("report", line)


def _lines(result: Committed, look: Look, done: str | None, nothing: str) -> Iterator[str]:
    counts = {"added": result.added, "changed": result.changed, "removed": result.removed}
    if result.operation is None and not (result.dry_run and (done or result.message)):
        yield nothing
        return
    if result.findings:
        yield from mass_sentences(result.findings)
    if result.dry_run:
        # what was not done has a message all the same: that of the commit
        yield f"{done or _sentence(counts, result, would=True)}; nothing was changed"
        yield from _touched_lines(result, sum(counts.values()), look)
        if result.touched:
            yield from rest_line(sum(counts.values()), min(len(result.touched), _SHOWN), "entry")
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
    numbers = sorted(Counter(f"{finding.code} {finding.name}" for finding in result.findings).items())
    titles = ", ".join(f"{title} ({number:,})" if number > 1 else title for title, number in numbers)
    yield f"this {verb} {count(len(result.findings), 'finding')}: {titles}"
    if not result.dry_run:
        yield "see them with: rtv check"


# ---- one entry


def _touched_lines(result: Committed, total: int, look: Look) -> Iterator[str]:
    if total > _WHOLE:
        for change in result.touched[:_SHOWN]:
            yield change_line(change, look.width)
        return
    from rolethread_vcs.ops.compare.comparison import ComparedEntry
    from rolethread_vcs.views.diff_text import entry_diff_lines

    for change in result.touched:
        if change.before is None and change.after is None:  # a damaged entry that goes
            yield change_line(change, look.width)
            continue
        yield ""
        compared = ComparedEntry.of(change.entry_id, change.before, change.after)
        yield from entry_diff_lines(compared, look)


def change_line(change: EntryChange, width: int) -> str:
    """Return what happened to an entry: what changed in it, or how one begins that came or went."""
    if change.before is not None and change.after is not None:
        from rolethread_vcs.ops.compare.comparison import ComparedEntry
        from rolethread_vcs.views.diff_text import entry_diff_head

        return entry_diff_head(ComparedEntry.of(change.entry_id, change.before, change.after), width)
    entry = change.after or change.before
    what = preview(entry) if entry is not None else ""
    return head_and_text(change_head(change.kind, change.entry_id), what, width)


# ---- imports


_REPAIRS_SHOWN = 10


def imported_lines(result: Imported, here: str | None) -> list[Line]:
    """Return what an import did; `here` is the branch that one is on."""
    committed = result.committed
    would = committed.dry_run
    lines = []
    counts = ((committed.added, "add" if would else "added"), (committed.changed, "change" if would else "changed"))
    done = ", ".join(f"{verb} {count(number, 'entry')}" for number, verb in counts if number)
    if would:
        lines.append(f"would {done or 'add nothing'} on {committed.branch}; nothing was changed")
    elif committed.commit is None:
        if not any(source.rows for source in result.sources):
            lines.append("there are no rows to import")
        elif result.rejects:
            lines.append("nothing was saved")
        else:
            lines.append("nothing new" if result.removed_before else "nothing new: every row is here already")
    else:
        lines.append(f"{done} on {committed.branch} @ {styled(committed.commit[:10], 'id')}")
    lines += _row_lines(result)
    if committed.findings:
        found = count(len(committed.findings), "finding")
        elsewhere = "" if committed.branch == here else f" --rev {shlex.quote(committed.branch)}"
        see = f"brings {found}: see them with rtv check{elsewhere}"
        lines += [*mass_sentences(committed.findings), f"would bring {found}" if would else see]
    if committed.commit is not None:
        lines.append(UNDO)
    return [Line("report", line) for line in lines]


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
