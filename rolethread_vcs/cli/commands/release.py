"""Name a version of the dataset, or list, describe, move and delete the names.

\b
  rtv release                          lists the releases, the newest first
  rtv release v1 -m "what the March LoRA was trained on"
  rtv release v1 main~3 -m "…"         names another commit
  rtv release --show v1                what it is, and what changed since the release before it
  rtv release v1 main --force          moves it
  rtv release --delete v1

A release is an annotated git tag. It is a revision like any other: rtv export v1, rtv diff v1 @, rtv switch -c try v1.
rtv undo takes any of this back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import Saving, complete_branches
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.branches.releases import Release

LIST = "rolethread.releases/v1"
ONE = "rolethread.release/v1"


@click.command(cls=Command)
@click.argument("name", required=False)
@click.argument("rev", metavar="[REV]", required=False, shell_complete=complete_branches)
@click.option("-m", "message", metavar="TEXT", help="What the release is.")
@click.option("--force", is_flag=True, help="Move a release that is there, or change its words.")
@click.option("--show", is_flag=True, help="Describe the release.")
@click.option("--delete", is_flag=True, help="Delete the release.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def command(
    context: Context,
    name: str | None,
    rev: str | None,
    message: str | None,
    force: bool,
    show: bool,
    delete: bool,
    dry_run: bool,
) -> None:
    if show and delete:
        raise UsageError("--show and --delete do not go together")
    if name is None:
        if any((message, force, show, delete, dry_run)):
            raise UsageError("which release?", hint="rtv release NAME [REV] -m TEXT")
        _list(context)
        return
    if (show or delete) and (rev is not None or message is not None or force):
        raise UsageError(f"--{'show' if show else 'delete'} takes a name alone", hint="rtv release --help")
    saving = Saving(message, dry_run)
    if show:
        _show(context, name)
    elif delete:
        _delete(context, name, saving)
    else:
        _make(context, name, rev, saving, force=force)


# ---- changing


def _make(context: Context, name: str, rev: str | None, saving: Saving, *, force: bool) -> None:
    dataset = context.dataset
    words = f"release {name}{'' if rev is None else f' {rev}'}{' --force' if force else ''}"
    is_there = any(each.name == name for each in dataset.releases.list()) if force else False
    result = dataset.releases.create(name, rev or "@", force=force, intent=saving.intent(words))
    verbs = ("would move", "moved") if is_there else ("would name", "named")
    done = f"{verbs[not saving.dry_run]} the release {name}"
    print_committed(context, result, done=done, nothing=f"nothing changed: {name} is there already")


def _delete(context: Context, name: str, saving: Saving) -> None:
    dataset = context.dataset
    result = dataset.releases.delete(name, intent=saving.intent(f"release --delete {name}"))
    print_committed(context, result, done=f"{'would delete' if saving.dry_run else 'deleted'} the release {name}")


# ---- listing


def _list(context: Context) -> None:
    from rolethread_vcs.views.branches import release_lines

    found = context.dataset.releases.list()
    lines = release_lines(found, width=context.output.width, now=context.output.now)
    context.output.answer(LIST, {"releases": found}, lines=lines)


# ---- one release


def _show(context: Context, name: str) -> None:
    from rolethread_vcs.views.branches import release_description

    dataset = context.dataset
    release = dataset.releases.get(name)
    before = _before(dataset, release)
    changes = None if before is None else dataset.diff(before.commit, release.commit).summary()
    own = {"previous": before and before.name, "changes": changes}
    context.output.answer(ONE, own, release, lines=release_description(release, before, changes))


def _before(dataset: Dataset, release: Release) -> Release | None:
    repository = dataset.repository
    nearest: Release | None = None
    for each in dataset.releases.list():
        is_older = each.commit != release.commit and repository.graph.is_ancestor(each.commit, release.commit)
        if is_older and (
            nearest is None
            or (each.commit != nearest.commit and repository.graph.is_ancestor(nearest.commit, each.commit))
        ):
            nearest = each
    return nearest
