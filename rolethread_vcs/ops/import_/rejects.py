"""Rows that an import could not save: refused with a command for each way forward, or written beside the source.

Their bytes are kept in the operation log, so that they go back to their places when they come in corrected.
"""

from __future__ import annotations

import difflib
import itertools
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, TypeAlias

from rolethread_vcs.errors import ConflictError, SystemRefusedError
from rolethread_vcs.formats import STANDARD_INPUT, Reject
from rolethread_vcs.gate import Allowance, Verdict
from rolethread_vcs.gate.refusal import refusal_of_edit, refusal_of_import
from rolethread_vcs.model.canonical import JsonProblemError, parse
from rolethread_vcs.ops.edit.status import whole_files
from rolethread_vcs.ops.import_.row_reader import CONFLICT, ImportOptions, RowReader
from rolethread_vcs.store import disk
from rolethread_vcs.store.log import Operation
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot, UnreadableEntryError
from rolethread_vcs.store.tree_reader import Unreadable
from rolethread_vcs.transaction import Intent

SourceFile: TypeAlias = Path | BinaryIO

_LIKE_ENOUGH = 0.5
_COMPARED = 4000
"""Bytes of a row that similarity looks at."""
_DAMAGED_NAMED = 10


@dataclass(frozen=True, slots=True)
class RejectFiles:
    """The two files of an import's rejects: the rows byte for byte, and the reasons for people."""

    rows: Path
    reasons: Path


def choose_files(rejects: Sequence[Reject], sources: Sequence[SourceFile], options: ImportOptions) -> RejectFiles:
    """Return where rejects go: where it is wished, else beside the first file, as `chats.rejects.jsonl`.

    A name is taken when it is free, or when these very rows stand there already; nothing is overwritten, and the next
    name is `chats.rejects-2.jsonl`.
    """
    wanted = options.rejects
    if wanted is None:
        first = next((source for source in sources if isinstance(source, Path)), Path("import"))
        wanted = first.with_name(f"{first.name.partition('.')[0] or 'import'}.rejects.jsonl")
    content = join_rows(rejects)
    reasons_end = ".reasons.txt" if wanted.suffix == ".txt" else ".txt"
    for number in itertools.count(1):
        stem = wanted.stem if number == 1 else f"{wanted.stem}-{number}"
        files = RejectFiles(
            wanted.with_name(f"{stem}{wanted.suffix or '.jsonl'}"), wanted.with_name(f"{stem}{reasons_end}")
        )
        if (not files.rows.exists() and not files.reasons.exists()) or _holds(files.rows, content):
            return files
    raise AssertionError("unreachable")


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def join_rows(rejects: Sequence[Reject]) -> bytes:
    """Return the rows of a rejects file: one a line, or, when a row spans lines, an array of them.

    Chat logs, of which each line is an object of its own, stand one behind the other.
    """
    raws = [row_of(reject) for reject in rejects]
    if any(b"\n" in raw and not _is_log(raw) for raw in raws):
        return b"[\n" + b",\n".join(raws) + b"\n]\n"
    return b"".join(raw + b"\n" for raw in raws)


def _is_log(raw: bytes) -> bool:
    try:
        parse(raw.partition(b"\n")[0])
    except JsonProblemError:
        return False
    return True


def row_of(reject: Reject) -> bytes:
    """Return what a row is in its rejects file, without what separates rows."""
    return reject.raw.rstrip(b"\r\n")


@contextmanager
def written_rejects(
    rejects: Sequence[Reject], sources: Sequence[SourceFile], options: ImportOptions
) -> Iterator[RejectFiles]:
    """Write the rejects and their reasons, durably, before anything is committed without them; take them back with it.

    A file that was there stays as it is; it may be the very source of the import.
    """
    files = choose_files(rejects, sources, options)
    # people read the reasons in a terminal, which a row could steer
    lines = ("".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(reject)) for reject in rejects)
    contents = {files.rows: join_rows(rejects), files.reasons: "".join(f"{line}\n" for line in lines).encode()}
    made = [path for path in contents if not path.exists()]
    try:
        try:
            for path in made:
                disk.replace_file(path, contents[path], durable=True)
        except OSError as error:
            refused = disk.system_refused(f"writing {files.rows}", error)
            raise SystemRefusedError(refused.message, hint="name another place with: --rejects FILE") from error
        yield files
    except BaseException as error:
        if not getattr(error, "saved", False):
            for path in made:
                path.unlink(missing_ok=True)
        raise


def find_places(repository: Repository, operation: Operation, raws: Sequence[bytes]) -> dict[int, str | None]:
    """Return where corrected rejects of an import belong: row index to the id they follow (None: the start).

    As many rows as there were are paired in order; otherwise each row goes with the old row that it is most like.
    """
    places = operation.details["rejects"]
    if len(raws) == len(places):
        return {index: place["after"] for index, place in enumerate(places)}
    blob = operation.attached.get("rejects")
    data = b"" if blob is None else repository.objects.blob(blob)
    start, between = (2, 2) if data.startswith(b"[\n") else (0, 1)
    olds: dict[int, str] = {}
    for number, place in enumerate(places):
        olds[number] = _text(data[start : start + place["size"]])
        start += place["size"] + between
    found = {}
    for index, raw in enumerate(raws):
        best, ratio = None, _LIKE_ENOUGH
        for number, old in olds.items():
            matcher = difflib.SequenceMatcher(None, old, _text(raw), autojunk=False)
            if matcher.quick_ratio() > ratio and (now := matcher.ratio()) > ratio:
                best, ratio = number, now
        if best is not None:
            found[index] = places[best]["after"]
            del olds[best]
    return found


