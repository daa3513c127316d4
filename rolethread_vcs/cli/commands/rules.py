"""List the rules and how much each one weighs here, or explain one.

\b
  rtv rules
  rtv rules RT104
  rtv rules empty_message
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_rules
from rolethread_vcs.errors import NotFoundError

if TYPE_CHECKING:
    from rolethread_vcs.model.settings import Settings

ENVELOPE = "rolethread.rules/v1"


@click.command(cls=Command)
@click.argument("code", required=False, shell_complete=complete_rules)
def command(context: Context, code: str | None) -> None:
    settings = _settings(context)
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.findings import rule_explanation, rule_lines

    output = context.output
    if code is None:
        rules = Dataset.gate.rules(settings)
        output.answer(ENVELOPE, {"rules": rules}, lines=rule_lines(rules, width=output.width))
        return
    rule = Dataset.gate.rule(code, settings)
    lines = rule_explanation(rule, width=output.width, is_here=settings is not None)
    output.answer(ENVELOPE, {"rules": [({"explained": rule.rule.sections()}, rule)]}, lines=lines)


def _settings(context: Context) -> Settings | None:
    try:
        return context.dataset.snapshot().settings
    except NotFoundError as error:
        if error.code != "no_dataset":
            raise
        return None
