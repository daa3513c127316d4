"""Check entries against the rules; ends with status 30 when there are errors.

\b
  rtv check
  rtv check 12 14
  rtv check --where tag:draft
  rtv check --new-since main     only what came in since
  rtv check --rule RT104         all findings of one rule
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.completions import complete_branches, complete_rules, entry_choice
from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.errors import RefusedError, UsageError
from rolethread_vcs.phrases import count, entry_number
from rolethread_vcs.views.terminal_text import one_line, styled

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.model.finding import Finding
    from rolethread_vcs.ops.check.check import Checked

GROUP = "gate"
ENVELOPE = "rolethread.check/v1"

_SHOWN_PLACES = 5
_REPAIRS = {"safe": "safe repair", "suggested": "suggested repair", "none": ""}


@click.command(cls=Command)
@entry_choice
@click.option("--rev", metavar="REV", default="@", shell_complete=complete_branches, help="Check another commit.")
@click.option("--new-since", metavar="REV", shell_complete=complete_branches, help="Only findings new since REV.")
@click.option("--staged", is_flag=True, help="Only findings that files staged with git would bring in.")
@click.option("--rule", "rules", metavar="CODE", multiple=True, shell_complete=complete_rules, help="Only this rule.")
@pass_context
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
    dataset = context.open_dataset()
    checked = _check(dataset, ids, where, rev, new_since, rules, staged=staged)
    for word in checked.unknown_rules:
        context.output.warn(f"rolethread.toml gives a severity to {word}, and there is no such rule")
    if context.json:
        counts = {code: len(found) for code, found in checked.by_code().items()}
        context.output.envelope(ENVELOPE, {"counts": counts}, checked)
    else:
        for line in finding_lines(checked, all_places=bool(rules), width=context.output.width):
            context.output.print(line)
        _hint(context, checked, rules)
    return 0 if checked.ok else RefusedError.status


def _check(
    dataset: Dataset,
    ids: tuple[str, ...],
    where: str | None,
    rev: str,
    new_since: str | None,
    rules: tuple[str, ...],
    *,
    staged: bool,
) -> Checked:
    if staged:
        return dataset.gate.check_staged(only=rules)
    if new_since is not None:
        return dataset.gate.check_since(new_since, rev=rev, only=rules)
    return dataset.check(ids, where=where, rev=rev, only=rules)


def finding_lines(checked: Checked, *, all_places: bool, width: int) -> Iterator[str]:
    """Yield the lines that tell what a check found, by rule; with `all_places` each place, else the first few."""
    looked_at = count(checked.entries, "entry", "entries")
    if checked.since is not None:
        looked_at = f"{count(checked.entries, 'changed entry', 'changed entries')} since {checked.since[:10]}"
    if not checked.findings:
        yield f"{looked_at}: nothing {'new ' if checked.since else ''}was found"
        return
    if checked.since is not None:
        # only the ratchet has something to say about one cause
        from rolethread_vcs.gate import mass_sentences

        yield from mass_sentences(checked.findings)
    groups = checked.by_code()
    titles = max(len(f"{code} {found[0].name}") for code, found in groups.items())
    for code, found in groups.items():
        yield _group_head(code, found, titles)
        places = found if all_places else found[:1]
        for finding in places:
            place = _place(finding)
            yield f"    {place}  {one_line(_without_number(finding), max(width - len(place) - 6, 20))}"
        if not all_places and len(found) > 1:
            yield f"    {one_line(_more_places(found[1:]), width - 4)}"
    yield f"{looked_at}: {_weights(checked)}"


def _group_head(code: str, found: list[Finding], width: int) -> str:
    severity = found[0].severity
    style = {"error": "error", "warning": "warning"}.get(severity.value, "faint")
    ids = {finding.entry_id for finding in found}
    number = f"{len(found):,} in {count(len(ids), 'entry', 'entries')}"
    repair = _REPAIRS[found[0].repair.value]
    title = f"{code} {found[0].name}".ljust(width)
    return f"{styled(severity.value, style)}  {title}  {number}{f'   {repair}' if repair else ''}"


def _without_number(finding: Finding) -> str:
    """Return what a finding says without the message number that stands before it already."""
    return finding.message.removeprefix(f"[{finding.index}] ")


def _place(finding: Finding) -> str:
    number = entry_number(finding.entry_id or "")
    return number if finding.index is None else f"{number} [{finding.index}]"


def _more_places(found: list[Finding]) -> str:
    shown = ", ".join(_place(finding) for finding in found[:_SHOWN_PLACES])
    left = len(found) - _SHOWN_PLACES
    return f"also {shown}" + (f", and {left:,} more" if left > 0 else "")


def _weights(checked: Checked) -> str:
    names = {"error": "errors", "warning": "warnings", "info": "infos"}
    numbers = {name: sum(finding.severity.value == name for finding in checked.findings) for name in names}
    return ", ".join(count(number, name, names[name]) for name, number in numbers.items() if number)


def _hint(context: Context, checked: Checked, rules: tuple[str, ...]) -> None:
    if not checked.findings:
        return
    code = next(iter(checked.by_code()))
    every = "" if rules else f"rtv check --rule {code}   lists every place\n"
    context.output.hint(f"{every}rtv rules {code}   explains it")
