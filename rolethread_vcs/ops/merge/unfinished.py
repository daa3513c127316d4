"""What waits for decisions in this folder: there is room for one merge, revert or pick."""

from __future__ import annotations

from dataclasses import replace

from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.store.log import unfinished as store
from rolethread_vcs.store.log.unfinished import Kind, Unfinished
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Committed, Session


def waiting(repository: Repository, kind: Kind | None = None) -> Unfinished:
    """Return what waits for decisions in this folder.

    Raises:
        NotFoundError (nothing_unfinished): nothing does, or something of another kind.
    """
    found = repository.unfinished()
    if found is None:
        raise nothing_unfinished(kind or "merge")
    if kind is not None and found.kind != kind:
        raise NotFoundError(
            f"no {kind} is unfinished, but a {found.kind} is ({found.command})",
            hint=f"rtv {found.kind} --continue",
            code="nothing_unfinished",
        )
    return found


def nothing_unfinished(kind: str) -> NotFoundError:
    """Return the error that nothing of a kind waits."""
    return NotFoundError(
        f"no {kind} is unfinished", hint="see where you are with: rtv status", code="nothing_unfinished"
    )


def keep(session: Session, unfinished: Unfinished, before: str | None) -> Committed:
    """Write down what waits, as one operation; `before` is what the ref holds now (hex id)."""
    repository = session.repository
    committed = Committed(unfinished.branch, None, None, notes=tuple(session.notes))
    if session.intent.dry_run:
        return replace(committed, dry_run=True)
    with repository.pack() as pack:
        oid = store.write(unfinished, pack, repository.objects, repository.signature())
        if oid == before:
            return committed
        number = session.publish(pack, {repository.unfinished_ref: (before, oid)})
    return replace(committed, operation=number, notes=tuple(session.notes))
