"""The ratchet: what is new in a list of findings, when what was known before is taken away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rolethread_vcs.model.finding import Finding, Identity


def without_known(findings: Iterable[Finding], known: Counter[Identity]) -> list[Finding]:
    """Return the findings that remain when those of the counted identities are taken away, first ones first.

    A difference of multisets: two equal findings against one known leave one. The counter is used up.
    """
    left = []
    for finding in findings:
        identity = finding.identity()
        if known[identity] > 0:
            known[identity] -= 1
        else:
            left.append(finding)
    return left
