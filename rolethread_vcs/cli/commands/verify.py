"""Verify the dataset to the last byte: objects, entries, branches and the operation log.

Exit status 70 means that something is damaged; what it is stands in plain words, with the entry or commit. Nothing is
changed.
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import DamagedError

ENVELOPE = "rolethread.verify/v1"


@click.command(cls=Command)
def command(context: Context) -> int:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.status import verification_lines

    output = context.output
    with output.progress("verifying") as step:
        result = Dataset.open(context.folder, check=False).upkeep.verify(step)
    output.answer(ENVELOPE, result, lines=verification_lines(result))
    return 0 if result.ok else DamagedError.status
