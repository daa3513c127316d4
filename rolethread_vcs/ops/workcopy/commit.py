"""Makes one commit of what was edited in a file copy, and brings newer commits of its branch into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import ConflictError, RefusedError, SystemRefusedError
from rolethread_vcs.formats import ChangedSourceError
from rolethread_vcs.model.change import ChangeSet
from rolethread_vcs.model.layout import ORDER
from rolethread_vcs.ops.workcopy import links as copy_bindings
from rolethread_vcs.ops.workcopy.creation import announce_columns, locate, tip_of, write_anew
from rolethread_vcs.ops.workcopy.line_decisions import DecisionWords
from rolethread_vcs.ops.workcopy.line_matcher import Recognised
from rolethread_vcs.ops.workcopy.links import Binding
from rolethread_vcs.ops.workcopy.merge import CopyConflict, CopyMerge, Take, merge_copy
from rolethread_vcs.ops.workcopy.refresh import (
    Relaid,
    columns,
    refuse_unwritable,
    relay_committed,
    relay_refreshed,
    tie_as_read,
)
from rolethread_vcs.ops.workcopy.status import has_changes, recognise_copy, takes_many
from rolethread_vcs.store.refs.refs import BRANCHES
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import Committed, Intent, NoSuchBranchError, Planned, Session, carry, commit_planned

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """How to commit: decisions about lines, how many may go, and which side wins where both changed."""

    decisions: DecisionWords = field(default_factory=DecisionWords)
    removed: int | None = None
    take: Take | None = None


@dataclass(frozen=True, slots=True)
class CopyCommitted:
    """What a commit of a file copy did; `note` is about the file, "" when there is nothing to say."""

    committed: Committed
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: the commits before and after, how many lines the branch changed, whether it was written."""

    path: Path
    before: str
    commit: str
    lines: int
    is_written: bool
    set_aside: Path | None = None
    dry_run: bool = False


def commit(repository: Repository, path: Path, options: CommitOptions, intent: Intent) -> CopyCommitted:
    """Make one commit of what was edited in a file, on the branch as it is now; then tie the file to that commit.

    Raises:
        ConflictError (ambiguous_lines), RefusedError (many_removed), ConflictError (copy_conflict),
        RefusedByGateError: nothing was saved.
        NoSuchBranchError: the branch is gone.
    """
    recognised = recognise_copy(repository, locate(path), options.decisions)
    binding = recognised.bound.binding
    _refuse_ambiguous(recognised)
    if tip_of(repository, binding.branch) is None:
        raise _branch_gone(binding)
    _refuse_many_removed(recognised, options.removed)
    planned: list[tuple[Snapshot, CopyMerge]] = []

    def work(session: Session) -> Committed:
        base = session.base
        merge = _merge(repository, recognised, base, options.take)
        refuse_unwritable(recognised, merge, base)
        recognised.lines.refuse_if_changed()
        planned[:] = [(base, merge)]
        if base.id == binding.commit:
            name = BRANCHES + session.branch  # the file may be tied by another name for it
            session.before_publish = lambda _, moves: _announce(repository, recognised, merge, moves[name][1])
        return commit_planned(session, Planned(_change(recognised, base, merge)))

    done = carry(repository, replace(intent, branch=binding.branch), work)
    if done.dry_run:
        return CopyCommitted(done)
    base, merge = planned[-1]
    if done.commit is None and base.id != binding.commit and not has_changes(recognised):
        return CopyCommitted(
            done, f"{binding.branch} is at another commit by now; rtv workcopy refresh brings the file there"
        )
    ground = base if done.commit is None else repository.snapshot_of(done.commit)
    return CopyCommitted(done, _settle(repository, recognised, merge, ground))


def refresh(
    repository: Repository, path: Path, options: CommitOptions, *, discard: bool = False, dry_run: bool = False
) -> Refreshed:
    """Bring newer commits of the branch into a file; edits in it stay, and merge with what the branch did.

    With `discard` the file is written as the branch has it; what it held is set aside beside it.

    Raises:
        ConflictError (copy_conflict), ConflictError (ambiguous_lines): the file stays as it is. NoSuchBranchError:
        the branch is gone.
    """
    path = locate(path)
    binding = copy_bindings.load(repository, path)
    tip = tip_of(repository, binding.branch)
    if tip is None:
        raise _branch_gone(binding)
    if discard:
        return _discard(repository, binding, tip, dry_run=dry_run)
    recognised = recognise_copy(repository, path, options.decisions)
    if tip == binding.commit:
        return Refreshed(path, tip, tip, 0, False, dry_run=dry_run)
    _refuse_ambiguous(recognised)
    ground = repository.snapshot_of(tip)
    merge = _merge(repository, recognised, ground, options.take)
    refuse_unwritable(recognised, merge, ground)
    if dry_run:
        return Refreshed(path, binding.commit, tip, len(merge.changed), False, dry_run=True)
    announce_columns(repository, recognised.bound.binding, columns(recognised, merge, ground))
    relaid: Relaid = relay_refreshed(recognised, merge, ground)
    copy_bindings.save(repository, relaid.binding)
    return Refreshed(path, binding.commit, tip, relaid.rewritten, relaid.is_written)


def _announce(
    repository: Repository, recognised: Recognised, merge: CopyMerge, commit: str | None
) -> Mapping[str, Any]:
    """Remember what the file is tied to as soon as the commit is made: cut off in between, it is tied all the same."""
    assert commit is not None
    copy_bindings.announce(repository, tie_as_read(recognised, merge, commit))
    return {}


