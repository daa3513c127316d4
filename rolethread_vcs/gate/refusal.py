"""The words of a refusal: what breaks which rule where, and the ways forward."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rolethread_vcs.gate import RefusedByGateError, Verdict, mass_sentences
from rolethread_vcs.model.finding import Finding, RepairSafety, Severity
from rolethread_vcs.model.layout import CROCKFORD
from rolethread_vcs.phrases import count, listed

if TYPE_CHECKING:
    from rolethread_vcs.formats import Reject

_SHOWN = 3
_ID = re.compile(rf"[0-9]{{8}}-[{CROCKFORD}]{{8}}")
_ROW_PROBLEMS = {"not_json": "not JSON"}


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the table under a refusal."""

    title: str
    count: str
    where: str
    note: str = ""


def refusal_of_edit(verdict: Verdict, made_up: Sequence[str] = ()) -> RefusedByGateError:
    """Return the error for a verdict that blocks, on entries that are named by their ids.

    `made_up` are ids that the refused change had invented, in order: they never come to be, so the words speak of the
    new entry, or of new entry 2, and the findings have no id.
    """
    names = _names_of_new(made_up)
    blocking = tuple(_with_names(finding, names) for finding in verdict.blocking)
    ids = list(dict.fromkeys(finding.entry_id or "" for finding in blocking))
    codes = list(dict.fromkeys(finding.code for finding in blocking))
    if len(ids) == 1:
        subject = f"{ids[0]} breaks" if ids[0] in names.values() else f"entry {ids[0]} breaks"
    else:
        subject = f"{len(ids):,} entries break"
    if len(codes) == 1:
        message = f"{subject} {_title(blocking[0])}"
    else:
        message = f"{subject} {len(codes)} rules"
    if len(ids) == 1 and len(codes) == 1:
        message += _at(blocking)
        details = [finding.message for finding in blocking[:_SHOWN]]
    else:
        details = _table(_edit_lines(blocking, codes))
    return RefusedByGateError(
        message,
        hint=_allow_hint(verdict, codes),
        findings=[replace(each, entry_id=None) if each.entry_id in names.values() else each for each in blocking],
        details=[*mass_sentences(blocking), *map(str, verdict.overruns), *details],
    )


def _names_of_new(made_up: Sequence[str]) -> dict[str, str]:
    """Return what people call entries that have no id yet: the only one, or the n-th, counted from 1."""
    if len(made_up) == 1:
        return {made_up[0]: "the new entry"}
    return {entry_id: f"new entry {number}" for number, entry_id in enumerate(made_up, 1)}


def _with_names(finding: Finding, names: Mapping[str, str]) -> Finding:
    """Return a finding that speaks of new entries as people do, also where its sentence names one."""
    if not names:
        return finding
    message = _ID.sub(lambda found: names.get(found[0], found[0]), finding.message)
    entry_id = finding.entry_id or ""
    return replace(finding, entry_id=names.get(entry_id, entry_id) or None, message=message)


def refusal_of_import(
    total: int,
    rows: Sequence[Reject],
    *,
    refused: int | None = None,
    here: int = 0,
    hint: str | None = None,
    overruns: Iterable[object] = (),
) -> RefusedByGateError:
    """Return the error for a source of `total` rows of which some cannot be saved as they are.

    `rows` are the first of those `refused`, if not all; `here` of the source are in the dataset already. The importer
    knows the ways forward and what each would save, so it writes the hint.
    """
    findings = []
    for row in rows:  # one that cannot be read has broken no rule, and what is wrong with it is found all the same
        unread = Finding(row.code, row.code, Severity.ERROR, None, None, row.reason, "")
        findings += [replace(each, message=f"{row.place}: {each.message}") for each in row.findings or (unread,)]
    refused = len(rows) if refused is None else refused
    fine = total - refused
    are = "is" if fine == 1 else "are"
    not_fine = count(refused, "is not", "are not")
    said = f"{fine:,} of {count(total, 'row')} {are} fine, {not_fine}"
    if not fine:
        said = "the only row is not fine" if total == 1 else f"none of the {total:,} rows is fine"
    return RefusedByGateError(
        said,
        hint=hint,
        findings=findings,
        details=[
            *([f"{count(here, 'row is', 'rows are')} here already"] if here else []),
            *mass_sentences([finding for row in rows for finding in row.findings]),
            *map(str, overruns),
            *([f"of the first {len(rows):,} of these:"] if len(rows) < refused else []),
            *_table(_import_lines(rows)),
        ],
    )


def _edit_lines(findings: Sequence[Finding], codes: Sequence[str]) -> list[_Line]:
    lines = []
    for code in codes:
        of_code = [finding for finding in findings if finding.code == code]
        ids = list(dict.fromkeys(finding.entry_id or "" for finding in of_code))
        where = of_code[0].message if len(of_code) == 1 else listed(ids, _SHOWN)
        lines.append(_Line(_title(of_code[0]), count(len(ids), "entry"), where, _repair_note(of_code)))
    return lines


def _import_lines(rows: Sequence[Reject]) -> list[_Line]:
    by_code: dict[str, list[Reject]] = {}
    for row in rows:
        for code in dict.fromkeys(finding.code for finding in row.findings) or [row.code]:
            by_code.setdefault(code, []).append(row)
    ruled = sorted(code for code, of_code in by_code.items() if of_code[0].findings)
    unreadable = sorted(by_code.keys() - set(ruled))
    lines = []
    for code in ruled:
        findings = [finding for row in by_code[code] for finding in row.findings if finding.code == code]
        numbers = listed([str(row.place.row) for row in by_code[code]], _SHOWN)
        number = count(len(by_code[code]), "row")
        lines.append(_Line(_title(findings[0]), number, numbers, _repair_note(findings)))
    for code in unreadable:
        first = by_code[code][0]
        more = " …" if len(by_code[code]) > 1 else ""
        title = _ROW_PROBLEMS.get(code, code.replace("_", " "))
        number = count(len(by_code[code]), "row")
        lines.append(_Line(title, number, f"line {first.place.line}: {first.reason}{more}"))
    return lines


def _table(lines: Sequence[_Line]) -> list[str]:
    titles = max((len(line.title) for line in lines), default=0)
    counted = [line.count.partition(" ") for line in lines]
    numbers = max((len(number) for number, _, _ in counted), default=0)
    nouns = max((len(noun) for _, _, noun in counted), default=0)
    return [
        f"{line.title:<{titles}}  {number:>{numbers}} {noun:<{nouns}} ({line.where})   {line.note}".rstrip()
        for line, (number, _, noun) in zip(lines, counted, strict=True)
    ]


def _allow_hint(verdict: Verdict, codes: Sequence[str]) -> str:
    needed = {overrun.code: f"{overrun.code}={overrun.found}" for overrun in verdict.overruns}
    others = list(dict.fromkeys(finding.code for finding in verdict.allowed))
    flags = " ".join(f"--allow {needed.get(code, code)}" for code in sorted({*codes, *others}))
    return f'{flags} --because "…"   saves it all the same'


def _repair_note(findings: Sequence[Finding]) -> str:
    safe = sum(finding.repair is RepairSafety.SAFE for finding in findings)
    if not safe:
        return ""
    return "safe repair" if safe == len(findings) else f"safe repair for {safe:,}"


def _at(findings: Sequence[Finding]) -> str:
    places = [f"[{finding.index}]" for finding in findings if finding.index is not None]
    return f" at {listed(places, _SHOWN)}" if places else ""


def _title(finding: Finding) -> str:
    return f"{finding.code} {finding.name}"
