"""Look at what may be in the way: versions, disk, cloud folder, identity, locks, leftovers.

With --unlock, finish what a killed command left, and remove lock files that git left behind more than ten minutes ago.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import UsageError

ENVELOPE = "rolethread.doctor/v1"


@click.command(cls=Command)
@click.option("--unlock", is_flag=True, help="Remove lock files that a killed git program left.")
@click.option("--yes", is_flag=True, help="With --unlock: the younger ones too; make sure that no git program runs.")
def command(context: Context, unlock: bool, yes: bool) -> None:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.status import diagnosis_lines

    if yes and not unlock:
        raise UsageError("--yes goes with --unlock", hint="rtv doctor --unlock --yes")
    unlocked = Dataset.open(context.folder, check=False).upkeep.unlock(young_too=yes) if unlock else None
    home = context.environ.get("HOME")
    result = Dataset.upkeep.diagnose(
        context.folder, git_version=_git_version(context), home=Path(home) if home else None
    )
    lines = diagnosis_lines(result, unlocked)
    context.output.answer(ENVELOPE, {"unlocked": unlocked}, result, result.machine, lines=lines)


def _git_version(context: Context) -> str | None:
    program = shutil.which("git", path=context.environ.get("PATH"))
    if program is None:
        return None
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip().removeprefix("git version ") or None
