"""The options of every verb that changes data: `-m`, `--dry-run`, `--allow CODE --because TEXT`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import click

from rolethread_vcs.cli.completions import complete_rules

if TYPE_CHECKING:
    from rolethread_vcs.cli.context import Context
    from rolethread_vcs.ops.workcopy.commit import CommitOptions
    from rolethread_vcs.ops.workcopy.line_decisions import DecisionWords
    from rolethread_vcs.ops.workcopy.merge import Take
    from rolethread_vcs.transaction import Intent


@dataclass(frozen=True, slots=True)
class Saving:
    """What the user said about how to save."""

    message: str | None = None
    dry_run: bool = False
    allow: tuple[str, ...] = ()
    because: str | None = None

    def intent(self, verb: str, command: str, **more: Any) -> Intent:
        """Return the intent of a verb; `command` is what the operation log remembers.

        Raises:
            UsageError: an allowance names no rule.
        """
        from rolethread_vcs import Intent

        return Intent.of(
            verb,
            command,
            message=self.message,
            allow=self.allow,
            because=self.because,
            dry_run=self.dry_run,
            **more,
        )


_ALLOWING = (
    click.option("--because", metavar="TEXT", help="Why findings are let through; history remembers it."),
    click.option(
        "--allow",
        metavar="CODE[=COUNT]",
        multiple=True,
        shell_complete=complete_rules,
        help="Let findings of a rule through.",
    ),
)


def making_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that can make a branch what lets findings through and `--dry-run`: `saving`, without a message."""

    @wraps(function)
    def wrapped(*args: Any, dry_run: bool, allow: tuple[str, ...], because: str | None, **more: Any) -> Any:
        return function(*args, saving=Saving(None, dry_run, allow, because), **more)

    dry_run = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
    for option in (*_ALLOWING, dry_run):
        wrapped = option(wrapped)
    return wrapped


def saving_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of saving, and its function a `saving: Saving`."""

    @wraps(function)
    def wrapped(
        *args: Any,
        commit_message: str | None,
        dry_run: bool,
        allow: tuple[str, ...],
        because: str | None,
        **more: Any,
    ) -> Any:
        return function(*args, saving=Saving(commit_message, dry_run, allow, because), **more)

    for option in (
        *_ALLOWING,
        click.option("--dry-run", is_flag=True, help="Show what would be saved, and save nothing."),
        click.option("-m", "commit_message", metavar="TEXT", help="What the commit says; there is a default."),
    ):
        wrapped = option(wrapped)
    return wrapped


def name_words(words: tuple[str, ...] | list[str], where: str | None = None) -> str:
    """Return chosen entries as the operation log names them: ` 12 14`, ` --where tag:draft`, at most four words."""
    if where is not None:
        return f" --where {where}"
    shown = " ".join(words[:4])
    return (f" {shown}" if shown else "") + (" …" if len(words) > 4 else "")


# ---- lines of a file copy


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said about lines."""

    entries: tuple[str, ...]
    new: tuple[int, ...]
    ambiguous: str
    file: str | None

    def words(self, context: Context) -> DecisionWords:
        """Return it as decisions."""
        from rolethread_vcs import DecisionWords

        path = None if self.file is None else context.path(self.file)
        return DecisionWords(self.entries, self.new, path, self.ambiguous == "new")

    def options(self, context: Context, removed: int | None, take: str | None) -> CommitOptions:
        """Return it as the options of a commit."""
        from rolethread_vcs import CommitOptions

        return CommitOptions(self.words(context), removed, cast("Take | None", take))


def line_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--as`, `--new`, `--ambiguous`, `--decisions`, and its function a `wish: Wish`."""

    @wraps(function)
    def wrapped(
        *args: Any,
        entries: tuple[str, ...],
        new: tuple[int, ...],
        ambiguous: str,
        decisions: str | None,
        **more: Any,
    ) -> Any:
        return function(*args, wish=Wish(entries, new, ambiguous, decisions), **more)

    for option in (
        click.option("--decisions", metavar="FILE", help="Take what is said of lines in this file (status --json)."),
        click.option(
            "--ambiguous",
            type=click.Choice(["stop", "new"]),
            default="stop",
            help="What to do with lines that could be one entry or another.",
        ),
        click.option("--new", "new", metavar="LINE", type=int, multiple=True, help="This line is a new entry."),
        click.option("--as", "entries", metavar="LINE=ID", multiple=True, help="This line is that entry."),
    ):
        wrapped = option(wrapped)
    return wrapped
