"""Looks at what lies around the history: configuration, index, unfinished merges, links of files, other folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.model.finding import Severity
from rolethread_vcs.ops.workcopy.links import damaged_links
from rolethread_vcs.store.damaged_refs import ref_title
from rolethread_vcs.store.dataset_folder import misplaced
from rolethread_vcs.store.disk import read_file
from rolethread_vcs.store.linked_folders import linked_folders
from rolethread_vcs.store.refs import BRANCHES, TAGS, is_text, ref_of
from rolethread_vcs.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be.

    `kind` is stable (`damaged_object`, `unreadable_entry` …); `object` is a hex id, `path` a path in the dataset or
    of a file of git. Only errors are damage; a warning is odd but harms nothing, an info is for your knowledge.
    """

    kind: str
    severity: Severity
    message: str
    object: str | None = None
    path: str | None = None


_WRITTEN_THROUGH = (
    "config",
    "index",
    "refs",
    "refs/heads",
    "refs/tags",
    "logs",
    "objects",
    "objects/pack",
    "rolethread",
)
"""Places in a git folder that git, and we, write to also where a link stands in them: people share a store so."""


def written_through(repository: Repository) -> Iterator[Problem]:
    """Yield the links through which git, and we, write to another place; it harms nobody who made them."""
    common = repository.common_folder
    for path in dict.fromkeys([*map(common.joinpath, _WRITTEN_THROUGH), repository.git_folder / "index"]):
        if path.is_symlink():
            message = (
                f"{path} is a link, and what is saved there is written to {path.resolve()}; "
                "if you did not make it, put a copy of what it leads to in its place"
            )
            yield Problem("written_through", Severity.INFO, message, path=path.relative_to(common).as_posix())


def is_commit(repository: Repository, oid: str) -> bool:
    return len(oid) == 40 and repository.objects.kind(oid) == "commit"


def around(repository: Repository) -> Iterator[Problem]:
    """Yield what is damaged beside the objects and refs; the index, which is derived, only with a warning."""
    common = repository.common_folder
    wrong = misplaced(common)
    for path in wrong:
        stands, belongs = "a folder", "a file"
        if path.is_symlink():
            stands, belongs = "a link", "the file itself"
        elif not path.is_dir():
            stands, belongs = "a file" if path.exists() else "missing", "a folder"
        message = f"{path} is {stands}, where {belongs} belongs"
        yield Problem("misplaced", Severity.ERROR, message, path=path.relative_to(common).as_posix())
    if not (config := common / "config").is_file():
        message = f"git's configuration {config} is gone, with the notes of branches in it"
        yield Problem("damaged_config", Severity.ERROR, message, path="config")
    yield from written_through(repository)
    try:
        repository.config.own_section("")
    except DamagedError as error:
        yield Problem("damaged_config", Severity.ERROR, error.message, path="config")
    if repository.worktree is not None:
        try:
            repository.worktree.index.open()
        except DamagedError as error:
            message = f"{error.message}; the next command that needs it writes it again"
            yield Problem("damaged_index", Severity.WARNING, message, path="index")
    merge = repository.unfinished_ref
    try:
        if repository.unfinished() is None and (known := repository.operations.table().get(merge)) is not None:
            message = "the unfinished merge is gone, and no command of ours ended it: rtv verify --repair"
            yield Problem("missing_unfinished", Severity.WARNING, message, known, merge)
    except DamagedError as error:
        yield Problem("damaged_unfinished", Severity.ERROR, error.message, path=merge)
    with suppress(DamagedError):
        names = {*repository.refs.names(), ref_of(repository.refs.head())}
        for name, oid in repository.operations.table().items():
            if name.startswith((BRANCHES, TAGS)) and name not in names and not (common / name).is_file():
                if any(repository.refs.logged(name)):  # whoever deletes a branch takes its reflog along
                    message = f"{ref_title(name)} is lost; the operation log has it at {oid[:10]}"
                    yield Problem("missing_ref", Severity.ERROR, message, path=name)
                else:
                    message = f"{ref_title(name)} is gone, and no command of ours did it; it was at {oid[:10]}"
                    yield Problem("missing_ref_of_log", Severity.WARNING, f"{message}: rtv undo", path=name)
    for path, reason in damaged_links(repository):
        if path not in wrong:
            place = path.relative_to(common).as_posix()
            yield Problem("damaged_link", Severity.ERROR, reason, path=place)
    for folder in linked_folders(common):
        branch = ref_of(folder.head)
        is_branch = branch is not None and branch.startswith(BRANCHES) and is_text(branch)
        if not is_branch and not is_commit(repository, folder.head):
            message = f"HEAD of the folder copy {folder.folder} leads nowhere"
            yield Problem("damaged_ref", Severity.ERROR, message, path=f"worktrees/{folder.name}/HEAD")
        way = read_file(folder.private / "commondir") or ""
        if "\0" in way or (folder.private / way).resolve() != common.resolve():
            message = f"the folder copy {folder.folder} has lost the way to the dataset; git does not open it"
            yield Problem("lost_folder", Severity.ERROR, message, path=f"worktrees/{folder.name}/commondir")
        if folder.folder == folder.private:
            message = f"nobody knows where the folder copy {folder.name} lies; {folder.gone_hint}"
            yield Problem("lost_folder", Severity.ERROR, message, path=f"worktrees/{folder.name}/gitdir")
