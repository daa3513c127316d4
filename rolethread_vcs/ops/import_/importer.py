"""Brings rows of files in as entries, in one commit: reads once, streams into one pack while the gate votes.

    rows -> matched (new, changed, already here) -> judged -> blobs in the pack                  ops.import_.row_reader
    a refusal, if there must be one, or a file of rejects                                        ops.import_.rejects
    then, under the lock: numbers, trees, the commit

Blobs hold no id, so losing a race against another writer renumbers and rebuilds trees only; when the other writer
touched the same entries, everything is read again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolethread_vcs.errors import MovedError
from rolethread_vcs.formats import Reject, Source
from rolethread_vcs.gate import Verdict
from rolethread_vcs.model.layout import ORDER, entry_path, id_of_path, number_of, suffix_part
from rolethread_vcs.ops.edit.change import as_listed, behind_anchors, new_id, next_number
from rolethread_vcs.ops.import_.row_matcher import Outcome
from rolethread_vcs.ops.import_.row_reader import ImportOptions, Progress, RowReader, SourceInfo
from rolethread_vcs.store.log import Operation
from rolethread_vcs.store.log.journal import SideEffects
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.packs import PackWriter
from rolethread_vcs.store.objects.trees import two_way
from rolethread_vcs.store.publication import BARE_KEY
from rolethread_vcs.store.refs import BRANCHES
from rolethread_vcs.store.repository import CHECKOUT_LIMIT, Repository
from rolethread_vcs.store.snapshot import Snapshot, UnreadableEntryError
from rolethread_vcs.transaction import ATTEMPTS, Committed, Counts, Intent, PathChange, Session

if TYPE_CHECKING:
    from rolethread_vcs.model.order import Order
    from rolethread_vcs.ops.import_.rejects import RejectFiles, SourceFile


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


class _ReadAgainError(MovedError):
    """Another writer touched the very entries that rows were matched with."""


def import_file(
    repository: Repository,
    file: str | SourceFile,
    options: ImportOptions | None = None,
    intent: Intent | None = None,
) -> Imported:
    """Import one file (a path, or an open binary stream); see `import_files`."""
    return import_files(repository, [file], options, intent)


def import_files(
    repository: Repository,
    files: Sequence[str | SourceFile],
    options: ImportOptions | None = None,
    intent: Intent | None = None,
    *,
    names: Sequence[str | None] = (),
    step: Progress = lambda _: None,
) -> Imported:
    """Import files (paths, or open binary streams with `names`) into the intent's branch as one commit.

    The branch is made from the current one when it does not exist.

    Raises:
        RefusedByGateError: rows cannot be saved, and no option says what to do with them; the hint counts the ways.
        ConflictError (rows_in_conflict), InvalidError, SystemRefusedError; nothing was saved then.
        UnreadableEntryError (damaged_entries): entries do not read that rows must be compared with; see
        `refusal_to_match`.
    """
    intent = intent or Intent("import", "import")
    options = options or ImportOptions()
    sources = [Path(file) if isinstance(file, str) else file for file in files]
    labels = list(names) or [None] * len(files)
    for attempt in range(ATTEMPTS):
        try:
            return _import_once(repository, sources, options, intent, labels, step)
        except _ReadAgainError:
            if attempt == ATTEMPTS - 1 or not all(isinstance(file, Path) for file in sources):
                raise
        except UnreadableEntryError as error:
            if error.saved:
                raise
            from rolethread_vcs.ops.import_.rejects import refusal_to_match

            raise refusal_to_match(repository, _target(repository, intent)[0]) from error
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
        corrected = _rejecting_operation(repository, files)
        reader = RowReader(repository, base, branch, options, intent)
        reader.raws = None if corrected is None else []
        for file, label in zip(files, labels, strict=True):
            with Source(file, name=label) as source:
                reader.read(source, pack, step)
        verdict = reader.gate.finish()
        if reader.rejects or not verdict.passes:
            from rolethread_vcs.ops.import_.rejects import refuse_what_blocks

            refuse_what_blocks(reader, verdict, files, options, intent)
        places: Mapping[int, str | None] = {}
        if corrected is not None:
            from rolethread_vcs.ops.import_.rejects import find_places

            places = find_places(repository, corrected, reader.raws or ())
        config, notes = ({}, ()) if intent.dry_run else _decide_checkout(repository, reader, branch)
        with _reject_files(reader, files, options, intent) as reject_files:
            committed = _publish(repository, reader, pack, intent, branch, verdict, reject_files, places, config)
    unchanged = reader.rows_here
    return Imported(
        committed=replace(committed, notes=(*committed.notes, *notes)),
        sources=tuple(reader.sources),
        unchanged=unchanged,
        edited_since=reader.outcomes[Outcome.EDITED_SINCE],
        removed_before=reader.outcomes[Outcome.REMOVED],
        absent=reader.matcher.unmatched() if unchanged or not all(kept.is_new for kept in reader.kept) else 0,
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


def _rejecting_operation(repository: Repository, files: Sequence[SourceFile]) -> Operation | None:
    """Return the newest import that wrote its rejects to a file of this name, when there is one file."""
    if len(files) != 1 or not isinstance(files[0], Path):
        return None
    name = files[0].name
    return next((each for each in repository.operations if each.details.get("rejects_name") == name), None)


# ---- rejects


@contextlib.contextmanager
def _reject_files(
    reader: RowReader, files: Sequence[SourceFile], options: ImportOptions, intent: Intent
) -> Iterator[RejectFiles | None]:
    """Write the rejects before the commit, and take them back when it fails."""
    if not reader.rejects or intent.dry_run:
        yield None
        return
    from rolethread_vcs.ops.import_ import rejects

    path = rejects.rejects_path(files, options.rejects)
    written = rejects.choose_files(path, rejects.join_rows(reader.rejects))
    made = rejects.write_files(written, reader.rejects)
    try:
        yield written
    except BaseException as error:
        if not getattr(error, "saved", False):
            rejects.remove_files(made)
        raise


# ---- files or bare


def _decide_checkout(
    repository: Repository, reader: RowReader, branch: str
) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """Decide once, at the first import, whether files are checked out; above the limit the dataset goes bare.

    Return what to set in git's configuration, and what to say.
    """
    if not reader.kept or reader.base or repository.branch() != branch or repository.config.get("rolethread.decided"):
        return {}, ()
    if (repository.config.get("rolethread.checkout") or "auto") != "auto":
        return {}, ()
    if len(reader.kept) <= CHECKOUT_LIMIT or repository.is_bare:
        return {"rolethread.decided": "files"}, ()
    note = (
        f"more than {CHECKOUT_LIMIT:,} entries: no files are checked out, so that every command stays fast "
        "(rtv config set checkout always brings them)"
    )
    return {"rolethread.decided": "bare", BARE_KEY: "true"}, (note,)


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
    config: Mapping[str, str | None],
) -> Committed:
    makes_branch = intent.branch is not None
    # The branch that the gate judged for, though somebody else may have switched to another one meanwhile.
    intent = replace(intent, branch=branch or None, trailers=(*intent.trailers, *_trailers(reader)))
    with Session.open(repository, intent, makes_branch=makes_branch) as session:
        if session.tip.id != reader.base.id:
            _refuse_interference(session.tip, reader, repository)
        ids = _assign_ids(session.tip, reader)
        paths: dict[str, PathChange] = {
            entry_path(entry_id): (trees.FILE, kept.blob) for entry_id, kept in zip(ids, reader.kept, strict=True)
        }
        order = _place(session.tip, reader, ids, places)
        if order != session.tip.order:
            data = order.encode()
            paths[ORDER] = None if data is None else (trees.FILE, pack.add("blob", data))
        added = sum(kept.is_new for kept in reader.kept)
        counts = Counts(added, len(reader.kept) - added)
        rejects = _remember_rejects(pack, reader, ids, intent, reject_files, places) if reader.rejects else {}
        done = session.commit(
            pack,
            paths,
            counts,
            summary=_summary(reader, added),
            verdict=verdict,
            ids=tuple(ids),
            overwrite=BARE_KEY in config,  # then no file of them is written
            effects=lambda _: SideEffects(config=config),
            **rejects,
        )
        if reader.rejects and done.is_empty and not intent.dry_run:
            # nothing to commit, but where the rejects belong must be known when they come back corrected
            done = replace(done, operation=session.publish(pack, {}, **rejects), undoable=False)
        return done


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
    if not base and any(kept.entry_id is not None for kept in reader.kept):
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
            raise _ReadAgainError("another command changed the same entries meanwhile")


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
        return f"import {changed:,} changed {'entry' if changed == 1 else 'entries'} from {names}"
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
    from rolethread_vcs.ops.import_.rejects import join_rows, row_of

    afters = [
        known[each.place.row - 1]
        if each.place.row - 1 in known
        else (ids[anchor] if isinstance(anchor, int) else anchor)
        for each, anchor in zip(reader.rejects, reader.anchors, strict=True)
    ]
    places = [
        {
            "line": reject.place.line,
            "row": reject.place.row,
            "code": reject.code,
            "after": after,
            "size": len(row_of(reject)),
        }
        for reject, after in zip(reader.rejects, afters, strict=True)
    ]
    return {
        "attached": {"rejects": pack.add("blob", join_rows(reader.rejects))},
        "details": {
            **intent.details,
            "rejects": places,
            "rejects_name": files.rows.name if files is not None else "",
        },
    }
