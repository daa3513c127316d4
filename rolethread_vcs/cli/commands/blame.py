"""Say for each message of an entry who last changed it, when, and which commit brought it in.

\b
  rtv blame 12
  rtv blame 12@main~5         as it was five commits ago

A message is followed through edits, moves, splits, joins and merges. `brought in` is left out where nobody changed the
message since.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.completions import complete_entries
from rolethread_vcs.cli.context import Command, Context, pass_context
from rolethread_vcs.errors import UsageError
from rolethread_vcs.phrases import short_time
from rolethread_vcs.views.terminal_text import one_line, styled, width_of

if TYPE_CHECKING:
    from rolethread_vcs.ops.history.blame import Blame, BlamedMessage
    from rolethread_vcs.store.objects.commits import Commit

GROUP = "history"
ENVELOPE = "rolethread.blame/v1"


@click.command(cls=Command)
@click.argument("entry", metavar="ID[@REV]", shell_complete=complete_entries)
@pass_context
def command(context: Context, entry: str) -> None:
    # what opens a dataset is of no use to help
    from rolethread_vcs.cli.answers import print_ends, print_hand_edit

    word, at, revision = entry.partition("@")
    if at and not revision:
        raise UsageError(f"{entry!r} names no revision behind the @", hint=f"rtv blame {word}@main~1")
    dataset = context.open_dataset()
    blame = dataset.history.blame(word, rev=revision or "@")
    if context.json:
        context.output.envelope(ENVELOPE, blame)
    else:
        for line in _lines(blame, context.output.width):
            context.output.print(line)
        if not blame.messages:
            context.output.note(f"entry {blame.id} has no messages")
        print_hand_edit(context.output, dataset.repository, blame.id, blame.commit)
    print_ends(context.output, dataset.repository, blame.ends)


def _lines(blame: Blame, width: int) -> Iterator[str]:
    from rolethread_vcs.views.entries import message_head

    now = time.time()
    heads = [message_head(each.index, each.message) for each in blame.messages]
    side = "messages"
    for each, head in zip(blame.messages, heads, strict=True):
        if each.side != side:
            side = each.side
            yield styled(side, "heading")
        yield f"{head}  {styled(one_line(_text(each), max(width - width_of(head) - 4, 20)), 'faint')}"
        yield f"    {_origin(each.changed, now, width)}"
        if each.brought.id != each.changed.id:
            yield f"    {styled('brought in by', 'faint')} {_origin(each.brought, now, width - 14)}"


def _text(blamed: BlamedMessage) -> str:
    content = blamed.message.get("content") if isinstance(blamed.message, dict) else None
    return content if isinstance(content, str) else ""


def _origin(commit: Commit, now: float, width: int) -> str:
    head = f"{commit.id[:10]}  {short_time(commit.author.time, now=now)}  {one_line(commit.author.name, 24)}"
    said = one_line(commit.subject, max(width - width_of(head) - 8, 12))
    return f"{styled(head[:10], 'id')}{head[10:]}  {styled(said, 'faint')}"
