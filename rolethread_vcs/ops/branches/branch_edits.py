"""Makes, switches, renames and deletes branches and writes notes on them, each as one operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from rolethread_vcs.errors import ConflictError, DamagedError, UsageError
from rolethread_vcs.gate import EntryChange, Gate, RefusedByGateError
from rolethread_vcs.ops.branches.branches import branch_before
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.ops.workcopy.links import links_of
from rolethread_vcs.store.facts import RuleKeys
from rolethread_vcs.store.git_config import note_key, upstream_settings
from rolethread_vcs.store.libgit2 import DEFAULT_BRANCH
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
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Counts, count_between, entries_between, readable
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
        RefusedByGateError: it would be strict, and begin with errors; see `_judge_start`.
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
            session.intent = _judge_start(repository, name, commit, intent)
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
        session.intent = _judge_start(repository, new_name, commit, intent)
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


# ---- a branch that would begin its life strict: what it brings that no strict branch has taken yet


def _judge_start(repository: Repository, name: str, commit: str, intent: Intent) -> Intent:
    """Return the intent of making a branch at a commit, with what was let through in its details.

    Policy is that of the commit, which governs the branch from then on. Where the branch would only report there is
    nothing to judge, nor where a strict branch holds the commit already: its gate has spoken. Else the errors count as
    introduced that stand at the commit and not where it parted from `main` (or, where main is not strict, from another
    strict branch); where no strict branch has anything in common with it, all of them.

    Raises:
        RefusedByGateError: there are such errors, and they are not allowed; no branch was made.
    """
    tip = repository.snapshot_of(commit)
    if not tip.settings.is_strict(name):
        return intent
    strict = {
        branch: at
        for branch, at in repository.refs.branches().items()
        # a damaged branch says nothing, and stops nobody from making another
        if tip.settings.is_strict(branch) and repository.objects.kind(at) == "commit"
    }
    if any(repository.graph.is_ancestor(commit, at) for at in strict.values()):
        return intent
    before = _parting(repository, commit, strict)
    facts, entry_before = (None, None) if before is None else (RuleKeys(before), before.get)
    gate = Gate(tip.settings, name, intent.allowances, intent.because, facts=facts, entry_before=entry_before)
    for entry_id, _, _ in entries_between(repository.objects, None if before is None else before.tree, tip.tree):
        # one that does not read at the tip is not for the gate, `verify` names it
        new = readable(tip.read(entry_id))
        old = None if before is None else readable(before.read(entry_id))
        gate.feed(EntryChange(entry_id, old, new, new.origin if new is not None else ()))
    verdict = gate.finish()
    if not verdict.passes:
        ids = {finding.entry_id for finding in verdict.blocking}
        have = "1 entry here has" if len(ids) == 1 else f"{len(ids):,} entries here have"
        overruns = {overrun.code: f"{overrun.code}={overrun.found}" for overrun in verdict.overruns}
        codes = sorted({finding.code for finding in (*verdict.blocking, *verdict.allowed)})
        flags = " ".join(f"--allow {overruns.get(code, code)}" for code in codes)
        raise RefusedByGateError(
            f"{name} would be a strict branch, and {have} errors that no strict branch has taken; no branch was made",
            hint=f'{flags} --because "…"   makes it all the same\n'
            "or correct the entries first, or choose a name that no pattern of gate.strict matches",
            findings=verdict.blocking,
        )
    allowed = [list(each) for each in verdict.trailers()]
    return replace(intent, details={**intent.details, "allowed": allowed}) if allowed else intent


def _parting(repository: Repository, commit: str, strict: Mapping[str, str]) -> Snapshot | None:
    """Return where a commit parted from main, else from the first strict branch that shares history with it."""
    for branch in sorted(strict, key=lambda each: (each != DEFAULT_BRANCH, each)):
        common = repository.graph.common_ancestor(commit, strict[branch])
        if common is not None:
            return repository.snapshot_of(common)
    return None
