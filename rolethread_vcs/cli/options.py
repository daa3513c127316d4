"""Options that several verbs share, what they give, and what a shell offers for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli.context import GlobalOptions
from rolethread_vcs.errors import RoleThreadError, UsageError
from rolethread_vcs.phrases import entry_number

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from rolethread_vcs.cli.context import Context
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.transaction import Intent


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
Completion = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]

_OFFERED = 50
"""Completions that a shell is given at once."""


def names_entry(word: str, entry_id: str) -> bool:
    """Return whether a word is the number of an entry (`12`, `00000012`) or its id."""
    return word.lower() == entry_id or (word.isdigit() and entry_number(word) == entry_number(entry_id))


# ---- completion


def _completer(offers: Callable[[Dataset, str], Iterator[tuple[str, str]]]) -> Completion:
    @wraps(offers)
    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from pathlib import Path

        from rolethread_vcs.dataset import Dataset

        given = ctx.find_root().obj
        folder = given.folder if isinstance(given, GlobalOptions) else ""
        try:
            return _items(offers(Dataset.open(Path.cwd() / folder), incomplete))
        except (RoleThreadError, OSError):
            return []

    return complete


@_completer
def complete_entries(dataset: Dataset, incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer the entries whose number, or whole id where it is begun with a zero, starts like this."""
    for entry_id, _ in dataset.snapshot().blobs():
        word = entry_id if incomplete.startswith("0") else entry_number(entry_id)
        if word.startswith(incomplete):
            yield word, entry_id


@_completer
def complete_branches(dataset: Dataset, incomplete: str) -> Iterator[tuple[str, str]]:
    for branch in (*dataset.branches.list(), *dataset.branches.remote()):
        if branch.name.startswith(incomplete):
            yield branch.name, branch.subject


@_completer
def complete_conflicts(dataset: Dataset, incomplete: str) -> Iterator[tuple[str, str]]:
    for conflict in dataset.merges.conflicts().conflicts:
        is_entry = conflict.id[:1].isdigit() and not incomplete.startswith("0")
        word = entry_number(conflict.id) if is_entry else conflict.id
        if word.startswith(incomplete):
            yield word, f"{conflict.field}: {conflict.message}"


@_completer
def complete_sides(dataset: Dataset, incomplete: str) -> Iterator[tuple[str, str]]:
    ours, theirs, base = dataset.merges.conflicts().unfinished.labels
    for word in dict.fromkeys((theirs, ours, base, "both")):
        if word.startswith(incomplete):
            yield word, ""


def complete_rules(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the codes, or the names, of rules that start like this."""
    from rolethread_vcs.dataset import Dataset

    rules = Dataset.gate.rules()
    words = ((word, each.summary) for each in rules for word in (each.rule.code, each.rule.name))
    folded = incomplete.casefold()
    return _items((word, about) for word, about in words if folded and word.casefold().startswith(folded)) or _items(
        (each.rule.code, f"{each.rule.name}: {each.summary}") for each in rules if not folded
    )


def _items(offers: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word, help=about) for word, about in islice(offers, _OFFERED)]


def entry_choice(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `ids` and `--where QUERY`; hand them to `Dataset.select` as `words` and `where`."""
    function = click.option("--where", metavar="QUERY", help="Select entries by a query in place of ids.")(function)
    return click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_entries)(function)


def name_words(words: tuple[str, ...] | list[str], where: str | None = None) -> str:
    """Return chosen entries as the operation log names them: ` 12 14`, ` --where tag:draft`, at most four words."""
    if where is not None:
        return f" --where {where}"
    shown = " ".join(words[:4])
    return (f" {shown}" if shown else "") + (" …" if len(words) > 4 else "")


def exclude(options: Mapping[str, bool]) -> None:
    """Refuse options of which more than one was given: `--show and --delete do not go together`."""
    given = [name for name, is_given in options.items() if is_given]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} do not go together")


format_option = click.option(
    "--format", "format_name", metavar="NAME", default="messages", help="messages, sharegpt or alpaca."
)
clean_option = click.option("--clean", is_flag=True, help="Only what a trainer reads: no ids, no tags.")
patch_option = click.option("-p", "--patch", is_flag=True, help="Ask about each entry: take, skip, edit.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


# ---- saving


@dataclass(frozen=True, slots=True)
class Saving:
    """What the user said about how to save."""

    commit_message: str | None = None
    dry_run: bool = False
    allow: tuple[str, ...] = ()
    because: str | None = None

    def intent(self, command: str, **more: Any) -> Intent:
        """Return the intent of a command; the operation log remembers it, as it stands here, and its first word.

        Raises:
            UsageError: an allowance names no rule.
        """
        from rolethread_vcs import Intent

        return Intent.of(
            command.partition(" ")[0],
            command,
            message=self.commit_message,
            allow=self.allow,
            because=self.because,
            dry_run=self.dry_run,
            **more,
        )

    def tense(self, plain: str, past: str) -> str:
        """Return what was done, or in a dry run would be: `would delete`, `deleted`."""
        return f"would {plain}" if self.dry_run else past


def gathered(name: str, make: Callable[..., Any], **options: Decorator) -> Decorator:
    """Return a decorator that gives a command options, and its function one value made of them, called `name`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapped(context: Context, **given: Any) -> Any:
            value = make(**{option: given.pop(option) for option in options})
            return function(context, **{name: value}, **given)

        decorated: Callable[..., Any] = wrapped
        for option in options.values():
            decorated = option(decorated)
        return decorated

    return decorate


_ALLOWING = {
    "because": click.option("--because", metavar="TEXT", help="Why findings are let through; history remembers it."),
    "allow": click.option(
        "--allow",
        metavar="CODE[=COUNT]",
        multiple=True,
        shell_complete=complete_rules,
        help="Let findings of a rule through.",
    ),
}

making_options = gathered("saving", Saving, **_ALLOWING, dry_run=dry_run_option)
"""Gives a command that can make a branch what lets findings through and `--dry-run`: `saving`, without a message."""

saving_options = gathered(
    "saving",
    Saving,
    **_ALLOWING,
    dry_run=click.option("--dry-run", is_flag=True, help="Show what would be saved, and save nothing."),
    commit_message=click.option(
        "-m", "commit_message", metavar="TEXT", help="What the commit says; there is a default."
    ),
)
"""Gives a command the options of saving, and its function a `saving: Saving`."""
