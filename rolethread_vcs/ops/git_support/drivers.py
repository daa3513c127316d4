"""Puts our diff and merge drivers into a repository, so that plain git shows and merges conversations.

They stand in `.git/config` and `.git/info/attributes`, which nobody clones and which win over the dataset's own
`.gitattributes`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolethread_vcs.documents import Kind, UnreadableDocumentError, all_kinds, kind_of
from rolethread_vcs.store import disk
from rolethread_vcs.store.repository import Repository

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Conflict

_BEGIN = "# rolethread-vcs: begin (rtv hooks remove takes these lines away)\n"
_END = "# rolethread-vcs: end\n"
_BLOCK = re.compile(f"{re.escape(_BEGIN)}(?:(?!{re.escape(_BEGIN)}).)*?{re.escape(_END)}", re.DOTALL)

_ADDED = "merge.rolethread.added"
"""The setting that notes which settings of git's own we put in beside those that only we read."""


def install_drivers(repository: Repository, text_version: int) -> None:
    """Put the drivers in, or bring them up to date; call under the lock.

    Raises:
        SystemRefusedError, DamagedError: the files of git cannot be written, or do not read.
    """
    _write_attributes(repository, _attributes())
    _write_settings(repository, _driver_settings(text_version))


def remove_drivers(repository: Repository) -> None:
    """Take the drivers out, and what was put in beside them; call under the lock."""
    _write_attributes(repository, "")
    _remove_settings(repository)


def merge_files(path: str, base: Path, ours: Path, theirs: Path) -> tuple[Conflict, ...]:
    """Merge three versions of a file of the dataset as git asks a merge driver to: the result is written over ours.

    Returns what conflicts; there ours stays. An empty base stands for none.

    Raises:
        UnreadableDocumentError: a version cannot be read; nothing was written. SystemRefusedError.
    """
    kind = kind_of(path)
    with disk.system_errors(f"merging {path}"):
        was, left, right = (version.read_bytes() for version in (base, ours, theirs))
        try:
            merged = kind.merge(was or None, left, right)
        except UnreadableDocumentError as error:
            raise UnreadableDocumentError(f"{path}: {error.message}") from error
        data = merged.data or kind.absent or b""
        if data != left:
            ours.write_bytes(data)
    return merged.conflicts


# ---- settings


def _driver_settings(text_version: int) -> dict[str, str]:
    """Return what stands in `.git/config`; the version of the text is part of it, so that git forgets older text.

    Entries are never renamed: git must not take a new one that resembles a removed one for the same, and put an edit of
    the removed one there. Git's newer way to merge asks `merge.renames` only since 2.50, so the older one is named,
    which newer gits take for the newer one.
    """
    diffs: dict[str, str] = {}
    for kind in filter(lambda kind: kind.has_text, all_kinds()):
        word = "" if kind.name == "entry" else f" --kind {kind.name}"
        diffs[f"diff.{_diff_driver(kind)}.textconv"] = f"rtv git-textconv{word} --text {text_version}"
        diffs[f"diff.{_diff_driver(kind)}.cachetextconv"] = "true"
    return {
        **diffs,
        "merge.rolethread.name": "conversations, merged by rolethread-vcs",
        "merge.rolethread.driver": "rtv git-merge-driver %O %A %B %P",
        "merge.renames": "false",
        "diff.renames": "false",
        "pull.twohead": "recursive",
    }


def _write_settings(repository: Repository, settings: Mapping[str, str]) -> None:
    """Write our settings; of git's own only those that nobody has set, and note which, so that `remove` knows them."""
    wanted = [key for key in settings if not _is_of_ours_alone(key)]
    added = [key for key in wanted if repository.config.get(key) is None]
    noted = _noted_settings(repository, wanted)
    # the note comes first: killed in between, a setting that is noted and was not written is nothing to take away
    repository.config.set(_ADDED, " ".join(dict.fromkeys((*noted, *added))))
    for key, value in settings.items():
        if _is_of_ours_alone(key) or key in added:
            repository.config.set(key, value)


def _remove_settings(repository: Repository) -> None:
    settings = _driver_settings(0)
    noted = _noted_settings(repository, [key for key in settings if not _is_of_ours_alone(key)])
    for key, value in settings.items():
        if _is_of_ours_alone(key) or (key in noted and repository.config.own(key) == value):
            repository.config.set(key, None)
    repository.config.set(_ADDED, None)


def _noted_settings(repository: Repository, wanted: Sequence[str]) -> Sequence[str]:
    """Return the settings of git's that we put in; where hooks are in and no note is, those that are as ours."""
    note = repository.config.own(_ADDED)
    if note is not None:
        return note.split()
    if repository.config.own("merge.rolethread.driver") is None:
        return ()
    settings = _driver_settings(0)
    return [key for key in wanted if repository.config.own(key) == settings[key]]


def _is_of_ours_alone(key: str) -> bool:
    return key.split(".")[1].startswith("rolethread")


# ---- attributes


def _attributes() -> str:
    return "".join(
        f"{pattern}{f' diff={_diff_driver(kind)}' if kind.has_text else ''} merge=rolethread\n"
        for kind in all_kinds()
        for pattern in kind.patterns
    )


def _diff_driver(kind: Kind[Any]) -> str:
    """Return the name of a driver of its own: what git hands to it is a file somewhere, and no path to know it by."""
    return "rolethread" if kind.name == "entry" else f"rolethread-{kind.name}"


def _write_attributes(repository: Repository, lines: str) -> None:
    """Put our lines at the end of `info/attributes`, or with none take them away; other lines stay as they are."""
    path = (repository.common_folder / "info" / "attributes").resolve()  # a link to a file elsewhere stays one
    before = path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""
    rest = _without_ours(before)
    if rest and not rest.endswith("\n"):
        rest += "\n"
    after = f"{rest}{_BEGIN}{lines}{_END}" if lines else rest
    if after == before:
        return
    if not after:
        disk.remove(path)
        return
    path.parent.mkdir(exist_ok=True)
    disk.replace_file(path, after.encode("utf-8", "surrogateescape"), durable=repository.durable)


def _without_ours(text: str) -> str:
    rest = _BLOCK.sub("", text)
    if _BEGIN not in rest:
        return rest
    # somebody took the last of our lines away: what follows them may be his own, so only lines known as ours go
    lines = rest.splitlines(keepends=True)
    return "".join(
        line for line in lines if "=rolethread" not in line and line.strip() not in (_BEGIN.strip(), _END.strip())
    )
