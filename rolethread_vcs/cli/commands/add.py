"""Add an entry: from a file, from words, or in your editor.

\b
  rtv add                                     opens your editor on a blank form
  rtv add --user "Is the cellar dry?" --assistant "Dry enough." --tag tavern
  rtv add --system @keeper.txt --user - --assistant @answer.txt
  rtv add entry.json                          one entry, in any format that rtv reads

Messages keep the order in which they are given. A TEXT is taken as it stands; @FILE reads it from a file, - from
standard input, and @@ begins a text with an @. Many entries at once come in with rtv import.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, saving_options
from rolethread_vcs.errors import UsageError

_ROLES = ("system", "user", "assistant")
_ORDER = "rolethread_vcs.cli.commands.add.order"


class _OrderedCommand(ChangeCommand):
    """Remembers in which order the messages were given; click only keeps it within one option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            ctx.meta[_ORDER] = [param.name for param in order if param.name in _ROLES]
        return super().parse_args(ctx, args)


@click.command(cls=_OrderedCommand)
@click.argument("source", metavar="[FILE|-]", required=False)
@click.option("--system", metavar="TEXT", multiple=True, help="A system message.")
@click.option("--user", metavar="TEXT", multiple=True, help="A user message.")
@click.option("--assistant", metavar="TEXT", multiple=True, help="An assistant message.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="A tag of the new entry.")
@saving_options
def command(
    context: Context, source: str | None, tags: tuple[str, ...], saving: Saving, **texts: tuple[str, ...]
) -> None:
    order: Sequence[str] = click.get_current_context().meta.get(_ORDER, ())
    if source is not None and order:
        raise UsageError("an entry comes from a file or from the command line, not from both", hint="rtv add FILE")
    if source is not None:
        fields = _from_source(context, source)
    elif order:
        from rolethread_vcs.cli.arguments import TypedTexts

        typed = TypedTexts(context)
        remaining = {role: iter(texts[role]) for role in _ROLES}
        fields = {"messages": [{"role": role, "content": typed.read(next(remaining[role]))} for role in order]}
    else:
        from rolethread_vcs.cli.drafts import write_new

        write_new(context, saving, tags)
        return
    if tags:
        fields["tags"] = [*(fields.get("tags") or ()), *tags]
    print_committed(context, context.dataset.add([fields], saving.intent(f"add {source}" if source else "add")))


def _from_source(context: Context, source: str) -> dict[str, Any]:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.model.layout import ENTRIES

    is_stdin, path = source == "-", context.path(source)
    if not is_stdin and path.resolve().is_relative_to((context.dataset.folder / ENTRIES).resolve()):
        raise UsageError(
            f"{source} is a file of this dataset; what was written there by hand is saved with rtv commit",
            hint="rtv commit",
        )
    row, notes = Dataset.upkeep.read_row(sys.stdin.buffer if is_stdin else path, None if is_stdin else source)
    for note in notes:
        context.output.note(note)
    return dict(row.fields)
