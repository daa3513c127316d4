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
goes back behind the message that it followed. Where one of today may be that message or another, it is refused.

rtv undo takes any of these back, hand edits too.
"""

from __future__ import annotations

from itertools import islice

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


@click.command(cls=ChangeCommand, change="changed")
@click.argument("ids", metavar="[ID]...", nargs=-1, shell_complete=complete_entries)
@click.option("--all", "everything", is_flag=True, help="All hand edits; with --from, all entries.")
@click.option("--where", metavar="QUERY", help="Select entries by a query; with --from, among those of then.")
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
@click.option("-n", "limit", metavar="N", type=HowMany(), help="With --removed: list at most N (default 25).")
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
    if removed and (revision is not None or number is not None):
        raise UsageError(
            "--removed brings entries back as they were in the end; --from and --message say otherwise",
            hint="rtv restore ID --from REV",
        )
    words = " --all" if everything else name_words(ids, where)
    if removed and words:
        if limit is not None:
            raise UsageError("-n is for the list of what was removed", hint="rtv restore --removed -n 100")
        intent = saving.intent(f"restore --removed{words}{'' if since is None else f' --since {since}'}")
        print_committed(context, context.dataset.restore_removed(ids, intent, where=where, since=since))
        return
    if removed:
        if saving != Saving():
            raise UsageError(
                "which removed entries shall come back?", hint="rtv restore --removed 12   or, all of them: --all"
            )
        from rolethread_vcs.views.entries import removed_lines

        limit = limit or 25
        found = context.dataset.history.removed(since=since)
        listed = list(islice(found, limit + 1))
        shown, more = listed[:limit], len(listed) > limit
        lines = removed_lines(shown, limit, context.output.look, more=more, since=since)
        context.output.answer("rolethread.removed/v1", {"more": more, "removed": shown}, lines=lines)
        print_ends(context, found.ends)
        return
    if since is not None or limit is not None:
        raise UsageError("--since and -n belong to --removed", hint="rtv restore --removed --since REV")
    if number is not None and (revision is None or everything):
        raise UsageError(
            "one message comes back from a revision, into entries that are named",
            hint=f"rtv restore 12 --from REV --message {number}",
        )
    if not words:
        raise UsageError("which entries?", hint="rtv restore 12   or, for all hand edits: rtv restore --all")
    if revision is not None:
        _bring_back(context, ids, where, revision, number, saving, words)
        return
    from rolethread_vcs.views.changes import discarded_sentence

    chosen = None if everything else _choose_edited(context, ids, where)
    discarded = context.dataset.discard_edits(chosen, saving.intent(f"restore{words}"))
    nothing = "nothing to throw away: no hand edits here"
    if chosen is not None:
        nothing += "\nto bring back an earlier state: rtv restore ID --from REV"
    done = discarded_sentence(discarded, would=saving.dry_run)
    print_committed(context, discarded.committed, done=done, nothing=nothing)


def _choose_edited(context: Context, ids: tuple[str, ...], where: str | None) -> list[str]:
    dataset = context.dataset
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
    return chosen + dataset.select(rest, where) if rest or where is not None else chosen


def _bring_back(
    context: Context,
    ids: tuple[str, ...],
    where: str | None,
    revision: str,
    number: int | None,
    saving: Saving,
    words: str,
) -> None:
    dataset = context.dataset
    source = dataset.snapshot(revision)
    part = "" if number is None else f" --message {number}"
    intent = saving.intent(f"restore{words} --from {revision}{part}")
    if words == " --all":
        result = dataset.restore_all(source, intent)
        print_committed(context, result, nothing=f"nothing changed: all entries are as in {revision}")
        return
    chosen = [] if number is not None else [word for word in ids if dataset.names_file(word)]
    entries = tuple(word for word in ids if word not in chosen)
    if entries or where is not None:
        try:
            chosen += dataset.select(entries, where, rev=revision)
        except NotFoundError as error:
            if error.code == "nothing_fits":
                error.message = f"no entry of {revision} matches {where!r}"
                error.hint = (
                    f"entries are chosen by what they were then; name those of today: rtv restore ID… --from {revision}"
                )
            raise
    if number is None:
        result = dataset.restore(chosen, source, intent)
        print_committed(context, result, nothing=f"nothing changed: they are as in {revision}")
        return
    restored = dataset.restore_message(chosen, source, number, intent)
    print_committed(context, restored.committed, nothing=f"nothing changed: message [{number}] is as in {revision}")
    moved = [each for each in restored.places if each.is_new or each.place != number]
    for each in moved[:3] if not restored.committed.is_empty else ():
        how = "had gone, and is put back as" if each.is_new else "is now"
        context.output.note(f"what was [{number}] in {revision} {how} [{each.place}] of {each.entry_id}")
