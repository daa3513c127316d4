"""The options of every verb that changes data: `-m`, `--dry-run`, `--allow CODE --because TEXT`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli._select import complete_rules

if TYPE_CHECKING:
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
        # the rules are of no use to help
        from rolethread_vcs.gate import parse_allowance
        from rolethread_vcs.transaction import Intent

        return Intent(
            verb,
            command,
            message=self.message,
            allowances=tuple(map(parse_allowance, self.allow)),
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
