"""Lets a program judge a commit: exports it to a file, runs the program on it, and reads its exit status."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.ops.history.bisect import Answer

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset

FILE = "{}"
"""Stands for the exported file in the words of the program."""

FILE_VARIABLE = "ROLETHREAD_FILE"
COMMIT_VARIABLE = "ROLETHREAD_COMMIT"

_SKIP = 125
_CANNOT_RUN = (126, 127)
_NO_ANSWER = 128
_STDERR = 2


@dataclass(frozen=True, slots=True)
class Judge:
    """A program and how it wants its file. `is_quiet` sends what it prints to stderr: stdout is for an envelope."""

    words: Sequence[str]
    format: str = "messages"
    clean: bool = False
    is_quiet: bool = False

    def ask(self, dataset: Dataset, commit: str, environ: Mapping[str, str]) -> Answer:
        """Return the program's answer about a commit (hex id): status 0 is good, 125 skip, anything else to 127 bad.

        Raises:
            InvalidError (judge_failed): it cannot be run, or ended with 126 (not a program), 127 (not found) or from
            128 on.
        """
        with tempfile.TemporaryDirectory(prefix="rtv-bisect-") as folder:
            path = Path(folder, f"{commit[:10]}.jsonl")
            dataset.bisect_export(commit, path, format=self.format, clean=self.clean)
            status = self._run(path, commit, environ)
        if status == 0:
            return Answer.GOOD
        if status == _SKIP:
            return Answer.SKIP
        if 0 < status < _NO_ANSWER and status not in _CANNOT_RUN:
            return Answer.BAD
        raise InvalidError(
            f"{shlex.join(self.words)} {_ended(status)} at {commit[:10]}; the answers before are kept",
            hint="rtv bisect run …   goes on from there\nrtv bisect skip   leaves this commit out",
            code="judge_failed",
        )

    def _run(self, path: Path, commit: str, environ: Mapping[str, str]) -> int:
        words = [word.replace(FILE, str(path)) for word in self.words]
        variables = {**environ, FILE_VARIABLE: str(path), COMMIT_VARIABLE: commit}
        try:
            return subprocess.run(
                words, env=variables, stdout=_STDERR if self.is_quiet else None, check=False
            ).returncode
        except OSError as error:
            is_line = len(self.words) == 1 and " " in self.words[0]
            hint = f"without the quotes: rtv bisect run {self.words[0]}" if is_line else None
            raise InvalidError(
                f"{self.words[0]} cannot be run: {(error.strerror or str(error)).lower()}; the answers before are kept",
                hint=hint
                or "a program in this folder is written ./program; a script: rtv bisect run python check.py {}",
                code="judge_failed",
            ) from error


def _ended(status: int) -> str:
    if status < 0:
        return f"was ended by signal {-status}"
    if status in _CANNOT_RUN:
        return f"ended with status {status}, which means that a program was not found or cannot be run"
    return f"ended with status {status}"
