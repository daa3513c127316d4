"""Lists branches, makes them, writes notes on them, and goes from one to another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches

from rolethread_vcs.errors import UsageError
from rolethread_vcs.ops.branches.branch_gate import judge_start
from rolethread_vcs.ops.branches.branch_names import refuse_branch_name
from rolethread_vcs.ops.branches.previous_branch import branch_before
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.store import own_config
from rolethread_vcs.store.branch_notes import ConfigMoves, note_key, noted, notes
from rolethread_vcs.store.damaged_refs import damaged_refs
from rolethread_vcs.store.publishing import Moves
from rolethread_vcs.store.refs.refs import BRANCHES, HEAD, SYMBOLIC, TAGS
from rolethread_vcs.store.refs.revisions import UnknownRevisionError, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Committed, Intent, NoSuchBranchError, Session, refuse_unsaved

LAST_BRANCH = "-"


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: its commit with time (seconds since 1970) and subject, and whether its gate refuses.

    `ahead` counts the commits that it has and the current one has not, `behind` those that it lacks. `note` is what
    somebody wrote down about it.
    """

    name: str
    commit: str
    time: int
    subject: str
    is_current: bool
    is_strict: bool
    ahead: int = 0
    behind: int = 0
    note: str | None = None


def branches(repository: Repository) -> tuple[Branch, ...]:
    """Return all branches by name; those that cannot be followed are left to `damaged_refs`."""
    current = repository.branch()
    here = repository.head_commit()
    damaged = {ref.name for ref in damaged_refs(repository)}
    written = notes(repository)
    result = []
    for name, commit_id in sorted(repository.refs.branches().items()):
        if BRANCHES + name in damaged:
            continue
        snapshot = repository.snapshot_of(commit_id)
        commit = snapshot.commit
        ahead, behind = (0, 0) if here is None else repository.ahead_behind(commit_id, here)
        result.append(
            Branch(
                name,
                commit_id,
                commit.committer.time,
                commit.subject,
                is_current=name == current,
                is_strict=snapshot.settings.is_strict(name),
                ahead=ahead,
                behind=behind,
                note=written.get(name),
            )
        )
    return tuple(result)


def create(
    repository: Repository, name: str, intent: Intent, *, start: str = "@", note: str | None = None
) -> Committed:
    """Make a branch at a revision, as one operation, and stay where one is; `commit` of the result is its commit.

    `note` is written down about it.

    Raises:
        UsageError (branch_name): no branch can be called so. ConflictError (branch_exists): there is one.
        UnknownRevisionError.
        RefusedByGateError: it would be strict, and begin with errors; see `judging_branches.judge_start`.
    """
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = repository.resolve(start)
        refuse_branch_name(repository, name)
        session.intent = judge_start(repository, name, commit, intent)
        done = _make(session, name, note, {BRANCHES + name: (None, commit)})
        return replace(done, branch=name, commit=commit)


def write_note(repository: Repository, name: str, note: str, intent: Intent) -> Committed:
    """Write a note down about a branch, in place of the one it has; "" takes that away. One operation.

    Raises:
        NoSuchBranchError: there is no such branch.
    """
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        commit = branch_commit(repository, name)
        config = _note_moves(repository, name, note)
        if not config:
            return Committed(name, None, None, notes=tuple(session.notes), dry_run=intent.dry_run)
        return replace(move_noted(session, {}, config), branch=name, commit=commit)


def branch_commit(repository: Repository, name: str) -> str:
    """Return the commit of a branch.

    Raises:
        NoSuchBranchError: there is none; the hint names the nearest.
    """
    commit = _tip(repository, name)
    if commit is None:
        near = get_close_matches(name, repository.refs.branches(), n=1, cutoff=0.6)
        guess = f"; did you mean {near[0]}?" if near else ""
        raise NoSuchBranchError(f"there is no branch {name!r}{guess}", hint="see the branches with: rtv branch")
    return commit


