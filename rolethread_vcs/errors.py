"""The families of errors and the exit status each one means.

    RoleThreadError
    ├── UsageError            2   the words of a command do not fit
    ├── InvalidError         20   invalid input or state, a foreign or newer format
    ├── RefusedError         30   refused by the gate
    ├── NotFoundError        40   no such thing, no dataset here
    ├── ConflictError        50   a conflict, or unsaved edits in the way
    │   └── MovedError            another writer was faster (retried, then told)
    ├── BusyError            60   another process holds the lock
    ├── DamagedError         70   the store is damaged
    └── SystemRefusedError   74   disk, permission, I/O

A family tells the exit status, a code what happened: `raise NotFoundError(…, code="no_draft")`, with the code in
`CODES`
below. A class of its own is defined, next to the code that raises it, only where somebody catches it. Errors of
libraries (`pygit2.GitError`, `OSError`, `orjson.JSONDecodeError` …) never leave the file that met them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar


class RoleThreadError(Exception):
    """Something that a person can act on: what happened, what it means, and a command to paste.

    `message` says what happened, without a final period; `hint` is a command or a sentence; `saved` is true when the
    mutation reached its branch all the same; `change` says what a change that this error ended would have done:
    `saved`, say, or `made`, and nothing where nothing was to be changed. The error as text says what became of the
    change, too. `findings` lists what the gate refused; `details` are extra lines printed under the message; `code`,
    one of `CODES`, says more than the class does.
    """

    status: ClassVar[int] = 99
    code: str = "bug"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        saved: bool = False,
        change: str = "",
        findings: Sequence[Any] = (),
        details: Sequence[str] = (),
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.message = message
        self.hint = hint
        self.saved = saved
        self.change = change
        self.findings = tuple(findings)
        self.details = tuple(details)

    def __str__(self) -> str:
        if self.saved:
            return f"{self.message}; the change was saved"
        return f"{self.message}; nothing was {self.change}" if self.change else self.message


class UsageError(RoleThreadError):
    """The words of a command do not fit together."""

    status = 2
    code = "usage"


class InvalidError(RoleThreadError):
    """Input or state that cannot be worked with: not JSON, a foreign repository, a newer format."""

    status = 20
    code = "invalid"


class RefusedError(RoleThreadError):
    """The gate said no; `findings` says why."""

    status = 30
    code = "refused"


class NotFoundError(RoleThreadError):
    """There is no such entry, branch, commit, operation or dataset."""

    status = 40
    code = "not_found"


class ConflictError(RoleThreadError):
    """Two changes meet: a stale edit, unsaved hand edits in the way, a ref that moved."""

    status = 50
    code = "conflict"


class MovedError(ConflictError):
    """A branch moved between being read and being written; nothing was overwritten."""

    code = "moved"


class BusyError(RoleThreadError):
    """Another process holds the lock, and did not let go in time."""

    status = 60
    code = "busy"


class DamagedError(RoleThreadError):
    """An object, ref or operation is missing or cannot be read."""

    status = 70
    code = "damaged"


class SystemRefusedError(RoleThreadError):
    """The operating system refused: full disk, no permission, an I/O error."""

    status = 74
    code = "system"


EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What passes when others need less, or this process may have more; it is never damage."""
_MEMORY = ("failed to map segment", "error return without exception set", "without setting an exception")
"""What the loader of libraries, and Python's own machinery, say when it is memory that they have run out of."""
NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM})
"""What another user may do; what this one may not read is never damage."""
_FULL, _FILES = (errno.ENOSPC, errno.EDQUOT), (errno.EMFILE, errno.ENFILE)
SYSTEM = (*_FULL, errno.EFBIG, *NOT_ALLOWED, errno.EROFS, errno.EIO, *_FILES, errno.ENOMEM, errno.ENAMETOOLONG)
"""What any file can meet at any moment, through no fault of a program's."""


def shortage(error: BaseException) -> OSError | None:
    """Return the want of files or memory that an error of Python is about, also of an import; None for any other."""
    if isinstance(error, MemoryError):
        return OSError(errno.ENOMEM, "there is not enough memory")
    if isinstance(error, OSError):
        return error if error.errno in EXHAUSTED else None
    if not isinstance(error, ImportError | SystemError):
        return None
    text = str(error).lower()
    number = next((number for number in EXHAUSTED if os.strerror(number).lower() in text), None)
    if any(word in text for word in _MEMORY):
        number = errno.ENOMEM
    return None if number is None else OSError(number, os.strerror(number))


def way_out(number: int | None) -> str | None:
    """Return what to do about a refusal of the operating system, by its number."""
    if number in _FULL:
        return "free some space on that disk, then run the same command again"
    if number in NOT_ALLOWED or number == errno.EROFS:
        return "check that you may read that place, and write to it"
    if number in _FILES:
        return "close other programs, or allow more open files (ulimit -n 1024), then run the same command again"
    return "close other programs, then run the same command again" if number == errno.ENOMEM else None


@contextmanager
def changing(change: str) -> Iterator[None]:
    """Let the errors that leave the block say that nothing was `saved`, `changed` or `made`.

    Words that do not fit together could change nothing, so an error about them does not say it.
    """
    try:
        yield
    except RoleThreadError as error:
        if not isinstance(error, UsageError):
            error.change = error.change or change
        raise


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that was probably meant by a word, None when none is like it."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)


def did_you_mean(
    word: str,
    known: Iterable[str],
    otherwise: str = "",
    *,
    lead: str = "",
    shown: Callable[[str], str] = str,
    cutoff: float = 0.6,
) -> str:
    """Return the question after the known name that was probably meant, behind a lead: `did you mean main?`.

    It is asked as `shown`; where no name is like the word, it is `otherwise`.
    """
    near = nearest(word, known, cutoff)
    return otherwise if near is None else f"{lead}did you mean {shown(near)}?"


