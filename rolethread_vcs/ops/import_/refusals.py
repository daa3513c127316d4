"""Why an import is refused: rows that cannot be saved, with a command for each way forward; damaged entries."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rolethread_vcs.errors import ConflictError, InvalidError, RoleThreadError
from rolethread_vcs.formats import MARK, STANDARD_INPUT, unread_error
from rolethread_vcs.gate import Allowance, Verdict
from rolethread_vcs.gate.refusal import refusal_of_edit, refusal_of_import
from rolethread_vcs.matching import Step
from rolethread_vcs.model.entry import NOT_UTF8
from rolethread_vcs.model.finding import RepairSafety
from rolethread_vcs.ops.edit.hand_files import whole_files
from rolethread_vcs.ops.import_.rejects import SourceFile, choose_files
from rolethread_vcs.ops.import_.row_reader import CONFLICT, ImportOptions, RowReader
from rolethread_vcs.phrases import count, first_few, listed
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import Unreadable, UnreadableEntryError
from rolethread_vcs.transaction import Intent

_NAMED = 10


def refuse_what_blocks(
    reader: RowReader, verdict: Verdict, files: Sequence[SourceFile], options: ImportOptions, intent: Intent
) -> None:
    """Raise when rows cannot be saved and no option says what to do with them.

    Raises:
        ConflictError (rows_in_conflict): rows go against edits made here. RefusedByGateError: the hint counts the
        ways forward.
    """
    if reader.rejects and not options.skip_invalid:
        conflicts = reader.rejects.conflicts
        if conflicts:
            which = f"{conflicts:,} of {reader.rows:,} rows" if reader.rows > 1 else "the only row"
            others = "saves the others and " if reader.rows > len(reader.rejects) else ""
            raise ConflictError(
                f"{which} {'conflicts' if conflicts == 1 else 'conflict'} with edits made here",
                details=[str(each) for each in reader.rejects.first if each.code == CONFLICT][:_NAMED],
                hint=f"{_command(reader.names, options, intent)} --skip-invalid   {others}writes "
                f"{'this one' if conflicts == 1 else 'these'} to a file",
                code="rows_in_conflict",
            )
        ways = _ways_forward(reader, files, options, intent)
        raise refusal_of_import(
            reader.rows, reader.rejects.first, refused=len(reader.rejects), here=reader.rows_here, hint=ways
        )
    if verdict.overruns:
        over = {overrun.code: overrun.found for overrun in verdict.overruns}
        rows = [row for row in reader.allowed if any(finding.code in over for finding in row.findings)]
        allowances = tuple(replace(each, count=over.get(each.code, each.count)) for each in intent.allowances)
        command = _command(reader.names, options, replace(intent, allowances=allowances))
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


def refusal_of_reading(
    reader: RowReader, named: Sequence[tuple[SourceFile, str]], options: ImportOptions, intent: Intent
) -> RoleThreadError:
    """Return the error of an import of which files cannot be read, or different rows share a name that decided."""
    if not reader.unread:
        return _refusal_of_names(reader, options, intent)
    error = unread_error(list(reader.unread.values()), len(named))
    if any(file not in reader.unread for file, _ in named):
        # a stream cannot be read again without the others: then the command names what can be read
        names = [name for file, name in named if file not in reader.unread or not options.skip_invalid]
        command = _command(names, replace(options, skip_invalid=True), intent)
        error.hint = "\n".join([*filter(None, [error.hint]), f"{command}   imports the others"])
    return error


def _refusal_of_names(reader: RowReader, options: ImportOptions, intent: Intent) -> InvalidError:
    misleading = reader.matcher.misleading()
    titles = {Step.KEY: str(options.key), Step.UUID: "uuid", Step.OWN_ID: f"{MARK}.id"}
    details = []
    for (step, name), sharing in misleading.items():
        places = [each if isinstance(each, str) else f"{each.source} line {each.line}" for each in sharing]
        details.append(f"{titles[step]} {name}   {listed(places, 3)}")
    hint = "give each of these rows a value of its own, or none"
    if all(step is Step.KEY for step, _ in misleading):
        hint = f"{_command(reader.names, replace(options, key=None), intent)}   knows rows by their messages"
    return InvalidError(
        f"it is not known which entries some rows are: different conversations share {count(len(details), 'value')}",
        details=first_few(details, _NAMED),
        hint=hint,
        code="name_is_shared",
    )


def _ways_forward(reader: RowReader, files: Sequence[SourceFile], options: ImportOptions, intent: Intent) -> str:
    """Return one line a way, each with how many rows it would save: rows that are here already are not counted."""
    refused = len(reader.rejects)
    fine = len(reader.kept)
    ruled = [row for row in reader.rejects.first if row.findings]
    skip = " --skip-invalid" if reader.rejects.ruled < refused else ""
    rejects = choose_files(reader.rejects, files, options).rows.name
    ways: list[tuple[str, str]] = []

    def offer(more: str, saved: int, note: str = "", *, plan: Intent = intent) -> None:
        if saved:
            ways.append((_command(reader.names, options, plan) + more, f"saves {saved:,}{note}"))

    def leave(number: int) -> str:
        return f"; {number:,} {'goes' if number == 1 else 'go'} to {rejects}"

    if reader.fixable == refused:
        offer(" --fix", fine + refused, f", {refused:,} of them repaired")
    elif reader.fixable:
        offer(" --fix --skip-invalid", fine + reader.fixable, leave(refused - reader.fixable))
    offer(" --skip-invalid", fine, leave(refused))
    if ruled:
        saved = fine + reader.rejects.ruled
        if intent.branch is None:
            offer(f"{skip} --to work/{_stem(reader)}", saved, " on a branch that only reports")
        codes = sorted({finding.code for row in ruled for finding in row.findings})
        allowances = (*intent.allowances, *(Allowance(code, None) for code in codes))
        offer(skip, saved, " as it is" if saved == 1 else " as they are", plan=replace(intent, allowances=allowances))
    if options.encoding is None and any(NOT_UTF8 in reject.reason for reject in reader.rejects.first):
        command = _command(reader.names, replace(options, encoding="cp1252"), intent)
        ways.insert(0, (command, "if it is Western European Windows text (gbk: Chinese, shift_jis: Japanese …)"))
    unknown = dict.fromkeys(
        finding.text
        for finding in itertools.chain.from_iterable(row.findings for row in ruled)
        if finding.name == "unknown_role" and finding.repair is RepairSafety.NONE
    )
    if unknown:  # what several labels are nobody can guess, and the command with ROLE in it is refused
        roles = {**options.roles, **dict.fromkeys(unknown, "assistant" if len(unknown) == 1 else "ROLE")}
        ways.insert(0, (_command(reader.names, replace(options, roles=roles), intent), "reads labels as roles"))
    width = max((len(command) for command, _ in ways), default=0)
    lines = [f"{command:<{width}}   {what}" for command, what in ways]
    return "\n".join(lines) or f"correct the rows named above, then: {_command(reader.names, options, intent)}"


def _command(names: Sequence[str], options: ImportOptions, intent: Intent) -> str:
    """Return the command as it was given, to be gone on with."""
    words = ["rtv", "import", *("-" if name == STANDARD_INPUT else shlex.quote(name) for name in names)]
    for flag, value in (
        ("--format", options.format if options.format != "auto" else None),
        ("--encoding", options.encoding),
        ("--key", options.key),
        ("--rejects", None if options.rejects is None else str(options.rejects)),
        ("--to", intent.branch),
        ("-m", intent.message),
    ):
        if value is not None:
            words += [flag, shlex.quote(value)]
    for label, role in options.roles.items():
        words += ["--map", shlex.quote(f"{label}={role}")]
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
    details = [f"entry {each}: its checked-out file is whole" for each in list(whole)[:_NAMED]]
    details += [f"entry {each}: no whole copy is checked out" for each in others[:_NAMED]]
    hidden = len(unreadable) - len(details)
    ways = []
    if whole:
        again = "it again from its file" if len(whole) == 1 else "them again from their files"
        ways.append(f"rtv restore {' '.join(list(whole)[:_NAMED])}   saves {again}")
    if others:
        ways.append(f"rtv restore {others[0]} --from REV   brings one back as it was in another revision")
        ways.append(f"rtv remove {others[0]}   goes on without it; history keeps what is left of it")
    return UnreadableEntryError(
        f"{count(len(unreadable), 'entry')} cannot be read, so it is not known which rows are here already",
        details=[*details, *([f"… and {hidden:,} more (rtv verify)"] if hidden else [])],
        hint="\n".join([*ways, "then import again"]),
        code="damaged_entries",
    )
