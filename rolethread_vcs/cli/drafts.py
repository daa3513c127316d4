"""Forms in the user's editor, and drafts: a form whose text is not saved yet. Typed text is never lost."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import Context
from rolethread_vcs.cli.form import blank_form, form_heads, form_text, parse_form, parse_new, render_form
from rolethread_vcs.cli.options import Saving, name_words, names_entry
from rolethread_vcs.cli.output import can_ask
from rolethread_vcs.errors import (
    ConflictError,
    InvalidError,
    NotFoundError,
    RoleThreadError,
    SystemRefusedError,
    UsageError,
)
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import rev_of

if TYPE_CHECKING:
    from rolethread_vcs.transaction import Committed

RESUME = "rtv edit --resume"

MOST_ENTRIES = 500
"""Entries that fit into one form; a longer one is no work for a person."""

AT_ONCE_SECONDS = 1.0
"""An editor that returns sooner, with nothing changed, has only asked a running program to open the file."""


# ---- drafts


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """A draft of entries: `ids` are those it is about, none for a new entry."""

    path: Path
    ids: tuple[str, ...]
    modified: float

    @property
    def name(self) -> str:
        return self.path.stem


def waiting_drafts(folder: Path) -> list[WaitingDraft]:
    """Return the drafts of entries that wait, the newest first."""
    drafts = []
    try:
        for path in folder.glob("*.txt"):
            if path.stem.startswith(("add", "edit-")):
                heads = form_heads(path.read_bytes().decode("utf-8", "replace"))
                drafts.append(WaitingDraft(path, tuple(id_ for id_, _ in heads), path.stat().st_mtime))
    except OSError as error:
        raise SystemRefusedError(f"the drafts in {folder} cannot be read: {error.strerror or error}") from error
    return sorted(drafts, key=lambda draft: (-draft.modified, draft.name))


def choose_draft(folder: Path, words: Sequence[str]) -> WaitingDraft:
    """Return the draft that words name, or the only one.

    Raises:
        NotFoundError (no_draft): there is none. UsageError: there are several; the message names them.
    """
    drafts = waiting_drafts(folder)
    if not drafts:
        raise NotFoundError("there is no unfinished draft", code="no_draft")
    named = [
        draft
        for draft in drafts
        if all(
            word in (draft.name, draft.path.name, str(draft.path)) or any(names_entry(word, id_) for id_ in draft.ids)
            for word in words
        )
    ]
    if len(named) == 1:
        return named[0]
    details = []
    for draft in named or drafts:
        no_ids = "a new entry" if draft.name.startswith("add") else "no line '=== entry …' can be read in it"
        details.append(f"{draft.name}   {', '.join(draft.ids[:3]) or no_ids}")
    if not named:
        raise NotFoundError(f"no draft is called {' '.join(words)}", details=details, code="no_draft")
    raise UsageError(
        f"{len(named)} drafts are unfinished; say which", details=details, hint=f"{RESUME} {named[0].name}"
    )


def write_draft(folder: Path, name: str, text: str) -> Path:
    """Write a draft and return its path: `<name>.txt`, or `<name>-2.txt` where that is taken.

    Raises:
        SystemRefusedError: the draft cannot be written.
    """
    number = 1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            path = folder / (f"{name}.txt" if number == 1 else f"{name}-{number}.txt")
            with contextlib.suppress(FileExistsError), path.open("xb") as file:
                file.write(text.encode("utf-8"))
                return path
            number += 1
    except OSError as error:
        raise SystemRefusedError(f"the draft could not be written: {error}") from error


def discard(draft: Path, *, saved: bool = False) -> None:
    """Remove a draft whose text is saved, or is not wanted any more.

    Raises:
        SystemRefusedError: it could not be removed; `saved` says whether its text was.
    """
    try:
        draft.unlink(missing_ok=True)
    except OSError as error:
        raise SystemRefusedError(
            f"the draft {draft} could not be removed: {error.strerror or error}", saved=saved
        ) from error


@contextlib.contextmanager
def typed_text(
    context: Context, draft: Path, *, is_resumed: bool = False, again: str | None = None, as_it_stands: bool = False
) -> Iterator[bytes]:
    """Open a draft in the user's editor (not `as_it_stands`), and give the block the bytes that it holds then.

    When anything fails, there or in the block, the draft is kept, and it is said how to go on with it: by the command
    `again`. A draft that still says what the editor was given, and is not one that `is_resumed`, holds nothing typed
    and goes.
    """
    opened = None if is_resumed else draft.read_bytes()
    try:
        if as_it_stands:
            yield draft.read_bytes()
        else:
            wait = _press_enter if can_ask() else None
            yield edit_draft(draft, editor_command(context.environ), wait=wait, is_resumed=is_resumed)
    except BaseException as error:
        again = again or _resume_command(draft)
        if (isinstance(error, RoleThreadError) and error.saved) or _holds(draft, opened):
            with contextlib.suppress(SystemRefusedError):
                discard(draft)
            raise
        _flush(draft)
        if not isinstance(error, RoleThreadError):
            context.output.warn(f"your text is kept in {draft}; go on with: {again}")
        else:
            error.details = (*error.details, f"your text is kept in {draft}")
            hint = error.hint or ""
            if again not in hint:
                # an option alone is the end of the same command
                more = f"{again} {hint}" if hint.startswith("--") else hint
                error.hint = "\n".join(part for part in (again, more) if part)
        raise


def _flush(draft: Path) -> None:
    """Force a draft to the disk, with its name: what is said to be kept is there after a power cut."""
    for path in (draft, draft.parent, draft.parent.parent):
        with contextlib.suppress(OSError):  # some systems flush no folders; the draft is there all the same
            fd = os.open(path, os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)


def _holds(draft: Path, text: bytes | None) -> bool:
    try:
        return text is not None and draft.read_bytes() == text
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _resume_command(draft: Path) -> str:
    with contextlib.suppress(SystemRefusedError):
        if len(waiting_drafts(draft.parent)) > 1:
            return f"{RESUME} {draft.stem}"
    return RESUME


# ---- the editor


def editor_command(environ: Mapping[str, str]) -> str:
    """Return the command of the editor: `VISUAL`, else `EDITOR`, else what the system is known to have."""
    fallback = "notepad" if sys.platform == "win32" else "vi"
    return environ.get("VISUAL") or environ.get("EDITOR") or fallback


def refuse_without_editor(context: Context, instead: str) -> None:
    """Refuse to open an editor where nobody can use one.

    An editor that was named is meant, even where nobody seems to sit at a terminal, as with git.

    Raises:
        UsageError: no terminal, and no editor named; the hint is the command to use `instead`.
    """
    if not can_ask() and not (context.environ.get("VISUAL") or context.environ.get("EDITOR")):
        raise UsageError("there is no terminal to open an editor in, and EDITOR names none", hint=instead)


def edit_draft(path: Path, command: str, *, wait: Callable[[str], None] | None, is_resumed: bool = False) -> bytes:
    """Open a draft in an editor, and return the bytes of the draft when the user is done.

    `wait` shows a sentence and returns when the user presses Enter; None where there is no terminal. A draft that
    `is_resumed` holds typed text already, so an editor that leaves it as it is has done its work.

    Raises:
        InvalidError (editor): the editor could not be started, ended with an error, or did not wait.
        UsageError: the command of the editor cannot be read.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"the editor {command!r} cannot be read: {error}", hint="EDITOR=nano") from error
    if not words:
        raise UsageError("the name of the editor is empty", hint="EDITOR=nano")
    before = _read(path)
    started = time.monotonic()
    try:
        process = subprocess.Popen([*words, str(path)])
    except OSError as error:
        raise InvalidError(
            f"the editor {command!r} does not start: {error.strerror}",
            hint="export EDITOR=nano   names another one",
            code="editor",
        ) from error
    # Ctrl-C is for the editor while it is open
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        status = process.wait()
    finally:
        signal.signal(signal.SIGINT, interrupt)
    if status != 0:
        raise InvalidError(f"the editor ended with status {status}", code="editor")
    after = _read(path)
    if is_resumed or after != before or time.monotonic() - started >= AT_ONCE_SECONDS:
        return after
    if wait is None:
        raise InvalidError(
            "the editor came back at once and nothing is changed",
            hint='EDITOR="code --wait"   makes an editor with windows wait',
            code="editor",
        )
    wait("The editor came back at once. Press Enter when you have saved the text there.")
    return _read(path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidError(f"the draft {path} cannot be read: {error.strerror}", code="editor") from error


def _press_enter(question: str) -> None:
    sys.stderr.write(question + " ")
    sys.stderr.flush()
    if not sys.stdin.readline():
        raise KeyboardInterrupt


# ---- entries


def write_new(context: Context, saving: Saving, tags: Sequence[str]) -> None:
    refuse_without_editor(context, 'rtv add --user "…" --assistant "…"   or: rtv add -')
    context.dataset.refuse_to_type(context.dataset.snapshot())
    _edit_and_save(context, saving, write_draft(context.dataset.drafts_folder, "add", blank_form(tags=tags)))


def edit_entries(context: Context, ids: Sequence[str], saving: Saving) -> None:
    refuse_without_editor(context, f'rtv edit {ids[0]} --message 1 --content "…"')
    if len(ids) > MOST_ENTRIES:
        raise UsageError(
            f"{len(ids):,} entries are too many for one form; {MOST_ENTRIES} fit",
            hint="choose fewer: --where 'id:1..200 …'",
        )
    dataset, folder = context.dataset, context.dataset.drafts_folder
    for draft in waiting_drafts(folder):
        if set(draft.ids) & set(ids):
            context.output.warn(f"an older draft of this is unfinished: rtv edit --resume {draft.name}")
    snapshot = dataset.snapshot()
    dataset.refuse_to_type(snapshot, ids)
    form = render_form(
        [(entry_id, snapshot[entry_id]) for entry_id in ids],
        revs={entry_id: rev_of(snapshot.blob_id(entry_id)) for entry_id in ids},
    )
    name = f"edit-{ids[0]}" if len(ids) == 1 else f"edit-{len(ids)}-entries"
    _edit_and_save(context, saving, write_draft(folder, name, form))


def resume_draft(context: Context, draft: WaitingDraft, saving: Saving) -> None:
    """Open a draft again and save it; with `--allow` it is saved as it stands, since nothing is left to type."""
    if not saving.allow:
        refuse_without_editor(context, f"EDITOR=nano {RESUME} {draft.name}")
    _edit_and_save(context, saving, draft.path, is_resumed=True)


def _edit_and_save(context: Context, saving: Saving, draft: Path, *, is_resumed: bool = False) -> None:
    as_it_stands = is_resumed and bool(saving.allow)
    with typed_text(context, draft, is_resumed=is_resumed, as_it_stands=as_it_stands) as data:
        text = form_text(data)
        result: Committed | None = None
        if form_heads(text):
            result = _save_changes(context, saving, text)
        elif entries := parse_new(text):
            result = context.dataset.add(entries, saving.intent("add"))
        is_new = draft.stem.startswith("add")
        nothing = "nothing was written, so nothing was added" if is_new else "nothing changed"
        close_draft(context, draft, result, again=_resume_command(draft), nothing=nothing)


def close_draft(context: Context, draft: Path, result: Committed | None, *, again: str, nothing: str) -> None:
    """Say what became of the text of a draft (None: it changes nothing), and discard it, but not after a dry run."""
    output = context.output
    output.saved = result is not None and result.operation is not None
    if result is not None and result.dry_run:
        output.note(f"your text is kept in {draft}; save it with: {again}")
    else:
        discard(draft, saved=output.saved)
    print_committed(context, result, nothing=nothing)


def _save_changes(context: Context, saving: Saving, text: str) -> Committed | None:
    """Save the entries that a form changed, None where it changed nothing.

    Raises:
        ConflictError (stale_draft): an entry is no longer what the form was made from.
    """
    snapshot = context.dataset.snapshot()
    originals: dict[str, Entry] = {}
    for entry_id, rev in form_heads(text):
        if entry_id not in snapshot:
            raise ConflictError(
                f"entry {entry_id} was removed since this form was made",
                hint=f"rtv log {entry_id}   names the commit that removed it\n"
                f"rtv restore {entry_id} --from COMMIT~1   brings it back, and your text can be saved then",
                code="stale_draft",
            )
        refuse_stale(entry_id, rev, snapshot.blob_id(entry_id).hex())
        originals[entry_id] = snapshot[entry_id]
    typed = parse_form(text, originals)
    changed = {id_: entry for id_, entry in typed.items() if encode_entry(entry) != encode_entry(originals[id_])}
    if not changed:
        return None
    intent = saving.intent(f"edit{name_words(list(changed))}")
    expected = {entry_id: snapshot.blob_id(entry_id) for entry_id in changed}
    return context.dataset.replace(changed, intent, if_unchanged_since=expected)


def refuse_stale(entry_id: str, rev: str | None, now: str) -> None:
    """Refuse a form whose heading of an entry names another blob than the one that is there now.

    Raises:
        ConflictError (stale_draft): it does.
    """
    if rev is not None and not now.startswith(rev):
        raise ConflictError(
            f"entry {entry_id} changed since this form was made",
            hint=f"see it as it is now: rtv show {entry_id}\n"
            f"to save your text all the same, take ' @ {rev}' out of the line '=== entry {entry_id} @ {rev}'",
            code="stale_draft",
        )
