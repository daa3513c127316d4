"""Checks entries against the rules: all that is wrong, or only what is new since a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding, Scope, Severity
from rolethread_vcs.model.layout import entry_path, id_of_path
from rolethread_vcs.model.query import parse_query
from rolethread_vcs.ops.select.selection import matching, select_in
from rolethread_vcs.rules import (
    KeyLedger,
    Rule,
    check_entries,
    effective_rules,
    find_rule,
    introduced_between,
    misfits,
)
from rolethread_vcs.store.facts import SnapshotFacts
from rolethread_vcs.store.objects.walk import Blob, Difference, two_way
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Unreadable, read_entry


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, in dataset order; `entries` counts what was looked at.

    `commit` is what was checked, `since` the commit that it was compared with. `misfits` are sentences
    about what the settings say of rules and no rule can take.
    """

    findings: tuple[Finding, ...]
    entries: int
    commit: str
    since: str | None = None
    misfits: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing weighs as much as an error."""
        return all(finding.severity is not Severity.ERROR for finding in self.findings)

    def by_code(self) -> dict[str, list[Finding]]:
        """Return the findings by code: errors first, then warnings, then infos, each with the most frequent first."""
        groups: dict[str, list[Finding]] = {}
        for finding in self.findings:
            groups.setdefault(finding.code, []).append(finding)
        weight = list(Severity)
        return dict(
            sorted(groups.items(), key=lambda item: (weight.index(item[1][0].severity), -len(item[1]), item[0]))
        )


def check(
    repository: Repository,
    words: Sequence[str] = (),
    *,
    where: str | None = None,
    rev: str = "@",
    only: Sequence[str] = (),
) -> Checked:
    """Return every finding in the entries chosen (all, without a choice), of any severity.

    `only` names rules; without it all rules run that the settings of the revision do not turn off.

    Raises:
        UsageError, NoSuchEntryError: the choice names nothing. UnknownRuleError: `only` names no rule.
        UnreadableEntryError: an entry does not read.
    """
    snapshot = repository.snapshot(rev)
    rules = _rules(snapshot, only)
    looked_at = _Counter(_entries(snapshot, words, where))
    is_part = bool(words) or where is not None
    findings = tuple(check_entries(rules, looked_at, SnapshotFacts(snapshot) if is_part else None))
    return Checked(findings, looked_at.count, snapshot.id, misfits=misfits(snapshot.settings))


def check_since(repository: Repository, since: str, *, rev: str = "@", only: Sequence[str] = ()) -> Checked:
    """Return the findings that a revision has and an earlier one had not: the gate's question, of any severity.

    The rules weigh as the settings of the earlier one say.

    Raises:
        UnknownRevisionError: a revision names nothing.
    """
    before, after = repository.snapshot(since), repository.snapshot(rev)
    differences = two_way(before.tree, after.tree, repository.objects.tree)
    changed = _changed(differences, lambda entry_id, _blob: after[entry_id])
    return _introduced(before, changed, after.id, only)


def check_staged(repository: Repository, *, index: Path | None = None, only: Sequence[str] = ()) -> Checked:
    """Return the findings that the files staged with plain git would bring into the branch.

    `index` is another index than that of the folder: git makes one for `git commit -a` and `git commit FILE`.

    Raises:
        UsageError: no files are checked out. InvalidError (staged_entry): a staged file does not read as an entry.
    """
    worktree = repository.worktree
    if worktree is None:
        raise UsageError("no files are checked out here, so nothing can be staged", hint="rtv check")
    before = repository.head_snapshot()
    changed = _changed(
        worktree.staged(before.tree, index), lambda entry_id, blob: _staged_entry(repository, entry_id, blob)
    )
    return _introduced(before, changed, before.id, only)


def _introduced(
    before: Snapshot, changed: Iterable[tuple[str, Entry | None]], commit: str, only: Sequence[str]
) -> Checked:
    rules = _rules(before, only)
    entry_rules = [rule for rule in rules if rule.scope is Scope.ENTRY]
    ledger = KeyLedger(rules)
    findings: list[Finding] = []
    count = 0
    for entry_id, entry in changed:
        count += 1
        old = before.get(entry_id)
        origins = (found for origin in (entry.origin if entry else ()) if (found := before.get(origin)) is not None)
        findings += introduced_between(old, entry, entry_rules, entry_id=entry_id, origins=origins)
        ledger.record(entry_id, old, entry)
    findings += ledger.introduced(SnapshotFacts(before))
    return Checked(tuple(findings), count, commit, before.id, misfits(before.settings))


def _changed(
    differences: Iterable[Difference], read: Callable[[str, Blob], Entry]
) -> Iterator[tuple[str, Entry | None]]:
    """Yield (id, entry as it is afterwards) of the entries that differ; None for one that is gone."""
    for path, _, after in differences:
        entry_id = id_of_path(path)
        if entry_id is not None:
            yield entry_id, None if after is None else read(entry_id, after)


def _staged_entry(repository: Repository, entry_id: str, blob: Blob) -> Entry:
    entry = read_entry(repository.objects, blob)
    if isinstance(entry, Unreadable):
        raise InvalidError(
            f"the staged file {entry_path(entry_id)} does not read as an entry",
            hint=f"git restore --staged {entry_path(entry_id)}",
            code="staged_entry",
        )
    return entry


def _rules(snapshot: Snapshot, only: Sequence[str]) -> tuple[Rule, ...]:
    rules = effective_rules(snapshot.settings)
    if not only:
        return rules
    # a rule that is asked for by name runs, also where the settings turn it off
    weighed = {rule.code: rule for rule in rules}
    asked = {rule.code: rule for rule in (find_rule(word) for word in only)}
    return tuple(weighed.get(code, rule) for code, rule in sorted(asked.items()))


def _entries(snapshot: Snapshot, words: Sequence[str], where: str | None) -> Iterator[tuple[str, Entry]]:
    if where is not None and not words:
        for entry_id, entry in matching(snapshot, parse_query(where)):
            yield entry_id, snapshot[entry_id] if entry is None else entry
    elif words:
        for entry_id in select_in(snapshot, words, where):
            yield entry_id, snapshot[entry_id]
    else:
        yield from snapshot


class _Counter:
    """Counts what passes through."""

    def __init__(self, pairs: Iterable[tuple[str, Entry]]) -> None:
        self._pairs = pairs
        self.count = 0

    def __iter__(self) -> Iterator[tuple[str, Entry]]:
        for pair in self._pairs:
            self.count += 1
            yield pair