def switch(repository: Repository, name: str, intent: Intent) -> Committed:
    """Go to a branch, as one operation; `commit` of the result is where it stands, `branch` which one it is.

    The name `-` is the branch that this folder stood on last.

    Raises:
        NoSuchBranchError: there is none; the hint names the nearest. UnsavedEditsError: there are hand edits.
    """
    if name == LAST_BRANCH:
        name = branch_before(repository)
        intent = replace(intent, command=f"switch {name}")
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = _tip(repository, name)
        if commit is None:
            raise _no_such_branch(repository, name)
        here = Committed(name, commit, None, notes=tuple(session.notes), dry_run=intent.dry_run)
        if repository.branch() == name:
            return here
        refuse_unsaved(unsaved_files(repository))
        done = session.move({HEAD: (repository.refs.head(), SYMBOLIC + BRANCHES + name)})
        return replace(done, branch=name, commit=commit)


def switch_to_new(
    repository: Repository, name: str, intent: Intent, *, start: str = "@", note: str | None = None
) -> Committed:
    """Make a branch at a revision, with a note, and go to it, as one operation.

    Hand edits come along when the new branch starts where one is; else they stop it.

    Raises:
        UsageError (branch_name), ConflictError (branch_exists), UnknownRevisionError, UnsavedEditsError.
        RefusedByGateError: it would be strict, and begin with errors; see `judging_branches.judge_start`.
    """
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = repository.resolve(start)
        refuse_branch_name(repository, name)
        if commit != repository.head_commit():
            refuse_unsaved(unsaved_files(repository))
        session.intent = judge_start(repository, name, commit, intent)
        branch = BRANCHES + name
        moves = {branch: (None, commit), HEAD: (repository.refs.head(), SYMBOLIC + branch)}
        done = _make(session, name, note, moves)
        return replace(done, branch=name, commit=commit)


def move_noted(session: Session, moves: Moves, config: ConfigMoves) -> Committed:
    """Move branches, and what git's configuration holds of them, as one operation."""
    if session.intent.dry_run:
        return session.move(moves)
    with noted(session.repository, config):
        return session.move(moves, config=config)


def _make(session: Session, name: str, note: str | None, moves: Moves) -> Committed:
    """Make a branch with its note; one that an earlier branch of this name left behind goes."""
    return move_noted(session, moves, _note_moves(session.repository, name, note or ""))


def _tip(repository: Repository, name: str) -> str | None:
    return repository.refs.read(BRANCHES + name) if is_branch_name(name) else None


def _note_moves(repository: Repository, name: str, note: str) -> ConfigMoves:
    key = note_key(name)
    before, after = own_config.read(repository, key), note.strip() or None
    return {} if before == after else {key: (before, after)}


def _no_such_branch(repository: Repository, name: str) -> NoSuchBranchError:
    known = repository.refs.branches()
    if not is_branch_name(name) and _is_revision(repository, name):
        return _no_place_to_work(name)
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return NoSuchBranchError(f"there is no branch {name!r}; did you mean {near[0]}?", hint=f"rtv switch {near[0]}")
    if is_branch_name(name) and repository.refs.read(TAGS + name) is not None:
        return NoSuchBranchError(
            f"{name} is a release, and one works on a branch", hint=f"start one there: rtv switch -c NEW-NAME {name}"
        )
    if _is_revision(repository, name):
        return _no_place_to_work(name)
    hint = f"make it with: rtv switch -c {name}" if is_branch_name(name) else "see the branches with: rtv branch"
    return NoSuchBranchError(f"there is no branch {name!r}", hint=hint)


def _is_revision(repository: Repository, name: str) -> bool:
    try:
        repository.resolve(name)
    except (UnknownRevisionError, UsageError):
        return False
    return True


def _no_place_to_work(name: str) -> NoSuchBranchError:
    return NoSuchBranchError(
        f"{name!r} is a commit, and one works on a branch", hint=f"start one there: rtv switch -c NEW-NAME {name}"
    )
