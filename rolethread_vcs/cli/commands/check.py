"""Check entries against the rules; ends with status 30 when there are errors.

\b
  rtv check
  rtv check 12 14
  rtv check --where tag:draft
  rtv check --new-since main         only what came in since
  rtv check --new-since main...try   only what try brought in since it left main
  rtv check --rule RT104             all findings of one rule
"""

from __future__ import annotations

import shlex

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_branches, complete_rules, entry_choice
from rolethread_vcs.errors import RefusedError, UsageError


@click.command(cls=Command)
@entry_choice
@click.option("--rev", metavar="REV", default="@", shell_complete=complete_branches, help="Check another commit.")
@click.option("--new-since", metavar="REV", shell_complete=complete_branches, help="Only findings new since REV.")
@click.option("--staged", is_flag=True, help="Only findings that files staged with git would bring in.")
@click.option("--rule", "rules", metavar="CODE", multiple=True, shell_complete=complete_rules, help="Only this rule.")
def command(
    context: Context,
    ids: tuple[str, ...],
    where: str | None,
    rev: str,
    new_since: str | None,
    staged: bool,
    rules: tuple[str, ...],
) -> int:
    if (new_since is not None or staged) and (ids or where is not None):
        raise UsageError("--new-since and --staged look at what changed; entries are not chosen with them")
    if staged and (new_since is not None or rev != "@"):
        raise UsageError("--staged compares the staged files with the branch; no revision goes with it")
    from rolethread_vcs.views.findings import finding_lines

    dataset, output = context.dataset, context.output
    if staged:
        checked = dataset.gate.check_staged(only=rules)
    elif new_since is not None:
        checked = dataset.gate.check_since(new_since, rev=rev, only=rules)
    else:
        checked = dataset.check(ids, where=where, rev=rev, only=rules)
    for why in checked.misfits:
        output.warn(f"rolethread.toml: {why}")
    by_code = checked.by_code()
    counts = {code: len(found) for code, found in by_code.items()}
    lines = finding_lines(checked, output.look, all_places=bool(rules))
    output.answer("rolethread.check/v1", {"counts": counts}, checked, lines=lines)
    if by_code and not context.output.json:
        code = next(iter(by_code))
        options = {"--where": where, "--rev": None if rev == "@" else rev, "--new-since": new_since, "--rule": code}
        words = [*ids, *(["--staged"] if staged else []), *(word for o, v in options.items() if v for word in (o, v))]
        every = "" if rules else f"{shlex.join(['rtv', 'check', *words])}   lists every place\n"
        output.hint(f"{every}rtv rules {code}   explains it")
    return 0 if checked.ok else RefusedError.status
