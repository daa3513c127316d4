"""The gate: the one place that says no, and only to what a change introduces.

Entries are judged one by one as a change streams by, so a bulk import never holds them all:

    gate = Gate(settings, "main", allowances, because, facts=facts, entry_before=snapshot.get)
    for change in changes:
        gate.feed(change)
    verdict = gate.finish()

An importer that separates rows calls `judge` and, for the rows it keeps, `record`, in place of `feed`.
Only rules whose severity is error under the settings run here; `settings` is that of the target branch's tip
before the change, so that a change cannot disarm its own gate. `gate.refusal` has the words of a no.
"""

from rolethread_vcs.gate._judgement import (
    Allowance,
    EntryChange,
    Gate,
    Overrun,
    RefusedByGateError,
    Verdict,
    gate_rules,
    mass_codes,
    mass_sentences,
    parse_allowance,
)
from rolethread_vcs.rules import safe_repair

__all__ = [
    "Allowance",
    "EntryChange",
    "Gate",
    "Overrun",
    "RefusedByGateError",
    "Verdict",
    "gate_rules",
    "mass_codes",
    "mass_sentences",
    "parse_allowance",
    "safe_repair",
]
