"""Ask the gate about what git is about to do; called by the hooks of git.

`pre-commit` and `pre-merge-commit` judge what is staged, `pre-push` (which reads the refs from standard input) what
would be pushed. On a strict branch new errors end with status 30, and git stops; on others they are only told.
`post-merge` tells what a fast-forward brought, since git asks no hook before one.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from rolethread_vcs import Hook
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.errors import RefusedError

if TYPE_CHECKING:
    from rolethread_vcs.ops.check import IncomingErrors


@click.command(cls=Command)
@click.argument("hook", type=click.Choice([each.value for each in Hook]))
@click.argument("words", nargs=-1)
def command(context: Context, hook: str, words: tuple[str, ...]) -> int:
    gate = context.dataset.gate
    if hook == Hook.PUSH:
        # git gives a line for each ref: its name and commit here, its name and commit there
        pushed = (line.split() for line in sys.stdin)
        incoming = list(gate.errors_of_push(((ref[2], ref[3], ref[1]) for ref in pushed if len(ref) == 4), *words[:1]))
        way_on = "git push --no-verify"
    elif hook == Hook.AFTER_MERGE:
        incoming = list(gate.errors_of_fast_forward())
        way_on = ""
    else:
        index = context.environ.get("GIT_INDEX_FILE")
        incoming = [gate.errors_of_commit(context.path(index) if index else None)]
        way_on = "git commit --no-verify"
    is_refused = [_tell(context, each, way_on) for each in incoming]
    return RefusedError.status if any(is_refused) else 0


def _tell(context: Context, incoming: IncomingErrors, way_on: str) -> bool:
    from rolethread_vcs.views.findings import finding_lines

    errors, output = incoming.errors, context.output
    if not errors.findings:
        return False
    for line in finding_lines(errors, output.look, all_places=False):
        output.complain(line)
    if not incoming.is_strict:
        output.note(f"{incoming.branch or 'this'} only reports, so git goes on")
        return False
    code = next(iter(errors.by_code()))
    if not way_on:
        output.complain(f"this brought errors into {incoming.branch}: git asks no hook before a fast-forward")
        output.hint(f"correct them, or take it back with: git reset --keep {errors.since}")
        return False
    output.complain(f"{incoming.what} would bring errors into {incoming.branch}; git was stopped")
    output.hint(f"correct them, or go on all the same with: {way_on}\nrtv rules {code}   explains the first")
    return True