CODES: dict[str, str] = {
    "alias": "The name of a branch is another name for one, made with `git symbolic-ref`; that one is not moved by it",
    "already_bound": "The file is a working copy already",
    "ambiguous": "A bare number that several entries carry, as after a merge",
    "ambiguous_lines": "Lines of a file copy could be one entry or another, and nobody said which",
    "ambiguous_word": "A word of `diff` that is a revision and something else, too",
    "another_dataset": "A path leads to a dataset that is not a copy of this one",
    "bisect_state": "What was answered cannot be read",
    "bisecting": "A search is under way already",
    "branch_exists": "There is a branch of that name, or of one that cannot stand beside it",
    "branch_name": "A name that no branch can have",
    "broken_file": "A hand-edited file cannot be read",
    "checked_out_elsewhere": "Another folder of this dataset has the branch checked out, and cannot follow",
    "contradiction": "The answers cannot all be true; the last one was not taken",
    "copy_commit_gone": "The commit that a file copy was written from is no longer in the store",
    "copy_conflict": "The file and its branch changed the same things differently",
    "current_branch": "One cannot delete the branch that one is on",
    "damaged_entries": "Entries that a command must compare with cannot be read",
    "detached": "HEAD points at a commit and not at a branch, so there is nothing to commit to",
    "difference_does_not_fit": "A difference was applied to an entry that is not the one it was taken from",
    "editor": "The editor did not start, failed, or came back at once; the draft is kept",
    "empty_span": "A range that holds no commit",
    "exhausted": "The system has no more open files or memory for this process now; nothing is damaged",
    "file_in_the_way": "The file to be written exists, and is not what we wrote, left as it was",
    "folder_in_use": "Something unfinished in a folder copy would be lost with it",
    "folder_taken": "A folder copy cannot be made at a place: something stands there, or it lies inside the dataset",
    "full": "Eight digits are used up",
    "git_unfinished": "Plain git is in the middle of a merge, a rebase or the like in this folder, or left conflicts",
    "invalid_order": "`order.json` is no map of entry ids to ranks",
    "judge_failed": "The program that should judge a commit could not be run, or was ended",
    "lost_commit": "An undo would go back to a commit that is lost; a copy of the dataset may have it",
    "locked": "Another command is writing to this dataset",
    "many_removed": "So many entries would go that it looks like an accident",
    "missing_settings": "A dataset has lost its `rolethread.toml`; without it nothing says what may be saved",
    "moment": "A text that is no moment",
    "name_is_shared": "A key, a `uuid` or an id of ours would decide which entry a row is, and different rows share it",
    "newer_format": "The dataset was written by a later program in a format that this one does not know",
    "no_conflict": "What was named is not in conflict",
    "no_draft": "There is no draft, or none that the words name",
    "no_folder_copy": "A folder is no folder copy of this dataset",
    "no_such_message": "The entry has no message of that number",
    "no_such_release": "There is no release of that name",
    "not_bisecting": "There is no search under way",
    "not_checked_out": "The dataset has no files on disk that could be edited by hand",
    "not_removed": "What is named is no removed entry: it is there, or never was",
    "not_touched": "A commit or a range did nothing to an entry that is named",
    "not_utf8": "The source is text in another encoding, or no text",
    "nothing_before": "There is no state before a commit: it is the first one, or history is cut off there",
    "nothing_fits": "No entry matches a query, where entries are needed",
    "nothing_to_undo": "No operation is left that could be taken back, or brought again",
    "nothing_unfinished": "There is nothing to go on with",
    "open_conflicts": "Conflicts are left",
    "query": "A query that cannot be read, or that could be read in two ways",
    "ref_locked": "A `.lock` file stands beside a ref: another git process is moving it, or one died while doing so",
    "release_exists": "There is a release of that name; it moves only with `force`",
    "release_name": "A name that no release can have",
    "rows_in_conflict": "Rows were edited here and in the file, in ways that do not go together",
    "staged_entry": "A file staged with plain git that cannot be read as an entry",
    "stale_decision": "A decision is about a line that is not in the file any more, or not as it was",
    "stale_draft": "An entry changed since the draft was made",
    "too_deep": "A file of a commit lies in more folders than are read",
    "too_dense": "A compressed source becomes so much larger that it was made to harm; the hint reads it all the same",
    "too_large": "A file is larger than is read, or a row never ends: most likely a quote or a bracket is missing",
    "torn": "A compressed source ends too early or is damaged; what was read of it is not the whole",
    "torn_line": "The last line of a file copy is cut off: the file is not whole, or still being written",
    "unclear_message": "A message of then may be one of today, edited, or another one",
    "unfinished": "A merge, a revert or a pick is unfinished, and there is room for one",
    "unfinished_on_branch": "A merge, a revert or a pick on this branch needs decisions, so it cannot be removed",
    "unknown_encoding": "There is no encoding of that name",
    "unknown_format": "There is no format of that name",
    "unknown_shape": "No row of a file has the keys of a known format",
    "unread_files": "Several of the files to import cannot be read",
    "unread_format": "A kind of file that is known by name and not read by this version",
    "unreadable_line": "Lines of a file copy are no rows of its format",
    "unreadable_operation": "An operation of the log cannot be read",
    "unreadable_side": "A side was chosen that cannot be had: it cannot be read, or two cannot be kept as one",
    "unrelated": "Two histories have no commit in common",
    "unusable_choice": "A choice does not fit its conflict: `both` of two values that cannot stand side by side",
}
"""What happened, by the code that an error of a family carries."""
