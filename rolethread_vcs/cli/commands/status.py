"""Show where you are, what is not saved, what is unfinished, and what was done last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import RoleThreadError

if TYPE_CHECKING:
    from rolethread_vcs.ops.merge.resolve import OpenMerge


@click.command(cls=Command)
def command(context: Context) -> None:
    from rolethread_vcs.views.status import status_lines

    dataset, output = context.dataset, context.output
    survey = dataset.status()
    waiting: OpenMerge | RoleThreadError | None = None
    own: dict[str, object] = {"conflicts": (), "unfinished": None}
    if survey.has_unfinished:
        try:
            waiting = found = dataset.merges.conflicts()
        except RoleThreadError as error:
            waiting = error
            own["unfinished"] = {"problem": error.message}
        else:
            own["conflicts"] = found.conflicts
            own["unfinished"] = {name: getattr(found.unfinished, name) for name in ("kind", "branch", "command")}
    output.answer("rolethread.status/v1", own, survey, lines=status_lines(survey, waiting, output.look))
