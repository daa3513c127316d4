"""Follows refs to commits, and finds those in trouble: they lead nowhere, or disks cannot hold two side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.model.layout import fold
from rolethread_vcs.store import disk
from rolethread_vcs.store.disk import read_file
from rolethread_vcs.store.log import OPERATIONS_REF, REPAIR
from rolethread_vcs.store.refs import BRANCHES, TAGS, is_ref_name, is_text, shorten
from rolethread_vcs.store.repository import Repository

_PACKED = re.compile(r"([0-9a-f]{40}) (refs/\S+)")


class FollowedRef(NamedTuple):
    """A ref, and the object that it leads to through `tags` (hex ids); None where it is not there or does not read.

    `commit` is that object where it is one. `problem` is the kind of what is wrong, "" when nothing is, and `reason`
    says it; `known` is then the last commit that the operation log has for it, where somebody asked.
    """

    name: str
    oid: str | None = None
    tags: tuple[str, ...] = ()
    commit: str | None = None
    problem: str = ""
    reason: str = ""
    known: str | None = None

    def __str__(self) -> str:
        was = f"; the operation log has it at {self.known[:10]}" if self.known else ""
        return f"{'' if self.name == OPERATIONS_REF else 'the '}{ref_title(self.name)} {self.reason}{was}"


def loose_refs(repository: Repository, *folders: str) -> set[str]:
    """Return the names of the refs that have a file below some folders, also of those that do not read."""
    common = repository.common_folder
    with disk.system_errors("looking for branches and releases"):
        files = [path for folder in folders for path in disk.files_below(common / folder)]
    names = (path.relative_to(common).as_posix() for path in files if path.suffix != ".lock" and path.is_file())
    return {name for name in names if is_text(name)}


def follow_ref(repository: Repository, name: str) -> FollowedRef:
    objects = repository.objects
    try:
        target = repository.refs.read(name)
    except DamagedError as error:
        return FollowedRef(name, problem="damaged_ref", reason=error.message.removeprefix(f"{shorten(name)} "))
    if target is None:
        return FollowedRef(name)
    try:
        *tags, oid = objects.tag_chain(target)
    except DamagedError as error:
        return FollowedRef(name, target, problem="damaged_ref", reason=f"cannot be read: {error.message}")
    found, kind = FollowedRef(name, oid, tuple(tags)), objects.kind(oid)
    if kind is None:
        reason = f"points at {oid[:10]}, which is missing or damaged"
        return found._replace(problem="missing_object", reason=reason)
    found = found._replace(commit=oid if kind == "commit" else None)
    if name.startswith(BRANCHES) and (tags or kind != "commit"):
        reason = f"points at a {'tag' if tags else kind}, not at a commit"
        return found._replace(problem="damaged_ref", reason=reason)
    return found


def last_value(repository: Repository, name: str, value: str | None = None) -> tuple[str | None, str | None]:
    """Return the newest value of a branch or release that is still there, and the newer one that is lost, if any.

    They are those of the operation log, else of git's own; `value` is the one that it has, if that can be read. What
    neither log has beside a last value that is there was never a commit: the file is torn.
    """
    logged, is_there = repository.operations.table().get(name), repository.objects.commit_at
    values = list(repository.refs.logged(name))
    known = repository.operations.last_known(name) or next((oid for oid in values if is_there(oid)), None)
    newer = [logged] if values[:1] == [logged] else [value, logged, *values[:1]]
    return known, next((oid for oid in newer if oid not in (None, known) and not is_there(str(oid))), None)


def fallen_back(repository: Repository) -> dict[str, str]:
    """Return the branches, and the operation log, that have an old packed value since their own file is lost.

    Each with the newer commit that git's log of it has: whoever moves a ref on purpose writes there, too.
    """
    found, names = {}, list[str]()
    with suppress(DamagedError):  # the packed list; whoever needs it is told
        names = repository.refs.names()
    for name in names:
        if name.startswith((BRANCHES, OPERATIONS_REF)) and not (repository.common_folder / name).is_file():
            value, newest = follow_ref(repository, name).commit, next(repository.refs.logged(name), None)
            is_commit = newest is not None and repository.objects.kind(newest) == "commit"
            if value and newest and newest != value and is_commit and repository.graph.is_ancestor(value, newest):
                found[name] = newest
    return found


def lost_tips(repository: Repository) -> Iterator[tuple[str, str, str]]:
    """Yield each branch or release that stands where a repair left it: its name, its value, and what it did not find.

    Where nobody knew that, it is ""; what moved since is not among them.
    """
    seen: set[str] = set()
    for operation in repository.operations.readable():
        lost = operation.details.get("lost", {}) if operation.verb == REPAIR else {}
        for name, newer in lost.items():
            stands = operation.refs.get(name, "")
            if name not in seen and repository.refs.is_at(name, stands):
                yield name, stands, newer
            seen.add(name)


def whole_lines(common: Path) -> dict[str, str]:
    """Return the refs of the lines of `packed-refs` that are whole, by name."""
    lines = (read_file(common / "packed-refs") or "").splitlines()
    found = {match[2]: match[1] for line in lines if (match := _PACKED.fullmatch(line))}
    return {name: oid for name, oid in found.items() if is_ref_name(name)}


def ref_title(name: str) -> str:
    return f"branch {shorten(name)}" if name.startswith(BRANCHES) else shorten(name)


def damaged_refs(repository: Repository) -> tuple[FollowedRef, ...]:
    """Return the damaged branches and releases by name, and the operation log; asks for all that they lead to."""
    names = loose_refs(repository, BRANCHES, TAGS)
    with suppress(DamagedError):  # the packed list; whoever needs it is told
        names.update(name for name in repository.refs.names() if name.startswith((BRANCHES, TAGS)))
    refs = (follow_ref(repository, name) for name in sorted(names))
    found = [ref._replace(known=repository.operations.last_known(ref.name)) for ref in refs if ref.problem]
    try:
        repository.operations.last()
    except DamagedError as error:
        reason = f"cannot be read: {error.message}"
        found.append(FollowedRef(OPERATIONS_REF, problem="damaged_ref", reason=reason))
    return tuple(found)


# ---- names that cannot stand side by side


def clash_notes(repository: Repository) -> Iterator[str]:
    """Yield what to know of branches and releases that we, or disks of other machines, cannot hold."""
    for name in repository.refs.names(not_text=True):
        yield f"git has {name!r}, a name that is not UTF-8, which rtv leaves out; rename it with git"
    for kind, names in (("branches", repository.refs.branches()), ("releases", repository.refs.releases())):
        for pair in clashing(sorted(names)):
            both = " and ".join(pair)
            yield f"many disks cannot hold the {kind} {both} side by side; give one of them another name"


def clashing(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each name that cannot stand beside an earlier one, behind that one.

    They are file and folder (`a`, `a/b`), or many disks, which know no capitals and one way to write an accent, cannot
    tell them apart (`Try`, `try`, `TRY/x`).
    """
    seen: dict[str, tuple[str, str]] = {}
    for name in names:
        places = [name[:end] for end, letter in enumerate(name) if letter == "/"] + [name]
        for place in places:
            written, first = seen.setdefault(fold(place), (place, name))
            if first != name and (written != place or place in (first, name)):
                yield first, name
                break
