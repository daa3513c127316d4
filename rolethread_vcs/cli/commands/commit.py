"""Save what you edited by hand in the files of the dataset.

Every command of rtv saves by itself; this one takes changes made with a text editor, a script or plain git: changed,
new and removed files under entries/, rolethread.toml and order.json. Staged or not makes no difference. A new entry
needs a name like entries/0000/12/00001234-k2x9m3ab.json; rtv add makes one without that.

An entry that is damaged in the store is saved again from its file, when that is whole.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, saving_options

_NOTHING = (
    "nothing was edited by hand, so there is nothing to save: every rtv command saves by itself\n"
    "see the commits with: rtv log"
)


@click.command(cls=ChangeCommand)
@saving_options
def command(context: Context, saving: Saving) -> None:
    from rolethread_vcs.views.changes import healed_sentence

    dataset = context.dataset
    result = dataset.commit(saving.intent("commit"))
    healed = None if result.undoable else healed_sentence(result.ids, would=saving.dry_run)
    print_committed(context, result, done=healed, nothing=_NOTHING)
