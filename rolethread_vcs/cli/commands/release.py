"""Name a version of the dataset, or list, describe, move and delete the names.

\b
  rtv release                          lists the releases, the newest first (of one second, v10 before v9)
  rtv release v1 -m "what the March LoRA was trained on"
  rtv release v1 main~3 -m "…"         names another commit
  rtv release --show v1                what it is, and what changed since the release before it
  rtv release v1 main --force          moves it
  rtv release --delete v1

A release is an annotated git tag. It is a revision like any other: rtv export v1, rtv diff v1 @, rtv switch -c try v1.
rtv undo takes any of this back.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, complete_branches, dry_run_option, exclude
from rolethread_vcs.errors import UsageError


@click.command(cls=ChangeCommand, change="changed")
@click.argument("name", required=False)
@click.argument("rev", metavar="[REV]", required=False, shell_complete=complete_branches)
@click.option("-m", "message", metavar="TEXT", help="What the release is.")
@click.option("--force", is_flag=True, help="Move a release that is there, or change its words.")
@click.option("--show", is_flag=True, help="Describe the release.")
@click.option("--delete", is_flag=True, help="Delete the release.")
@dry_run_option
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
    exclude({"--show": show, "--delete": delete})
    releases, output = context.dataset.releases, context.output
    if name is None:
        if any((message, force, show, delete, dry_run)):
            raise UsageError("which release?", hint="rtv release NAME [REV] -m TEXT")
        from rolethread_vcs.views.branches import release_lines

        found = releases.list()
        output.answer("rolethread.releases/v1", {"releases": found}, lines=release_lines(found, output.look))
        return
    if (show or delete) and (rev is not None or message is not None or force):
        raise UsageError(f"--{'show' if show else 'delete'} takes a name alone", hint="rtv release --help")
    if show:
        from rolethread_vcs.views.branches import release_description

        release, before = releases.get(name), releases.previous(name)
        changes = None if before is None else context.dataset.diff(before.commit, release.commit).summary()
        own = {"previous": before and before.name, "changes": changes}
        output.answer("rolethread.release/v1", own, release, lines=release_description(release, before, changes))
        return
    saving = Saving(message, dry_run)
    if delete:
        result = releases.delete(name, intent=saving.intent(f"release --delete {name}"))
        print_committed(context, result, done=f"{saving.tense('delete', 'deleted')} the release {name}")
        return
    words = f"release {name}{'' if rev is None else f' {rev}'}{' --force' if force else ''}"
    is_there = force and any(each.name == name for each in releases.list())
    result = releases.create(name, rev or "@", force=force, intent=saving.intent(words))
    verb = saving.tense("move", "moved") if is_there else saving.tense("name", "named")
    print_committed(
        context, result, done=f"{verb} the release {name}", nothing=f"nothing changed: {name} is there already"
    )
