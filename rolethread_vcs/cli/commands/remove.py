"""Remove entries from the dataset; history still holds their text.

\b
  rtv remove 12 14
  rtv remove --where tag:draft

Nothing is asked, since rtv undo brings them back.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, entry_choice, name_words, saving_options


@click.command(cls=ChangeCommand)
@entry_choice
@saving_options
def command(context: Context, ids: tuple[str, ...], where: str | None, saving: Saving) -> None:
    dataset = context.dataset
    chosen = dataset.select(ids, where)
    result = dataset.remove(chosen, saving.intent(f"remove{name_words(ids, where)}"))
    print_committed(context, result)
    if result.commit is not None:
        texts = "its text" if len(chosen) == 1 else "their texts"
        context.output.note(f"history still holds {texts}: rtv show {chosen[0]}@{result.commit[:10]}~1")
