"""Put our hooks and drivers into the repository, for people who use git itself; or take them out.

\b
  rtv hooks install              pre-commit and pre-merge-commit; diff and merge of conversations
  rtv hooks install --pre-push   also look at what is pushed
  rtv hooks remove

Hooks that are there already are kept, and run first. Nothing of this travels with a clone. docs/git.md tells more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Context, Group
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


ENVELOPE = "rolethread.hooks/v1"


command = Group()


@command.command("install")
@click.option("--pre-push", "push", is_flag=True, help="Also judge what is pushed.")
@click.option("--drivers", is_flag=True, help="No hooks: only what makes git show and merge conversations.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def install(context: Context, push: bool, drivers: bool, dry_run: bool) -> None:
    """Put the hooks and drivers in, or bring them up to date."""
    from shutil import which

    from rolethread_vcs import HookOptions
    from rolethread_vcs.views.entries import VERSION

    if drivers and push:
        raise UsageError("--drivers puts no hooks in, and --pre-push is one")
    options = HookOptions(push, drivers, VERSION, _home(context))
    done = context.dataset.gate.install_hooks(options, dry_run=dry_run)
    if which("rtv", path=context.environ.get("PATH")) is None:
        context.output.warn("rtv is not on the PATH: git cannot call it, and will stop at every commit until it is")
    if context.json:
        context.output.envelope(ENVELOPE, {"dry_run": dry_run}, done)
        return
    would = "would be" if dry_run else "are"
    state = "were in place already" if done.was_there else f"{would} in place"
    if done.hooks:
        context.output.report(f"{', '.join(done.hooks)} {state} ({done.folder})")
    for name in done.chained:
        context.output.report(f"the {name} hook that was there runs first ({name}{done.suffix})")
    context.output.report(f"git {'would show and merge' if dry_run else 'shows and merges'} entries as conversations")
    if not dry_run:
        context.output.hint("take this out again with: rtv hooks remove")


@command.command("remove")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def remove(context: Context, dry_run: bool) -> None:
    """Take the hooks and drivers out, and put back what was there before."""
    done = context.dataset.gate.remove_hooks(home=_home(context), dry_run=dry_run)
    for line in done.left:
        context.output.warn(line)
    if context.json:
        context.output.envelope(ENVELOPE, {"dry_run": dry_run}, done)
        return
    if not done.was_there:
        context.output.report("none of our hooks was in place; the drivers are out")
        return
    context.output.report(f"{', '.join(done.hooks)} and the drivers {'would go' if dry_run else 'are gone'}")
    for name in done.chained:
        context.output.report(f"the {name} hook that was there before {'would be' if dry_run else 'is'} back")
    if not dry_run:
        context.output.hint("put them in again with: rtv hooks install")


def _home(context: Context) -> Path | None:
    from pathlib import Path

    home = context.environ.get("HOME")
    return Path(home) if home else None
