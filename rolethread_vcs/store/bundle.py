"""Unpacks a bundle of git (gitformat-bundle, versions 2 and 3): one file with the names of refs and a pack."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.store import disk
from rolethread_vcs.store.libgit2 import DEFAULT_BRANCH, create_git
from rolethread_vcs.store.log import OPERATIONS_REF
from rolethread_vcs.store.objects.pack_index import is_summed
from rolethread_vcs.store.objects.pack_scan import mapped, scan
from rolethread_vcs.store.refs import BRANCHES, HEAD, SYMBOLIC, TAGS
from rolethread_vcs.store.repository import Repository


def is_bundle(path: Path) -> bool:
    with disk.system_errors(f"reading {path}"), path.open("rb") as file:
        return file.readline(80) in (b"# v2 git bundle\n", b"# v3 git bundle\n")


@contextmanager
def unpacked(path: Path, scratch: Path, *, with_log: bool = False) -> Iterator[Repository]:
    """Give a repository with the branches and releases of a bundle, in a folder of `scratch` meanwhile.

    With `with_log` it has the operation log, too.

    Raises:
        InvalidError: it holds only a part. DamagedError: it is cut off.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        disk.system_errors(f"unpacking {path}"),
        path.open("rb") as file,
        TemporaryDirectory(prefix=f"{os.getpid()}-", dir=scratch) as folder,
    ):
        refs: dict[str, str] = {}
        file.readline()
        while (line := file.readline()) not in (b"", b"\n"):
            if line == b"@object-format=sha256\n":
                raise InvalidError(f"the bundle {path} has SHA-256 names; datasets use SHA-1")
            if line.startswith((b"-", b"@filter=")):
                hint = f"bring it into a copy that has the rest: git fetch {shlex.quote(str(path.resolve()))}"
                raise InvalidError(f"the bundle {path} holds only a part of a dataset", hint=hint)
            oid, _, name = line.decode("utf-8", "surrogateescape").rstrip("\n").partition(" ")
            if name.startswith((HEAD, BRANCHES, TAGS)) or (with_log and name == OPERATIONS_REF):
                refs[name] = oid
        data = mapped(path)[file.tell() :]
        repository = Repository(create_git(Path(folder) / "dataset"), durable=False)
        try:
            _unpack(data, repository)
        except ValueError as error:
            raise DamagedError(f"the bundle {path} is cut off or damaged", hint="make or copy it again") from error
        tip = refs.pop(HEAD, None)
        for name, oid in refs.items():
            repository.refs.create(name, oid)
        # as git does, a branch that stands where HEAD stood is taken for the current one
        branches = sorted(
            repository.refs.branches().items(), key=lambda each: (each[1] != tip, each[0] != DEFAULT_BRANCH)
        )
        if not branches:
            raise InvalidError(f"the bundle {path} holds no branch", hint="make it with: git bundle create FILE --all")
        repository.refs.set_head(SYMBOLIC + BRANCHES + branches[0][0], before=repository.refs.head())
        yield repository


def _unpack(data: memoryview, repository: Repository) -> None:
    """Write the objects of a pack without an index into a repository."""
    if not is_summed(data):
        raise ValueError("the pack is not whole")
    with repository.pack() as pack:
        for each in scan(data):
            pack.add(each.kind, each.data, each.oid)
        pack.publish()
