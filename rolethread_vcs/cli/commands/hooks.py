"""Install or remove the git hooks and merge drivers, for people who use git itself.

\b
  rtv hooks install              what asks the gate; diff and merge of conversations
  rtv hooks install --pre-push   also look at what is pushed
  rtv hooks remove

Hooks that are there already are kept, and run first. Nothing of this travels with a clone. docs/git.md tells more.
"""

from __future__ import annotations

from pathlib import Path

import click

from rolethread_vcs.cli.context import Context, Group
from rolethread_vcs.cli.options import dry_run_option
from rolethread_vcs.errors import UsageError

ENVELOPE = "rolethread.hooks/v1"

command = Group()


@command.command("install")
@click.option("--pre-push", "push", is_flag=True, help="Also judge what is pushed.")
@click.option("--drivers", is_flag=True, help="No hooks: only what makes git show and merge conversations.")
@dry_run_option
def install(context: Context, push: bool, drivers: bool, dry_run: bool) -> None:
    """Put the hooks and drivers in, or bring them up to date."""
    from shutil import which

    from rolethread_vcs import HookOptions
    from rolethread_vcs.views.entries import VERSION
    from rolethread_vcs.views.status import installed_hooks_lines

    if drivers and push:
        raise UsageError("--drivers puts no hooks in, and --pre-push is one")
    options = HookOptions(push, drivers, VERSION, _home(context))
    done = context.dataset.gate.install_hooks(options, dry_run=dry_run)
    if which("rtv", path=context.environ.get("PATH")) is None:
        context.output.warn("rtv is not on the PATH: git cannot call it, and will stop at every commit until it is")
    context.output.answer(ENVELOPE, {"dry_run": dry_run}, done, lines=installed_hooks_lines(done, would=dry_run))


@command.command("remove")
@dry_run_option
def remove(context: Context, dry_run: bool) -> None:
    """Take the hooks and drivers out, and put back what was there before."""
    from rolethread_vcs.views.status import removed_hooks_lines

    done = context.dataset.gate.remove_hooks(home=_home(context), dry_run=dry_run)
    for line in done.left:
        context.output.warn(line)
    context.output.answer(ENVELOPE, {"dry_run": dry_run}, done, lines=removed_hooks_lines(done, would=dry_run))


def _home(context: Context) -> Path | None:
    home = context.environ.get("HOME")
    return Path(home) if home else None
