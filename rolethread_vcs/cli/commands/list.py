"""List entries: number, exchanges, tags, and how each one begins.

\b
  rtv list
  rtv list tag:tavern not tag:draft
  rtv list "old lighthouse" speaker:mara
  rtv list id:100..200 untagged

Words are searched for in what is said. A page is shown at a time.
"""

from __future__ import annotations

import shlex

import click

from rolethread_vcs.cli.arguments import HowMany
from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_branches, complete_entries
from rolethread_vcs.phrases import count


@click.command(cls=Command)
@click.argument("query", nargs=-1)
@click.option("--where", metavar="QUERY", help="The query as one text; with words too, both must match.")
@click.option("--limit", metavar="N", type=HowMany(), default=25, help="Show at most N (default 25).")
@click.option("--after", metavar="ID", shell_complete=complete_entries, help="Begin behind this entry.")
@click.option("--rev", metavar="REV", default="@", shell_complete=complete_branches, help="List another commit.")
def command(
    context: Context, query: tuple[str, ...], where: str | None, limit: int, after: str | None, rev: str
) -> None:
    from rolethread_vcs.views.entries import list_lines

    output = context.output
    page = context.dataset.page(query, where=where, limit=limit, after=after, rev=rev, count=context.output.json)
    for row in page.rows:
        if not row.reads:
            output.warn(f"entry {row.id} cannot be read ({row.problem}); see what is damaged with: rtv verify")
    output.answer("rolethread.list/v1", page, lines=list_lines(page.rows, output.look))
    if context.output.json:
        return
    if page.more:
        words = list(query)
        words += ["--where", where] if where is not None else []
        words += ["--limit", str(limit)] if limit != 25 else []
        words += ["--rev", rev] if rev != "@" else []
        output.note(f"Show more: {shlex.join(['rtv', 'list', *words])} --after {page.rows[-1].id}")
    elif page.rows:
        if page.total is not None:
            output.note(count(page.total, "entry"))
    elif after is not None:
        output.note(f"no entry{' that matches' if query or where else ''} comes behind {after}")
    elif query or where:
        output.note("no entry matches")
    else:
        output.note("the dataset is empty")
        output.hint("rtv import FILE   brings entries in; rtv add writes one")
