"""Show what changed: messages, words, tags, fields, between any two states or files.

\b
  rtv diff                          hand edits that are not saved
  rtv diff main~3                   what has changed since then
  rtv diff main warmer-mara         one branch against another
  rtv diff main...warmer-mara       what the branch did since it left main
  rtv diff @~1 -- 12 14             only these entries
  rtv diff old-train.jsonl @        what changed since a training file
  rtv diff main~3 --html diff.html  a page for the browser

A side may be a file in any readable format; - is standard input. A word that is both a file and a branch is refused:
./name is the file. Of a file, only what it can carry is compared.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_branches, exclude
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs.views.diff_layout import Words

_IDS = "rolethread.ids"


class _DiffCommand(Command):
    """Keeps the words behind `--` apart: they are entries, and those before it are states."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            place = args.index("--")
            ctx.meta[_IDS] = tuple(args[place + 1 :])
            args = args[:place]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- ID...]"]


@click.command(cls=_DiffCommand)
@click.argument("words", metavar="[A [B]]", nargs=-1, shell_complete=complete_branches)
@click.option("--where", metavar="QUERY", help="Only entries that match, before or after.")
@click.option(
    "--only",
    metavar="KIND",
    type=click.Choice(["added", "removed", "changed", "moved"]),
    multiple=True,
    help="added, removed, changed, moved.",
)
@click.option("--stat", is_flag=True, help="Figures: entries, messages, words, by tag and speaker.")
@click.option("--brief", is_flag=True, help="One line for each entry.")
@click.option(
    "--words",
    "marking",
    metavar="HOW",
    type=click.Choice(["auto", "color", "plain", "none"]),
    default="auto",
    help="Changed words: plain is [-old-]{+new+}, none is old and new text.",
)
@click.option("--json-lines", is_flag=True, help="One JSON document for each entry, as they come.")
@click.option("--markdown", is_flag=True, help="For a review comment.")
@click.option("--html", "page", metavar="FILE", help="Write one page that needs nothing else.")
@click.option("--overwrite", is_flag=True, help="Replace FILE whatever it holds.")
@click.option("--exit-code", is_flag=True, help="Status 1 when anything differs.")
def command(
    context: Context,
    words: tuple[str, ...],
    where: str | None,
    only: tuple[str, ...],
    stat: bool,
    brief: bool,
    marking: Words,
    json_lines: bool,
    markdown: bool,
    page: str | None,
    overwrite: bool,
    exit_code: bool,
) -> int:
    output, dataset = context.output, context.dataset
    exclude({"--json": output.json, "--json-lines": json_lines, "--markdown": markdown, "--html": page is not None})
    if page is not None and page.startswith("-") and page != "-":
        raise UsageError(
            f"--html is followed by the file to write, and {page} is an option", hint="rtv diff --html FILE"
        )
    comparison = dataset.diff(
        *words,
        ids=click.get_current_context().meta.get(_IDS, ()),
        where=where,
        only=only,
        stdin=sys.stdin.buffer if "-" in words else None,
        locate=context.path,
    )
    if not (output.json or markdown or page is not None):
        for note in comparison.notes:
            output.note(note)
    if page is not None:
        from rolethread_vcs.views.diff_html import html_page

        html = html_page(comparison, marking)
        if page == "-":
            output.print("".join(html).removesuffix("\n"))
        else:
            dataset.upkeep.write_page(context.path(page), html, overwrite=overwrite)
            output.note(f"wrote {page}")
    elif output.json:
        entries = list(comparison.entries())
        sides = {
            "from": comparison.from_label,
            "to": comparison.to_label,
            "summary": dataset.count_kinds(each.change for each in entries),
            "entries": entries,
            "files": comparison.files(),
        }
        sides |= {"stat": dataset.count_changes(entries)} if stat else {}
        output.envelope("rolethread.diff/v1", sides, comparison)
    elif json_lines:
        from rolethread_vcs.model.canonical import encode_line

        for row in comparison.to_dicts():
            output.write_rows(encode_line(row) + b"\n")
    elif markdown:
        from rolethread_vcs.views.diff_markdown import markdown as markdown_parts

        output.show(markdown_parts(comparison, marking))
    elif stat:
        from rolethread_vcs.views.diff_text import figure_lines

        output.show(figure_lines(comparison, of_edits=not words))
    else:
        from rolethread_vcs.views.diff_text import comparison_lines

        output.show(comparison_lines(comparison, output.look, marking, brief=brief, of_edits=not words))
    return int(exit_code and comparison.is_different())
