"""Findings by rule, rules, and errors as lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.phrases import count, entry_number, first_few
from rolethread_vcs.views.terminal_text import Line, Lines, Look, hint_text, one_line, styled, wrap

if TYPE_CHECKING:
    from rolethread_vcs.model.finding import Finding
    from rolethread_vcs.ops.check import Checked, EffectiveRule

_SHOWN_PLACES = 5
_REPAIRS = {"safe": "safe repair", "suggested": "suggested repair", "none": ""}
_STYLES = {"error": "error", "warning": "warning", "info": "faint", "off": "faint"}
_REPAIR_WORDS = {
    "safe": "can be repaired safely",
    "suggested": "has a suggested repair",
    "none": "is repaired by hand",
}


def finding_lines(checked: Checked, look: Look, *, all_places: bool) -> Iterator[str]:
    """Yield the lines that tell what a check found, by rule; with `all_places` each place, else the first few."""
    looked_at = count(checked.entries, "entry")
    if checked.since is not None:
        looked_at = f"{count(checked.entries, 'changed entry')} since {checked.since[:10]}"
    if not checked.findings:
        yield f"{looked_at}: no {'new ' if checked.since else ''}problems found"
        return
    if checked.since is not None:
        from rolethread_vcs.gate import mass_sentences

        yield from mass_sentences(checked.findings)
    groups = checked.by_code()
    titles = max(len(f"{code} {found[0].name}") for code, found in groups.items())
    for code, found in groups.items():
        first = found[0]
        style, repair = _STYLES[first.severity.value], _REPAIRS[first.repair.value]
        number = f"{len(found):,} in {count(len({finding.entry_id for finding in found}), 'entry')}"
        title = f"{code} {first.name}".ljust(titles)
        yield f"{styled(first.severity.value, style)}  {title}  {number}{f'   {repair}' if repair else ''}"
        places = found if all_places else found[:1]
        for finding in places:
            place = _place(finding)
            text = finding.message.removeprefix(f"[{finding.index}] ")
            yield f"    {place}  {one_line(text, max(look.room - len(place) - 6, 20))}"
        if not all_places and len(found) > 1:
            others, left = ", ".join(map(_place, found[1:][:_SHOWN_PLACES])), len(found) - 1 - _SHOWN_PLACES
            yield f"    {one_line(f'also {others}' + (f', and {left:,} more' if left > 0 else ''), look.width - 4)}"
    severities = Counter(finding.severity.value for finding in checked.findings)
    numbers = (count(severities[name], name) for name in ("error", "warning", "info") if severities[name])
    yield f"{looked_at}: {', '.join(numbers)}"


def _place(finding: Finding) -> str:
    number = entry_number(finding.entry_id or "")
    return number if finding.index is None else f"{number} [{finding.index}]"


# ---- rules


def rule_lines(rules: Sequence[EffectiveRule], look: Look) -> Lines:
    names = max((len(each.rule.name) for each in rules), default=0)
    for each in rules:
        severity = f"{each.severity!s:<7}"
        head = f"{each.rule.code}  {each.rule.name:<{names}}  {severity}"
        own = "" if each.severity == each.rule.severity else f"(by default {each.rule.severity.value}) "
        text = one_line(own + each.summary, max(look.room - len(head) - 2, 20))
        severity_styled = styled(severity, _STYLES[str(each.severity)])
        yield f"{styled(each.rule.code, 'id')}  {each.rule.name:<{names}}  {severity_styled}  {text}"
    yield Line("note", "explain one with: rtv rules CODE")


def rule_explanation(each: EffectiveRule, look: Look, *, is_here: bool) -> Lines:
    """Yield what a rule looks for and why; `is_here` where its severity is that of a dataset."""
    rule = each.rule
    yield f"{styled(rule.title, 'heading')}: {each.summary}"
    yield ""
    weighs = "is turned off" if each.severity == "off" else f"weighs as {each.severity}"
    default = "" if each.severity == rule.severity else f" (by default: {rule.severity.value})"
    yield f"It {weighs}{' in this dataset' if is_here else ''}{default}, and {_REPAIR_WORDS[rule.repair_safety.value]}."
    for heading, text in rule.sections().items():
        yield ""
        yield styled(heading, "heading")
        # an example keeps its lines, prose is wrapped anew
        lines = text if heading in ("Example", "Instead") else " ".join(text.split())
        yield from wrap(lines, look.width, "    ")
    yield ""
    for option, default in rule.options.items():
        value = each.options.get(option, default)
        here = "" if value == default else f" (by default: {default})"
        yield f"{option} is {value}{here}; change it: rtv config set gate.options.{rule.name}.{option} VALUE"
    yield f"change how much it weighs: rtv config set gate.rules.{rule.name} error|warning|info|off"


# ---- errors


_SHOWN_FINDINGS = 20


def error_text(error: RoleThreadError) -> str:
    """Return an error as text: `error: …`, its details or else its findings, `hint: …`."""
    lines = [f"{styled('error:', 'error')} {error}"]
    found = []
    for finding in error.findings:
        place = f"{finding.entry_id or ''}{'' if finding.index is None else f' [{finding.index}]'}".strip()
        found.append("   ".join(filter(None, (f"{finding.code} {finding.name}", place, finding.message))))
    lines += [f"  {detail}" for detail in error.details or first_few(found, _SHOWN_FINDINGS, "finding")]
    if error.hint:
        lines.append(hint_text(error.hint))
    return "\n".join(lines)
