"""Makes one commit of what was edited in a file copy, and brings newer commits of its branch into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import BusyError, ConflictError, RefusedError, SystemRefusedError
from rolethread_vcs.formats import ChangedSourceError
from rolethread_vcs.ops.workcopy import links
from rolethread_vcs.ops.workcopy.edits import FileEdits, LineDecisions, read_edits
from rolethread_vcs.ops.workcopy.file_copies import write_again
from rolethread_vcs.ops.workcopy.links import Link
from rolethread_vcs.ops.workcopy.merge import CopyMerge, Take
from rolethread_vcs.ops.workcopy.rewrite import Rewrite, link_as_read
from rolethread_vcs.phrases import count, first_few, listed
from rolethread_vcs.store.log.journal import SideEffects
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import (
    ChangeSet,
    Committed,
    Intent,
    NoSuchBranchError,
    Planned,
    finish_cut_off,
    intent_of,
    run,
    split_keywords,
)

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """How to commit: decisions about lines, how many may go, and which side wins where both changed."""

    decisions: LineDecisions = field(default_factory=LineDecisions)
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
    lines: int = 0
    is_written: bool = False
    set_aside: Path | None = None
    dry_run: bool = False


def commit(
    repository: Repository,
    /,
    path: str | Path,
    options: CommitOptions | None = None,
    intent: Intent | None = None,
    **keywords: Any,
) -> CopyCommitted:
    """Make one commit of what was edited in a file, on the branch as it is now; then link the file to that commit.

    Raises:
        ConflictError (ambiguous_lines, copy_conflict), RefusedError (many_removed), RefusedByGateError,
        NoSuchBranchError: nothing was saved. And as `read_edits`.
    """
    said, keywords = split_keywords(keywords)
    intent = intent_of(intent, said, "workcopy", f"workcopy commit {Path(path).name}")
    options = replace(options or CommitOptions(), **keywords)
    finished = finish_cut_off(repository)
    edits = read_edits(repository, path, options.decisions)
    link = edits.link
    _refuse_ambiguous(edits)
    _tip_of(repository, link)
    _refuse_many_removed(edits, options.removed)
    planned: list[tuple[Snapshot, CopyMerge]] = []

    def plan(base: Snapshot) -> Planned:
        merge = _merge(repository, edits, base, options.take).merge
        edits.lines.refuse_if_changed()
        planned[:] = [(base, merge)]

        def linked(commit: str) -> SideEffects:
            # where the branch did not move there is nothing that the file has to have besides
            is_whole = base.id == link.commit
            return links.written(repository, link_as_read(edits, merge, commit)) if is_whole else SideEffects()

        return Planned(_change(edits, base, merge), effects=linked)

    done = run(repository, replace(intent, branch=link.branch), plan)
    base, merge = planned[-1]
    done = replace(done, notes=(*finished, *done.notes, *_doubt_notes(edits, merge)))
    if done.dry_run:
        return CopyCommitted(done)
    if done.commit is None and base.id != link.commit and edits.is_empty:
        return CopyCommitted(
            done, f"{link.branch} is at another commit by now; rtv workcopy refresh brings the file there"
        )
    ground = base if done.commit is None else repository.snapshot_of(done.commit)
    return CopyCommitted(done, _settle(repository, edits, merge, ground))


def refresh(
    repository: Repository,
    /,
    path: str | Path,
    options: CommitOptions | None = None,
    *,
    discard: bool = False,
    dry_run: bool = False,
    **keywords: Any,
) -> Refreshed:
    """Bring newer commits of the branch into a file; edits in it stay, and merge with what the branch did.

    With `discard` the file is written as the branch has it; what it held is set aside beside it. Raises as `commit`.
    """
    options = replace(options or CommitOptions(), **keywords)
    finish_cut_off(repository)
    link = links.load(repository, path)
    tip = _tip_of(repository, link)
    done = Refreshed(link.path, link.commit, tip, dry_run=dry_run)
    if discard:
        if dry_run:
            return done
        fresh, aside = write_again(repository, link, tip)
        return replace(done, lines=len(fresh.ids), is_written=True, set_aside=aside)
    edits = read_edits(repository, path, options.decisions)
    if tip == link.commit:
        return done
    _refuse_ambiguous(edits)
    rewrite = _merge(repository, edits, repository.snapshot_of(tip), options.take)
    if dry_run:
        return replace(done, lines=len(rewrite.merge.changed))
    rewritten = rewrite.refreshed()
    links.save(repository, "refresh", rewritten.link, rewritten.staged, edits.lines.stamp)
    return replace(done, lines=rewritten.brought, is_written=rewritten.staged is not None)


def _settle(repository: Repository, edits: FileEdits, merge: CopyMerge, ground: Snapshot) -> str:
    """Link the file to the commit that was made of it; whatever stands in the way, the commit is saved."""
    name = edits.link.path.name
    try:
        done = Rewrite(edits, merge, ground).committed()
        links.save(repository, "commit", done.link, done.staged, edits.lines.stamp)
    except (ChangedSourceError, BusyError, SystemRefusedError) as error:
        # an older link is right, too: what was saved is then found to be on the branch already
        return f"{error.message}; what was edited before is saved. rtv workcopy refresh brings the file up to date"
    notes = []
    if done.brought:
        notes.append(f"{count(done.brought, 'line')} of {name} came from the branch")
    if done.gone:
        lines = count(done.gone, "line")
        notes.append(f"{lines} of {name} went, because {edits.link.branch} does not have them any more")
    return "; ".join(notes)


def _merge(repository: Repository, edits: FileEdits, tip: Snapshot, take: Take | None) -> Rewrite:
    """Put a file and its branch together, or say what both changed, or what the file cannot hold."""
    merge = CopyMerge(repository, edits, tip, take)
    details = []
    for entry_id, place, conflict in merge.conflicts:
        line = "" if place is None else f" (line {edits.lines.numbers[place]})"
        details.append(f"{entry_id}{line} {conflict.field}: {conflict.message}")
    if details:
        entries = count(len({each[0] for each in merge.conflicts}), "entry was", "entries were")
        raise ConflictError(
            f"{entries} changed in {edits.link.path.name} and on {edits.link.branch} differently",
            details=first_few(details, _SHOWN),
            hint="let one side win where both changed the same: --take file   or --take branch\n"
            "or edit the lines so that they say both, and run it again",
            code="copy_conflict",
        )
    rewrite = Rewrite(edits, merge, tip)
    rewrite.refuse_unwritable()
    return rewrite


def _doubt_notes(edits: FileEdits, merge: CopyMerge) -> Iterator[str]:
    """Yield which messages nobody can be sure of, and what became of what the file does not say about them."""
    for is_kept in (True, False):
        doubts = [(place, doubt) for place, doubt in merge.doubts if doubt.is_kept is is_kept]
        if not doubts:
            continue
        keys = ", ".join(dict.fromkeys(key for _, doubt in doubts for key in doubt.keys))
        if is_kept:
            messages = count(len(doubts), "message may be another", "messages may be others")
            said = f"{messages} than before, and kept what that had: {keys}"
        else:
            messages = count(len(doubts), "message was taken as new", "messages were taken as new")
            said = f"{messages}, without what stood in that place: {keys}"
        where = [f"line {edits.lines.numbers[place]} [{doubt.number}]" for place, doubt in doubts]
        yield f"{said} ({listed(where, _SHOWN)})"


def _change(edits: FileEdits, base: Snapshot, merge: CopyMerge) -> ChangeSet:
    puts = {entry_id: entry for entry_id, entry in merge.entries.items() if base.get(entry_id) != entry}
    numbers = {
        "new": len(merge.fresh),
        "edited": len(puts) - len(merge.fresh),
        "moved": len(edits.moved),
        "dropped": len(merge.removed),
    }
    parts = [f"{number:,} {word}" for word, number in numbers.items() if number]
    return ChangeSet(
        puts=puts,
        removes=frozenset(merge.removed),
        files=base.files_of_order(merge.order),
        made_up=merge.fresh,
        summary=f"{edits.link.path.name}: {', '.join(parts)}",
    )


def _refuse_ambiguous(edits: FileEdits) -> None:
    if not edits.unclear:
        return
    numbers, places = edits.lines.numbers, sorted(edits.unclear)
    details = []
    for place in places:
        some = ", ".join(f"{one.id} ({one.percent}%)" for one in edits.candidates(place)[:3])
        details.append(f"line {numbers[place]}: {edits.unclear[place].doubt}{': ' + some if some else ''}")
    line, candidates = numbers[places[0]], edits.candidates(places[0])
    one = f"--as {line}={candidates[0].id}   or " if candidates else ""
    raise ConflictError(
        f"{count(len(places), 'line is', 'lines are')} ambiguous in {edits.link.path.name}",
        details=first_few(details, _SHOWN),
        hint=f"decide: {one}--new {line}   or all of them: --ambiguous new\n"
        "or in a file: rtv --json workcopy status > decisions.json, fill in the ids, then --decisions decisions.json",
        code="ambiguous_lines",
    )


def _refuse_many_removed(edits: FileEdits, allowed: int | None) -> None:
    gone, before, name = len(edits.dropped), len(edits.linked), edits.link.path.name
    hint = f"if that is meant: --removed {gone}"
    if allowed is not None:
        if allowed == gone:
            return
        problem, hint = f"--removed says {allowed:,}, and {gone:,} would go", f"--removed {gone}"
    elif before and not len(edits.lines):
        problem = f"{name} is empty, so all {before:,} entries would go"
        hint = f"wait until what writes it has finished; {hint}"
    elif edits.drops_many:
        problem = f"{gone:,} of {before:,} entries would go, because their lines are not in {name} any more"
    else:
        return
    raise RefusedError(problem, hint=hint, code="many_removed")


def _tip_of(repository: Repository, link: Link) -> str:
    """Return the newest commit of the branch of a file copy."""
    tip = repository.refs.read(BRANCHES + link.branch)
    if tip is None:
        raise NoSuchBranchError(
            f"the branch {link.branch} that {link.path.name} is linked to is gone; the file is as it was",
            hint=f"make it again where it was: rtv branch {link.branch} --from {link.commit[:10]}\n"
            f"or link the file to another branch: {link.command(branch='NAME', revision=link.commit[:10])}",
        )
    return tip
