"""Gives a branch another name; what hangs on the old one goes with it: its note, and the folder that stands on it."""

from __future__ import annotations

from dataclasses import replace

from rolethread_vcs.ops.branches.branch_gate import judge_start
from rolethread_vcs.ops.branches.branch_names import refuse_branch_name
from rolethread_vcs.ops.branches.branches import branch_commit, move_noted
from rolethread_vcs.ops.branches.unfinished_merges import refuse_unfinished
from rolethread_vcs.ops.workcopy.links import links_of
from rolethread_vcs.store.branch_notes import ConfigMoves, settings_of
from rolethread_vcs.store.publishing import Moves
from rolethread_vcs.store.refs.refs import BRANCHES, HEAD, SYMBOLIC
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Committed, Intent, Session


def rename(repository: Repository, name: str, new_name: str, intent: Intent) -> Committed:
    """Give a branch another name, as one operation; its commits stay the same.

    Raises:
        NoSuchBranchError: there is none. UsageError (branch_name), ConflictError (branch_exists): it cannot have the
        new name.
        ConflictError (checked_out_elsewhere): another folder stands on it. ConflictError (unfinished_on_branch): a
        merge into it waits.
        RefusedByGateError: it would be strict by its new name, and has errors; see `judging_branches.judge_start`.
    """
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        commit = branch_commit(repository, name)
        refuse_branch_name(repository, new_name)
        refuse_unfinished(repository, name)
        session.intent = judge_start(repository, new_name, commit, intent)
        moves: Moves = {BRANCHES + name: (commit, None), BRANCHES + new_name: (None, commit)}
        if repository.branch() == name:
            moves = {**moves, HEAD: (SYMBOLIC + BRANCHES + name, SYMBOLIC + BRANCHES + new_name)}
        done = move_noted(session, moves, _renamed(repository, name, new_name))
        linked = (
            f"{link.path} is linked to {name}, which is {new_name} now; link it again: "
            f"{link.command(branch=new_name, revision=link.commit[:10])}"
            for link in links_of(repository, {name})
        )
        notes = (*done.notes, *_disarmed(repository, commit, name, new_name), *linked)
        return replace(done, branch=new_name, commit=commit, notes=notes)


def _disarmed(repository: Repository, commit: str, name: str, new_name: str) -> tuple[str, ...]:
    """Return what has to be said when the name was what made a branch refuse errors."""
    settings = repository.snapshot_of(commit).settings
    if not settings.is_strict(name) or settings.is_strict(new_name):
        return ()
    return (f"{name} was strict by its name, and {new_name} only reports; the names are in rolethread.toml: strict",)


def _renamed(repository: Repository, name: str, new_name: str) -> ConfigMoves:
    """Return what happens to the configuration of a branch; what an earlier one of the new name left goes."""
    old, stale = settings_of(repository, name), settings_of(repository, new_name)
    coming = {f"branch.{new_name}.{key.rpartition('.')[2]}": value for key, value in old.items()}
    moves: dict[str, tuple[str | None, str | None]] = {key: (value, None) for key, value in old.items()}
    for key in stale.keys() | coming.keys():
        if stale.get(key) != coming.get(key):
            moves[key] = (stale.get(key), coming.get(key))
    return moves
