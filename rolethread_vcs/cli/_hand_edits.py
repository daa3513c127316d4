"""Says that an entry, shown as it is saved, was edited by hand since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolethread_vcs.errors import InvalidError, SystemRefusedError
from rolethread_vcs.ops.edit.field_edits import refuse_hand_edited
from rolethread_vcs.store.checkout.worktree import UnsavedEditsError

if TYPE_CHECKING:
    from rolethread_vcs.cli.output import Output
    from rolethread_vcs.store.repository import Repository


def tell_hand_edit(output: Output, repository: Repository, entry_id: str, commit: str) -> None:
    """Say it on stderr, where the commit (a hex id) that the entry was shown of is the one that the folder follows."""
    head = repository.head_snapshot()
    if commit != head.id:
        return
    try:
        refuse_hand_edited(repository, head, [entry_id])
    except (UnsavedEditsError, InvalidError):
        output.note(f"this is what is saved; {entry_id} was edited by hand since: rtv diff -- {entry_id}")
    except SystemRefusedError as error:
        output.note(f"whether {entry_id} was edited by hand since cannot be told: {error.message}")
