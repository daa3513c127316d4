"""Finds branches and releases whose refs do not read or lead nowhere: git leaves such files out of its list."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.store.refs import BRANCHES, HEAD, TAGS, ref_of, shorten
from rolethread_vcs.store.repository import Repository

_LOOSE = re.compile(rb"([0-9a-f]{40}|ref: [^\n]+)\s*")


@dataclass(frozen=True, slots=True)
class DamagedRef:
    """A branch or a release that cannot be followed: `reason` says why, `repair` what to run, "" when nobody knows.

    `known` is the last commit that the operation log has for it, None when it has none.
    """

    name: str
    reason: str
    known: str | None
    repair: str

    def __str__(self) -> str:
        what = shorten(self.name) if self.name.startswith(TAGS) else f"branch {shorten(self.name)}"
        was = f"; the operation log has it at {self.known[:10]}" if self.known else ""
        return f"the {what} {self.reason}{was}"


def damaged_refs(repository: Repository) -> tuple[DamagedRef, ...]:
    """Return the damaged branches and releases by name; reads the loose refs, and asks for what each ref points at."""
    common, reasons = repository.common_folder, {}
    for path in chain.from_iterable((common / folder).rglob("*") for folder in (BRANCHES, TAGS)):
        name = path.relative_to(common).as_posix()
        if name.endswith(".lock") or not path.is_file():
            continue
        try:
            if _LOOSE.fullmatch(path.read_bytes()) is None:
                reasons[name] = "cannot be read: its file holds no commit's id"
        except FileNotFoundError:  # packed or deleted a moment ago
            continue
        except OSError as error:
            reasons[name] = f"cannot be read: {error.strerror}"
    current, table = None, {}
    with suppress(DamagedError):  # HEAD or the packed list; whoever needs them is told
        current = ref_of(repository.refs.head())
        table = repository.refs.table()
    for name, target in table.items():
        kind = repository.objects.kind(target) if name != HEAD and name not in reasons else "commit"
        if kind is None:
            reasons[name] = f"points at {target[:10]}, which is missing or damaged"
        elif kind != "commit" and name.startswith(BRANCHES):
            reasons[name] = f"points at a {kind}, not at a commit"
    found = []
    for name in sorted(reasons):
        known = repository.operations.last_known(name)
        repair = "" if known is None else _repair(repository, name, known, is_current=name == current)
        found.append(DamagedRef(name, reasons[name], known, repair))
    return tuple(found)


def _repair(repository: Repository, name: str, known: str, *, is_current: bool) -> str:
    path, folder = repository.common_folder / name, shlex.quote(str(repository.folder))
    away = f"rm {shlex.quote(str(path))} && " if path.is_file() else ""
    if away and name.startswith(BRANCHES) and not is_current:
        return f"{away}rtv -C {folder} branch {shorten(name)} --from {known[:10]}"
    return f"{away}git -C {folder} update-ref {name} {known}"
