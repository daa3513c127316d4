"""Runs an import for the commands that have one, and says what came of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rolethread_vcs.gate import mass_sentences
from rolethread_vcs.phrases import count
from rolethread_vcs.views.changes import UNDO
from rolethread_vcs.views.terminal_text import styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.import_.importer import Imported

_SHOWN = 10


def imported_lines(result: Imported, here: str | None) -> list[str]:
    """Return what an import did; `here` is the branch that one is on."""
    committed = result.committed
    would = committed.dry_run
    lines = []
    counts = [
        (committed.added, "add" if would else "added"),
        (committed.changed, "change" if would else "changed"),
    ]
    done = ", ".join(f"{verb} {count(number, 'entry', 'entries')}" for number, verb in counts if number)
    if would:
        lines.append(f"would {done or 'add nothing'} on {committed.branch}; nothing was changed")
    elif committed.commit is None:
        lines.append(_why_nothing(result))
    else:
        lines.append(f"{done} on {committed.branch} @ {styled(committed.commit[:10], 'id')}")
    lines += _row_lines(result)
    lines += _finding_lines(result, here)
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
    for what, number in sorted(result.repaired.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]:
        lines.append(f"repaired: {what}" + (f" ({number:,} times)" if number > 1 else ""))
    if result.rejects and result.reject_files is not None:
        rows = count(len(result.rejects), "row went", "rows went")
        lines.append(f"{rows} to {result.reject_files.rows} (the reasons: {result.reject_files.reasons.name})")
    elif result.rejects:
        lines.append(f"{count(len(result.rejects), 'row', 'rows')} would go to a rejects file")
    if result.absent:
        lines.append(
            f"{count(result.absent, 'entry', 'entries')} of the dataset {'is' if result.absent == 1 else 'are'} "
            "not in the file; an import never removes (to mirror a file: rtv workcopy add --bind FILE)"
        )
    return lines


def _finding_lines(result: Imported, here: str | None) -> list[str]:
    committed = result.committed
    if not committed.findings:
        return []
    found = count(len(committed.findings), "finding", "findings")
    if committed.dry_run:
        said = f"would bring {found}"
    else:
        elsewhere = "" if committed.branch == here else f" --rev {shlex.quote(committed.branch)}"
        said = f"brings {found}: see them with rtv check{elsewhere}"
    return [*mass_sentences(committed.findings), said]
