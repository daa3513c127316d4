"""Judges what plain git is about to commit or to push: the gate's question, for the hooks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from rolethread_vcs.model.finding import Severity
from rolethread_vcs.ops.check.check import Checked, check_since, check_staged
from rolethread_vcs.store.places.linked_folders import rebased_branch
from rolethread_vcs.store.refs.refs import BRANCHES
from rolethread_vcs.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Judged:
    """What would come into a branch: of the findings only the errors, and whether they stop git there.

    `branch` is "" for a commit that is on no branch.
    """

    what: str
    branch: str
    is_strict: bool
    errors: Checked


def judge_staged(repository: Repository, index: Path | None = None) -> Judged:
    """Return what a commit of the staged files would bring in; `index` is the file that git commits from.

    The policy is that of the branch before the commit.

    Raises:
        InvalidError (staged_entry): a staged file does not read as an entry.
    """
    settings = repository.head_snapshot().settings
    branch = repository.branch() or rebased_branch(repository.git_folder)
    checked = check_staged(repository, index=index)
    return Judged("this commit", branch, bool(branch) and settings.is_strict(branch), _errors_of(checked))


def judge_push(repository: Repository, pushed: Iterable[tuple[str, str, str]]) -> tuple[Judged, ...]:
    """Return what a push would bring into each branch, given as (ref there, commit there, commit here).

    A branch that is new over there is compared with the newest of its commits that is known to be over there, or else
    with the first commit of all.
    """
    judged = []
    for remote, there, here in pushed:
        if not remote.startswith(BRANCHES) or not here.strip("0"):
            continue
        branch = remote.removeprefix(BRANCHES)
        since = there if there.strip("0") and there in repository.objects else _known_start(repository, here)
        if since is None:
            continue
        strict = repository.snapshot_of(since).settings.is_strict(branch)
        checked = check_since(repository, since, rev=here)
        judged.append(Judged("this push", branch, strict, _errors_of(checked)))
    return tuple(judged)


def _known_start(repository: Repository, here: str) -> str | None:
    """Return the newest commit on the way to a commit that some other computer is known to have; else the first."""
    remotes = [name for name in repository.refs.names() if name.startswith("refs/remotes/")]
    known = [value for name in remotes if (value := repository.refs.read(name)) is not None]
    first = None
    for commit in repository.graph.walk(here):
        if any(repository.graph.is_ancestor(commit, value) for value in known):
            return commit
        first = commit
    return first


def _errors_of(checked: Checked) -> Checked:
    return replace(checked, findings=tuple(each for each in checked.findings if each.severity is Severity.ERROR))
