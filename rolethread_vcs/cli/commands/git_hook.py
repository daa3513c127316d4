"""Ask the gate about what git is about to do; called by the hooks of git.

`pre-commit` and `pre-merge-commit` judge what is staged, `pre-push` (which reads the refs from standard input) what
would be pushed. On a strict branch new errors end with status 30, and git stops; on others they are only told.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import RefusedError

if TYPE_CHECKING:
    from rolethread_vcs.ops.check import IncomingErrors


HOOKS = ("pre-commit", "pre-merge-commit", "pre-push")


@click.command(cls=Command)
@click.argument("hook", type=click.Choice(HOOKS))
@click.argument("words", nargs=-1)
def command(context: Context, hook: str, words: tuple[str, ...]) -> int:
    _ = words
    gate = context.dataset.gate
    if hook == "pre-push":
        incoming = gate.errors_of_push(_pushed())
        way_on = "git push --no-verify"
    else:
        index = context.environ.get("GIT_INDEX_FILE")
        incoming = (gate.errors_of_commit(context.path(index) if index else None),)
        way_on = "git commit --no-verify"
    refused = False
    for each in incoming:
        refused = _tell(context, each, way_on) or refused
    return RefusedError.status if refused else 0


def _pushed() -> Iterator[tuple[str, str, str]]:
    for line in sys.stdin:
        words = line.split()
        if len(words) == 4:
            _local, here, remote, there = words
            yield remote, there, here


def _tell(context: Context, incoming: IncomingErrors, way_on: str) -> bool:
    from rolethread_vcs.views.findings import finding_lines

    errors = incoming.errors
    if not errors.findings:
        return False
    for line in finding_lines(errors, all_places=False, width=context.output.width):
        context.output.complain(line)
    code = next(iter(errors.by_code()))
    if incoming.is_strict:
        context.output.complain(f"{incoming.what} would bring errors into {incoming.branch}; git was stopped")
        context.output.hint(
            f"correct them, or go on all the same with: {way_on}\nrtv rules {code}   explains the first"
        )
        return True
    context.output.note(f"{incoming.branch or 'this'} only reports, so git goes on")
    return False
