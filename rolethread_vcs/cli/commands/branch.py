"""List branches, or make, note, rename and delete them.

\b
  rtv branch                        lists them; * marks the one you are on
  rtv branch try                    makes one here, and stays where you are
  rtv branch try --from main~3 --note "warmer answers"
  rtv branch try --note "warmer answers, shorter greetings"
  rtv branch --rename try warm
  rtv branch --delete warm

Ahead and behind count commits against the branch that you are on. Below stand the branches of other copies (origin/try)
that no branch here follows, as fetched last; such a name is a revision like any other. rtv switch goes to a branch, and
makes one of those here first; rtv switch -c makes one and goes there. A branch whose name makes it strict (release/*)
cannot begin with errors that no strict branch has taken, unless --allow lets them through.

A deleted branch that others have no copy of is out of sight, not lost: rtv undo brings it back with its note. Notes are
git's own branch descriptions: they stay in this copy of the dataset, and rtv clone copies them.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import Saving, complete_branches, exclude, making_options
from rolethread_vcs.errors import UsageError


@click.command(cls=Command)
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete_branches)
@click.option("--from", "start", metavar="REV", shell_complete=complete_branches, help="Where it starts; here (@).")
@click.option("--note", metavar="TEXT", help='What the branch is for; "" takes the note away.')
@click.option("--rename", is_flag=True, help="Give the branch OLD the name NEW: --rename OLD NEW.")
@click.option("--delete", is_flag=True, help="Delete the branches named.")
@making_options
def command(
    context: Context,
    names: tuple[str, ...],
    start: str | None,
    note: str | None,
    rename: bool,
    delete: bool,
    saving: Saving,
) -> None:
    exclude({"--rename": rename, "--delete": delete})
    if (rename or delete) and (start is not None or note is not None):
        raise UsageError("--from and --note are for a branch that is made or stays", hint="rtv branch --help")
    if rename:
        if len(names) != 2:
            raise UsageError("the old name and the new one are needed", hint="rtv branch --rename OLD NEW")
        name, new_name = names
        intent = saving.intent(f"branch --rename {name} {new_name}")
        result = context.dataset.branches.rename(name, new_name, intent=intent)
        print_committed(context, result, done=f"{saving.tense('call', 'called')} the branch {name} {new_name}")
    elif delete:
        from rolethread_vcs.views.branches import deleted_sentence

        if not names:
            raise UsageError("which branch?", hint="rtv branch --delete NAME")
        intent = saving.intent(f"branch --delete {' '.join(names)}")
        deleted = context.dataset.branches.delete(*names, intent=intent)
        lost = {"deleted": deleted.commits, "out_of_sight": deleted.out_of_sight}
        print_committed(context, deleted.committed, lost, done=deleted_sentence(deleted, would=saving.dry_run))
    elif len(names) > 1:
        raise UsageError(
            "one branch at a time is made", hint=f"rtv branch {names[0]}   at a revision: rtv branch NAME --from REV"
        )
    elif names:
        _make_or_note(context, names[0], start, note, saving)
    elif start is not None or note is not None or saving != Saving():
        raise UsageError("a branch needs a name", hint="rtv branch NAME --from REV")
    else:
        from rolethread_vcs.views.branches import branch_lines

        ours = context.dataset.branches
        branches, remote, damaged = ours.list(), ours.remote(), ours.damaged()
        found = {"branches": branches, "remote_branches": remote, "damaged_refs": damaged}
        lines = branch_lines(branches, remote, damaged, context.output.look)
        context.output.answer("rolethread.branches/v1", found, lines=lines)


def _make_or_note(context: Context, name: str, start: str | None, note: str | None, saving: Saving) -> None:
    dataset = context.dataset
    said = "" if note is None else f" --note {note!r}"
    if note is not None and start is None and name in dataset.branches.names():
        result = dataset.branches.note(name, note, intent=saving.intent(f"branch {name}{said}"))
        text = note.strip()
        if saving.dry_run:
            done = f"would {'write down' if text else 'take away'} the note of {name}"
        else:
            done = f"noted on {name}: {text}" if text else f"took the note of {name} away"
        print_committed(context, result, done=done, nothing=f"nothing changed: that is the note of {name}")
        return
    words = f"branch {name}" + (f" --from {start}" if start is not None else "") + said
    result = dataset.branch(name, start=start or "@", note=note, intent=saving.intent(words))
    print_committed(context, result, done=f"{saving.tense('make', 'made')} the branch {name}")
    if not saving.dry_run and not context.output.json:
        context.output.note(f"go to it with: rtv switch {name}")
