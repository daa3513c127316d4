"""Lists branches, makes them, and goes from one to another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches

from rolethread_vcs.errors import ConflictError, UsageError
from rolethread_vcs.model.revision import is_selector
from rolethread_vcs.ops.surveying import unsaved_files
from rolethread_vcs.store.refs import BRANCHES, HEAD, SYMBOLIC, TAGS
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.revisions import UnknownRevisionError, is_branch_name
from rolethread_vcs.transaction import Committed, Intent, NoSuchBranchError, Session, refuse_unsaved


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: its commit with time (seconds since 1970) and subject, and whether its gate refuses."""

    name: str
    commit: str
    time: int
    subject: str
    is_current: bool
    is_strict: bool


class BranchNameError(UsageError):
    """A name that no branch can have."""

    code = "branch_name"


class BranchExistsError(ConflictError):
    """There is a branch of that name, or of one that cannot stand beside it."""

    code = "branch_exists"


def branches(repository: Repository) -> tuple[Branch, ...]:
    """Return all branches by name."""
    current = repository.branch()
    result = []
    for name, commit_id in sorted(repository.refs.branches().items()):
        snapshot = repository.snapshot_of(commit_id)
        commit = snapshot.commit
        result.append(
            Branch(
                name,
                commit_id,
                commit.committer.time,
                commit.subject,
                is_current=name == current,
                is_strict=snapshot.settings.is_strict(name),
            )
        )
    return tuple(result)


def create(repository: Repository, name: str, intent: Intent, *, start: str = "@") -> Committed:
    """Make a branch at a revision, as one operation, and stay where one is; `commit` of the result is its commit.

    Raises:
        BranchNameError: no branch can be called so. BranchExistsError: there is one. UnknownRevisionError.
    """
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = repository.resolve(start)
        _refuse_name(repository, name)
        done = session.move({BRANCHES + name: (None, commit)})
        return replace(done, branch=name, commit=commit)


def switch(repository: Repository, name: str, intent: Intent) -> Committed:
    """Go to a branch, as one operation; `commit` of the result is where it stands.

    Raises:
        NoSuchBranchError: there is none; the hint names the nearest. UnsavedEditsError: there are hand edits.
    """
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = repository.refs.read(BRANCHES + name) if is_branch_name(name) else None
        if commit is None:
            raise _no_such_branch(repository, name)
        here = Committed(name, commit, None, notes=tuple(session.notes), dry_run=intent.dry_run)
        if repository.branch() == name:
            return here
        refuse_unsaved(unsaved_files(repository))
        done = session.move({HEAD: (repository.refs.head(), SYMBOLIC + BRANCHES + name)})
        return replace(done, branch=name, commit=commit)


def switch_to_new(repository: Repository, name: str, intent: Intent, *, start: str = "@") -> Committed:
    """Make a branch at a revision and go to it, as one operation.

    Hand edits come along when the new branch starts where one is; else they stop it.

    Raises:
        BranchNameError, BranchExistsError, UnknownRevisionError, UnsavedEditsError.
    """
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = repository.resolve(start)
        _refuse_name(repository, name)
        if commit != repository.head_commit():
            refuse_unsaved(unsaved_files(repository))
        branch = BRANCHES + name
        done = session.move({branch: (None, commit), HEAD: (repository.refs.head(), SYMBOLIC + branch)})
        return replace(done, branch=name, commit=commit)


def _refuse_name(repository: Repository, name: str) -> None:
    if is_selector(name):
        raise BranchNameError(f"{name!r} is how an entry is named; give the branch a name with a letter in front")
    if not is_branch_name(name):
        raise BranchNameError(
            f"{name!r} cannot be the name of a branch",
            hint="letters, digits, - _ and / do, for example tavern/second-try",
        )
    for other in repository.refs.branches():
        if other == name:
            raise BranchExistsError(f"there is a branch {name} already", hint=f"go to it with: rtv switch {name}")
        if other.casefold() == name.casefold():
            raise BranchExistsError(f"there is a branch {other} already; many disks cannot tell it from {name}")
        if other.startswith(name + "/") or name.startswith(other + "/"):
            raise BranchExistsError(f"there is a branch {other} already, and {name} cannot stand beside it")


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
