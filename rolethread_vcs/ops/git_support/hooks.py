"""Puts our hooks into a repository for people who use git itself, the drivers with them, and takes them out again.

Hooks are small scripts in git's hooks folder; a hook that was there is moved beside and runs first.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import ConflictError
from rolethread_vcs.ops.git_support.drivers import install_drivers, remove_drivers
from rolethread_vcs.store import disk
from rolethread_vcs.store.repository import Repository

USUAL = ("pre-commit", "pre-merge-commit")
PUSH = "pre-push"
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
{guard}printf '%s\\n' "$input" | rtv git-hook {hook}
"""


class ForeignHooksError(ConflictError):
    """The hooks of this repository are managed by another program, or shared with other repositories."""

    code = "foreign_hooks"


@dataclass(frozen=True, slots=True)
class Hooked:
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
class HookWish:
    """What to put in: `push` the hook of a push too, `only_drivers` no hooks at all.

    `text_version` is that of the text that `git-textconv` gives; `home` is what `~` stands for in git's settings.
    """

    push: bool = False
    only_drivers: bool = False
    text_version: int = 1
    home: Path | None = None


def install(repository: Repository, wish: HookWish | None = None, *, dry_run: bool = False) -> Hooked:
    """Put the hooks and drivers in, or bring them up to date.

    Raises:
        ForeignHooksError: the hooks are not this repository's own. ConflictError: a kept hook would be overwritten.
    """
    wish = wish or HookWish()
    folder = repository.common_folder / "hooks" if wish.only_drivers else hooks_folder(repository, wish.home)
    names = (*USUAL, *((PUSH,) if wish.push or _is_ours(folder / PUSH) else ()))
    names = () if wish.only_drivers else names
    there = all(_read(folder / name) == script(name) for name in names)
    to_move = [name for name in names if os.path.lexists(folder / name) and not _is_ours(folder / name)]
    for name in to_move:
        kept = folder / (name + BEFORE)
        if os.path.lexists(kept):
            raise ConflictError(
                f"{kept} is there already, so the hook {name} cannot be kept beside it; nothing was changed",
                hint="put the two together by hand, then run: rtv hooks install",
            )
    if not dry_run:
        with repository.lock("rtv hooks install"), disk.system_errors("installing hooks"):
            folder.mkdir(parents=True, exist_ok=True)
            for name in names:
                if name in to_move:
                    disk.rename(folder / name, folder / (name + BEFORE))
                _write_script(folder / name, script(name), durable=repository.durable)
            install_drivers(repository, wish.text_version)
    chained = tuple(name for name in names if name in to_move or os.path.lexists(folder / (name + BEFORE)))
    return Hooked(folder, names, chained, was_there=there)


def remove(repository: Repository, *, home: Path | None = None, dry_run: bool = False) -> Hooked:
    """Take the hooks and drivers out, and put hooks that were there before back in their place."""
    try:
        folder = hooks_folder(repository, home)
    except ForeignHooksError:  # another program took over since
        folder = repository.common_folder / "hooks"
    ours = [name for name in (*USUAL, PUSH) if _is_ours(folder / name)]
    left = [
        f"{name} is not our hook any more, and was left; the one that was there before is {name}{BEFORE}"
        for name in (*USUAL, PUSH)
        if name not in ours and os.path.lexists(folder / (name + BEFORE)) and os.path.lexists(folder / name)
    ]
    kept = tuple(name for name in (*USUAL, PUSH) if name in ours and os.path.lexists(folder / (name + BEFORE)))
    if not dry_run:
        with repository.lock("rtv hooks remove"), disk.system_errors("removing hooks"):
            for name in ours:
                disk.remove(folder / name)
                if name in kept:
                    disk.rename(folder / (name + BEFORE), folder / name)
            remove_drivers(repository)
    return Hooked(folder, tuple(ours), kept, tuple(left), was_there=bool(ours))


def installed(repository: Repository, home: Path | None = None) -> tuple[str, ...]:
    """Return the names of our hooks that are in place."""
    try:
        folder = hooks_folder(repository, home)
    except ForeignHooksError:
        return ()
    return tuple(name for name in (*USUAL, PUSH) if _is_ours(folder / name))


def hooks_folder(repository: Repository, home: Path | None = None) -> Path:
    """Return the folder that git takes this repository's hooks from.

    Raises:
        ForeignHooksError: it lies among the files of the dataset (husky and its like manage such hooks), or the
            setting that names it is the user's and so stands for other repositories too.
    """
    text = repository.config.get("core.hooksPath")
    if text is None:
        return repository.common_folder / "hooks"
    way_on = (
        "put this line into its pre-commit and pre-merge-commit: rtv git-hook pre-commit\n"
        "rtv hooks install --drivers   puts in only what makes git show and merge conversations"
    )
    if repository.config.own("core.hooksPath") is None:
        raise ForeignHooksError(
            f"git is told to take the hooks of all your repositories from {text} (core.hooksPath); nothing was changed",
            hint=way_on,
        )
    if text in ("", os.devnull):
        raise ForeignHooksError(
            f"hooks are turned off in this repository (core.hooksPath is {text or 'empty'}); nothing was changed",
            hint="turn them on with: git config --unset core.hooksPath\n"
            "rtv hooks install --drivers   puts in only what makes git show and merge conversations",
        )
    path = home / text[2:] if text.startswith("~/") and home is not None else Path(text)
    folder = path if path.is_absolute() else repository.folder / path
    is_among_files = not repository.is_bare and folder.resolve().is_relative_to(repository.folder.resolve())
    if is_among_files and not folder.resolve().is_relative_to(repository.common_folder.resolve()):
        raise ForeignHooksError(
            f"the hooks of this repository lie in {text} and are managed by another program; nothing was changed",
            hint=way_on,
        )
    return folder


def script(hook: str) -> str:
    """Return the text of a hook."""
    body = _READS_INPUT if hook == PUSH else _PLAIN
    return _SCRIPT.format(mark=_MARK, body=body.format(hook=hook, before=BEFORE, guard=_GUARD))


def _write_script(path: Path, text: str, *, durable: bool) -> None:
    if _read(path) != text:
        disk.replace_file(path, text.encode(), durable=durable, mode=0o755)
    path.chmod(0o755)


def _is_ours(path: Path) -> bool:
    text = _read(path)
    return text is not None and any(line.startswith(_MARK) for line in text.splitlines()[:3])


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
