"""Decides conflicts of an unfinished merge, revert or pick; each time is an operation of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Unpack

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.documents import FILE
from rolethread_vcs.errors import InvalidError, MovedError, NotFoundError, UsageError
from rolethread_vcs.merge.conflict import Conflict, SideChoice, Value
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ORDER, is_id
from rolethread_vcs.model.revision import Ids, RevisionError, named_of, parse_selector, words_of
from rolethread_vcs.ops.merge.decisions import ENTRY, Decision, decisions_of, plain_decisions
from rolethread_vcs.ops.merge.sides import MergeInputs
from rolethread_vcs.ops.merge.tree_merge import OpenEntry, merge_trees
from rolethread_vcs.ops.merge.unfinished_merge import broken_rules, find_unfinished, read_inputs, save_unfinished
from rolethread_vcs.ops.select import Selection
from rolethread_vcs.phrases import listed
from rolethread_vcs.store.log.unfinished import Unfinished
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import (
    Committed,
    Intent,
    NoSuchBranchError,
    Said,
    Session,
    StaleEntryError,
    finish_cut_off,
    intent_of,
)

_Made = dict[str, dict[str, Decision]]


@dataclass(frozen=True, slots=True)
class OpenMerge:
    """An unfinished thing as it stands: what is open, what was decided, which decisions no longer fit.

    `conflicts` are open; `decided` lists (id, field) pairs that are settled. `entries` has, for each entry with open
    conflicts, its sides and its preview. `has_moved` tells of commits on the branch since it began.
    """

    unfinished: Unfinished
    conflicts: tuple[Conflict, ...]
    entries: Mapping[str, OpenEntry]
    decided: tuple[tuple[str, str], ...]
    void: tuple[tuple[str, str], ...]
    has_moved: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a `resolve` did: the (id, field) pairs it settled, and the conflicts that are left."""

    unfinished: Unfinished
    committed: Committed
    settled: tuple[tuple[str, str], ...]
    left: tuple[Conflict, ...]


def open_merge(repository: Repository) -> OpenMerge:
    """Return what waits for decisions here, on the branch as it is now.

    Raises:
        NotFoundError (nothing_unfinished): nothing waits. NoSuchBranchError: its branch has gone.
    """
    unfinished = find_unfinished(repository)
    tip = _tip(repository, unfinished)
    inputs = read_inputs(repository, unfinished, tip)
    decisions = decisions_of(unfinished)
    merged = merge_trees(inputs, decisions)
    broken = broken_rules(repository, unfinished, tip, inputs, merged)
    void = set(merged.void)
    decided = tuple(
        (name, each)
        for name, fields in sorted(decisions.items())
        for each in sorted(fields)
        if (name, each) not in void
    )
    return OpenMerge(unfinished, merged.conflicts or broken, merged.open, decided, merged.void, tip != unfinished.ours)


def select_conflicts(
    found: OpenMerge, words: Sequence[str], *, everything: bool = False, where: str | None = None
) -> list[str]:
    """Return the ids and paths that a user chose among those in conflict, or decided already.

    Raises:
        UsageError: nothing is chosen, or in several ways at once. NotFoundError (no_conflict): what is named is not
        in conflict.
    """
    if (bool(words) + everything + (where is not None)) != 1:
        raise UsageError(
            "say what to decide: ids, --all, or --where QUERY", hint="see the conflicts with: rtv conflicts"
        )
    open_names = list(dict.fromkeys(conflict.id for conflict in found.conflicts))
    if everything:
        if not open_names:
            raise NotFoundError(
                "everything is decided", hint=f"rtv {found.unfinished.kind} --continue", code="no_conflict"
            )
        return open_names
    if where is not None:
        selection, entries = Selection.of(where=where), found.entries
        sides = {name: (entries[name].base, entries[name].ours, entries[name].theirs) for name in entries}
        chosen = [name for name in open_names if name in sides and selection.fits(name, *sides[name])]
        if not chosen:
            raise NotFoundError(f"no entry in conflict matches {where!r}", hint="rtv conflicts", code="no_conflict")
        return chosen
    names = list(dict.fromkeys([*open_names, *(name for name, _ in found.decided)]))
    return list(dict.fromkeys(_named(found, word, names) for word in words))


