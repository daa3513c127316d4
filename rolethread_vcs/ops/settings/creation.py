"""Starts a dataset: empty, or as a copy of another one; each with the first line of its operation log."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs import limits
from rolethread_vcs.errors import InvalidError, RoleThreadError
from rolethread_vcs.formats import Reject, Source, read_drafts, unread_error
from rolethread_vcs.gate.refusal import refusal_of_import
from rolethread_vcs.model.settings import new_settings_text
from rolethread_vcs.store.clone import clone as clone_repository
from rolethread_vcs.store.damaged_refs import clash_notes
from rolethread_vcs.store.dataset_folder import init_dataset, place_of
from rolethread_vcs.store.filesystem import cloud_service
from rolethread_vcs.store.repository import CHECKOUT_LIMIT, Repository
from rolethread_vcs.transaction import Intent, Session


@dataclass(frozen=True, slots=True)
class Started:
    """A dataset that is there now, and what its owner should know."""

    repository: Repository
    entries: int
    branches: int
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def init(folder: str | Path, *, name: str | None = None, id: str | None = None) -> Started:
    """Create an empty dataset; `id` is a UUID, a fresh one by default.

    Raises:
        InvalidError: there is a repository already, or the name or id does not fit. SystemRefusedError.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InvalidError(
            f"{folder} is a file, and a dataset is a folder of its own",
            hint=f"rtv init my-dataset --from {shlex.quote(str(folder))}",
        )
    text = new_settings_text(name or folder.resolve().name or "dataset", id or str(uuid.uuid4()))
    repository = init_dataset(folder, text)
    with Session.open(repository, Intent("init", "init"), needs_branch=False) as session:
        session.move({})
    return Started(session.repository, 0, 1, warnings=_warnings(folder))


def refuse_unreadable(files: Sequence[Path]) -> None:
    """Refuse files of which no import could ever save a row, so that no dataset is made for them.

    A file is read up to its first row that can be read; a compressed one to its end, where it may be torn. What can be
    read only once (a pipe) is left to the import.

    Raises:
        InvalidError (unread_files): several cannot be read. NotFoundError, InvalidError (unread_format),
        InvalidError (unknown_shape), InvalidError (not_utf8), InvalidError (torn),
        SystemRefusedError.
        RefusedByGateError: there are rows, and none can be read.
    """
    errors: list[RoleThreadError] = []
    for file in files:
        try:
            if file.is_file() or not file.exists():
                _refuse_unreadable(file)
        except RoleThreadError as error:
            errors.append(error)
    if errors:
        raise unread_error(errors, len(files))


def _refuse_unreadable(file: Path) -> None:
    is_packed = file.name.lower().endswith(".gz")
    rejects: list[Reject] = []
    rows = 0
    has_row = False
    with Source(file, name=str(file)) as source:
        for row in read_drafts(source):
            if isinstance(row, Reject):
                rows += 1
                rejects += (row,) if rows <= limits.REJECTS else ()
                continue
            has_row = True
            if not is_packed:
                return
    if rejects and not has_row:
        ways = "correct the rows named above, or choose another file"
        raise refusal_of_import(rows, rejects, refused=rows, hint=ways)


def clone(source: str | Path, folder: str | Path | None = None, *, inside: Path = Path()) -> Started:
    """Copy a dataset with all its branches and releases; up to 20,000 entries its files are checked out.

    The source is a path, a `file://` URL, or a bundle of git; the folder has its name by default, and lies, as a
    relative source does, `inside` another one.

    Raises:
        NotFoundError: no dataset there. InvalidError: the target is not empty. UsageError: it is on another machine.
    """
    source = place_of(source, inside)
    folder = inside / (folder or source.resolve().name.removesuffix(".git").removesuffix(".bundle"))
    repository = clone_repository(source, folder)
    entries = len(repository.head_snapshot())
    notes = ["the copy starts an operation log of its own: rtv undo there takes back only what is done there"]
    if entries > CHECKOUT_LIMIT:
        notes.append(f"more than {CHECKOUT_LIMIT:,} entries: no files are checked out (rtv config set checkout always)")
    notes += clash_notes(repository)
    with Session.open(repository, Intent("clone", f"clone {source}"), needs_branch=False) as session:
        repository = session.repository
        session.move({})
    if repository.is_shallow:
        notes.append("the history of the copy is cut off, because that of the original is")
    return Started(repository, entries, len(repository.refs.branches()), tuple(notes), _warnings(folder))


def _warnings(folder: Path) -> tuple[str, ...]:
    service = cloud_service(folder)
    if service is None:
        return ()
    return (
        f"this folder is copied by {service}, which can damage a dataset while a command is writing; "
        f"keep the dataset outside, and put copies (rtv clone, exports) into {service}",
    )
