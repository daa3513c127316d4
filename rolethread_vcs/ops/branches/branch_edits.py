"""Makes, switches, renames and deletes branches and writes notes on them, each as one operation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from rolethread_vcs.errors import ConflictError, DamagedError, UsageError
from rolethread_vcs.ops.branches.branch_gate import judge_start
from rolethread_vcs.ops.branches.branches import branch_before
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.ops.keywords import Saying, intent_of
from rolethread_vcs.ops.workcopy.links import links_of
from rolethread_vcs.store.git_config import note_key
from rolethread_vcs.store.log import Moves
from rolethread_vcs.store.log.unfinished import read
from rolethread_vcs.store.refs import (
    BRANCHES,
    HEAD,
    SYMBOLIC,
    TAGS,
    is_unfinished,
)
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import Counts, count_between
from rolethread_vcs.transaction import Committed, Intent, Session, branch_commit, refuse_name, refuse_unsaved

LAST_BRANCH = "-"


def create(
    repository: Repository,
    name: str,
    intent: Intent | None = None,
    *,
    start: str = "@",
    note: str | None = None,
    switch: bool = False,
    **saying: Unpack[Saying],
) -> Committed:
    """Make a branch at a revision, with a note, and stay where one is or go to it; the result names its commit.

    On the way to it hand edits come along when it starts where one is; else they stop it.

    Raises:
        UsageError (branch_name): no branch can be called so. ConflictError (branch_exists): there is one.
        UnknownRevisionError. UnsavedEditsError.
        RefusedByGateError: it would be strict, and begin with errors; see `branch_gate.judge_start`.
    """
    intent = intent_of(
        intent, saying, "switch" if switch else "branch", f"switch -c {name}" if switch else f"branch {name}"
    )
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = repository.resolve(start)
        refuse_name(repository, "branch", name)
        moves: Moves = {BRANCHES + name: (None, commit)}
        if switch:
            if commit != repository.refs.head_commit():
                refuse_unsaved(unsaved_files(repository))
            moves = {**moves, HEAD: (repository.refs.head(), SYMBOLIC + BRANCHES + name)}
        session.intent = judge_start(repository, name, commit, intent)
        # a note that an earlier branch of this name left behind is removed
        done = session.move(moves, config=_note_moves(repository, name, note or ""))
        return replace(done, branch=name, commit=commit)


def write_note(
    repository: Repository, name: str, note: str, intent: Intent | None = None, **saying: Unpack[Saying]
) -> Committed:
    """Write a note down about a branch, in place of the one it has; "" takes that away. One operation.

    Raises:
        NoSuchBranchError: there is no such branch.
    """
    intent = intent_of(intent, saying, "branch", f"branch {name} --note {note}")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        commit = branch_commit(repository, name)
        config = _note_moves(repository, name, note)
        if not config:
            return replace(session.unchanged(), branch=name)
        return replace(session.move({}, config=config), branch=name, commit=commit)


def switch(repository: Repository, name: str, intent: Intent | None = None, **saying: Unpack[Saying]) -> Committed:
    """Go to a branch, as one operation; `commit` of the result is where it stands, `branch` which one it is.

    The name `-` is the branch that this folder stood on last.

    Raises:
        NoSuchBranchError: there is none; the hint names the nearest. UnsavedEditsError: there are hand edits.
    """
    intent = intent_of(intent, saying, "switch", f"switch {name}")
    if name == LAST_BRANCH:
        name = branch_before(repository)
        intent = replace(intent, command=f"switch {name}")
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = branch_commit(repository, name, "switch")
        if repository.branch() == name:
            return replace(session.unchanged(), commit=commit)
        refuse_unsaved(unsaved_files(repository))
        done = session.move({HEAD: (repository.refs.head(), SYMBOLIC + BRANCHES + name)})
        return replace(done, branch=name, commit=commit)


def _note_moves(repository: Repository, name: str, note: str) -> Moves:
    key = note_key(name)
    before, after = repository.config.own(key), note.strip() or None
    return {} if before == after else {key: (before, after)}


# ---- renaming


def rename(
    repository: Repository, name: str, new_name: str, intent: Intent | None = None, **saying: Unpack[Saying]
) -> Committed:
    """Give a branch another name, as one operation; its commits stay the same.

    Raises:
        As `create` and `delete`.
    """
    intent = intent_of(intent, saying, "branch", f"branch --rename {name} {new_name}")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        commit = branch_commit(repository, name)
        refuse_name(repository, "branch", new_name)
        _refuse_unfinished(repository, name)
        session.intent = judge_start(repository, new_name, commit, intent)
        moves: Moves = {BRANCHES + name: (commit, None), BRANCHES + new_name: (None, commit)}
        if repository.branch() == name:
            moves = {**moves, HEAD: (SYMBOLIC + BRANCHES + name, SYMBOLIC + BRANCHES + new_name)}
        done = session.move(moves, config=_renamed(repository, name, new_name))
        notes, settings = list(done.notes), repository.snapshot_of(commit).settings
        if settings.is_strict(name) and not settings.is_strict(new_name):
            notes.append(
                f"{name} was strict by its name, and {new_name} only reports; the names are in rolethread.toml: strict"
            )
        notes += (
            f"{link.path} is linked to {name}, which is {new_name} now; link it again: "
            f"{link.command(branch=new_name, revision=link.commit[:10])}"
            for link in links_of(repository, {name})
        )
        return replace(done, branch=new_name, commit=commit, notes=tuple(notes))


def _renamed(repository: Repository, name: str, new_name: str) -> Moves:
    """Return what happens to the configuration of a branch; what an earlier one of the new name left goes."""
    old, stale = repository.config.of_branch(name), repository.config.of_branch(new_name)
    coming = {f"branch.{new_name}.{key.rpartition('.')[2]}": value for key, value in old.items()}
    moves: dict[str, tuple[str | None, str | None]] = {key: (value, None) for key, value in old.items()}
    for key in stale.keys() | coming.keys():
        if stale.get(key) != coming.get(key):
            moves[key] = (stale.get(key), coming.get(key))
    return moves


# ---- deleting


@dataclass(frozen=True, slots=True)
class OutOfSight:
    """What no other branch and no release holds: a number of commits, and what they did to entries, in total."""

    branch: str
    commits: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class DeletedBranches:
    """The branches that were deleted, each with its commit, and what went out of sight with them."""

    committed: Committed
    commits: dict[str, str]
    out_of_sight: tuple[OutOfSight, ...]


def delete(
    repository: Repository, *names: str, intent: Intent | None = None, **saying: Unpack[Saying]
) -> DeletedBranches:
    """Delete branches, as one operation; the operation log holds their commits, so `undo` brings them back.

    Raises:
        NoSuchBranchError: there is none of a name. ConflictError (current_branch): one is on it.
        ConflictError (checked_out_elsewhere): another folder stands on it. ConflictError (unfinished_on_branch): a
        merge into it waits.
    """
    intent = intent_of(intent, saying, "branch", f"branch --delete {' '.join(names)}")
    chosen = list(dict.fromkeys(names))
    if not chosen:
        raise UsageError("which branch?", hint="rtv branch --delete NAME")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        commits = {name: branch_commit(repository, name, "branch --delete") for name in chosen}
        for name in chosen:
            _refuse_current(repository, name, chosen)
            _refuse_unfinished(repository, name)
        lost = _out_of_sight(repository, commits)
        config = {key: (value, None) for name in chosen for key, value in repository.config.of_branch(name).items()}
        moves = {BRANCHES + name: (commit, None) for name, commit in commits.items()}
        done = session.move(moves, config=config)
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
            f"you are on {name}, so it cannot be deleted",
            hint=f"rtv switch {others[0] if others else 'OTHER'}   goes to another one first",
            code="current_branch",
        )
    if not others:
        raise ConflictError(
            f"{name} is the last branch, and a dataset has one at least",
            hint="make another one first: rtv switch -c NAME",
            code="current_branch",
        )


def _out_of_sight(repository: Repository, commits: dict[str, str]) -> tuple[OutOfSight, ...]:
    objects = repository.objects
    gone = {BRANCHES + name for name in commits}
    kept = {
        commit
        for ref, value in repository.refs.table().items()
        if ref not in gone and ref.startswith((BRANCHES, TAGS)) and (commit := objects.commit_at(value))
    }
    head = repository.refs.head_commit()
    if head is not None:
        kept.add(head)
    found = []
    for name, commit in commits.items():
        alone = list(repository.graph.newest_first([commit], hide=kept))
        if alone:
            start = repository.graph.common_ancestor(commit, head) if head is not None else None
            trees = [None if each is None else objects.commit(each).tree for each in (start, commit)]
            found.append(OutOfSight(name, len(alone), count_between(objects, *trees)))
    return tuple(found)


def _refuse_unfinished(repository: Repository, branch: str) -> None:
    """Raise when a merge, revert or pick of a branch needs decisions, in whichever folder."""
    for name, oid in repository.refs.table().items():
        if is_unfinished(name):
            try:
                found = read(oid, repository.objects)
            except DamagedError:  # `verify` and the verbs of merging name it; it says nothing about a branch
                continue
            if found.branch == branch:
                raise ConflictError(
                    f"a {found.kind} into {branch} is unfinished ({found.command})",
                    hint=f"rtv conflicts   rtv {found.kind} --continue   rtv {found.kind} --abort",
                    code="unfinished_on_branch",
                )
