"""Verify the dataset to the last byte: objects, entries, branches and the operation log.

Exit status 70 means that something is damaged; what it is stands in plain words, with the entry or commit. Nothing is
changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.errors import DamagedError
from rolethread_vcs.phrases import count
from rolethread_vcs.views.terminal_text import styled

if TYPE_CHECKING:
    from rolethread_vcs.ops.verify.verify import Verification

GROUP = "safety"
ENVELOPE = "rolethread.verify/v1"

_SHOWN = 40


@click.command(cls=Command)
@pass_context
def command(context: Context) -> int:
    # only this verb reads everything
    from rolethread_vcs.dataset import Dataset

    output = context.output
    with output.progress("verifying") as step:
        result = Dataset.open(context.folder, check=False).upkeep.verify(step)
    if context.json:
        output.envelope(ENVELOPE, result)
    else:
        _print(context, result)
    return 0 if result.ok else DamagedError.status


def _print(context: Context, result: Verification) -> None:
    output = context.output
    for problem in result.problems[:_SHOWN]:
        style = {"error": "error", "warning": "warning"}.get(str(problem.severity), "faint")
        output.print(f"{styled(f'{problem.severity}:', style)} {problem.message}")
    hidden = len(result.problems) - _SHOWN
    if hidden > 0:
        output.print(f"… and {count(hidden, 'problem', 'problems')} more; all of them: rtv verify --json")
    looked = ", ".join(
        (
            count(result.objects, "object", "objects"),
            count(result.entries, "version of entries", "versions of entries"),
            count(result.commits, "commit", "commits"),
            count(result.operations, "operation", "operations"),
        )
    )
    if result.ok:
        output.report(f"all is whole: {looked}")
        return
    errors = sum(str(problem.severity) == "error" for problem in result.problems)
    output.print(f"{count(errors, 'thing is', 'things are')} damaged; looked at {looked}")
    output.hint("what is whole can be copied out first: rtv export --skip-damaged -o rescued.jsonl")
