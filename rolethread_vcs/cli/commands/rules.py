"""List the rules and how much each one weighs here, or explain one.

\b
  rtv rules
  rtv rules RT104
  rtv rules empty_message
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.completions import complete_rules
from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.errors import NotFoundError
from rolethread_vcs.views.terminal_text import one_line, styled, wrap

if TYPE_CHECKING:
    from rolethread_vcs.model.settings import Settings
    from rolethread_vcs.ops.check.rule_list import WeighedRule

GROUP = "gate"
ENVELOPE = "rolethread.rules/v1"

_STYLES = {"error": "error", "warning": "warning", "info": "faint", "off": "faint"}
_REPAIRS = {
    "safe": "can be repaired safely",
    "suggested": "has a suggested repair",
    "none": "is repaired by hand",
}


@click.command(cls=Command)
@click.argument("code", required=False, shell_complete=complete_rules)
@pass_context
def command(context: Context, code: str | None) -> None:
    settings = _settings(context)
    # the rules are of no use to help
    from rolethread_vcs.dataset import Dataset

    if code is None:
        rules = Dataset.gate.rules(settings)
        if context.json:
            context.output.envelope(ENVELOPE, {"rules": rules})
            return
        for line in _table(rules, context.output.width):
            context.output.print(line)
        context.output.note("explain one with: rtv rules CODE")
        return
    rule = Dataset.gate.rule(code, settings)
    if context.json:
        context.output.envelope(ENVELOPE, {"rules": [({"explained": rule.sections}, rule)]})
        return
    for line in _explained(rule, context.output.width, is_here=settings is not None):
        context.output.print(line)


def _settings(context: Context) -> Settings | None:
    """Return the settings of the dataset here; rules can be read where there is none."""
    try:
        return context.open_dataset().snapshot().settings
    except NotFoundError as error:
        if error.code != "no_dataset":
            raise
        return None


def _table(rules: tuple[WeighedRule, ...], width: int) -> Iterator[str]:
    names = max((len(each.rule.name) for each in rules), default=0)
    for each in rules:
        severity = f"{each.severity!s:<7}"
        head = f"{each.rule.code}  {each.rule.name:<{names}}  {severity}"
        own = "" if each.severity == each.rule.severity else f"(by default {each.rule.severity.value}) "
        text = one_line(own + each.summary, max(width - len(head) - 2, 20))
        severity_styled = styled(severity, _STYLES[str(each.severity)])
        yield f"{styled(each.rule.code, 'id')}  {each.rule.name:<{names}}  {severity_styled}  {text}"


def _explained(each: WeighedRule, width: int, *, is_here: bool) -> Iterator[str]:
    rule = each.rule
    yield f"{styled(rule.title, 'heading')}: {each.summary}"
    yield ""
    weighs = "is turned off" if each.severity == "off" else f"weighs as {each.severity}"
    default = "" if each.severity == rule.severity else f" (by default: {rule.severity.value})"
    yield f"It {weighs}{' in this dataset' if is_here else ''}{default}, and {_REPAIRS[rule.repair_safety.value]}."
    for heading, text in each.sections.items():
        yield ""
        yield styled(heading, "heading")
        # an example keeps its lines, prose is wrapped anew
        lines = text if heading in ("Example", "Instead") else " ".join(text.split())
        yield from wrap(lines, width, "    ")
    yield ""
    yield f"change how much it weighs: rtv config set gate.rules.{rule.name} error|warning|info|off"
