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
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_ends
from rolethread_vcs.cli.context import Context, Group
from rolethread_vcs.cli.options import clean_option, complete_branches
from rolethread_vcs.errors import InvalidError

if TYPE_CHECKING:
    from rolethread_vcs.ops.history.bisect import Search
    from rolethread_vcs.views.terminal_text import Lines

ENVELOPE = "rolethread.bisect/v1"

command = Group()


@command.command("start")
@click.argument("good", metavar="GOOD", shell_complete=complete_branches)
@click.argument("bad", metavar="[BAD]", default="@", shell_complete=complete_branches)
def start(context: Context, good: str, bad: str) -> None:
    """Begin: GOOD was good, BAD (the current commit) is bad, and the change lies between."""
    _tell(context, context.dataset.history.bisect.start(good, bad))


def _add_answer(word: str, what: str) -> None:
    @command.command(word, help=f"Say that a commit {what}; the one you were asked to test, or REV.")
    @click.argument("rev", required=False, shell_complete=complete_branches)
    def mark(context: Context, rev: str | None) -> None:
        _tell(context, context.dataset.history.bisect.mark(word, rev))


_add_answer("good", "is good")
_add_answer("bad", "is bad")
_add_answer("skip", "cannot be tested")


@command.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--format", "format_name", metavar="NAME", default="messages", help="The format of the file: messages …")
@clean_option
@click.argument("words", metavar="CMD [WORD]...", nargs=-1, required=True, type=click.UNPROCESSED)
def run(context: Context, format_name: str, clean: bool, words: tuple[str, ...]) -> None:
    """Let a program test one commit after the other.

    {} in its words is the exported file; ROLETHREAD_FILE and ROLETHREAD_COMMIT hold the file and the commit. Its exit
    status is the answer: 0 good, 125 skip, 1 to 124 bad; anything above stops the search, which can go on later.
    """
    bisect = context.dataset.history.bisect

    def ask(search: Search) -> str:
        assert search.test is not None
        commit = search.test
        with tempfile.TemporaryDirectory(prefix="rtv-bisect-") as folder:
            path = Path(folder, f"{commit.id[:10]}.jsonl")
            bisect.export(commit.id, path, format=format_name, clean=clean)
            answer = _judge(context, words, path, commit.id)
        context.output.note(f"{answer:<4}  {commit.id[:10]}  {commit.subject}")
        return answer

    _tell(context, bisect.run(ask))


@command.command("status")
def status(context: Context) -> None:
    """Show how far the search has come, and what to test."""
    _tell(context, context.dataset.history.bisect.status())


@command.command("log")
def log(context: Context) -> None:
    """List the answers given so far."""
    from rolethread_vcs.views.commits import mark_lines, search_lists

    bisect = context.dataset.history.bisect
    search = bisect.status()
    lines = mark_lines(bisect.answers(), context.output.look)
    context.output.answer(ENVELOPE, search_lists(search), search, lines=lines)


@command.command("reset")
def reset(context: Context) -> None:
    """End the search and forget the answers."""
    from rolethread_vcs import Search
    from rolethread_vcs.views.commits import search_lists
    from rolethread_vcs.views.terminal_text import Line

    was_running = context.dataset.history.bisect.reset()
    done = Line("report", "the search is ended" if was_running else "no search was under way")
    ended = Search((), ())
    context.output.answer(ENVELOPE, {"was_running": was_running}, search_lists(ended), ended, lines=[done])


def _tell(context: Context, search: Search) -> None:
    from rolethread_vcs.views.commits import brief_commit_lines, search_lines, search_lists

    history, look = context.dataset.history, context.output.look

    def first_bad() -> Lines:
        if search.first_bad is not None:
            shown = history.commit(f"commit:{search.first_bad.id}")
            operation = history.operations().find(search.first_bad)
            yield from brief_commit_lines(shown, operation, history.preview, look)

    lines = search_lines(search, first_bad(), look)
    context.output.answer(ENVELOPE, search_lists(search), search, lines=lines)
    print_ends(context, search.ends)


def _judge(context: Context, words: Sequence[str], path: Path, commit: str) -> str:
    """Return a program's answer about a commit (hex id), exported to a file.

    What it prints goes to stderr where stdout is for an envelope.

    Raises:
        InvalidError (judge_failed): it cannot be run, or ended with 126 (no program), 127 (not found) or from 128 on.
    """
    variables = {**context.environ, "ROLETHREAD_FILE": str(path), "ROLETHREAD_COMMIT": commit}
    stdout = 2 if context.output.json else None
    try:
        run = [word.replace("{}", str(path)) for word in words]
        status = subprocess.run(run, env=variables, stdout=stdout, check=False).returncode
    except OSError as error:
        is_line = len(words) == 1 and " " in words[0]
        raise InvalidError(
            f"{words[0]} cannot be run: {(error.strerror or str(error)).lower()}; the answers before are kept",
            hint=f"without the quotes: rtv bisect run {words[0]}"
            if is_line
            else "a program in this folder is written ./program; a script: rtv bisect run python check.py {}",
            code="judge_failed",
        ) from error
    if status == 0:
        return "good"
    if status == 125:
        return "skip"
    if 0 < status < 126:
        return "bad"
    ended = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    if status in (126, 127):
        ended += ", which means that a program was not found or cannot be run"
    raise InvalidError(
        f"{shlex.join(words)} {ended} at {commit[:10]}; the answers before are kept",
        hint="rtv bisect run …   goes on from there\nrtv bisect skip   leaves this commit out",
        code="judge_failed",
    )