def resolve(
    repository: Repository,
    words: Ids,
    take: str,
    intent: Intent | None = None,
    *,
    everything: bool = False,
    where: str | None = None,
    field: str | None = None,
    **said: Unpack[Said],
) -> Resolved:
    """Decide conflicts for a side (a branch by its name, `base`, or `both`), selected by `select_conflicts`.

    Raises:
        As `select_conflicts`. UsageError: no side is called so. NotFoundError (no_conflict): one of them is not in
        conflict, or not in that field. UsageError (unusable_choice): both sides cannot be kept there.
    """
    finish_cut_off(repository)
    opened = open_merge(repository)
    names = select_conflicts(opened, words_of(words), everything=everything, where=where)
    ours, theirs, base = opened.unfinished.labels
    sides: dict[str, SideChoice] = {"ours": "ours", "theirs": "theirs", "both": "both", "base": "base", base: "base"}
    side = (sides | {theirs: "theirs", ours: "ours"}).get(take)
    if side is None:
        raise UsageError(
            f"{take} is no side here; the sides are {ours}, {theirs}, base and both",
            hint=f"rtv resolve ID --take {theirs}",
        )

    def decide(inputs: MergeInputs, decisions: _Made) -> None:
        _take(inputs, decisions, names, side, field)

    return _resolve(repository, intent_of(intent, said, "resolve", "resolve"), decide)


def _take(inputs: MergeInputs, decisions: _Made, names: Sequence[str], side: SideChoice, field: str | None) -> None:
    """Decide what is open in some entries and files for one side, or all where nothing is, or one field of each."""
    kept = {name: decisions.pop(name, {}) for name in names}
    # which ranks conflict depends on the whole part; anything else stands alone
    scope = inputs if ORDER in kept else replace(inputs, ids=frozenset(kept))
    is_open = {each.id for each in merge_trees(scope, kept).conflicts} if field is None and any(kept.values()) else ()
    made: _Made = {
        name: {each: fields[each] for each in fields if each != field} if field or name in is_open else {}
        for name, fields in kept.items()
    }
    others = {name: dict(fields) for name, fields in made.items()}
    met = set()

    def choose(conflict: Conflict) -> SideChoice | None:
        if conflict.id not in made or field not in (None, conflict.field):
            return None
        known = others[conflict.id].get(conflict.field)
        if known is not None and known.about == conflict.about:
            return None
        met.add(conflict.id)
        made[conflict.id][conflict.field] = Decision(side, conflict.about)
        return side

    merged = merge_trees(scope, others, choose)
    for name in [each for each in made if each not in met]:
        if field is None and is_id(name) and side != "both":
            # what conflicts here is a rule that both sides break together: the entry as it is on one side
            made[name] = {ENTRY: Decision(side, inputs.entry(name).about)}
            continue
        fields = {each.field for each in merged.conflicts if each.id == name} or kept[name].keys()
        raise NotFoundError(
            f"{name} has no conflict in {field}",
            hint=f"its conflicts are in: {', '.join(sorted(fields))}" if fields else "rtv conflicts",
            code="no_conflict",
        )
    decisions |= made


