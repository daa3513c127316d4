"""The verdict: what a change introduces, what of it blocks, and the trailers of what was let through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rolethread_vcs.errors import UsageError
from rolethread_vcs.model.finding import Finding
from rolethread_vcs.rules import Rule, UnknownRuleError, find_rule

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

    @property
    def mass_codes(self) -> tuple[tuple[str, int], ...]:
        """The codes introduced twenty times or more, with their counts, most first."""
        return mass_codes(self.introduced)

    def trailers(self) -> tuple[tuple[str, str], ...]:
        """Return the commit's trailers: one `Allowed` a rule let through, then `Because`; often none."""
        if not self.allowed:
            return ()
        counts = Counter(finding.code for finding in self.allowed)
        lines = [("Allowed", f"{code}={counts[code]}") for code in sorted(counts)]
        return (*lines, ("Because", self.because))


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
