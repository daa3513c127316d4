"""Judges a change, entry by entry as it streams by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rolethread_vcs.gate._verdict import Allowance, Overrun, Verdict, counts_by_code
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding, Scope, Severity
from rolethread_vcs.model.settings import Settings
from rolethread_vcs.rules import Facts, KeyLedger, Rule, effective_rules, introduced_between


@dataclass(frozen=True, slots=True)
class EntryChange:
    """One entry added (`before` None), changed, or removed (`after` None).

    `origin` names the entries, as they were before, that this one was split, joined or copied from: their
    findings are old debt, not new.
    """

    entry_id: str
    before: Entry | None
    after: Entry | None
    origin: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What happened to the entry: `added`, `changed` or `removed`."""
        if self.after is None:
            return "removed"
        return "added" if self.before is None else "changed"


class Gate:
    """Judges one change to one branch; each changed entry is fed once.

    `facts` answers dataset rules about the dataset before the change; `entry_before` gives the entry an
    origin id stood for, and is called only for entries that have findings. Without them the dataset counts as
    empty and an origin as unknown.

    Raises:
        UsageError: an allowance names no rule, comes twice, or comes without a reason.
    """

    def __init__(
        self,
        settings: Settings,
        branch: str,
        allowances: Sequence[Allowance] = (),
        because: str | None = None,
        *,
        facts: Facts | None = None,
        entry_before: Callable[[str], Entry | None] | None = None,
        rules: Sequence[Rule] | None = None,
    ) -> None:
        self.rules = gate_rules(settings, rules)
        self.strict = settings.is_strict(branch)
        self._because = " ".join((because or "").split())
        self._allowed = counts_by_code(allowances, self._because, rules)
        self._facts = facts
        self._entry_before = entry_before
        self._entry_rules = tuple(rule for rule in self.rules if rule.scope is Scope.ENTRY)
        self._dataset_codes = frozenset(rule.code for rule in self.rules if rule.scope is Scope.DATASET)
        self._ledger = KeyLedger(self.rules)
        self._introduced: list[Finding] = []

    def judge(self, change: EntryChange) -> tuple[Finding, ...]:
        """Return what one change introduces on its own entry; remembers nothing.

        Dataset rules speak here only when `facts` was given: against the dataset and the changes recorded so
        far. What this change means for other entries is said by `finish`.
        """
        after = change.after
        if after is None:
            return ()
        found = introduced_between(
            change.before,
            after,
            self._entry_rules,
            entry_id=change.entry_id,
            origins=self._origins(change.origin) if change.origin else (),
        )
        if self._facts is not None:
            found += self._ledger.preview(change.entry_id, change.before, after, self._facts)
        return tuple(found)

    def record(self, change: EntryChange, introduced: Sequence[Finding]) -> None:
        """Take a judged change into the verdict, with what `judge` returned for it."""
        # The ledger says anew, at the end, what dataset rules find: others may have changed meanwhile.
        if introduced:
            self._introduced.extend(f for f in introduced if f.code not in self._dataset_codes)
        self._ledger.record(change.entry_id, change.before, change.after)

    def feed(self, change: EntryChange) -> tuple[Finding, ...]:
        """Judge a change and take it into the verdict; return what it introduces."""
        introduced = self.judge(change)
        self.record(change, introduced)
        return introduced

    def blocks(self, finding: Finding) -> bool:
        """Return whether a finding blocks here, the counts of allowances aside: strict, and not allowed."""
        return self.strict and finding.code not in self._allowed

    def finish(self) -> Verdict:
        """Return the verdict over all that was recorded."""
        introduced = [*self._introduced, *self._ledger.introduced(self._facts)]
        counts = Counter(finding.code for finding in introduced)
        names = {finding.code: finding.name for finding in introduced}
        overruns = tuple(
            Overrun(code, names[code], limit, counts[code])
            for code, limit in sorted(self._allowed.items())
            if limit is not None and counts[code] > limit
        )
        let_through = self._allowed.keys() - {overrun.code for overrun in overruns}
        return Verdict(
            introduced=tuple(introduced),
            blocking=tuple(f for f in introduced if self.strict and f.code not in let_through),
            allowed=tuple(f for f in introduced if f.code in let_through),
            overruns=overruns,
            because=self._because,
        )

    def _origins(self, ids: Iterable[str]) -> Iterator[Entry]:
        """Yield the entries that origin ids stood for; a generator, so a sound entry costs no look-up."""
        for entry_id in ids:
            entry = self._entry_before(entry_id) if self._entry_before is not None else None
            if entry is not None:
                yield entry


def gate_rules(settings: Settings, rules: Iterable[Rule] | None = None) -> tuple[Rule, ...]:
    """Return the rules that run in the gate: those of severity error."""
    return tuple(rule for rule in effective_rules(settings, rules) if rule.severity is Severity.ERROR)
