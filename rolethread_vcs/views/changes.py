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
    from rolethread_vcs.ops.import_ import Imported
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
    if result.operation is None and not (result.dry_run and (done or result.message)):
        yield nothing
        return
    if result.findings:
        yield from mass_sentences(result.findings)
    if result.dry_run:
        # what was not done has a message all the same: that of the commit
        yield f"{done or _sentence(result)}; nothing was changed"
        total = result.added + result.changed + result.removed
        for change in result.touched[:_SHOWN]:
            # a damaged entry that goes has no sides to compare
            if total > _WHOLE or change.before is change.after is None:
                yield change_line(change, look.width)
                continue
            from rolethread_vcs.ops.compare.comparison import ComparedEntry
            from rolethread_vcs.views.diff_text import entry_diff_lines

            yield ""
            yield from entry_diff_lines(ComparedEntry.of(change.entry_id, change.before, change.after), look)
        if result.touched:
            yield from rest_line(total, min(len(result.touched), _SHOWN), "entry")
        yield from _finding_lines(result)
        return
    yield (done or _sentence(result)) + (f" @ {styled(result.commit[:10], 'id')}" if result.commit else "")
    yield from _finding_lines(result)
    if result.undoable:
        yield UNDO


def _sentence(result: Committed) -> str:
    if not (did := _did(result)):
        subject = result.message.partition("\n")[0]
        return f"{'would save' if result.dry_run else 'saved'} “{subject}” on {result.branch}"
    kinds = [kind for kind in _PLAIN if getattr(result, kind)]
    ids = [change.entry_id for change in result.touched]
    named = f" ({styled(ids[0], 'id')})" if result.added + result.changed + result.removed == len(ids) == 1 else ""
    return f"{did}{named} {_PLACES[kinds[0]] if len(kinds) == 1 else 'on'} {result.branch}"


def _did(result: Committed) -> str:
    """Return what was done to how many entries: `added 3 entries, changed 1`, `would remove 1 entry`."""
    parts: list[str] = []
    for kind, plain in _PLAIN.items():
        if number := getattr(result, kind):
            parts.append(f"{plain if result.dry_run else kind} {f'{number:,}' if parts else count(number, 'entry')}")
    return f"{'would ' if result.dry_run and parts else ''}{', '.join(parts)}"


def _finding_lines(result: Committed, rev: str = "") -> Iterator[str]:
    if not result.findings:
        return
    verb = "would bring" if result.dry_run else "brings"
    numbers = sorted(Counter(f"{finding.code} {finding.name}" for finding in result.findings).items())
    titles = ", ".join(f"{title} ({number:,})" if number > 1 else title for title, number in numbers)
    yield f"this {verb} {count(len(result.findings), 'finding')}: {titles}"
    if not result.dry_run:
        yield f"see them with: rtv check{rev}"


# ---- one entry


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
    lines = []
    done = _did(committed)
    if committed.dry_run:
        lines.append(f"{done or 'would add nothing'} on {committed.branch}; nothing was changed")
    elif committed.commit is None:
        if not any(source.rows for source in result.sources):
            lines.append("there are no rows to import")
        elif result.rejected:
            lines.append("nothing was saved")
        else:
            lines.append("nothing new" if result.removed_before else "nothing new: every row is here already")
    else:
        lines.append(f"{done} on {committed.branch} @ {styled(committed.commit[:10], 'id')}")
    lines += _row_lines(result)
    if committed.findings:
        elsewhere = "" if committed.branch == here else f" --rev {shlex.quote(committed.branch)}"
        lines += [*mass_sentences(committed.findings), *_finding_lines(committed, elsewhere)]
    if committed.commit is not None:
        lines.append(UNDO)
    return [Line("report", line) for line in lines]


def _row_lines(result: Imported) -> list[str]:
    lines = []
    if result.unchanged and (result.committed.commit is not None or result.edited_since or result.rejected):
        since = f", {result.edited_since:,} of them edited here since" if result.edited_since else ""
        lines.append(f"{count(result.unchanged, 'row is', 'rows are')} here already{since}")
    if result.removed_before:
        one = result.removed_before == 1
        rows = count(result.removed_before, "row was", "rows were")
        stay = "stays away (--again brings it back)" if one else "stay away (--again brings them back)"
        lines.append(f"{rows} removed here before and {stay}")
    for what, number in sorted(result.repaired.items(), key=lambda item: (-item[1], item[0]))[:_REPAIRS_SHOWN]:
        lines.append(f"repaired: {what}" + (f" ({number:,} times)" if number > 1 else ""))
    if result.rejected and result.reject_files is not None:
        rows = count(result.rejected, "row went", "rows went")
        lines.append(f"{rows} to {result.reject_files.rows} (the reasons: {result.reject_files.reasons.name})")
    elif result.rejected:
        lines.append(f"{count(result.rejected, 'row')} would go to a rejects file")
    if result.absent:
        lines.append(
            f"{count(result.absent, 'entry')} of the dataset {'is' if result.absent == 1 else 'are'} "
            "not in the file; an import never removes (to mirror a file: rtv workcopy add --bind FILE)"
        )
    return lines
