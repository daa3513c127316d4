"""Allowances: the findings that the creator lets through, by rule, with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rolethread_vcs.errors import UsageError
from rolethread_vcs.rules import Rule, UnknownRuleError, find_rule


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
