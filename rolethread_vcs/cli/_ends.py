"""Says where history ends because the rest of it is not here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.cli.output import Output

if TYPE_CHECKING:
    from rolethread_vcs.store.repository import Repository

_NAMED = 3


def tell_ends(output: Output, repository: Repository, ends: Sequence[str]) -> None:
    """Say behind which commits (hex ids) nothing is here, on stderr; nothing when there are none."""
    if not ends:
        return
    named = ", ".join(oid[:10] for oid in ends[:_NAMED]) + (" …" if len(ends) > _NAMED else "")
    if repository.copy_is_shallow():
        output.note(f"history ends at {named}: this copy is shallow, and what was before is not in it")
        output.hint("git fetch --unshallow   brings the rest")
    else:
        output.warn(f"history ends at {named}: the commit before it is missing or damaged")
        output.hint("rtv verify   says what is damaged")
