"""Puts our diff and merge drivers into a repository, so that plain git shows and merges conversations.

They stand in `.git/config` and `.git/info/attributes`, which nobody clones and which win over the dataset's own
`.gitattributes`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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

_GIT_SETTINGS = {"merge.renames": "false", "diff.renames": "false", "pull.twohead": "recursive"}
"""Git's own settings. Entries are never renamed: git must not take a new one that resembles a removed one for the same,
and put an edit of the removed one there. Git's newer way to merge asks `merge.renames` only since 2.50, so the older
one is named, which newer gits take for the newer one."""

_ADDED = "merge.rolethread.added"
"""The setting that notes which settings of git's own we put in beside those that only we read."""


def install_drivers(repository: Repository, text_version: int) -> dict[str, str | None]:
    """Put the drivers in, or bring them up to date; call under the lock, and set the settings that it returns.

    Of git's own settings only those are written that nobody has set, and it is noted which: `remove_drivers` takes them
    out again.

    Raises:
        SystemRefusedError, DamagedError: the files of git cannot be written, or do not read.
    """
    lines = [
        f"{pattern}{f' diff={_diff_driver(kind)}' if kind.has_text else ''} merge=rolethread\n"
        for kind in reversed(all_kinds())  # of two lines for a path git takes the later one
        for pattern in kind.patterns
    ]
    _write_attributes(repository, "".join(lines))
    config = repository.config
    added = [key for key in _GIT_SETTINGS if config.get(key) is None]
    noted = " ".join(dict.fromkeys((*_noted_settings(repository), *added)))
    return {_ADDED: noted, **_own_settings(text_version), **{key: _GIT_SETTINGS[key] for key in added}}


def remove_drivers(repository: Repository) -> dict[str, str | None]:
    """Take the drivers out; call under the lock, and set the settings that it returns: they go with them."""
    _write_attributes(repository, "")
    config = repository.config
    noted = [key for key in _noted_settings(repository) if config.own(key) == _GIT_SETTINGS.get(key)]
    return dict.fromkeys((*_own_settings(0), *noted, _ADDED))


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
        data = merged.value or kind.absent or b""
        if data != left:
            ours.write_bytes(data)
    return merged.conflicts


# ---- settings


def _own_settings(text_version: int) -> dict[str, str]:
    """Return the settings that only we read; the version of the text is one, so that git forgets older text."""
    settings = {
        "merge.rolethread.name": "conversations, merged by rolethread-vcs",
        "merge.rolethread.driver": "rtv git-merge-driver %O %A %B %P",
    }
    for kind in filter(lambda kind: kind.has_text, all_kinds()):
        word = "" if kind.name == "entry" else f" --kind {kind.name}"
        settings[f"diff.{_diff_driver(kind)}.textconv"] = f"rtv git-textconv{word} --text {text_version}"
        settings[f"diff.{_diff_driver(kind)}.cachetextconv"] = "true"
    return settings


def _noted_settings(repository: Repository) -> Sequence[str]:
    """Return the settings of git's that we put in; where hooks are in and no note is, those that are as ours."""
    config = repository.config
    note = config.own(_ADDED)
    if note is not None:
        return note.split()
    if config.own("merge.rolethread.driver") is None:
        return ()
    return [key for key, value in _GIT_SETTINGS.items() if config.own(key) == value]


# ---- attributes


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
    disk.make_folders(path.parent, durable=repository.durable)
    if not after:
        disk.remove(path)
        if repository.durable:
            disk.sync_folder(path.parent)
        return
    scratch = repository.scratch_folder
    disk.replace_file(path, after.encode("utf-8", "surrogateescape"), durable=repository.durable, scratch=scratch)


def _without_ours(text: str) -> str:
    rest = _BLOCK.sub("", text)
    if _BEGIN not in rest:
        return rest
    # somebody took the last of our lines away: what follows them may be his own, so only lines known as ours go
    lines = rest.splitlines(keepends=True)
    return "".join(
        line for line in lines if "=rolethread" not in line and line.strip() not in (_BEGIN.strip(), _END.strip())
    )
