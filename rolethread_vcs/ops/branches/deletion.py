"""Deletes branches, and says what would be lost from sight; undo brings all of it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rolethread_vcs.errors import ConflictError, UsageError
from rolethread_vcs.ops.branches.branches import branch_commit, move_noted
from rolethread_vcs.ops.branches.unfinished_merges import refuse_unfinished
from rolethread_vcs.ops.compare.entry_counts import count_between
from rolethread_vcs.ops.workcopy.links import links_of
from rolethread_vcs.store.branch_notes import settings_of
from rolethread_vcs.store.refs.refs import BRANCHES, TAGS
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Committed, Intent, Session


@dataclass(frozen=True, slots=True)
class OutOfSight:
    """What no other branch and no release holds: a number of commits, and what they did to entries, in total."""

    branch: str
    commits: int
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class DeletedBranches:
    """The branches that were deleted, each with its commit, and what went out of sight with them."""

    committed: Committed
    commits: dict[str, str]
    out_of_sight: tuple[OutOfSight, ...]


def delete(repository: Repository, names: Sequence[str], intent: Intent) -> DeletedBranches:
    """Delete branches, as one operation; the operation log holds their commits, so `undo` brings them back.

    Raises:
        NoSuchBranchError: there is none of a name. ConflictError (current_branch): one is on it.
        ConflictError (checked_out_elsewhere): another folder stands on it. ConflictError (unfinished_on_branch): a
        merge into it waits.
    """
    chosen = list(dict.fromkeys(names))
    if not chosen:
        raise UsageError("which branch?", hint="rtv branch --delete NAME")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        commits = {name: branch_commit(repository, name) for name in chosen}
        for name in chosen:
            _refuse_current(repository, name, chosen)
            refuse_unfinished(repository, name)
        lost = _out_of_sight(repository, commits)
        config = {key: (value, None) for name in chosen for key, value in settings_of(repository, name).items()}
        moves = {BRANCHES + name: (commit, None) for name, commit in commits.items()}
        done = move_noted(session, moves, config)
        linked = tuple(
            f"{link.path} is linked to {link.branch}: it can be brought in again once undo has brought the branch back"
            for link in links_of(repository, commits)
        )
        done = replace(done, commit=next(iter(commits.values())), notes=(*done.notes, *linked))
        return DeletedBranches(done, commits, lost)


def _refuse_current(repository: Repository, name: str, chosen: Sequence[str]) -> None:
    others = [other for other in repository.refs.branches() if other not in chosen]
    if repository.branch() == name:
        raise ConflictError(
            f"you are on {name}, so it cannot be deleted; nothing was changed",
            hint=f"rtv switch {others[0] if others else 'OTHER'}   goes to another one first",
            code="current_branch",
        )
    if not others:
        raise ConflictError(
            f"{name} is the last branch, and a dataset has one at least; nothing was changed",
            hint="make another one first: rtv switch -c NAME",
            code="current_branch",
        )


def _out_of_sight(repository: Repository, commits: dict[str, str]) -> tuple[OutOfSight, ...]:
    objects = repository.objects
    gone = {BRANCHES + name for name in commits}
    kept = {
        objects.peel(value)
        for ref, value in repository.refs.table().items()
        if ref not in gone and ref.startswith((BRANCHES, TAGS)) and objects.kind(value) in ("commit", "tag")
    }
    head = repository.head_commit()
    if head is not None:
        kept.add(head)
    found = []
    for name, commit in commits.items():
        alone = repository.only_in(commit, kept)
        if alone:
            start = repository.common_ancestor(commit, head) if head is not None else None
            trees = [None if each is None else objects.commit(each).tree for each in (start, commit)]
            found.append(OutOfSight(name, len(alone), *count_between(objects, trees[0], trees[1])))
    return tuple(found)
