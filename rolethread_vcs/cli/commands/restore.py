"""Throw hand edits away, or bring entries back as they were in an earlier revision.

\b
  rtv restore 12                 throws away what you edited by hand in entry 12
  rtv restore --all              throws all hand edits away
  rtv restore 12 --from main~3   brings entry 12 back as it was then, also if it was removed since
  rtv restore 12 --from main~3 --message 2   only what was message [2] then; the rest of the entry stays
  rtv restore --all --from v1    makes all entries what they were then; newer ones go
  rtv restore tags/tavern.json --from v1    brings a file of the dataset back that is no entry
  rtv restore --removed          lists the entries that were removed, newest first
  rtv restore --removed 12 14    brings them back with their ids, to their old places
  rtv restore --removed --where tag:tavern --since v1

A message is found again by what it says: it takes the place of the one that it became, and where that was deleted it
goes back behind the message that it followed.

rtv undo takes any of these back, hand edits too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_committed, print_ends
from rolethread_vcs.cli.arguments import HowMany
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import (
    Saving,
    complete_branches,
    complete_entries,
    name_words,
    names_entry,
    saving_options,
)
from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.phrases import count, listed

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.restore.restore import Discarded, RestoredMessages
    from rolethread_vcs.transaction import Intent


_NAMED = 3
_PAGE = 25


@click.command(cls=ChangeCommand, change="changed")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_entries)
@click.option("--all", "everything", is_flag=True, help="All hand edits; with --from, all entries.")
@click.option("--where", metavar="QUERY", help="Choose entries by a query; with --from, among those of then.")
@click.option(
    "--from",
    "revision",
    metavar="REV",
    shell_complete=complete_branches,
    help="Bring entries back as they were in this revision.",
)
@click.option("--message", "number", metavar="N", type=int, help="With --from: only message [N] as it was then.")
@click.option("--removed", is_flag=True, help="List what was removed; with entries or --all, bring it back.")
@click.option(
    "--since",
    metavar="REV",
    shell_complete=complete_branches,
    help="With --removed: only what went after this revision.",
)
@click.option("-n", "limit", metavar="N", type=HowMany(), help="With --removed: list so many (25).")
@saving_options
def command(
    context: Context,
    ids: tuple[str, ...],
    everything: bool,
    where: str | None,
    revision: str | None,
    number: int | None,
    removed: bool,
    since: str | None,
    limit: int | None,
    saving: Saving,
) -> None:
    if everything and (ids or where is not None):
        raise UsageError("--all already means every entry", hint="rtv restore --all")
    if removed:
        if revision is not None or number is not None:
            raise UsageError(
                "--removed brings entries back as they were in the end; --from and --message say otherwise",
                hint="rtv restore ID --from REV",
            )
        _removed(context, ids, where, since, limit, saving, everything=everything)
        return
    if since is not None or limit is not None:
        raise UsageError("--since and -n belong to --removed", hint="rtv restore --removed --since REV")
    if number is not None and (revision is None or everything):
        raise UsageError(
            "one message comes back from a revision, into entries that are named",
            hint=f"rtv restore 12 --from REV --message {number}",
        )
    if not (everything or ids or where is not None):
        raise UsageError("which entries?", hint="rtv restore 12   or, for all hand edits: rtv restore --all")
    dataset = context.dataset
    words = f"restore{' --all' if everything else name_words(ids, where)}"
    if revision is None:
        chosen = None if everything else _choose_edited(dataset, ids, where)
        _discard(context, dataset, chosen, saving.intent(words))
        return
    source = dataset.snapshot(revision)
    part = "" if number is None else f" --message {number}"
    intent = saving.intent(f"{words} --from {revision}{part}")
    if number is not None:
        restored = dataset.restore_message(_choose_then(dataset, ids, where, revision), source, number, intent)
        _tell_places(context, restored, revision, number)
    elif everything:
        result = dataset.restore_all(source, intent)
        print_committed(context, result, nothing=f"nothing changed: all entries are as in {revision}")
    else:
        chosen = [word for word in ids if dataset.names_file(word)]
        entries = tuple(word for word in ids if word not in chosen)
        if entries or where is not None:
            chosen += _choose_then(dataset, entries, where, revision)
        result = dataset.restore(chosen, source, intent)
        print_committed(context, result, nothing=f"nothing changed: they are as in {revision}")


def _choose_then(dataset: Dataset, ids: tuple[str, ...], where: str | None, revision: str) -> list[str]:
    try:
        return dataset.select(ids, where, rev=revision)
    except NotFoundError as error:
        if error.code == "nothing_fits":
            error.message = f"no entry of {revision} matches {where!r}"
            error.hint = (
                f"entries are chosen by what they were then; name those of today: rtv restore ID… --from {revision}"
            )
        raise


def _tell_places(context: Context, restored: RestoredMessages, revision: str, number: int) -> None:
    print_committed(context, restored.committed, nothing=f"nothing changed: message [{number}] is as in {revision}")
    moved = [each for each in restored.places if each.is_new or each.place != number]
    for each in moved[:_NAMED] if not restored.committed.is_empty else ():
        how = "had gone, and is put back as" if each.is_new else "is now"
        context.output.note(f"what was [{number}] in {revision} {how} [{each.place}] of {each.entry_id}")


def _removed(
    context: Context,
    ids: tuple[str, ...],
    where: str | None,
    since: str | None,
    limit: int | None,
    saving: Saving,
    *,
    everything: bool,
) -> None:
    dataset = context.dataset
    if not (ids or where is not None or everything):
        if saving != Saving():
            raise UsageError(
                "which removed entries shall come back?", hint="rtv restore --removed 12   or, all of them: --all"
            )
        _list_removed(context, dataset, since=since, limit=limit or _PAGE)
        return
    if limit is not None:
        raise UsageError("-n is for the list of what was removed", hint="rtv restore --removed -n 100")
    words = " --all" if everything else name_words(ids, where)
    command = f"restore --removed{words}{'' if since is None else f' --since {since}'}"
    print_committed(context, dataset.restore_removed(ids, saving.intent(command), where=where, since=since))


def _list_removed(context: Context, dataset: Dataset, *, since: str | None, limit: int) -> None:
    from rolethread_vcs.views.entries import removed_lines, tags_and_preview

    found = dataset.history.removed(since=since)
    listed = list(islice(found, limit + 1))
    shown, more = listed[:limit], len(listed) > limit
    lines = removed_lines(shown, limit, more=more, since=since, width=context.output.width)
    value = {"more": more, "removed": [(tags_and_preview(each), each) for each in shown]}
    context.output.answer("rolethread.removed/v1", value, lines=lines)
    print_ends(context, found.ends)


def _discard(context: Context, dataset: Dataset, chosen: list[str] | None, intent: Intent) -> None:
    discarded = dataset.discard_edits(chosen, intent)
    print_committed(
        context,
        discarded.committed,
        done=_sentence(discarded, would=intent.dry_run),
        nothing="nothing to throw away: no hand edits here"
        + ("" if chosen is None else "\nto bring back an earlier state: rtv restore ID --from REV"),
    )


def _choose_edited(dataset: Dataset, ids: Sequence[str], where: str | None) -> list[str]:

    edited = [item.id for item in dataset.hand_edits() if item.id is not None]
    chosen = []
    rest = []
    for word in ids:
        named = [entry_id for entry_id in edited if names_entry(word, entry_id)]
        if len(named) == 1:
            chosen += named
        elif dataset.names_file(word):
            chosen.append(word)
        else:
            rest.append(word)
    if rest or where is not None:
        chosen += dataset.select(rest, where)
    return chosen


def _sentence(discarded: Discarded, *, would: bool) -> str | None:
    from rolethread_vcs.views.changes import healed_sentence

    said = []
    if discarded.files:
        names = [item.path.rpartition("/")[2].removesuffix(".json") for item in discarded.files]
        files = f"{count(len(names), 'file')} ({listed(names, _NAMED)})"
        said.append(f"{'would throw' if would else 'threw'} away the hand edits of {files}")
    if discarded.healed:
        said.append(healed_sentence(discarded.healed, would=would))
    return "\n".join(said) or None
