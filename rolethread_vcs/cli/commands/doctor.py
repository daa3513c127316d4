"""Look at what may be in the way: versions, disk, cloud folder, identity, locks, leftovers.

With --unlock, finish what a killed command left, and remove lock files that git left behind more than ten minutes ago.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.errors import UsageError
from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.verify.doctor import Diagnosis, Health, Machine, Unlocked

GROUP = "start"
ENVELOPE = "rolethread.doctor/v1"


@click.command(cls=Command)
@click.option("--unlock", is_flag=True, help="Remove lock files that a killed git program left.")
@click.option("--yes", is_flag=True, help="With --unlock: the younger ones too; make sure that no git program runs.")
@pass_context
def command(context: Context, unlock: bool, yes: bool) -> None:
    # doctor alone looks at these
    from rolethread_vcs.dataset import Dataset

    if yes and not unlock:
        raise UsageError("--yes goes with --unlock", hint="rtv doctor --unlock --yes")
    unlocked = Dataset.open(context.folder, check=False).upkeep.unlock(young_too=yes) if unlock else None
    result = Dataset.upkeep.diagnose(context.folder, git_version=_git_version(context))
    if context.json:
        context.output.envelope(ENVELOPE, {"unlocked": unlocked}, result, result.machine)
    else:
        _print(context, result, unlocked)


def _git_version(context: Context) -> str | None:
    """Return the version of the program `git`, or None where there is none; nothing here needs it."""
    program = shutil.which("git", path=context.environ.get("PATH"))
    if program is None:
        return None
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip().removeprefix("git version ") or None


def _print(context: Context, result: Diagnosis, unlocked: Unlocked | None) -> None:
    output, machine, health = context.output, result.machine, result.health
    if unlocked is not None:
        _print_unlocked(context, unlocked)
    rows = list(machine.versions.items())
    rows += [("system", machine.system), ("folder", str(machine.folder)), ("disk", _disk(machine))]
    if health is not None:
        rows += _health_rows(health)
    for name, text in rows:
        output.print(f"{name:<15} {text}")
    if result.trouble is not None:
        output.print(f"{styled('trouble:', 'error')} {result.trouble}")
    for sentence in result.advice:
        output.print(f"{styled('advice:', 'hint')} {sentence}")
    if result.trouble is None and not result.advice:
        output.print("nothing is in the way")


def _print_unlocked(context: Context, unlocked: Unlocked) -> None:
    output = context.output
    for lock in unlocked.removed:
        output.print(f"removed {lock.path}   ({_age(lock.age)} old)")
    for lock in unlocked.left:
        output.print(f"left    {lock.path}   (only {_age(lock.age)} old)")
    if unlocked.left:
        output.hint("if no git program is running: rtv doctor --unlock --yes")
    for note in unlocked.notes:
        output.print(note)
    if not (unlocked.removed or unlocked.left or unlocked.notes):
        output.print("there was nothing to unlock")


def _disk(machine: Machine) -> str:
    free = "free space unknown" if machine.free is None else f"{machine.free / (1 << 30):,.1f} GB free"
    cloud = "" if machine.cloud is None else f", copied by {machine.cloud}"
    return f"{machine.filesystem or 'unknown'}, {free}{cloud}"


def _health_rows(health: Health) -> list[tuple[str, str]]:
    locks = ", ".join(f"{lock.path.name} ({_age(lock.age)} old)" for lock in health.git_locks)
    unreadable = "does not read"
    return [
        ("files", "checked out" if health.checked_out else "not checked out (bare)"),
        ("writing", _writing(health)),
        ("durability", "safe: on the disk before it is reported" if health.durable else "fast"),
        ("identity", health.identity or "none (a neutral name is used)"),
        ("lock", f"held by {health.holder}" if health.holder else "free"),
        ("cut off", health.pending or "nothing"),
        ("locks of git", locks or "none"),
        ("leftovers", ", ".join(path.name for path in health.leftovers) or "none"),
        ("branch", health.branch or "none (looking at a commit)"),
        ("branches", unreadable if health.branches is None else f"{health.branches:,}"),
        *([("damaged refs", ", ".join(ref.name for ref in health.damaged_refs))] if health.damaged_refs else []),
        ("releases", unreadable if health.releases is None else f"{health.releases:,}"),
        (
            "operation log",
            unreadable if health.operations is None else count(health.operations, "operation", "operations"),
        ),
        ("packs", f"{health.packs:,}, and {count(health.loose, 'loose object', 'loose objects')}"),
    ]


def _writing(health: Health) -> str:
    if not health.unwritable:
        return "allowed"
    return "not possible: " + ("the disk is read-only" if health.read_only_disk else "this user has no right to")


def _age(seconds: float) -> str:
    if seconds < 120:
        return f"{int(seconds)} seconds"
    if seconds < 2 * 3600:
        return f"{int(seconds / 60)} minutes"
    return f"{int(seconds / 3600)} hours"
