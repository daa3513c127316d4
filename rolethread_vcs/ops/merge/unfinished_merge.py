"""The unfinished merge, revert or pick of this folder (there is room for one): finding it, its decisions, keeping
it."""

from __future__ import annotations

from dataclasses import replace

from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.ops.merge.decisions import Decisions, from_plain
from rolethread_vcs.ops.merge.tree_merge import Part
from rolethread_vcs.store.log import unfinished as store
from rolethread_vcs.store.log.unfinished import Kind, Unfinished, UnreadableUnfinishedError
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Committed, Session


def find_unfinished(repository: Repository, kind: Kind | None = None) -> Unfinished:
    """Return what needs decisions in this folder.

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


def decisions_of(unfinished: Unfinished) -> Decisions:
    """Return what was decided so far.

    Raises:
        UnreadableUnfinishedError: a decision does not read.
    """
    try:
        return {
            name: {field: from_plain(plain) for field, plain in fields.items()}
            for name, fields in unfinished.decided.items()
        }
    except (KeyError, ValueError, TypeError) as error:
        raise UnreadableUnfinishedError(
            f"a decision of the unfinished {unfinished.kind} cannot be read: {error}",
            hint=f"rtv {unfinished.kind} --abort",
        ) from error


def part_of(unfinished: Unfinished) -> Part:
    """Return the part of the other side that is wanted."""
    return Part(None if unfinished.ids is None else frozenset(unfinished.ids), unfinished.where)


def save_unfinished(session: Session, unfinished: Unfinished, before: str | None) -> Committed:
    """Write down what waits, as one operation; `before` is what the ref holds now (hex id)."""
    repository = session.repository
    committed = replace(session.unchanged(), branch=unfinished.branch)
    if session.intent.dry_run:
        return committed
    if before is not None and store.read(before, repository.objects) == replace(unfinished, id=before):
        return committed
    with repository.pack() as pack:
        oid = store.write(unfinished, pack, repository.objects, repository.signature())
        number = session.publish(pack, {repository.unfinished_ref: (before, oid)})
    return replace(committed, operation=number, notes=tuple(session.notes))
