"""The options by which a person says what lines of a file copy are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from rolethread_vcs.cli._context import Context
    from rolethread_vcs.ops.workcopy.commit import CommitOptions
    from rolethread_vcs.ops.workcopy.line_decisions import DecisionWords
    from rolethread_vcs.ops.workcopy.merge import Take


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said about lines."""

    entries: tuple[str, ...]
    new: tuple[int, ...]
    ambiguous: str
    file: str | None

    def words(self, context: Context) -> DecisionWords:
        """Return it as decisions."""
        # help needs no decisions
        from rolethread_vcs.ops.workcopy.line_decisions import DecisionWords

        path = None if self.file is None else context.path(self.file)
        return DecisionWords(self.entries, self.new, path, self.ambiguous == "new")

    def options(self, context: Context, removed: int | None, take: str | None) -> CommitOptions:
        """Return it as the options of a commit."""
        # as above
        from rolethread_vcs.ops.workcopy.commit import CommitOptions

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
