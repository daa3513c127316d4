"""What stops a mutation before it starts: no branch, a newer writer, hand edits in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.gate import Gate, Verdict
from rolethread_vcs.model.finding import Finding, Scope
from rolethread_vcs.phrases import count, listed
from rolethread_vcs.rules import find_in_entry
from rolethread_vcs.store.checkout import Unsaved, UnsavedEditsError
from rolethread_vcs.store.dataset_folder import open_dataset
from rolethread_vcs.store.log import Moves
from rolethread_vcs.store.objects.trees import Difference, two_way
from rolethread_vcs.store.refs import BRANCHES, HEAD, HeldRef, UnknownRevisionError, is_branch_name, ref_of
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


def refuse_merge_of_git(repository: Repository) -> None:
    """Raise while plain git merges in this folder: its files are half of one side and half of the other.

    Raises:
        ConflictError (git_merge): it is.
    """
    if repository.has_merge_of_git():
        raise ConflictError(
            "plain git is in the middle of a merge here",
            hint="git merge --continue   or: git merge --abort",
            code="git_merge",
        )


def refuse_unsaved(unsaved: Sequence[Unsaved], other: CheckedOutFolder | None = None) -> None:
    """Raise when hand edits are in the way of a command, here or in another folder."""
    if not unsaved:
        return
    names = listed([item.path for item in unsaved], 3)
    hint = "keep the edits with: rtv commit   throw them away with: rtv restore --all"
    if other is None:
        message = f"{count(len(unsaved), 'hand-edited file is', 'hand-edited files are')} in the way ({names})"
    else:
        files = count(len(unsaved), "hand-edited file")
        message = f"{other.branch} is checked out in {other.folder}, and {files} there would be in the way ({names})"
    raise UnsavedEditsError(message, hint=hint if other is None else other.edits_hint)


def branch_to_make(repository: Repository, intent: Intent) -> str:
    """Return the branch that the intent names when there is none of that name yet, else ""."""
    name = intent.branch
    if name is None or repository.refs.read(BRANCHES + name) is not None:
        return ""
    if not is_branch_name(name):
        raise UsageError(f"{name!r} cannot be the name of a branch", hint="letters, digits, - _ and / go well")
    for other in repository.refs.branches():
        if other.casefold() == name.casefold():
            raise UsageError(f"there is a branch {other} already; many disks cannot tell it from {name}")
    return name


def hold_branch(repository: Repository, branch: str | None) -> HeldRef:
    """Return the branch to commit to, as it is now; None stands for the current one.

    Raises:
        InvalidError (detached), NoSuchBranchError, UnknownRevisionError.
    """
    name = branch if branch is not None else repository.branch()
    if name is None:
        raise InvalidError(
            "you are looking at a commit, not at a branch, so there is nothing to save to",
            hint="start a branch here with: rtv switch -c NAME",
            code="detached",
        )
    held = repository.refs.hold(BRANCHES + name)
    if held is None:
        if branch is None:
            raise UnknownRevisionError(
                f"the branch {name} has no commit; its ref is missing", hint="rtv verify   rtv ops"
            )
        raise NoSuchBranchError(f"there is no branch {name}", hint=f"make it with: rtv branch {name}")
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
            raise _elsewhere(
                f"{branch} is checked out in {other.folder}, and one branch is worked on in one folder",
                f"cd {other.quoted}   or make a branch of it for here: rtv switch -c NAME {branch}",
            )
        for name in sorted(names & moves.keys()):
            before, after = moves[name]
            if before == after:
                continue
            _refuse_busy(other, name.removeprefix(BRANCHES), is_deleted=after is None)
            differences = (changes or {}).get(name)
            if differences is None:
                differences = differences_between(repository, before, after)
            # unchecked: where the branch is missing, it must be possible to make it again from here
            worktree = open_dataset(other.folder, check=False).worktree
            refuse_unsaved([] if worktree is None else worktree.in_the_way(differences), other)


def differences_between(repository: Repository, before: str | None, after: str | None) -> Iterable[Difference]:
    """Yield the files that differ between two commits."""
    objects = repository.objects
    old, new = (None if oid is None else objects.commit(oid).tree for oid in (before, after))
    return two_way(old, new, objects.tree)


def _refuse_busy(other: CheckedOutFolder, branch: str, *, is_deleted: bool) -> None:
    where = f"{branch} is checked out in {other.folder}"
    if not other.is_there:
        raise _elsewhere(
            f"{where}, and that folder is not there: moved, deleted, or on a disk that is not plugged in",
            other.gone_hint,
        )
    if is_deleted:
        hint = f"remove that folder first: rtv workcopy remove {other.quoted}" if other.name else None
        raise _elsewhere(f"{where}, so it cannot go", hint)
    doing = "a rebase" if other.rebasing else "a merge" if (other.private / "MERGE_HEAD").exists() else ""
    if doing:
        raise _elsewhere(
            f"{where}, where plain git is in the middle of {doing}",
            f"finish that first: git -C {other.quoted} status",
        )


def _elsewhere(message: str, hint: str | None) -> ConflictError:
    return ConflictError(message, hint=hint, code="checked_out_elsewhere")


class MergeBreaksRulesError(ConflictError):
    """What two sides make together breaks a rule that neither broke; `findings` are those, nothing was saved."""

    code = "merge_breaks_rules"


def refuse_broken_by_merge(gate: Gate, verdict: Verdict, change: ChangeSet, others: Sequence[Snapshot]) -> None:
    """Raise when findings that block stand in none of the other sides."""
    broken = tuple(finding for finding in verdict.blocking if not _came(finding, gate, change, others))
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


def _came(finding: Finding, gate: Gate, change: ChangeSet, others: Sequence[Snapshot]) -> bool:
    """Return whether one of the other sides has a finding already."""
    rule = next(each for each in gate.rules if each.code == finding.code)
    entry_id = finding.entry_id or ""
    for side in others:
        found: list[Finding] = []
        if rule.scope is Scope.ENTRY:
            if (entry := readable(side.read(entry_id))) is not None:
                found = find_in_entry([rule], entry_id, entry)
        elif entry_id in change.puts and rule.keys is not None and rule.check_dataset is not None:
            holders = side.holders(rule, rule.keys(change.puts[entry_id]))
            found = [rule.as_finding(None, each) for each in rule.check_dataset(holders)]
        if any(each.identity() == finding.identity() for each in found):
            return True
    return False
