"""What stops a mutation before it starts: no branch, a newer writer, hand edits in the way."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError, nearest
from rolethread_vcs.gate import Gate, Verdict
from rolethread_vcs.model.finding import Finding, Scope
from rolethread_vcs.model.revision import is_selector
from rolethread_vcs.phrases import count, listed
from rolethread_vcs.rules import find_in_entry
from rolethread_vcs.store.checkout import STAGED, Unsaved, UnsavedEditsError
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.facts import RuleKeys
from rolethread_vcs.store.git_state import BISECT
from rolethread_vcs.store.log import Moves
from rolethread_vcs.store.objects import LeftOutError
from rolethread_vcs.store.objects.trees import Difference, two_way
from rolethread_vcs.store.refs import (
    BRANCHES,
    HEAD,
    TAGS,
    HeldRef,
    UnknownRevisionError,
    is_branch_name,
    ref_of,
    shorten,
)
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import readable
from rolethread_vcs.transaction.values import ChangeSet, Intent

if TYPE_CHECKING:
    from rolethread_vcs.store.linked_folders import CheckedOutFolder


class NoSuchBranchError(NotFoundError):
    """There is no branch of that name."""

    code = "no_such_branch"


class NewerWriterError(InvalidError):
    """The dataset uses a feature that this program does not know; it reads, and refuses to write."""

    code = "newer_writer"


def refuse_newer_writer(base: Snapshot) -> None:
    """Raise when the dataset lists a writer feature that this program does not know."""
    why = base.settings.why_read_only
    if why is not None:
        raise NewerWriterError(why, hint="install a newer version of rolethread-vcs")


def refuse_git_state(repository: Repository, *refs: str) -> None:
    """Raise while plain git is in the middle of a merge, a rebase … in this folder, as git itself does.

    `refs` are to move, without any the files of the folder change: other branches are free, but for one that is being
    rebased. A bisect minds only when HEAD moves.

    Raises:
        ConflictError (git_unfinished): it is.
    """
    state = repository.git_state()
    if state is None or (state.kind == BISECT and HEAD not in refs):
        return
    if not refs or {HEAD, *(BRANCHES + each for each in (repository.branch(), state.branch) if each)} & set(refs):
        conflicts = f"; in conflict: {listed(state.conflicts, 3)}" if state.conflicts else ""
        hint = f"go on with: {state.go_on}   abort it with: {state.abort}"
        raise ConflictError(state.said + conflicts, hint=hint, code="git_unfinished")


def current_branch(repository: Repository) -> str:
    """Return the branch that is checked out here, to save to.

    Raises:
        ConflictError (git_unfinished), InvalidError (detached).
    """
    refuse_git_state(repository)
    name = repository.branch()
    if name is None:
        state, others = repository.git_state(), repository.refs.branches()
        back = "main" if "main" in others else next(iter(others), "BRANCH")
        raise InvalidError(
            "you are looking at a commit, not at a branch, so there is nothing to save to",
            hint=f"start a branch here with: rtv switch -c NAME   go back to one with: rtv switch {back}"
            if state is None
            else f"{state.said}; end it with: {state.abort}",
            code="detached",
        )
    return name


def refuse_left_out(repository: Repository, differences: Sequence[Difference]) -> None:
    """Raise when files are to be checked out that a partial clone of git has left at the remote.

    Raises:
        LeftOutError
    """
    objects = repository.objects
    paths = [path for path, _, after in differences if after is not None and objects.is_left_out(after.oid)]
    if paths:
        raise LeftOutError(f"what {count(len(paths), 'file')} would hold ({listed(paths, 3)})")


def refuse_unsaved(unsaved: Sequence[Unsaved], other: CheckedOutFolder | None = None) -> None:
    """Raise when hand edits are in the way of a command, here or in another folder."""
    if not unsaved:
        return
    of = list(dict.fromkeys(item.path for item in unsaved))
    names = listed(of, 3)
    hint = "keep the edits with: rtv commit   throw them away with: rtv restore --all"
    files = count(len(of), "hand-edited file is", "hand-edited files are")
    if flagged := [each for each in unsaved if each.flag]:
        flag = flagged[0].flag
        paths = " ".join(shlex.quote(each.path) for each in flagged if each.flag == flag)
        hint = f"let git see it with: git update-index --no-{flag} {paths}"
        if flag == STAGED:
            hint = f"save what is staged with: git commit   drop it with: git restore --staged {paths}"
            if len(flagged) == len(unsaved):
                files = f"staged content of {count(len(of), 'file')}, which git alone has, is"
    if other is None:
        message = f"{files} in the way ({names})"
    else:
        files = count(len(of), "hand-edited file")
        message = f"{other.branch} is checked out in {other.folder}, and {files} there would be in the way ({names})"
    raise UnsavedEditsError(message, hint=hint if other is None else other.edits_hint)


def branch_commit(repository: Repository, name: str, command: str = "") -> str:
    """Return the commit of a branch; `command`, if any, stands before the name that was meant in the hint of an error.

    Raises:
        NoSuchBranchError: there is none; it says what else has that name, or nearly so.
    """
    commit = repository.refs.read(BRANCHES + name) if is_branch_name(name) else None
    if commit is None:
        raise _no_such_branch(repository, name, command)
    return commit


def _no_such_branch(repository: Repository, name: str, command: str = "") -> NoSuchBranchError:
    is_name, is_revision = is_branch_name(name), repository.find_commit(name) is not None
    see, theirs = "see the branches with: rtv branch", repository.refs.remote_branches()
    more = [there for there, _ in theirs.values()] if command == "switch" else []
    near = nearest(name, [*repository.refs.branches(), *more])
    if elsewhere := next((each for each, (there, _) in theirs.items() if name in (each, there)), None):
        there = theirs[elsewhere][0]
        ways = {
            "switch": f"rtv switch {there}",
            "branch --delete": f"git push REMOTE --delete {there}   deletes it there",
        }
        return NoSuchBranchError(
            f"{elsewhere} is a branch of another copy, and one works on a branch here",
            hint=ways.get(command, f"make one that follows it: rtv branch {there} --from {elsewhere}"),
        )
    if near and (is_name or not is_revision):
        hint = f"rtv {command} {near}" if command else see
        return NoSuchBranchError(f"there is no branch {name!r}; did you mean {near}?", hint=hint)
    if is_revision:
        what = "release" if is_name and repository.refs.read(TAGS + name) is not None else "commit"
        return NoSuchBranchError(
            f"{name!r} is a {what}, and one works on a branch", hint=f"start one there: rtv switch -c NEW-NAME {name}"
        )
    hint = f"make it with: rtv switch -c {name}" if is_name and command == "switch" else see
    return NoSuchBranchError(f"there is no branch {name!r}", hint=hint)


Kind = Literal["branch", "release"]

_EXAMPLES: dict[Kind, str] = {"branch": "tavern/second-try", "release": "v1.2"}
_SEE: dict[Kind, str] = {"branch": "go to it with: rtv switch", "release": "rtv release --show"}


def refuse_name(repository: Repository, kind: Kind, name: str) -> None:
    """Raise when no new branch, or release, can be called so.

    Raises:
        UsageError (branch_name, release_name): nothing can. ConflictError (branch_exists, release_exists): what is
        there already stands in the way.
    """
    if is_selector(name):
        raise UsageError(
            f"{name!r} is how an entry is named; give the {kind} a name with a letter in front",
            code="branch_name" if kind == "branch" else "release_name",
        )
    if not is_branch_name(name):
        raise UsageError(
            f"{name!r} cannot be the name of a {kind}",
            hint=f"letters, digits, . - _ and / do, for example {_EXAMPLES[kind]}",
            code="branch_name" if kind == "branch" else "release_name",
        )
    from rolethread_vcs.store.damaged_refs import clashing

    known: dict[Kind, dict[str, str]] = {"branch": repository.refs.branches(), "release": repository.refs.releases()}
    there = next((each for each, names in known.items() if name in names), kind)
    other = name if name in known[there] else next((a for a, b in clashing([*known[kind], name]) if b == name), None)
    if other is None:
        return
    problem = "" if there == kind else ", and one name shall mean one thing"
    if other != name:
        is_folder = other.startswith(name + "/") or name.startswith(other + "/")
        problem = f", and {name} cannot stand beside it" if is_folder else f"; many disks cannot tell it from {name}"
    raise ConflictError(
        f"there is a {there} {other} already{problem}",
        hint=f"{_SEE[there]} {name}" if other == name else None,
        code="branch_exists" if kind == "branch" else "release_exists",
    )


def branch_to_make(repository: Repository, intent: Intent) -> str:
    """Return the branch that the intent names when there is none of that name yet, else ""."""
    name = intent.branch
    if name is None or repository.refs.read(BRANCHES + name) is not None:
        return ""
    if any(name == there for there, _ in repository.refs.remote_branches().values()):
        raise _no_such_branch(repository, name)  # one of that name that starts here would not be what is meant
    try:
        refuse_name(repository, "branch", name)
    except ConflictError as error:  # beside the data to import, the name is what is wrong with the words
        raise UsageError(error.message, hint=error.hint) from error
    return name


def hold_branch(repository: Repository, branch: str | None) -> HeldRef:
    """Return the branch to commit to, as it is now; None stands for the current one.

    Raises:
        ConflictError (git_unfinished), InvalidError (detached), NoSuchBranchError, UnknownRevisionError.
    """
    if branch is not None:
        refuse_git_state(repository, BRANCHES + branch)
    name = branch if branch is not None else current_branch(repository)
    held = repository.refs.hold(BRANCHES + name)
    if held is None:
        if branch is None:
            raise UnknownRevisionError(
                f"the branch {name} has no commit; its ref is missing", hint="rtv verify   rtv ops"
            )
        raise _no_such_branch(repository, name)
    return held


def refuse_other_folders(
    repository: Repository, moves: Moves, changes: Mapping[str, Iterable[Difference]] | None = None
) -> None:
    """Raise when a move of refs would leave another folder behind, or check a branch out twice.

    `changes` are the differences that a move brings to a branch (by ref) whose new commit is not in the store yet.

    Raises:
        ConflictError (checked_out_elsewhere). UnsavedEditsError: hand edits there lie on files that would change.
    """
    going_to = ref_of(moves[HEAD][1]) if HEAD in moves else None
    for other in repository.other_folders():
        names = {BRANCHES + branch for branch in (other.branch, other.rebasing) if branch}
        if going_to in names:
            branch = other.branch or other.rebasing
            _refuse_gone(other, branch, is_deleted=False)
            raise _elsewhere(
                f"{branch} is checked out in {other.folder}, and one branch is worked on in one folder",
                f"cd {other.quoted}   or make a branch of it for here: rtv switch -c NAME {branch}",
            )
        for name in sorted(names & moves.keys()):
            before, after = moves[name]
            if before == after:
                continue
            _refuse_gone(other, name.removeprefix(BRANCHES), is_deleted=after is None)
            # unchecked: where the branch is missing, it must be possible to make it again from here
            folder = open_dataset(other.folder, check=False)
            if (state := folder.git_state()) is not None and state.kind != BISECT:
                raise _elsewhere(
                    f"{shorten(name)} is checked out in {other.folder}, and {state.said.replace(' here', ' there')}",
                    f"finish that first: git -C {other.quoted} status",
                )
            differences = (changes or {}).get(name)
            if differences is None:
                differences = differences_between(repository, before, after)
            refuse_unsaved([] if folder.worktree is None else folder.worktree.in_the_way(differences), other)


def differences_between(repository: Repository, before: str | None, after: str | None) -> Iterable[Difference]:
    """Yield the files that differ between two commits."""
    objects = repository.objects
    old, new = (None if oid is None else objects.commit(oid).tree for oid in (before, after))
    return two_way(old, new, objects.tree)


def _refuse_gone(other: CheckedOutFolder, branch: str, *, is_deleted: bool) -> None:
    where = f"{branch} is checked out in {other.folder}"
    if not other.is_there:
        raise _elsewhere(
            f"{where}, and that folder is not there: moved, deleted, or on a disk that is not plugged in",
            other.gone_hint,
        )
    if is_deleted:
        hint = f"remove that folder first: rtv workcopy remove {other.quoted}" if other.name else None
        raise _elsewhere(f"{where}, so it cannot go", hint)


def _elsewhere(message: str, hint: str | None) -> ConflictError:
    return ConflictError(message, hint=hint, code="checked_out_elsewhere")


class MergeBreaksRulesError(ConflictError):
    """What two sides make together breaks a rule that neither broke; `findings` are those, nothing was saved."""

    code = "merge_breaks_rules"


def refuse_broken_by_merge(gate: Gate, verdict: Verdict, change: ChangeSet, others: Sequence[Snapshot]) -> None:
    """Raise when findings that block stand in none of the other sides."""
    rules, sides = {rule.code: rule for rule in gate.rules}, [(side, RuleKeys(side)) for side in others]

    def came(finding: Finding) -> bool:
        """Return whether one of the other sides has a finding already."""
        rule, entry_id = rules[finding.code], finding.entry_id or ""
        for side, rule_keys in sides:
            found: list[Finding] = []
            if rule.scope is Scope.ENTRY:
                if (entry := readable(side.read(entry_id))) is not None:
                    found = find_in_entry([rule], entry_id, entry)
            elif entry_id in change.puts and rule.keys is not None and rule.check_dataset is not None:
                holders = rule_keys.holders(rule, rule.keys(change.puts[entry_id]))
                found = [rule.as_finding(None, each) for each in rule.check_dataset(holders)]
            if any(each.identity() == finding.identity() for each in found):
                return True
        return False

    broken = tuple(finding for finding in verdict.blocking if not came(finding))
    if not broken:
        return
    ids = list(dict.fromkeys(finding.entry_id or "" for finding in broken))
    have = f"entry {ids[0]} breaks a rule" if len(ids) == 1 else f"{len(ids):,} entries break rules"
    codes = sorted({finding.code for finding in broken})
    raise MergeBreaksRulesError(
        f"{have} that neither side broke ({broken[0].code} {broken[0].name}: {broken[0].message})",
        hint=f'{" ".join(f"--allow {code}" for code in codes)} --because "…"   saves it all the same',
        findings=broken,
    )
