"""Puts our hooks into a repository for people who use git itself, the drivers with them, and takes them out again.

Hooks are small scripts in git's hooks folder; a hook that was there is moved beside and runs first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import ConflictError
from rolethread_vcs.ops.git_support.drivers import install_drivers, remove_drivers
from rolethread_vcs.store import disk
from rolethread_vcs.store.log.journal import SideEffects
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent, change_file

BEFORE = ".before-rolethread"
"""Ends the name under which a hook that was there is kept."""

_MARK = "# rolethread-vcs hook"

_SCRIPT = """\
#!/bin/sh
{mark} 1: asks the gate before git goes on. `rtv hooks remove` takes it away.
here=$(dirname "$0")
{body}"""

_GUARD = """\
if ! command -v rtv >/dev/null 2>&1; then
    echo "error: the program rtv is not on the PATH of git, so nobody looked at what comes in; git was stopped" >&2
    echo "hint: go on all the same with --no-verify, or put rtv on the PATH (pipx install rolethread-vcs)" >&2
    exit 1
fi
"""

_ONLY_FAST_FORWARD = """\
[ "$1" = 0 ] || exit 0
case "$(git reflog -1 --format=%gs)" in *Fast-forward) ;; *) exit 0 ;; esac
"""
"""Stands in the place of the guard after a merge: git asks no hook before a fast-forward, and that is told then."""

_PLAIN = """\
if [ -x "$here/{hook}{before}" ]; then
    "$here/{hook}{before}" "$@" || exit $?
fi
{guard}exec rtv git-hook {hook}
"""

_READS_INPUT = """\
input=$(cat)
if [ -x "$here/{hook}{before}" ]; then
    printf '%s\\n' "$input" | "$here/{hook}{before}" "$@" || exit $?
