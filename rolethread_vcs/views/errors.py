"""An error as text: what happened, what it means, a command to paste."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import hint_text, styled

if TYPE_CHECKING:
    from rolethread_vcs.model.finding import Finding

_SHOWN_FINDINGS = 20


def error_text(error: RoleThreadError) -> str:
    """Return an error as text: `error: …`, its details or else its findings, `hint: …`."""
    lines = [f"{styled('error:', 'error')} {error.message}"]
    lines += [f"  {detail}" for detail in error.details or _listed_findings(error.findings)]
    if error.hint:
        lines.append(hint_text(error.hint))
    return "\n".join(lines)


def finding_text(finding: Finding) -> str:
    place = " ".join(
        part for part in (finding.entry_id or "", "" if finding.index is None else f"[{finding.index}]") if part
    )
    parts = (f"{finding.code} {finding.name}", place, finding.message)
    return "   ".join(part for part in parts if part)


def _listed_findings(findings: Sequence[Finding]) -> list[str]:
    lines = [finding_text(finding) for finding in findings[:_SHOWN_FINDINGS]]
    hidden = len(findings) - len(lines)
    return [*lines, f"… and {count(hidden, 'finding', 'findings')} more"] if hidden else lines
