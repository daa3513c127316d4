"""Find the change of the data that made it worse, by testing a few of the commits between.

\b
  rtv bisect start v1 main         v1 was good, main is bad
  rtv bisect good                  the commit you were asked to test is good
  rtv bisect bad                   … or bad
  rtv bisect skip                  … or cannot be tested
  rtv bisect run python check.py {}   let a program test them all

You are told which commit to test, and the command that exports it. Nothing here moves a branch, or touches your files.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_ends
from rolethread_vcs.cli.context import Context, Group
from rolethread_vcs.cli.options import complete_branches
from rolethread_vcs.errors import DamagedError, InvalidError

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.history.bisect import Search
    from rolethread_vcs.store.objects.commits import Commit
    from rolethread_vcs.store.repository import Repository
    from rolethread_vcs.views.terminal_text import Lines

ENVELOPE = "rolethread.bisect/v1"


command = Group()


@command.command("start")
@click.argument("good", metavar="GOOD", shell_complete=complete_branches)
@click.argument("bad", metavar="[BAD]", default="@", shell_complete=complete_branches)
def start(context: Context, good: str, bad: str) -> None:
    """Begin: GOOD was good, BAD (the current commit) is bad, and the change lies between."""
    dataset = context.dataset
    _tell(context, dataset, dataset.history.bisect.start(good, bad))


@command.command("good")
@click.argument("rev", required=False, shell_complete=complete_branches)
def good(context: Context, rev: str | None) -> None:
    """Say that a commit is good; the one you were asked to test, or REV."""
    _answer(context, "good", rev)


@command.command("bad")
@click.argument("rev", required=False, shell_complete=complete_branches)
def bad(context: Context, rev: str | None) -> None:
    """Say that a commit is bad; the one you were asked to test, or REV."""
    _answer(context, "bad", rev)


@command.command("skip")
@click.argument("rev", required=False, shell_complete=complete_branches)
def skip(context: Context, rev: str | None) -> None:
    """Say that a commit cannot be tested; the one you were asked to test, or REV."""
    _answer(context, "skip", rev)


@command.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--format", "format_name", metavar="NAME", default="messages", help="The format of the file: messages …")
@click.option("--clean", is_flag=True, help="Only what a trainer reads: no ids, no tags.")
@click.argument("words", metavar="CMD [WORD]...", nargs=-1, required=True, type=click.UNPROCESSED)
def run(context: Context, format_name: str, clean: bool, words: tuple[str, ...]) -> None:
    """Let a program test one commit after the other.

    {} in its words is the exported file; ROLETHREAD_FILE and ROLETHREAD_COMMIT hold the file and the commit. Its exit
    status is the answer: 0 good, 125 skip, 1 to 124 bad; anything above stops the search, which can go on later.
    """
    dataset = context.dataset
    judge = Judge(words, format_name, clean, is_quiet=context.json)

    def ask(search: Search) -> str:
        assert search.test is not None
        commit = search.test
        answer = judge.ask(dataset, commit.id, context.environ)
        context.output.note(f"{answer:<4}  {commit.id[:10]}  {commit.subject}")
        return answer

    _tell(context, dataset, dataset.history.bisect.run(ask))


@command.command("status")
def status(context: Context) -> None:
    """Show how far the search has come, and what to test."""
    dataset = context.dataset
    _tell(context, dataset, dataset.history.bisect.status())


@command.command("log")
def log(context: Context) -> None:
    """List the answers given so far."""
    from rolethread_vcs.views.commits import mark_lines, search_lists

    dataset = context.dataset
    search = dataset.history.bisect.status()
    marks = ((mark, _commit(dataset.repository, mark.commit)) for mark in search.marks)
    lines = mark_lines(marks, width=context.output.width)
    context.output.answer(ENVELOPE, search_lists(search), search, lines=lines)


@command.command("reset")
def reset(context: Context) -> None:
    """End the search and forget the answers."""
    from rolethread_vcs import Search
    from rolethread_vcs.views.commits import search_lists

    was_running = context.dataset.history.bisect.reset()
    if context.json:
        context.output.envelope(ENVELOPE, {"was_running": was_running}, search_lists(None), Search((), ()))
    else:
        context.output.report("the search is ended" if was_running else "no search was under way")


def _answer(context: Context, word: str, rev: str | None) -> None:
    dataset = context.dataset
    _tell(context, dataset, dataset.history.bisect.mark(word, rev))


def _commit(repository: Repository, oid: str) -> Commit | None:
    try:
        return repository.objects.commit(oid)
    except DamagedError:
        return None


def _tell(context: Context, dataset: Dataset, search: Search) -> None:
    from rolethread_vcs.views.commits import end_hint, search_lines, search_lists

    if context.json:
        context.output.envelope(ENVELOPE, search_lists(search), search)
        return
    first_bad = iter(()) if search.first_bad is None else _described(context, dataset, search.first_bad)
    context.output.show(search_lines(search, first_bad, width=context.output.width))
    print_ends(context.output, dataset.repository, search.ends)
    hint = end_hint(search)
    if hint is not None:
        context.output.hint(hint)


def _described(context: Context, dataset: Dataset, commit: Commit) -> Lines:
    from rolethread_vcs.views.commits import brief_commit_lines

    history = dataset.history
    shown, operation = history.commit(f"commit:{commit.id}"), history.operations().find(commit)
    return brief_commit_lines(shown, operation, history.preview, width=context.output.width)


# ---- a program that judges


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

    def ask(self, dataset: Dataset, commit: str, environ: Mapping[str, str]) -> str:
        """Return the program's answer about a commit (hex id): status 0 is good, 125 skip, anything else to 127 bad.

        Raises:
            InvalidError (judge_failed): it cannot be run, or ended with 126 (not a program), 127 (not found) or from
            128 on.
        """
        with tempfile.TemporaryDirectory(prefix="rtv-bisect-") as folder:
            path = Path(folder, f"{commit[:10]}.jsonl")
            dataset.history.bisect.export(commit, path, format=self.format, clean=self.clean)
            status = self._run(path, commit, environ)
        if status == 0:
            return "good"
        if status == _SKIP:
            return "skip"
        if 0 < status < _NO_ANSWER and status not in _CANNOT_RUN:
            return "bad"
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
