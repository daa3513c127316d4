"""List the rules and the severity of each here, or explain one.

\b
  rtv rules
  rtv rules RT104
  rtv rules empty_message
"""

from __future__ import annotations

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_rules
from rolethread_vcs.errors import NotFoundError

ENVELOPE = "rolethread.rules/v1"


@click.command(cls=Command)
@click.argument("code", required=False, shell_complete=complete_rules)
def command(context: Context, code: str | None) -> None:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.findings import rule_explanation, rule_lines

    try:
        settings = context.dataset.snapshot().settings
    except NotFoundError as error:
        if error.code != "no_dataset":
            raise
        settings = None
    output, gate = context.output, Dataset.gate
    if code is None:
        rules = gate.rules(settings)
        output.answer(ENVELOPE, {"rules": rules}, lines=rule_lines(rules, output.look))
        return
    rule = gate.rule(code, settings)
    lines = rule_explanation(rule, output.look, is_here=settings is not None)
    output.answer(ENVELOPE, {"rules": [({"explained": rule.rule.sections()}, rule)]}, lines=lines)
