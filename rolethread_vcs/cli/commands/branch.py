"""List branches, or make, note, rename and delete them.

\b
  rtv branch                        lists them; * marks the one you are on
  rtv branch try                    makes one here, and stays where you are
  rtv branch try --from main~3 --note "warmer answers"
  rtv branch try --note "warmer answers, shorter greetings"
  rtv branch --rename try warm
  rtv branch --delete warm

Ahead and behind count commits against the branch that you are on. rtv switch goes to a branch; rtv switch -c makes one
and goes there. A branch whose name makes it strict (release/*) cannot begin with errors that no strict branch has
taken, unless --allow lets them through.

A deleted branch that others have no copy of is out of sight, not lost: rtv undo brings it back with its note. Notes are
git's own branch descriptions: they stay in this copy of the dataset, and rtv clone copies them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import Saving, complete_branches, making_options
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset

ENVELOPE = "rolethread.branches/v1"


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
    _refuse_mixed(names, start, note, rename=rename, delete=delete)
    if not names:
        if start is not None or note is not None or saving != Saving():
            raise UsageError("a branch needs a name", hint="rtv branch NAME --from REV")
        _list(context)
    elif rename:
        _rename(context, names[0], names[1], saving)
    elif delete:
        _delete(context, names, saving)
    else:
        _make_or_note(context, names[0], start, note, saving)


def _refuse_mixed(names: tuple[str, ...], start: str | None, note: str | None, *, rename: bool, delete: bool) -> None:
    if rename and delete:
        raise UsageError("--rename and --delete do not go together")
    if (rename or delete) and (start is not None or note is not None):
        raise UsageError("--from and --note are for a branch that is made or stays", hint="rtv branch --help")
    if rename and len(names) != 2:
        raise UsageError("the old name and the new one are needed", hint="rtv branch --rename OLD NEW")
    if delete and not names:
        raise UsageError("which branch?", hint="rtv branch --delete NAME")
    if not (rename or delete) and len(names) > 1:
        raise UsageError(
            "one branch at a time is made", hint=f"rtv branch {names[0]}   at a revision: rtv branch NAME --from REV"
        )


# ---- changing


def _make_or_note(context: Context, name: str, start: str | None, note: str | None, saving: Saving) -> None:
    dataset = context.dataset
    said = "" if note is None else f" --note {note!r}"
    if note is not None and start is None and name in dataset.branches.names():
        result = dataset.branches.note(name, note, intent=saving.intent(f"branch {name}{said}"))
        verb = "take away" if not note.strip() else "write down"
        done = f"would {verb} the note of {name}" if saving.dry_run else f"noted on {name}: {note.strip()}"
        if not note.strip() and not saving.dry_run:
            done = f"took the note of {name} away"
        print_committed(context, result, done=done, nothing=f"nothing changed: that is the note of {name}")
        return
    words = f"branch {name}" + (f" --from {start}" if start is not None else "") + said
    result = dataset.branch(name, start=start or "@", note=note, intent=saving.intent(words))
    would = "would make" if saving.dry_run else "made"
    print_committed(context, result, done=f"{would} the branch {name}")
    if not saving.dry_run and not context.json:
        context.output.note(f"go to it with: rtv switch {name}")


def _rename(context: Context, name: str, new_name: str, saving: Saving) -> None:
    dataset = context.dataset
    result = dataset.branches.rename(name, new_name, intent=saving.intent(f"branch --rename {name} {new_name}"))
    would = "would call" if saving.dry_run else "called"
    print_committed(context, result, done=f"{would} the branch {name} {new_name}")


def _delete(context: Context, names: tuple[str, ...], saving: Saving) -> None:
    from rolethread_vcs.views.branches import deleted_sentence

    dataset = context.dataset
    deleted = dataset.branches.delete(*names, intent=saving.intent(f"branch --delete {' '.join(names)}"))
    lost = {"deleted": deleted.commits, "out_of_sight": deleted.out_of_sight}
    done = deleted_sentence(deleted, would=saving.dry_run)
    print_committed(context, deleted.committed, lost, done=done)


# ---- listing


def _list(context: Context) -> None:
    from rolethread_vcs.views.branches import branch_lines

    dataset: Dataset = context.dataset
    branches, damaged = dataset.branches.list(), dataset.branches.damaged()
    lines = branch_lines(branches, damaged, width=context.output.width)
    context.output.answer(ENVELOPE, {"branches": branches, "damaged_refs": damaged}, lines=lines)
