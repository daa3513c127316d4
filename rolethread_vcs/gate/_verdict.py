"""The verdict: what a change introduces, what of it blocks, and the trailers of what was let through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rolethread_vcs.model.finding import Finding

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