fi
{guard}printf '%s\\n' "$input" | rtv git-hook {hook} "$1"
"""


class Hook(StrEnum):
    """A hook of git that asks the gate."""

    COMMIT = "pre-commit"
    MERGE = "pre-merge-commit"
    AFTER_MERGE = "post-merge"
    PUSH = "pre-push"


class ForeignHooksError(ConflictError):
    """The hooks of this repository are managed by another program, or shared with other repositories."""

    code = "foreign_hooks"


@dataclass(frozen=True, slots=True)
class HooksChange:
    """What was done: `hooks` are names; `chained` those of them that run a hook first that was there already.

    `left` says what was left alone, and why; a hook that runs first is kept under its name and `suffix`.
    """

    folder: Path
    hooks: tuple[str, ...]
    chained: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    was_there: bool = False
    suffix: str = BEFORE


@dataclass(frozen=True, slots=True)
class HookOptions:
    """What to put in: `push` the hook of a push too, `only_drivers` no hooks at all.

    `text_version` is that of the text that `git-textconv` gives; `home` is what `~` stands for in git's settings.
    """

    push: bool = False
    only_drivers: bool = False
    text_version: int = 1
    home: Path | None = None


def install(
    repository: Repository, /, options: HookOptions | None = None, *, dry_run: bool = False, **keywords: Any
) -> HooksChange:
    """Put the hooks and drivers in, or bring them up to date.

    Raises:
        ForeignHooksError: the hooks are not this repository's own. ConflictError: a kept hook would be overwritten.
    """
    options = replace(options or HookOptions(), **keywords)
    folder = repository.common_folder / "hooks" if options.only_drivers else _hooks_folder(repository, options.home)
    has_push = options.push or _is_ours(folder / Hook.PUSH)
    names = [name for name in Hook if not options.only_drivers and (name != Hook.PUSH or has_push)]
    is_there = all(_read(folder / name) == _script(name) for name in names)
    to_move = [name for name in names if os.path.lexists(folder / name) and not _is_ours(folder / name)]
    for name in to_move:
        kept = folder / (name + BEFORE)
        if os.path.lexists(kept):
            raise ConflictError(
                f"{kept} is there already, so the hook {name} cannot be kept beside it",
                hint="put the two together by hand, then run: rtv hooks install",
            )
    if not dry_run:
        scratch, durable = repository.scratch_folder, repository.durable
        with repository.lock("rtv hooks install"), disk.system_errors("installing hooks"):
            disk.make_folders(scratch, durable=False)
            disk.make_folders(folder, durable=durable)
            for name in names:
                path = folder / name
                if name in to_move:
                    disk.rename(path, folder / (name + BEFORE))
                if _read(path) != _script(name):
                    disk.replace_file(path, _script(name).encode(), durable=durable, mode=0o755, scratch=scratch)
                path.chmod(0o755)
            config = install_drivers(repository, options.text_version)
        _configure(repository, "hooks install", config)
    chained = tuple(name for name in names if name in to_move or os.path.lexists(folder / (name + BEFORE)))
    return HooksChange(folder, tuple(names), chained, was_there=is_there)


def remove(repository: Repository, *, home: Path | None = None, dry_run: bool = False) -> HooksChange:
    """Take the hooks and drivers out, and put hooks that were there before back in their place."""
    try:
        folder = _hooks_folder(repository, home)
    except ForeignHooksError:  # another program took over since
        folder = repository.common_folder / "hooks"
    ours = tuple(name for name in Hook if _is_ours(folder / name))
    kept = [name for name in Hook if os.path.lexists(folder / (name + BEFORE))]
    left = tuple(
        f"{name} is not our hook any more, and was left; the one that was there before is {name}{BEFORE}"
        for name in kept
        if name not in ours and os.path.lexists(folder / name)
    )
    chained = tuple(name for name in kept if name in ours)
    if not dry_run:
        with repository.lock("rtv hooks remove"), disk.system_errors("removing hooks"):
            disk.make_folders(repository.scratch_folder, durable=False)
            for name in ours:
                if name in chained:
                    disk.rename(folder / (name + BEFORE), folder / name)
                else:
                    disk.remove(folder / name)
            if ours and repository.durable:
                disk.sync_folder(folder)
            config = remove_drivers(repository)
        _configure(repository, "hooks remove", config)
    return HooksChange(folder, ours, chained, left, was_there=bool(ours))


def _configure(repository: Repository, command: str, config: Mapping[str, str | None]) -> None:
    """Set the settings of git that belong to the hooks; the next command does where this is cut off."""
    if any(repository.config.own(key) != value for key, value in config.items()):
        change_file(repository, Intent("hooks", command), SideEffects(config))


def _hooks_folder(repository: Repository, home: Path | None) -> Path:
    """Return the folder that git takes this repository's hooks from.

    Raises:
        ForeignHooksError: it lies among the files of the dataset (husky and its like manage such hooks), or the
            setting that names it is the user's and so stands for other repositories too.
    """
    text, folder = repository.config.get("core.hooksPath"), _followed_folder(repository, home)
    if text is None:
        return folder
    way_on = "put this line into its pre-commit and pre-merge-commit: rtv git-hook pre-commit"
    if repository.config.own("core.hooksPath") is None:
        why = f"git is told to take the hooks of all your repositories from {text} (core.hooksPath)"
    elif text in ("", os.devnull):
        why = f"hooks are turned off in this repository (core.hooksPath is {text or 'empty'})"
        way_on = "turn them on with: git config --unset core.hooksPath"
    elif (
        not repository.is_bare
        and folder.resolve().is_relative_to(repository.folder.resolve())
        and not folder.resolve().is_relative_to(repository.common_folder.resolve())
    ):
        why = f"the hooks of this repository lie in {text} and are managed by another program"
    else:
        return folder
    only_drivers = "rtv hooks install --drivers   puts in only what makes git show and merge conversations"
    raise ForeignHooksError(why, hint=f"{way_on}\n{only_drivers}")


def _followed_folder(repository: Repository, home: Path | None) -> Path:
    text = repository.config.get("core.hooksPath")
    if text is None:
        return repository.common_folder / "hooks"
    path = home / text[2:] if text.startswith("~/") and home is not None else Path(text)
    return path if path.is_absolute() else repository.folder / path


def hooks_of_others(repository: Repository, home: Path | None = None) -> tuple[Path, ...]:
    """Return the hooks that git runs here and that are not ours: we run none of them."""
    folder = _followed_folder(repository, home)
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    named = (path for path in found if "." not in path.name.removesuffix(BEFORE) and path.is_file())
    return tuple(path for path in named if os.access(path, os.X_OK) and not _is_ours(path))


def _script(hook: str) -> str:
    body = _READS_INPUT if hook == Hook.PUSH else _PLAIN
    guard = _ONLY_FAST_FORWARD if hook == Hook.AFTER_MERGE else _GUARD
    return _SCRIPT.format(mark=_MARK, body=body.format(hook=hook, before=BEFORE, guard=guard))


def _is_ours(path: Path) -> bool:
    text = _read(path)
    return text is not None and any(line.startswith(_MARK) for line in text.splitlines()[:3])


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