def resolve_as(
    repository: Repository,
    name: str,
    value: Entry | bytes | None,
    intent: Intent | None = None,
    *,
    about: str = "",
    **said: Unpack[Said],
) -> Resolved:
    """Decide an entry, or a file, as a whole: it becomes this, or goes (None).

    `about` tells the sides of the entry that were looked at (`OpenEntry`), "" whatever they are now.

    Raises:
        NotFoundError (no_conflict): it is not in conflict. InvalidError: a file that merges key by key cannot be
        given whole.
        StaleEntryError: a side has changed since it was looked at.
    """
    intent = intent_of(intent, said, "resolve", f"resolve {name}")
    finish_cut_off(repository)
    if name.isdigit():
        (name,) = select_conflicts(open_merge(repository), [name])

    def decide(inputs: MergeInputs, decisions: _Made) -> None:
        if isinstance(value, bytes):
            decisions.pop(name, None)
            conflicts = merge_trees(inputs, decisions).conflicts
            conflict = next((each for each in conflicts if each.id == name), None)
            if conflict is None or conflict.field != FILE:
                raise InvalidError(
                    f"{name} is merged key by key, and cannot be given as a whole",
                    hint=f"rtv resolve {name} --take BRANCH",
                )
            try:
                text = value.decode("utf-8")
            except UnicodeDecodeError as error:
                raise InvalidError(f"what was given for {name} is no UTF-8 text") from error
            decisions[name] = {FILE: Decision(Value(text), conflict.about)}
            return
        if not is_id(name):
            raise InvalidError(f"{name} is a file and no entry", hint="give it with --file FILE")
        now = inputs.entry(name).about
        if about not in ("", now):
            raise StaleEntryError(
                f"entry {name} was changed by another command since you looked at it",
                hint=f"look again: rtv conflicts {name}",
            )
        fields: Any = ABSENT if value is None else dict(value.document)
        decisions[name] = {ENTRY: Decision(Value(fields), now)}

    return _resolve(repository, intent, decide)


def _resolve(repository: Repository, intent: Intent, decide: Callable[[MergeInputs, _Made], None]) -> Resolved:
    looked_at = find_unfinished(repository)
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        found = find_unfinished(repository)
        # what another command decided beside it stays; another merge is another matter
        if replace(looked_at, decided=found.decided, id=found.id) != found:
            raise MovedError("another command began another merge meanwhile", hint="rtv conflicts")
        tip = _tip(repository, found)
        inputs = read_inputs(repository, found, tip)
        before = decisions_of(found)
        decisions = {name: dict(fields) for name, fields in before.items()}
        decide(inputs, decisions)
        merged = merge_trees(inputs, decisions)
        for name, each in merged.void:
            if before.get(name, {}).get(each) != decisions[name].pop(each, None):
                raise NotFoundError(
                    f"{name} has no conflict that could be decided here",
                    hint=f"change it on {found.branch} itself: rtv edit {name}   then: rtv {found.kind} --continue",
                    code="no_conflict",
                )
        settled = tuple(
            (name, each)
            for name, fields in sorted(decisions.items())
            for each, decision in sorted(fields.items())
            if before.get(name, {}).get(each) != decision
        )
        decided = replace(found, decided=plain_decisions(decisions))
        done = save_unfinished(session, decided, found.id)
        left = merged.conflicts or broken_rules(repository, found, tip, inputs, merged)
        return Resolved(decided, done, settled, left)


def _tip(repository: Repository, unfinished: Unfinished) -> str:
    tip = repository.refs.read(BRANCHES + unfinished.branch)
    if tip is None:
        raise NoSuchBranchError(
            f"the branch {unfinished.branch} of the unfinished {unfinished.kind} has gone; what was decided is kept",
            hint=f"bring it back: rtv undo   or abort: rtv {unfinished.kind} --abort",
        )
    return tip


def _named(found: OpenMerge, word: str, names: Sequence[str]) -> str:
    if word in names:
        return word
    try:
        selector = parse_selector(word)
    except RevisionError:
        selector = word
    entry_id = named_of(filter(is_id, names), selector)
    if entry_id is not None:
        return entry_id
    void = {name for name, _ in found.void}
    voided = word in void or named_of(filter(is_id, void), selector) is not None
    gone = "; it is not in conflict any more, since the branch moved on" if voided else ""
    raise NotFoundError(
        f"{word} has no conflict{gone}",
        hint=f"in conflict are: {listed(names, 5)}" if names else f"rtv {found.unfinished.kind} --continue",
        code="no_conflict",
    )
