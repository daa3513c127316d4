"""Decide conflicts of a merge, a revert or a pick.

\b
  rtv resolve 12 --take warmer-mara            this side, wherever the entry still clashes
  rtv resolve 12 --field tags --take base      one field, as it was before both sides
  rtv resolve --all --take main
  rtv resolve --where tag:inn --take both      messages of both sides, one after the other
  rtv resolve 12 --edit                        writes the entry in your editor, both sides above it
  rtv resolve 12 --file entry.json             gives the entry, or a file of the dataset, as a whole

Sides go by the names that rtv conflicts shows. What was decided can be decided again; each time is an operation that
rtv undo takes back. When nothing is left: rtv merge --continue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import note_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, complete_conflicts, complete_sides, name_words
from rolethread_vcs.errors import InvalidError, UsageError

if TYPE_CHECKING:
    from rolethread_vcs.ops.merge.resolve import OpenMerge, Resolved
    from rolethread_vcs.transaction import Intent


@click.command(cls=ChangeCommand, change="changed")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_conflicts)
@click.option("--all", "everything", is_flag=True, help="Every conflict that is open.")
@click.option("--where", metavar="QUERY", help="Entries in conflict that match, as they are on either side.")
@click.option("--field", metavar="FIELD", help="One field alone, as rtv conflicts names it.")
@click.option("--take", metavar="SIDE", shell_complete=complete_sides, help="A branch by its name, base, or both.")
@click.option("--edit", is_flag=True, help="Write the entry in your editor.")
@click.option("--file", "source", metavar="FILE", type=click.Path(), help="Take the entry, or the file, from a file.")
@click.option("--dry-run", is_flag=True, help="Say what would be decided, and decide nothing.")
def command(
    context: Context,
    ids: tuple[str, ...],
    everything: bool,
    where: str | None,
    field: str | None,
    take: str | None,
    edit: bool,
    source: str | None,
    dry_run: bool,
) -> None:
    if (take is not None) + edit + (source is not None) != 1:
        raise UsageError("say how: --take SIDE, --edit or --file FILE", hint="see the sides with: rtv conflicts")
    if take is None and field is not None:
        raise UsageError("--field goes with --take", hint="rtv resolve ID --field FIELD --take SIDE")
    from rolethread_vcs.views.merges import resolved_lines

    merges, saving = context.dataset.merges, Saving(dry_run=dry_run)
    words = f"resolve{' --all' if everything else name_words(ids, where)}"
    if take is not None:
        field_words = f" --field {field}" if field is not None else ""
        intent = saving.intent(f"{words}{field_words} --take {take}")
        resolved = merges.resolve(ids, take, intent, everything=everything, where=where, field=field)
    else:
        found = merges.conflicts()
        name, *more = merges.select(found, ids, everything=everything, where=where)
        if more:
            raise UsageError("one entry at a time is edited, or given as a file", hint=f"rtv resolve {name} --edit")
        if source is None:
            resolved = _edited(context, found, name, saving.intent(f"{words} --edit"))
        else:
            from rolethread_vcs.cli.arguments import read_file
            from rolethread_vcs.model.canonical import JsonProblemError, decode_entry
            from rolethread_vcs.model.layout import is_id

            data = read_file(context, source)
            try:
                given = decode_entry(data) if is_id(name) else data
            except JsonProblemError as error:
                raise InvalidError(f"{source} holds no entry: {error.message}") from error
            resolved = merges.give(name, given, saving.intent(f"{words} --file"))
    note_committed(context.output, resolved.committed)
    lines = resolved_lines(resolved, would=dry_run)
    context.output.answer("rolethread.resolve/v1", {"commit": None}, resolved, resolved.committed, lines=lines)


def _edited(context: Context, found: OpenMerge, name: str, intent: Intent) -> Resolved:
    from rolethread_vcs.cli.merge_steps import Forms

    opened, labels = found.entries.get(name), found.unfinished.labels
    preview = None if opened is None else opened.preview or opened.theirs or opened.ours or opened.base
    if opened is None or preview is None:
        raise InvalidError(
            f"{name} cannot be opened in a form: it is a file, or decided already, or cannot be read",
            hint=f"rtv resolve {name} --take {labels.theirs}   or: --file FILE",
        )
    conflicts = [conflict for conflict in found.conflicts if conflict.id == name]
    with Forms(context, "resolve", f"rtv resolve {name} --edit") as forms:
        entry = forms.edit(name, preview, opened.about, labels, conflicts=conflicts)
        resolved = context.dataset.merges.give(name, entry, intent, about=opened.about)
        if intent.dry_run:
            forms.keep()
    return resolved
