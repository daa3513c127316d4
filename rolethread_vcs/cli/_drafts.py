"""Drafts: forms that were opened in an editor and are not saved yet; typed text is never lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.cli._output import Output
from rolethread_vcs.cli._select import names_entry
from rolethread_vcs.cli.form import form_heads
from rolethread_vcs.errors import NotFoundError, RoleThreadError, SystemRefusedError, UsageError

RESUME = "rtv edit --resume"
_NAMES = ("add", "edit-")


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """A form whose text is not saved: `ids` are the entries it is about, none for a new entry."""

    path: Path
    ids: tuple[str, ...]
    modified: float

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.path.stem

    def is_called(self, word: str) -> bool:
        """Return whether a word names this draft, or an entry that it is about."""
        if word in (self.name, self.path.name, str(self.path)):
            return True
        return any(names_entry(word, id_) for id_ in self.ids)


def waiting_drafts(folder: Path) -> list[WaitingDraft]:
    """Return the drafts of entries that wait, the newest first."""
    drafts = []
    try:
        for path in folder.glob("*.txt"):
            if path.stem.startswith(_NAMES):
                text = path.read_bytes().decode("utf-8", "replace")
                ids = tuple(id_ for id_, _ in form_heads(text))
                drafts.append(WaitingDraft(path, ids, path.stat().st_mtime))
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
        raise NotFoundError("no draft is waiting", code="no_draft")
    fitting = [draft for draft in drafts if all(draft.is_called(word) for word in words)]
    if not fitting:
        raise NotFoundError(f"no draft is called {' '.join(words)}", details=_listed(drafts), code="no_draft")
    if len(fitting) > 1:
        raise UsageError(
            f"{len(fitting)} drafts are waiting; say which",
            details=_listed(fitting),
            hint=f"{RESUME} {fitting[0].name}",
        )
    return fitting[0]


def resume_command(folder: Path, draft: Path) -> str:
    """Return the command that takes a draft up again; it names the draft where there are others."""
    with contextlib.suppress(SystemRefusedError):
        if len(waiting_drafts(folder)) > 1:
            return f"{RESUME} {draft.stem}"
    return RESUME


@contextlib.contextmanager
def text_kept(draft: Path, output: Output, *, opened: bytes | None = None, resume: str | None = None) -> Iterator[None]:
    """Say, when anything in the block fails, that the typed text is kept, and how to go on with it.

    `opened` is the form as the editor was given it: a draft that still says just that holds nothing typed, and is
    not kept. `resume` is the command that takes the draft up again, if it is no draft of entries.
    """
    resume = resume or resume_command(draft.parent, draft)
    try:
        yield
    except RoleThreadError as error:
        if error.saved or _holds(draft, opened):
            with contextlib.suppress(SystemRefusedError):
                discard(draft)
        else:
            error.details = (*error.details, f"your text is kept in {draft}")
            hint = error.hint or ""
            if resume not in hint:
                # an option alone is the end of the same command
                more = f"{resume} {hint}" if hint.startswith("--") else hint
                error.hint = "\n".join(part for part in (resume, more) if part)
        raise
    except BaseException:
        if _holds(draft, opened):
            with contextlib.suppress(SystemRefusedError):
                discard(draft)
        else:
            output.warn(f"your text is kept in {draft}; go on with: {resume}")
        raise


def _holds(draft: Path, text: bytes | None) -> bool:
    """Return whether a draft says what this text says, or is gone; None is a text that nothing equals."""
    if text is None:
        return False
    try:
        return draft.read_bytes() == text
    except FileNotFoundError:
        return True
    except OSError:
        return False


def discard(draft: Path, *, saved: bool = False) -> None:
    """Remove a draft whose text is saved, or is not wanted any more.

    Raises:
        SystemRefusedError: it could not be removed; `saved` says whether its text was.
    """
    try:
        draft.unlink(missing_ok=True)
    except OSError as error:
        state = "; its text was saved" if saved else ""
        raise SystemRefusedError(
            f"the draft {draft} could not be removed: {error.strerror or error}{state}", saved=saved
        ) from error


def _listed(drafts: Sequence[WaitingDraft]) -> list[str]:
    return [f"{draft.name}   {', '.join(draft.ids[:3]) or _without_ids(draft)}" for draft in drafts]


def _without_ids(draft: WaitingDraft) -> str:
    return "a new entry" if draft.name.startswith("add") else "no line '=== entry …' can be read in it"