def _text(raw: bytes) -> str:
    return raw[:_COMPARED].decode("utf-8", "replace")


# ---- refusing


def refuse_what_blocks(
    reader: RowReader, verdict: Verdict, files: Sequence[SourceFile], options: ImportOptions, intent: Intent
) -> None:
    """Raise when rows cannot be saved and no option says what to do with them.

    Raises:
        ConflictError (rows_in_conflict): rows go against edits made here. RefusedByGateError: the hint counts the
        ways forward.
    """
    if reader.rejects and not options.skip_invalid:
        conflicts = [reject for reject in reader.rejects if reject.code == CONFLICT]
        if conflicts:
            which = f"{len(conflicts):,} of {reader.rows:,} rows" if reader.rows > 1 else "the only row"
            others = "saves the others and " if reader.rows > len(reader.rejects) else ""
            raise ConflictError(
                f"{which} {'conflicts' if len(conflicts) == 1 else 'conflict'} with edits made here",
                details=[str(each) for each in conflicts[:10]],
                hint=f"{_command(reader, options, intent)} --skip-invalid   {others}writes "
                f"{'this one' if len(conflicts) == 1 else 'these'} to a file",
                code="rows_in_conflict",
            )
        ways = _ways_forward(reader, files, options, intent)
        raise refusal_of_import(reader.rows, reader.rejects, here=reader.rows_here, hint=ways)
    if verdict.overruns:
        over = {overrun.code: overrun.found for overrun in verdict.overruns}
        rows = [row for row in reader.allowed if any(finding.code in over for finding in row.findings)]
        allowances = tuple(replace(each, count=over.get(each.code, each.count)) for each in intent.allowances)
        command = _command(reader, options, replace(intent, allowances=allowances))
        saved = len(reader.kept)
        raise refusal_of_import(
            reader.rows,
            rows,
            here=reader.rows_here,
            hint=f"{command}   saves {saved:,} {'as it is' if saved == 1 else 'as they are'}",
            overruns=verdict.overruns,
        )
    if not verdict.passes:
        raise refusal_of_edit(verdict)


def _ways_forward(reader: RowReader, files: Sequence[SourceFile], options: ImportOptions, intent: Intent) -> str:
    """Return one line a way, each with how many rows it would save: rows that are here already are not counted."""
    refused = len(reader.rejects)
    fine = len(reader.kept)
    ruled = [row for row in reader.rejects if row.findings]
    skip = " --skip-invalid" if len(ruled) < refused else ""
    rejects = choose_files(reader.rejects, files, options).rows.name
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
    words = [
        "rtv",
        "import",
        *("-" if each.name == STANDARD_INPUT else shlex.quote(each.name) for each in reader.sources),
    ]
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


def _stem(reader: RowReader) -> str:
    stem = Path(reader.sources[0].name).name.partition(".")[0] if reader.sources else "import"
    return "".join(each if each.isalnum() or each in "-_" else "-" for each in stem).strip("-") or "import"


def refusal_to_match(repository: Repository, base: Snapshot) -> UnreadableEntryError:
    """Return the error of an import that cannot tell which rows are here already, because entries do not read.

    It stops as a whole, on purpose. A row that fits no entry that reads may still be the damaged one: equal messages,
    a uuid and a key are known only from its content, and its id tells of its birth alone. To take such rows in would
    be a duplicate in silence, and to ask about each of them more work than the one command that mends the entry.
    """
    unreadable = [entry_id for entry_id, oid in base.blobs() if isinstance(base.read_blob(oid), Unreadable)]
    whole = whole_files(repository, base, unreadable)
    others = [entry_id for entry_id in unreadable if entry_id not in whole]
    details = [f"entry {each}: its checked-out file is whole" for each in list(whole)[:_DAMAGED_NAMED]]
    details += [f"entry {each}: no whole copy is checked out" for each in others[:_DAMAGED_NAMED]]
    hidden = len(unreadable) - len(details)
    ways = []
    if whole:
        again = "it again from its file" if len(whole) == 1 else "them again from their files"
        ways.append(f"rtv restore {' '.join(list(whole)[:_DAMAGED_NAMED])}   saves {again}")
    if others:
        ways.append(f"rtv restore {others[0]} --from REV   brings one back as it was in another revision")
        ways.append(f"rtv remove {others[0]}   goes on without it; history keeps what is left of it")
    count = "1 entry" if len(unreadable) == 1 else f"{len(unreadable):,} entries"
    return UnreadableEntryError(
        f"{count} cannot be read, so it is not known which rows are here already",
        details=[*details, *([f"… and {hidden:,} more (rtv verify)"] if hidden else [])],
        hint="\n".join([*ways, "then import again"]),
        code="damaged_entries",
    )
