"""Brings rows of files in as entries, in one commit: reads once, streams into one pack while the gate votes.

    rows -> drafts -> entries -> matched (new, changed, already here) -> judged -> blobs in the pack
    then, under the lock: numbers, trees, the commit

Blobs hold no id, so losing a race against another writer renumbers and rebuilds trees only; when the other writer
touched the same entries, everything is read again.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

from rolethread_vcs.errors import ConflictError, MovedError
from rolethread_vcs.formats import open_source
from rolethread_vcs.gate import Allowance, Verdict, refusal_of_edit, refusal_of_import
from rolethread_vcs.model.ids import number_of, suffix_part
from rolethread_vcs.model.layout import ORDER, entry_path, id_of_path
from rolethread_vcs.model.order import Order
from rolethread_vcs.ops import rejecting
from rolethread_vcs.ops.changing import new_id, next_number
from rolethread_vcs.ops.matching import Outcome
from rolethread_vcs.ops.placing import as_listed, behind_anchors
from rolethread_vcs.ops.reading_rows import CONFLICT, ImportOptions, Progress, RowReader, SourceInfo
from rolethread_vcs.ops.rejecting import Reject, RejectFiles
from rolethread_vcs.store import trees
from rolethread_vcs.store.packs import PackWriter
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import CHECKOUT_LIMIT, Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.walk import two_way
from rolethread_vcs.transaction import ATTEMPTS, Committed, Counts, Intent, PathChange, Session

SourceFile = Path | BinaryIO

STANDARD_INPUT = "standard input"
"""What messages call the stream that the word `-` means."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; counts are rows, `committed` has the counts of entries.

    `edited_since` rows are part of `unchanged`: their entry was edited here after an earlier import. `removed_before`
    rows were removed here and stay away. `repaired` counts repaired rows by what was done. `absent` is the number of
    entries that no row was matched with, when the file was matched at all.
    """

    committed: Committed
    sources: tuple[SourceInfo, ...]
    unchanged: int = 0
    edited_since: int = 0
    removed_before: int = 0
    absent: int = 0
    rejects: tuple[Reject, ...] = ()
    reject_files: RejectFiles | None = None
    repaired: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class RowsInConflictError(ConflictError):
    """Rows were edited here and in the file, in ways that do not go together."""

    code = "rows_in_conflict"


class _ReadAgainError(MovedError):
    """Another writer touched the very entries that rows were matched with."""


def import_files(
    repository: Repository,
    files: Sequence[SourceFile],
    options: ImportOptions,
    intent: Intent,
    *,
    names: Sequence[str | None] = (),
    step: Progress = lambda _: None,
) -> Imported:
    """Import files (paths, or open binary streams with `names`) into the intent's branch as one commit.

    The branch is made from the current one when it does not exist.

    Raises:
        RefusedByGateError: rows cannot be saved, and no option says what to do with them; the hint counts the ways.
        RowsInConflictError, InvalidError, SystemRefusedError; nothing was saved then.
    """
    labels = list(names) or [None] * len(files)
    for attempt in range(ATTEMPTS):
        try:
            return _import_once(repository, files, options, intent, labels, step)
        except _ReadAgainError:
            if attempt == ATTEMPTS - 1 or not all(isinstance(file, Path) for file in files):
                raise
    raise AssertionError("unreachable")


def _import_once(
    repository: Repository,
    files: Sequence[SourceFile],
    options: ImportOptions,
    intent: Intent,
    labels: Sequence[str | None],
    step: Progress,
) -> Imported:
    base, branch = _target(repository, intent)
    with repository.pack() as pack:
        reader = RowReader(repository, base, branch, options, intent)
        corrected = _is_rejects_file(repository, files)
        reader.raws = [] if corrected else None
        for file, label in zip(files, labels, strict=True):
            with open_source(file, name=label) as source:
                reader.read(source, pack, step)
        verdict = reader.gate.finish()
        _refuse_what_blocks(reader, verdict, files, options, intent)
        places = rejecting.find_places(repository, corrected, reader.raws or ()) if corrected else None
        bare, notes = _decide_checkout(repository, reader, branch, intent)
        try:
            with _reject_files(reader, files, options, intent) as reject_files:
                committed = _publish(bare, reader, pack, intent, branch, verdict, reject_files, places or {})
        except BaseException as error:
            if bare is not repository and not getattr(error, "saved", False):
                _check_out_again(bare, reader.base)
            raise
    here = (Outcome.UNCHANGED, Outcome.EDITED_SINCE, Outcome.OTHER_FIELDS)
    unchanged = sum(reader.outcomes[outcome] for outcome in here)
    return Imported(
        committed=replace(committed, notes=(*committed.notes, *notes)),
        sources=tuple(reader.sources),
        unchanged=unchanged,
        edited_since=reader.outcomes[Outcome.EDITED_SINCE],
        removed_before=reader.outcomes[Outcome.REMOVED],
        absent=reader.matcher.unmatched() if unchanged or reader.outcomes[Outcome.CHANGED] else 0,
        rejects=tuple(reader.rejects),
        reject_files=reject_files,
        repaired=dict(reader.repaired),
        notes=(
            *reader.notes,
            *_key_note(reader, options),
            *_other_fields_note(reader.outcomes[Outcome.OTHER_FIELDS]),
        ),
    )


def _key_note(reader: RowReader, options: ImportOptions) -> tuple[str, ...]:
    if reader.is_key_met or not reader.rows:
        return ()
    return (f"no row has the field {options.key} of --key, so it told no rows apart",)


def _other_fields_note(rows: int) -> tuple[str, ...]:
    if not rows:
        return ()
    are = "1 row has" if rows == 1 else f"{rows:,} rows have"
    return (
        f"{are} the messages of an entry and other tags or keys; the entries stay as they are "
        "(rows of a full export bring such changes back)",
    )


def _target(repository: Repository, intent: Intent) -> tuple[Snapshot, str]:
    """Return the snapshot to import into and its branch; a branch still to be made starts from here."""
    if intent.branch is not None:
        tip = repository.refs.read(BRANCHES + intent.branch)
        return (repository.head_snapshot() if tip is None else repository.snapshot_of(tip)), intent.branch
    return repository.head_snapshot(), repository.branch() or ""


def _is_rejects_file(repository: Repository, files: Sequence[SourceFile]) -> str:
    """Return the name of the file when it is one that an earlier import wrote its rejects to, else ""."""
    if len(files) != 1 or not isinstance(files[0], Path):
        return ""
    name = files[0].name
    known = any(operation.details.get("rejects_name") == name for operation in repository.operations)
    return name if known else ""


# ---- refusing


def _refuse_what_blocks(
    reader: RowReader, verdict: Verdict, files: Sequence[SourceFile], options: ImportOptions, intent: Intent
) -> None:
    if reader.rejects and not options.skip_invalid:
        conflicts = [reject for reject in reader.rejects if reject.code == CONFLICT]
        if conflicts:
            raise RowsInConflictError(
                f"{len(conflicts):,} of {reader.rows:,} rows {'conflicts' if len(conflicts) == 1 else 'conflict'} "
                "with edits made here; nothing was saved",
                details=[str(each) for each in conflicts[:10]],
                hint=f"{_command(reader, options, intent)} --skip-invalid   saves the others and writes "
                f"{'this one' if len(conflicts) == 1 else 'these'} to a file",
            )
        raise refusal_of_import(reader.rows, reader.refused, hint=_ways_forward(reader, files, options, intent))
    if verdict.overruns:
        over = {overrun.code: overrun.found for overrun in verdict.overruns}
        rows = [row for row in reader.allowed if any(finding.code in over for finding in row.findings)]
        allowances = tuple(replace(each, count=over.get(each.code, each.count)) for each in intent.allowances)
        command = _command(reader, options, replace(intent, allowances=allowances))
        saved = reader.outcomes[Outcome.NEW] + reader.outcomes[Outcome.CHANGED]
        raise refusal_of_import(
            reader.rows,
            rows,
            hint=f"{command}   saves {saved:,} {'as it is' if saved == 1 else 'as they are'}",
            overruns=verdict.overruns,
        )
    if not verdict.passes:
        raise refusal_of_edit(verdict)


def _ways_forward(reader: RowReader, files: Sequence[SourceFile], options: ImportOptions, intent: Intent) -> str:
    """Return one line a way, each with how many rows it would save: rows that are here already are not counted."""
    refused = len(reader.refused)
    fine = reader.outcomes[Outcome.NEW] + reader.outcomes[Outcome.CHANGED]
    ruled = [row for row in reader.refused if row.findings]
    skip = " --skip-invalid" if len(ruled) < refused else ""
    rejects = rejecting.choose_files(rejects_path(files, options), rejecting.join_rows(reader.rejects)).rows.name
    ways: list[tuple[str, str]] = []

    def offer(more: str, saved: int, note: str = "", *, plan: Intent = intent) -> None:
        if saved:
            ways.append((_command(reader, options, plan) + more, f"saves {saved:,}{note}"))

    def leave(number: int) -> str:
        return f"; {number:,} {'goes' if number == 1 else 'go'} to {rejects}"

    if reader.fixable == refused:
        offer(" --fix", fine + refused, f", {refused:,} of them repaired")
    elif reader.fixable:
        offer(" --fix --skip-invalid", fine + reader.fixable, leave(refused - reader.fixable))
    offer(" --skip-invalid", fine, leave(refused))
    if ruled:
        saved = fine + len(ruled)
        if intent.branch is None:
            offer(f"{skip} --to work/{_stem(reader)}", saved, " on a branch that only reports")
        codes = sorted({finding.code for row in ruled for finding in row.findings})
        allowances = (*intent.allowances, *(Allowance(code, None) for code in codes))
        offer(skip, saved, " as it is" if saved == 1 else " as they are", plan=replace(intent, allowances=allowances))
    width = max((len(command) for command, _ in ways), default=0)
    lines = [f"{command:<{width}}   {what}" for command, what in ways]
    return "\n".join(lines) or f"correct the rows named above, then: {_command(reader, options, intent)}"


def _command(reader: RowReader, options: ImportOptions, intent: Intent) -> str:
    """Return the command as it was given, to be gone on with."""
    words = ["rtv", "import", *(_typed(source.name) for source in reader.sources)]
    for flag, value in (
        ("--format", options.format if options.format != "auto" else None),
        ("--key", options.key),
        ("--rejects", None if options.rejects is None else str(options.rejects)),
        ("--to", intent.branch),
        ("-m", intent.message),
    ):
        if value is not None:
            words += [flag, shlex.quote(value)]
    words += [flag for flag, is_given in (("--fix", options.fix), ("--again", options.again)) if is_given]
    words += ["--skip-invalid"] if options.skip_invalid else []
    for each in intent.allowances:
        words += ["--allow", str(each)]
    if intent.allowances:
        words += ["--because", shlex.quote(intent.because) if intent.because else '"…"']
    return " ".join(words)


def _typed(name: str) -> str:
    return "-" if name == STANDARD_INPUT else shlex.quote(name)


def _stem(reader: RowReader) -> str:
    stem = Path(reader.sources[0].name).name.partition(".")[0] if reader.sources else "import"
    return "".join(each if each.isalnum() or each in "-_" else "-" for each in stem).strip("-") or "import"


# ---- rejects


def rejects_path(files: Sequence[SourceFile], options: ImportOptions) -> Path:
    """Return where rejects go: beside the first source, `chats.rejects.jsonl`, if no other place was named."""
    if options.rejects is not None:
        return options.rejects
    first = next((file for file in files if isinstance(file, Path)), Path("import"))
    return first.with_name(f"{first.name.partition('.')[0] or 'import'}.rejects.jsonl")


@contextlib.contextmanager
def _reject_files(
    reader: RowReader, files: Sequence[SourceFile], options: ImportOptions, intent: Intent
) -> Iterator[RejectFiles | None]:
    """Write the rejects before the commit, and take them back when it fails."""
    if not reader.rejects or intent.dry_run:
        yield None
        return
    written = rejecting.choose_files(rejects_path(files, options), rejecting.join_rows(reader.rejects))
    made = rejecting.write_files(written, reader.rejects)
    try:
        yield written
    except BaseException as error:
        if not getattr(error, "saved", False):
            rejecting.remove_files(made)
        raise


# ---- files or bare


def _decide_checkout(
    repository: Repository, reader: RowReader, branch: str, intent: Intent
) -> tuple[Repository, list[str]]:
    """Decide once, at the first import, whether files are checked out; above the limit the dataset goes bare."""
    if intent.dry_run or not reader.kept or len(reader.base) or repository.config("rolethread.decided"):
        return repository, []
    if (repository.config("rolethread.checkout") or "auto") != "auto":
        return repository, []
    many = len(reader.kept) > CHECKOUT_LIMIT
    if not many or repository.worktree is None or repository.branch() != branch:
        if repository.branch() == branch:
            repository.set_config("rolethread.decided", "files")
        return repository, []
    with repository.lock("rtv import"):
        # In this order a crash leaves files that nobody misses, and not a folder that seems to have lost them.
        bare = repository.set_bare(True)
        bare.set_config("rolethread.decided", "bare")
        repository.worktree.empty(reader.base.tree)
    note = (
        f"more than {CHECKOUT_LIMIT:,} entries: no files are checked out, so that every command stays fast "
        "(rtv config set checkout always brings them)"
    )
    return bare, [note]


def _check_out_again(bare: Repository, base: Snapshot) -> None:
    """Take the decision back: the import that it was made for did not happen."""
    with bare.lock("rtv import"):
        repository = bare.set_bare(False)
        bare.set_config("rolethread.decided", None)
        if repository.worktree is not None:
            repository.worktree.fill(base.tree)


# ---- publishing


def _publish(
    repository: Repository,
    reader: RowReader,
    pack: PackWriter,
    intent: Intent,
    branch: str,
    verdict: Verdict,
    reject_files: RejectFiles | None,
    places: Mapping[int, str | None],
) -> Committed:
    makes_branch = intent.branch is not None
    # The branch that the gate judged for, though somebody else may have switched to another one meanwhile.
    intent = replace(intent, branch=branch or None, trailers=(*intent.trailers, *_trailers(reader)))
    with Session.open(repository, intent, makes_branch=makes_branch) as session:
        if session.base.id != reader.base.id:
            _refuse_interference(session.base, reader, repository)
        ids = _assign_ids(session.base, reader)
        paths: dict[str, PathChange] = {
            entry_path(entry_id): (trees.FILE, kept.blob) for entry_id, kept in zip(ids, reader.kept, strict=True)
        }
        order = _place(session.base, reader, ids, places)
        if order != session.base.order:
            data = order.encode()
            paths[ORDER] = None if data is None else (trees.FILE, bytes.fromhex(pack.add("blob", data)))
        added = sum(kept.is_new for kept in reader.kept)
        counts = Counts(added, len(reader.kept) - added)
        if reader.rejects:
            session.before_publish = lambda writer: _remember_rejects(writer, reader, ids, intent, reject_files, places)
        return session.commit(pack, paths, counts, summary=_summary(reader, added), verdict=verdict, ids=tuple(ids))


def _assign_ids(base: Snapshot, reader: RowReader) -> list[str]:
    """Number the new rows in file order, behind every number in use; rows with an id of ours keep it."""
    own = [number_of(kept.entry_id) for kept in reader.kept if kept.entry_id is not None and kept.is_new]
    number = max([next_number(base), *(each + 1 for each in own)])
    ids = []
    for kept in reader.kept:
        if kept.entry_id is not None:
            ids.append(kept.entry_id)
        else:
            ids.append(new_id(number, kept.suffix))
            number += 1
    return ids


def _place(base: Snapshot, reader: RowReader, ids: Sequence[str], places: Mapping[int, str | None]) -> Order:
    """Return the order after the import: corrected rejects in their old places, an export of ours as it was."""
    if not len(base) and any(kept.entry_id is not None for kept in reader.kept):
        return as_listed(ids)
    behind: dict[str | None, list[str]] = {}
    for entry_id, kept in zip(ids, reader.kept, strict=True):
        if kept.is_new and kept.entry_id is None and kept.row in places:
            behind.setdefault(places[kept.row], []).append(entry_id)
    return behind_anchors(base, behind)


def _refuse_interference(now: Snapshot, reader: RowReader, repository: Repository) -> None:
    """Raise when what another writer did since we read could change what a row is matched with."""
    suffixes = {kept.suffix for kept in reader.kept}
    for difference in two_way(reader.base.tree, now.tree, repository.objects.tree):
        entry_id = id_of_path(difference.path)
        if entry_id is None:
            touches = difference.path != ORDER
        elif difference.before is None:
            touches = suffix_part(entry_id) in suffixes or entry_id in reader.matched_ids or reader.has_names
        else:
            touches = True
        if touches:
            raise _ReadAgainError("another command changed the same entries meanwhile; nothing was saved")


def _trailers(reader: RowReader) -> list[tuple[str, str]]:
    trailers = []
    for source in reader.sources:
        trailers.append(("Source", Path(source.name).name))
        trailers.append(("Source-Size", str(source.size)))
        trailers.append(("Source-SHA256", source.sha256))
    if reader.rejects:
        trailers.append(("Rejected", str(len(reader.rejects))))
    return trailers


def _summary(reader: RowReader, added: int) -> str:
    names = ", ".join(Path(source.name).name for source in reader.sources[:3])
    names += " …" if len(reader.sources) > 3 else ""
    changed = len(reader.kept) - added
    if not added:
        return f"import {changed:,} changed entries from {names}"
    return f"import {added:,} {'entry' if added == 1 else 'entries'} from {names}"


def _remember_rejects(
    pack: PackWriter,
    reader: RowReader,
    ids: Sequence[str],
    intent: Intent,
    files: RejectFiles | None,
    known: Mapping[int, str | None],
) -> Mapping[str, Any]:
    """Keep the rejects with the operation: their bytes, and behind which entry each belongs.

    Rows that were rejects before keep the places that are `known` of them.
    """
    afters = [
        known[each.row - 1] if each.row - 1 in known else (ids[anchor] if isinstance(anchor, int) else anchor)
        for each, anchor in zip(reader.rejects, reader.anchors, strict=True)
    ]
    places = [
        {
            "line": reject.line,
            "row": reject.row,
            "code": reject.code,
            "after": after,
            "size": rejecting.row_size(reject),
        }
        for reject, after in zip(reader.rejects, afters, strict=True)
    ]
    return {
        "attached": {"rejects": pack.add("blob", rejecting.join_rows(reader.rejects))},
        "details": {
            **intent.details,
            "rejects": places,
            "rejects_name": files.rows.name if files is not None else "",
        },
    }
