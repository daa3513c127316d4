"""Chooses entries on the command line, and completes entry ids, branches and rules in the shell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli.context import Given
from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.phrases import entry_number

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from rolethread_vcs.dataset import Dataset

_OFFERED = 50


def entry_choice(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `ids` and `--where QUERY`; hand them to `Dataset.select` as `words` and `where`."""
    function = click.option("--where", metavar="QUERY", help="Choose entries by a query in place of ids.")(function)
    return click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_entries)(function)


def names_entry(word: str, entry_id: str) -> bool:
    """Return whether a word is the number of an entry (`12`, `00000012`) or its id."""
    return word.lower() == entry_id or (word.isdigit() and entry_number(word) == entry_number(entry_id))


# ---- completion


def complete_entries(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the entries whose number, or whole id where it is begun with a zero, starts like this."""
    return _completed(ctx, _entries, incomplete)


def complete_branches(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the branches that start like this."""
    return _completed(ctx, _branches, incomplete)


def complete_conflicts(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the entries and files in conflict that start like this."""
    return _completed(ctx, _conflicts, incomplete)


def complete_sides(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the sides of the unfinished merge that start like this."""
    return _completed(ctx, _sides, incomplete)


def complete_rules(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the codes, or the names, of rules that start like this."""
    from rolethread_vcs.dataset import Dataset

    rules = Dataset.gate.rules()
    words = ((word, each.summary) for each in rules for word in (each.rule.code, each.rule.name))
    folded = incomplete.casefold()
    return _items((word, about) for word, about in words if folded and word.casefold().startswith(folded)) or _items(
        (each.rule.code, f"{each.rule.name}: {each.summary}") for each in rules if not folded
    )


def _entries(dataset: Dataset, incomplete: str) -> Iterator[tuple[str, str]]:
    for entry_id, _ in dataset.snapshot().blobs():
        word = entry_id if incomplete.startswith("0") else entry_number(entry_id)
        if word.startswith(incomplete):
            yield word, entry_id


def _branches(dataset: Dataset, incomplete: str) -> Iterator[tuple[str, str]]:
    for branch in dataset.branches.list():
        if branch.name.startswith(incomplete):
            yield branch.name, branch.subject


def _conflicts(dataset: Dataset, incomplete: str) -> Iterator[tuple[str, str]]:
    for conflict in dataset.merges.conflicts().conflicts:
        is_entry = conflict.id[:1].isdigit() and not incomplete.startswith("0")
        word = entry_number(conflict.id) if is_entry else conflict.id
        if word.startswith(incomplete):
            yield word, f"{conflict.field}: {conflict.message}"


def _sides(dataset: Dataset, incomplete: str) -> Iterator[tuple[str, str]]:
    ours, theirs, base = dataset.merges.conflicts().unfinished.labels
    for word in dict.fromkeys((theirs, ours, base, "both")):
        if word.startswith(incomplete):
            yield word, ""


def _completed(
    ctx: click.Context, offers: Callable[[Dataset, str], Iterator[tuple[str, str]]], incomplete: str
) -> list[CompletionItem]:
    from pathlib import Path

    from rolethread_vcs.dataset import Dataset

    given = ctx.find_root().obj
    folder = given.folder if isinstance(given, Given) else ""
    try:
        return _items(offers(Dataset.open(Path.cwd() / folder), incomplete))
    except (RoleThreadError, OSError):
        return []


def _items(offers: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word, help=about) for word, about in islice(offers, _OFFERED)]
