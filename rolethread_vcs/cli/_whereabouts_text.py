"""Says in one line where one is: entries, ahead and behind, the note of the branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import one_line

if TYPE_CHECKING:
    from rolethread_vcs.ops.branches.position import Whereabouts


def whereabouts_line(where: Whereabouts, width: int) -> str:
    """Return `1,204 entries, 3 commits ahead of main and 1 behind: warmer answers`."""
    parts = [count(where.entries, "entry", "entries")]
    if where.against is not None:
        parts.append(distance(where.ahead, where.behind, where.against))
    line = ", ".join(parts)
    return line if where.note is None else one_line(f"{line}: {where.note}", width)


def distance(ahead: int, behind: int, against: str) -> str:
    """Return how one branch stands to another, in words."""
    if ahead and behind:
        return f"{count(ahead, 'commit', 'commits')} ahead of {against} and {behind:,} behind"
    if ahead or behind:
        way = (
            f"{count(ahead, 'commit', 'commits')} ahead of" if ahead else f"{count(behind, 'commit', 'commits')} behind"
        )
        return f"{way} {against}"
    return f"level with {against}"
