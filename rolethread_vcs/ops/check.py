"""Checks entries against the rules: all that is wrong, or only what is new since a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from rolethread_vcs.documents import kind_of
from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding, Scope, Severity
from rolethread_vcs.model.layout import SETTINGS, entry_path, id_of_path
from rolethread_vcs.model.revision import Ids, words_of
from rolethread_vcs.model.settings import Settings, parse_settings
from rolethread_vcs.ops.select import Selection
from rolethread_vcs.rules import (
    KeyLedger,
    Options,
    Rule,
    all_rules,
    check_entries,
    effective_rules,
    find_rule,
    introduced_between,
    misfits,
)
from rolethread_vcs.store.facts import RuleKeys
from rolethread_vcs.store.git_state import rebased_branch
from rolethread_vcs.store.objects.trees import Blob, Difference, two_way
from rolethread_vcs.store.refs import BRANCHES, REMOTES
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
        """Whether there is no error."""
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
    words: Ids = (),
    *,
    where: str | None = None,
    rev: str = "@",
    only: Sequence[str] = (),
) -> Checked:
    """Return every finding in the entries chosen (all, without a choice), of any severity.

    `only` names rules; without it all rules run that the settings of the revision do not turn off.

    Raises:
        UsageError, NoSuchEntryError: the choice names nothing. UnknownRuleError: `only` names no rule.
        UnreadableEntryError: an entry cannot be read.
    """
    snapshot, selection = repository.snapshot(rev), Selection.of(words_of(words), where)
    rules = _rules(snapshot, only)
    looked_at = 0

    def entries() -> Iterator[tuple[str, Entry]]:
        nonlocal looked_at
        for looked_at, pair in enumerate(selection.entries(snapshot), start=1):  # noqa: B007
            yield pair

    facts = None if selection.is_everything else RuleKeys(snapshot)
    findings = tuple(check_entries(rules, entries(), facts))
    return Checked(findings, looked_at, snapshot.id, misfits=misfits(snapshot.settings))


def check_since(repository: Repository, since: str, *, rev: str = "@", only: Sequence[str] = ()) -> Checked:
    """Return the findings, of any severity, that a revision has and an earlier one, whose settings count, had not.

    `since` may be a range that says both: `A...B` is what B has brought in since it left A.
    """
    start, end = repository.bounds(since)
    if start is not None and rev != "@":
        raise UsageError(f"{since} says what is checked, and so does {rev}", hint=f"rtv check --new-since {since}")
    before, after = repository.snapshot_of(start or end), repository.snapshot(end if start else rev)
    differences = two_way(before.tree, after.tree, repository.objects.tree)
    changed = _changed(differences, lambda entry_id, _blob: after[entry_id])
    return _introduced(before, changed, after.id, only)


def check_staged(repository: Repository, *, index: Path | None = None, only: Sequence[str] = ()) -> Checked:
    """Return the findings that the files staged with plain git would bring into the branch.

    `index` is another index than that of the folder: git makes one for `git commit -a` and `git commit FILE`.

    Raises:
        UsageError: no files are checked out. InvalidError (staged_entry): a staged file cannot be read as an entry.
    """
    worktree = repository.worktree
    if worktree is None:
        raise UsageError("no files are checked out here, so nothing can be staged", hint="rtv check")
    before = repository.head_snapshot()
    staged = list(worktree.index.staged(before.tree, index))
    for path, _, after in staged:
        if path == SETTINGS:
            check_settings_by_hand(before, None if after is None else repository.objects.blob(after.oid))
    changed = _changed(staged, lambda entry_id, blob: _staged_entry(repository, entry_id, blob))
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
    findings += ledger.introduced(RuleKeys(before))
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
    entry, path = read_entry(repository.objects, blob), entry_path(entry_id)
    if isinstance(entry, Unreadable):
        raise InvalidError(
            f"the staged file {path} is {entry}",
            hint=f"correct it, then: git add {path}   leave it out, and commit without -a: git restore --staged {path}",
            code="staged_entry",
        )
    return entry


def _rules(snapshot: Snapshot, only: Sequence[str]) -> tuple[Rule, ...]:
    rules = effective_rules(snapshot.settings)
    if not only:
        return rules
    # a rule that is asked for by name runs, also where the settings turn it off
    effective = {rule.code: rule for rule in rules}
    asked = {rule.code: rule for rule in (find_rule(word) for word in only)}
    return tuple(effective.get(code, rule) for code, rule in sorted(asked.items()))


def check_settings_by_hand(base: Snapshot, data: bytes | None) -> None:
    """Refuse settings that nobody may write by hand, or that no rule can take; None: the file is removed.

    Raises:
        InvalidError
    """
    kind_of(SETTINGS).check_by_hand(SETTINGS, data, base.file(SETTINGS))
    refuse_misfits(base.settings, parse_settings(data or b""))


def refuse_misfits(old: Settings, new: Settings) -> None:
    """Refuse what no rule can take; what was there before, perhaps by a newer program, may stay."""
    found = [why for why in misfits(new) if why not in misfits(old)]
    if found:
        raise InvalidError(f"{SETTINGS}: {found[0]}", hint="rtv rules", details=found[1:])


# ---- what plain git is about to commit or to push


@dataclass(frozen=True, slots=True)
class IncomingErrors:
    """The errors that would come into a branch (its name, "" for none), and whether they stop git there."""

    what: str
    branch: str
    is_strict: bool
    errors: Checked

    @classmethod
    def of(cls, what: str, branch: str, settings: Settings, checked: Checked) -> IncomingErrors:
        """Return the errors of a check; the policy is that of the branch before."""
        errors = tuple(each for each in checked.findings if each.severity is Severity.ERROR)
        return cls(what, branch, bool(branch) and settings.is_strict(branch), replace(checked, findings=errors))


def errors_of_commit(repository: Repository, index: Path | None = None) -> IncomingErrors:
    """Return what a commit of the staged files would bring in; `index` is the file that git commits from.

    Raises:
        InvalidError (staged_entry): a staged file cannot be read as an entry.
    """
    branch = repository.branch() or rebased_branch(repository.git_folder)
    settings = repository.head_snapshot().settings
    return IncomingErrors.of("this commit", branch, settings, check_staged(repository, index=index))


def errors_of_fast_forward(repository: Repository) -> tuple[IncomingErrors, ...]:
    """Return what came into the branch when git moved it on last, from ORIG_HEAD."""
    before, after = repository.refs.read("ORIG_HEAD"), repository.refs.head_commit()
    if before is None or after is None:
        return ()
    return errors_of_push(repository, [(f"{BRANCHES}{repository.branch() or ''}", before, after)])


def errors_of_push(
    repository: Repository, pushed: Iterable[tuple[str, str, str]], remote: str = "origin"
) -> tuple[IncomingErrors, ...]:
    """Return what a push would bring into each branch of a remote, given as (ref there, commit there, commit here).

    A branch is compared with what it holds over there, a new one with where it left the main branch of the remote.
    """
    found = []
    for ref, there, here in pushed:
        if not ref.startswith(BRANCHES) or not here.strip("0"):
            continue
        branch = ref.removeprefix(BRANCHES)
        since = there
        if there not in repository.objects:
            names = [*([branch] if there.strip("0") else []), "HEAD", "main"]
            since = _start_there(repository, remote, names, here)
        settings = repository.snapshot_of(since).settings
        checked = check_since(repository, since, rev=here)
        found.append(IncomingErrors.of("this push", branch, settings, checked))
    return tuple(found)


def _start_there(repository: Repository, remote: str, names: Sequence[str], here: str) -> str:
    """Return where a commit left the first branch of a remote that is known here; where none is, the first commit."""
    known = set(repository.refs.names())
    refs = (f"{REMOTES}{each}/{name}" for each in (remote, "origin") for name in names)
    graph = repository.graph
    for tip in filter(None, (repository.refs.read(ref) for ref in refs if ref in known)):
        if (start := graph.common_ancestor(here, tip)) is not None:
            return start
    return [commit.id for commit in graph.newest_first([here])][-1]


# ---- the rules themselves


@dataclass(frozen=True, slots=True)
class EffectiveRule:
    """A rule with the severity that the settings give it, `off` when they turn it off."""

    rule: Rule
    severity: Severity | Literal["off"]
    options: Options = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """One line of what the rule is about."""
        return self.rule.doc.strip().partition("\n")[0].partition(": ")[2].rstrip(".")


def list_rules(settings: Settings | None = None) -> tuple[EffectiveRule, ...]:
    """Return all rules by code with the severities of the settings, or with their own."""
    return tuple(find_effective_rule(rule.code, settings) for rule in all_rules())


def find_effective_rule(code_or_name: str, settings: Settings | None = None) -> EffectiveRule:
    """Return one rule.

    Raises:
        UnknownRuleError: there is none; the hint names the nearest.
    """
    rule = find_rule(code_or_name)
    if settings is None:
        return EffectiveRule(rule, rule.severity)
    effective = effective_rules(settings, [rule])
    return EffectiveRule(rule, effective[0].severity, effective[0].options) if effective else EffectiveRule(rule, "off")
