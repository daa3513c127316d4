"""Makes, switches, renames and deletes branches and writes notes on them, each as one operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from rolethread_vcs.errors import ConflictError, DamagedError, UsageError
from rolethread_vcs.ops.branches.branch_gate import judge_start
from rolethread_vcs.ops.branches.branches import branch_before
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.ops.workcopy.links import links_of
from rolethread_vcs.store.git_config import note_key, upstream_settings
from rolethread_vcs.store.log import Moves
from rolethread_vcs.store.log.unfinished import read
from rolethread_vcs.store.refs import (
    BRANCHES,
    HEAD,
    SYMBOLIC,
    TAGS,
    is_branch_name,
    is_unfinished,
)
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import Counts, count_between
from rolethread_vcs.transaction import (
    Committed,
    Intent,
    Said,
    Session,
    branch_commit,
    intent_of,
    refuse_git_state,
    refuse_name,
    refuse_unsaved,
)

LAST_BRANCH = "-"


def create(
    repository: Repository,
    name: str,
    intent: Intent | None = None,
    *,
    start: str = "@",
    note: str | None = None,
    switch: bool = False,
    **said: Unpack[Said],
) -> Committed:
    """Make a branch at a revision, with a note, and stay where one is or go to it; the result names its commit.

    On the way to it hand edits come along when it starts where one is; else they stop it.

    Raises:
        UsageError (branch_name): no branch can be called so. ConflictError (branch_exists): there is one.
        UnknownRevisionError. UnsavedEditsError.
        RefusedByGateError: it would be strict, and begin with errors; see `branch_gate.judge_start`.
    """
    intent = intent_of(
        intent, said, "switch" if switch else "branch", f"switch -c {name}" if switch else f"branch {name}"
    )
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = repository.resolve(start)
        refuse_name(repository, "branch", name)
        theirs = repository.refs.remote_branches()
        followed = theirs[start] if start in theirs and theirs[start][1] == commit else None
        moves: Moves = {BRANCHES + name: (None, commit)}
        if switch:
            refuse_git_state(repository, HEAD)
            if commit != repository.refs.head_commit():
                refuse_unsaved(unsaved_files(repository))
            moves = {**moves, HEAD: (repository.refs.head(), SYMBOLIC + BRANCHES + name)}
        if followed is None or followed[0] != name:  # a copy of what others have is judged no more than a clone is
            session.intent = judge_start(repository, name, commit, intent)
        # what an earlier branch of this name left behind is removed
        wanted = {note_key(name): (note or "").strip() or None}
        if followed is not None:
            wanted |= upstream_settings(name, start.removesuffix(f"/{followed[0]}"), followed[0])
            session.notes.append(f"{name} starts at {start} and follows it")
        elif others := [other for other, (there, tip) in theirs.items() if there == name and tip != commit]:
            way = f"rtv undo   rtv switch -c {name} {others[0]}"
            session.notes.append(f"{others[0]} has that name, too, and {name} starts elsewhere; to start there: {way}")
        done = session.move(moves, config=_config_moves(repository, name, wanted))
        return replace(done, branch=name, commit=commit)


def write_note(
    repository: Repository, name: str, note: str, intent: Intent | None = None, **said: Unpack[Said]
) -> Committed:
    """Write a note down about a branch, in place of the one it has; "" takes that away. One operation.

    Raises:
        NoSuchBranchError: there is no such branch.
    """
    intent = intent_of(intent, said, "branch", f"branch {name} --note {note}")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        commit = branch_commit(repository, name)
        config = _config_moves(repository, name, {note_key(name): note.strip() or None})
        if not config:
            return replace(session.unchanged(), branch=name)
        return replace(session.move({}, config=config), branch=name, commit=commit)


def switch(repository: Repository, name: str, intent: Intent | None = None, **said: Unpack[Said]) -> Committed:
    """Go to a branch, as one operation; `commit` of the result is where it stands, `branch` which one it is.

    The name `-` is the branch that this folder stood on last. As in git, one that only another copy has is made here,
    and follows that.

    Raises:
        NoSuchBranchError: there is none; the hint names the nearest. UnsavedEditsError: there are hand edits.
        UsageError (ambiguous_word): several other copies have one of that name.
    """
    intent = intent_of(intent, said, "switch", f"switch {name}")
    if name in (LAST_BRANCH, "@{-1}"):
        name = branch_before(repository)
        intent = replace(intent, command=f"switch {name}")
    if start := _branch_elsewhere(repository, name):
        return create(repository, name, intent, start=start, switch=True)
    with Session.open(repository, intent, needs_branch=False) as session:
        commit = branch_commit(repository, name, "switch")
        if repository.branch() == name:
            return replace(session.unchanged(), commit=commit)
        refuse_git_state(repository, HEAD)
        next(repository.snapshot_of(commit).folders(), None)  # refused where a link or a file stands in their place
        refuse_unsaved(unsaved_files(repository))
        done = session.move({HEAD: (repository.refs.head(), SYMBOLIC + BRANCHES + name)})
        return replace(done, branch=name, commit=commit)


def _branch_elsewhere(repository: Repository, name: str) -> str | None:
    """Return the one branch of another copy that a name means (`origin/try`), None where there is one of it here."""
    if not is_branch_name(name) or repository.refs.read(BRANCHES + name) is not None:
        return None
    found = [each for each, (there, _) in repository.refs.remote_branches().items() if there == name]
    preferred = f"{repository.config.get('checkout.defaultRemote')}/{name}"
    if len(found) > 1 and preferred not in found:
        ways = "\n".join(f"rtv switch -c {name} {each}" for each in found)
        raise UsageError(f"{name} could be {' or '.join(found)}", hint=ways, code="ambiguous_word")
    return preferred if preferred in found else next(iter(found), None)


def _config_moves(repository: Repository, name: str, wanted: Mapping[str, str | None]) -> Moves:
    """Return how the configuration of a branch becomes what is wanted; of one that is there, the other keys stay."""
    is_there = repository.refs.read(BRANCHES + name) is not None
    known = {key: repository.config.own(key) for key in wanted} if is_there else repository.config.of_branch(name)
    pairs = {key: (known.get(key), wanted.get(key)) for key in {**known, **wanted}}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


# ---- renaming


def rename(
    repository: Repository, name: str, new_name: str, intent: Intent | None = None, **said: Unpack[Said]
) -> Committed:
    """Give a branch another name, as one operation; its commits stay the same.

    Raises:
        As `create` and `delete`.
    """
    intent = intent_of(intent, said, "branch", f"branch --rename {name} {new_name}")
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
    old = repository.config.of_branch(name)
    coming = {f"branch.{new_name}.{key.rpartition('.')[2]}": value for key, value in old.items()}
    return {**{key: (value, None) for key, value in old.items()}, **_config_moves(repository, new_name, coming)}


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


def delete(repository: Repository, *names: str, intent: Intent | None = None, **said: Unpack[Said]) -> DeletedBranches:
    """Delete branches, as one operation; the operation log holds their commits, so `undo` brings them back.

    Raises:
        NoSuchBranchError: there is none of a name. ConflictError (current_branch): one is on it.
        ConflictError (checked_out_elsewhere): another folder stands on it. ConflictError (unfinished_on_branch): a
        merge into it waits.
    """
    intent = intent_of(intent, said, "branch", f"branch --delete {' '.join(names)}")
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
        done = replace(done, branch=chosen[0], commit=commits[chosen[0]], notes=(*done.notes, *linked))
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
    objects, refs = repository.objects, repository.refs
    gone, head = {BRANCHES + name for name in commits}, refs.head_commit()
    tips = [tip for ref, tip in refs.table().items() if ref not in gone and ref.startswith((BRANCHES, TAGS))]
    tips += [*([] if head is None else [head]), *(tip for _, tip in refs.remote_branches().values())]
    kept = {commit for tip in tips if (commit := objects.commit_at(tip))}
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