def _settle(repository: Repository, recognised: Recognised, merge: CopyMerge, ground: Snapshot) -> str:
    """Tie the file to the commit that was made of it; whatever stands in the way, the commit is saved."""
    name = recognised.bound.binding.path.name
    try:
        announce_columns(repository, recognised.bound.binding, columns(recognised, merge, ground))
        relaid = relay_committed(recognised, merge, ground)
        copy_bindings.save(repository, relaid.binding)
    except (ChangedSourceError, SystemRefusedError) as error:
        # an older binding is right, too: what was saved is then found to be on the branch already
        return f"{error.message}; what was edited before is saved. rtv workcopy refresh brings the file up to date"
    notes = []
    if relaid.rewritten:
        lines = "1 line" if relaid.rewritten == 1 else f"{relaid.rewritten:,} lines"
        notes.append(f"{lines} of {name} came from the branch")
    if relaid.taken:
        lines = "1 line" if relaid.taken == 1 else f"{relaid.taken:,} lines"
        notes.append(f"{lines} of {name} went, because {recognised.bound.binding.branch} does not have them any more")
    return "; ".join(notes)


def _merge(repository: Repository, recognised: Recognised, tip: Snapshot, take: Take | None) -> CopyMerge:
    merge = merge_copy(repository, recognised, tip, take)
    if merge.conflicts:
        raise _conflict(recognised, merge.conflicts)
    return merge


def _change(recognised: Recognised, base: Snapshot, merge: CopyMerge) -> ChangeSet:
    puts = {entry_id: entry for entry_id, entry in merge.merged.items() if base.get(entry_id) != entry}
    fresh = {merge.named[place]: entry for place, entry in merge.new.items() if place not in merge.known}
    files = {} if merge.order == base.order else {ORDER: merge.order.encode()}
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (len(fresh), "new"),
            (len(puts), "edited"),
            (len(recognised.moved), "moved"),
            (len(merge.removed), "dropped"),
        )
        if number
    ]
    return ChangeSet(
        puts={**puts, **fresh},
        removes=merge.removed,
        files=files,
        made_up=tuple(fresh),
        summary=f"{recognised.bound.binding.path.name}: {', '.join(parts)}",
    )


def _discard(repository: Repository, binding: Binding, tip: str, *, dry_run: bool) -> Refreshed:
    if dry_run:
        return Refreshed(binding.path, binding.commit, tip, 0, False, dry_run=True)
    fresh, aside = write_anew(repository, binding, tip)
    return Refreshed(binding.path, binding.commit, fresh.commit, len(fresh.ids), True, aside)


def _refuse_ambiguous(recognised: Recognised) -> None:
    unclear = recognised.unclear
    if not unclear:
        return
    details = []
    for place, each in sorted(unclear.items())[:_SHOWN]:
        some = ", ".join(f"{one.id} ({one.percent}%)" for one in each.candidates[:3])
        details.append(f"line {recognised.lines.numbers[place]}: {each.doubt}{': ' + some if some else ''}")
    if len(unclear) > _SHOWN:
        details.append(f"… and {len(unclear) - _SHOWN:,} more")
    place, first = min(unclear.items())
    line = recognised.lines.numbers[place]
    one = f"--as {line}={first.candidates[0].id}   or " if first.candidates else ""
    lines = "1 line is" if len(unclear) == 1 else f"{len(unclear):,} lines are"
    raise ConflictError(
        f"{lines} ambiguous in {recognised.lines.path.name}; nothing was saved",
        details=details,
        hint=f"decide: {one}--new {line}   or all of them: --ambiguous new\n"
        "or in a file: rtv --json workcopy status > decisions.json, fill in the ids, then --decisions decisions.json",
        code="ambiguous_lines",
    )


def _refuse_many_removed(recognised: Recognised, allowed: int | None) -> None:
    count, lines = len(recognised.dropped), len(recognised.bound)
    if allowed is not None and allowed != count:
        raise RefusedError(
            f"--removed says {allowed:,}, and {count:,} would go; nothing was saved",
            hint=f"--removed {count}",
            code="many_removed",
        )
    if allowed is None and lines and not len(recognised.lines):
        raise RefusedError(
            f"{recognised.lines.path.name} is empty, so all {lines:,} entries would go; nothing was saved",
            hint=f"wait until what writes it has finished; if that is meant: --removed {count}",
            code="many_removed",
        )
    if allowed is None and takes_many(recognised):
        raise RefusedError(
            f"{count:,} of {lines:,} entries would go, because their lines are not in "
            f"{recognised.lines.path.name} any more; nothing was saved",
            hint=f"if that is meant: --removed {count}",
            code="many_removed",
        )


def _conflict(recognised: Recognised, conflicts: Sequence[CopyConflict]) -> ConflictError:
    details = []
    for each in conflicts[:_SHOWN]:
        line = "" if each.line is None else f" (line {each.line})"
        details.append(f"{each.id}{line} {each.conflict.field}: {each.conflict.message}")
    if len(conflicts) > _SHOWN:
        details.append(f"… and {len(conflicts) - _SHOWN:,} more")
    entries = len({each.id for each in conflicts})
    named = "1 entry was" if entries == 1 else f"{entries:,} entries were"
    return ConflictError(
        f"{named} changed in {recognised.lines.path.name} and on {recognised.bound.binding.branch} differently; "
        "nothing was saved",
        details=details,
        hint="let one side win where both changed the same: --take file   or --take branch\n"
        "or edit the lines so that they say both, and run it again",
        code="copy_conflict",
    )


def _branch_gone(binding: Binding) -> NoSuchBranchError:
    return NoSuchBranchError(
        f"the branch {binding.branch} that {binding.path.name} is tied to is gone; "
        "the file is as it was, and nothing was saved",
        hint=f"make it again where it was: rtv branch {binding.branch} --from {binding.commit[:10]}\n"
        f"or tie the file to another branch: {binding.command(branch='NAME', revision=binding.commit[:10])}",
    )
