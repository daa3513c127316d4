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

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rolethread_vcs.errors import RefusedError, UsageError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding, Scope, Severity
from rolethread_vcs.model.settings import Settings
from rolethread_vcs.rules import (
    Facts,
    KeyLedger,
    Rule,
    UnknownRuleError,
    effective_rules,
    find_rule,
    introduced_between,
)
from rolethread_vcs.rules import safe_repair as safe_repair


class RefusedByGateError(RefusedError):
    """The gate refused a change; `findings` are those that block, and nothing was saved."""

    code = "refused_by_gate"


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


MANY = 20
"""So many findings of one code are said first: one cause is likely, and one decision settles them."""


@dataclass(frozen=True, slots=True)
class Overrun:
    """More findings of one rule than its allowance lets through; all of them block."""

    code: str
    name: str
    allowed: int
    found: int

    def __str__(self) -> str:
        flag = f"--allow {self.code}={self.allowed}"
        return f"{self.code} {self.name}: {self.found:,} found, {flag} lets {self.allowed:,} through"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a change introduces, and what of it blocks; `introduced` = `allowed` + the rest, in the order fed.

    On a report-only branch nothing blocks, and findings that no allowance names are in `introduced` only.
    """

    introduced: tuple[Finding, ...] = ()
    blocking: tuple[Finding, ...] = ()
    allowed: tuple[Finding, ...] = ()
    overruns: tuple[Overrun, ...] = ()
    because: str = ""

    @property
    def passes(self) -> bool:
        """Whether the change may be committed."""
        return not self.blocking

    def trailers(self) -> tuple[tuple[str, str], ...]:
        """Return the commit's trailers: one `Allowed` a rule let through, then `Because` where a reason was given."""
        counts = Counter(finding.code for finding in self.allowed)
        lines = [("Allowed", f"{code}={counts[code]}") for code in sorted(counts)]
        return (*lines, *([("Because", self.because)] if self.because else []))


def mass_codes(findings: Iterable[Finding]) -> tuple[tuple[str, int], ...]:
    """Return (code, count) of every code that comes twenty times or more, most first; of any severity."""
    counts = Counter(finding.code for finding in findings)
    return tuple(sorted(((code, n) for code, n in counts.items() if n >= MANY), key=lambda item: (-item[1], item[0])))


def mass_sentences(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return one sentence for each mass code: what an answer says first."""
    names = {finding.code: finding.name for finding in findings}
    return tuple(
        f"{code} {names[code]} comes {count:,} times: likely one cause" for code, count in mass_codes(findings)
    )


@dataclass(frozen=True, slots=True)
class Allowance:
    """Findings that the user lets through: of one rule, all of them or at most `count`."""

    code: str
    count: int | None = None

    def __str__(self) -> str:
        return self.code if self.count is None else f"{self.code}={self.count}"


def parse_allowance(text: str) -> Allowance:
    """Return the allowance of `CODE`, `NAME`, `CODE=3` or `NAME=3`.

    Raises:
        UsageError: no such rule (the hint names the nearest), or the count is no number from 1.
    """
    word, equals, digits = text.partition("=")
    if not equals:
        return Allowance(_allowed_rule(word).code)
    if not (digits.isascii() and digits.isdigit() and int(digits) > 0):
        raise UsageError(f"--allow {text}: the count must be a whole number from 1", hint=f"--allow {word}=3")
    return Allowance(_allowed_rule(word).code, int(digits))


def _allowed_rule(word: str, rules: Iterable[Rule] | None = None) -> Rule:
    try:
        return find_rule(word, rules)
    except UnknownRuleError as error:
        raise UsageError(f"--allow {word}: {error.message}", hint=error.hint) from error


def counts_by_code(
    allowances: Sequence[Allowance], because: str, rules: Iterable[Rule] | None = None
) -> dict[str, int | None]:
    """Return how many findings of each code are let through; None means all of them.

    Raises:
        UsageError: an allowance names no rule, comes twice, or no reason is given.
    """
    known = None if rules is None else tuple(rules)
    counts: dict[str, int | None] = {}
    for allowance in allowances:
        rule = _allowed_rule(allowance.code, known)
        if rule.code in counts:
            raise UsageError(f"--allow names {rule.title} twice", hint="name each rule once")
        counts[rule.code] = allowance.count
    if counts and not because:
        flags = " ".join(f"--allow {allowance}" for allowance in allowances)
        raise UsageError("--allow needs a reason", hint=f'{flags} --because "why this may stay"')
    return counts
