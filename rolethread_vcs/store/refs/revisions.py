"""Finds the commit that a revision names: a branch, a release, the beginning of a commit id, and steps up from it."""

from __future__ import annotations

from collections.abc import Callable

import pygit2

from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.model.revision import Revision, RevisionKind, parse_revision
from rolethread_vcs.store.objects.reader import Objects
from rolethread_vcs.store.refs.refs import BRANCHES, HEAD, TAGS, Refs

_LONGEST_PART = 250  # bytes; git adds `.lock`


class UnknownRevisionError(NotFoundError):
    """A revision names no branch, release or commit."""

    code = "unknown_revision"


def resolve(text: str, current: Callable[[], str], refs: Refs, objects: Objects) -> str:
    """Return the full hex id of the commit that a revision names; `current` says where `@` is.

    Raises:
        UnknownRevisionError: nothing of that name. UsageError: a prefix of several commits.
    """
    revision = parse_revision(text)
    commit = current() if revision.kind is RevisionKind.CURRENT else _find_base(revision, text, refs, objects)
    for step in range(revision.ups):
        parents = objects.commit(commit).parents
        if not parents:
            raise UnknownRevisionError(f"{text} goes back further than history: only {step} steps are there")
        commit = parents[0]
    return commit


def _find_base(revision: Revision, text: str, refs: Refs, objects: Objects) -> str:
    if revision.kind is not RevisionKind.COMMIT:
        for prefix in (BRANCHES, TAGS, "refs/remotes/", "refs/remotes/origin/"):
            target = refs.read(prefix + revision.base) if _is_ref_name(prefix + revision.base) else None
            if target is not None:
                return objects.peel(target)
    if revision.kind is not RevisionKind.NAME:
        found = objects.expand(revision.base)
        if len(found) == 1:
            return objects.peel(found[0])
        if len(found) > 1:
            raise UsageError(f"{revision.base} is the beginning of several commits; write more digits")
    names = [name.removeprefix(BRANCHES).removeprefix(TAGS) for name in refs.table()]
    from difflib import get_close_matches  # imported here because start-up counts

    close = get_close_matches(revision.base, names, n=1)
    raise UnknownRevisionError(
        f"there is no branch, release or commit {text!r}",
        hint=f"did you mean {close[0]}?" if close else "see the branches with: rtv branch",
    )


def _is_ref_name(name: str) -> bool:
    # no file system takes a longer name, and libgit2 fails where it should say that there is none
    is_short = all(len(part.encode("utf-8", "replace")) <= _LONGEST_PART for part in name.split("/"))
    return is_short and bool(pygit2.reference_is_valid_name(name))


def is_branch_name(name: str) -> bool:
    """Return whether git accepts a name for a branch; a leading dash is refused too."""
    return _is_ref_name(BRANCHES + name) and not name.startswith("-") and name not in (HEAD, "@")
