"""Show where you are, what is not saved, what is unfinished, and what was done last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import RoleThreadError

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.merge.resolve import OpenMerge

ENVELOPE = "rolethread.status/v1"


@click.command(cls=Command)
def command(context: Context) -> None:
    from rolethread_vcs.views.status import status_lines

    dataset = context.dataset
    survey = dataset.status()
    waiting = _waiting(dataset) if survey.has_unfinished else None
    conflicts = () if waiting is None or isinstance(waiting, RoleThreadError) else waiting.conflicts
    own = {"conflicts": conflicts, "unfinished": _unfinished(waiting)}
    context.output.answer(ENVELOPE, own, survey, lines=status_lines(survey, waiting, now=context.output.now))


def _waiting(dataset: Dataset) -> OpenMerge | RoleThreadError:
    try:
        return dataset.merges.conflicts()
    except RoleThreadError as error:
        return error


def _unfinished(waiting: OpenMerge | RoleThreadError | None) -> dict[str, str] | None:
    if waiting is None or isinstance(waiting, RoleThreadError):
        return None if waiting is None else {"problem": waiting.message}
    found = waiting.unfinished
    return {"kind": found.kind, "branch": found.branch, "command": found.command}
