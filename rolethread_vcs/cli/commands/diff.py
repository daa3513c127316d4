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

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.context import Command, Context
from rolethread_vcs.cli.options import complete_branches
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import ChangeKind, Comparison
    from rolethread_vcs.views.diff_layout import Words

ENVELOPE = "rolethread.diff/v1"

_KINDS = ("added", "removed", "changed", "moved")
_FOLDED_MOVES = 20
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
    "--only", metavar="KIND", type=click.Choice(_KINDS), multiple=True, help="added, removed, changed, moved."
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
    asked = {"--json": context.json, "--json-lines": json_lines, "--markdown": markdown, "--html": page is not None}
    if sum(asked.values()) > 1:
        raise UsageError(f"{' and '.join(name for name, is_asked in asked.items() if is_asked)} do not go together")
    if page is not None and page.startswith("-") and page != "-":
        raise UsageError(
            f"--html is followed by the file to write, and {page} is an option", hint="rtv diff --html FILE"
        )
    comparison = _compare(context, words, where, only)
    if not (context.json or markdown or page is not None):
        for note in comparison.notes:
            context.output.note(note)
    if page is not None:
        is_different = _write_page(context, comparison, page, marking, overwrite=overwrite)
    elif context.json:
        is_different = _print_json(context, comparison, stat=stat)
    elif json_lines:
        is_different = _print_json_lines(context, comparison)
    elif markdown:
        is_different = _print_markdown(context, comparison, marking)
    elif stat:
        is_different = _print_stat(context, comparison, is_about_edits=not words)
    else:
        is_different = _print_text(context, comparison, marking, brief=brief, is_about_edits=not words)
    return 1 if exit_code and is_different else 0


def _compare(context: Context, words: tuple[str, ...], where: str | None, only: tuple[str, ...]) -> Comparison:
    import sys

    ids = click.get_current_context().meta.get(_IDS, ())
    stdin = sys.stdin.buffer if "-" in words else None
    dataset = context.dataset
    return dataset.diff(*words, ids=ids, where=where, only=only, stdin=stdin, locate=context.path)


def _print_text(context: Context, comparison: Comparison, marking: Words, *, brief: bool, is_about_edits: bool) -> bool:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.diff_text import entry_diff_head, entry_diff_lines, file_diff_lines, summary_line

    output = context.output
    kinds: list[ChangeKind] = []
    moves = 0
    for compared in comparison.entries():
        is_first = not kinds
        kinds.append(compared.change)
        moves += compared.change == "moved"
        if compared.change == "moved" and moves > _FOLDED_MOVES:
            continue
        if brief:
            output.print(entry_diff_head(compared, width=output.width))
            continue
        if not is_first:
            output.print()
        for line in entry_diff_lines(compared, width=output.width, words=marking, color=output.color):
            output.print(line)
    files = comparison.files()
    for file in files:
        if kinds and not brief:
            output.print()
        for line in file_diff_lines(file, width=output.width):
            output.print(line)
            if brief:
                break
    if moves > _FOLDED_MOVES:
        output.note(f"… and {moves - _FOLDED_MOVES:,} more that only moved")
    is_different = bool(kinds or files)
    if is_different or not is_about_edits:
        output.note(
            f"{comparison.from_label} → {comparison.to_label}: {summary_line(Dataset.count_kinds(kinds), len(files))}"
        )
    else:
        output.note(_nothing_edited(comparison))
    return is_different


def _nothing_edited(comparison: Comparison) -> str:
    if comparison.from_label == comparison.to_label:
        return f"nothing is edited by hand on {comparison.to_label}; rtv diff REV compares with an earlier state"
    return f"{comparison.to_label}: no entry that was asked for differs"


def _print_stat(context: Context, comparison: Comparison, *, is_about_edits: bool) -> bool:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.diff_text import stat_lines

    figures = Dataset.count_changes(comparison.entries())
    files = comparison.files()
    if not comparison.is_different():
        nothing = f"{comparison.from_label} → {comparison.to_label}: no entry differs"
        context.output.note(_nothing_edited(comparison) if is_about_edits else nothing)
        return False
    for line in stat_lines(figures):
        context.output.print(line)
    for file in files:
        context.output.print(f"{file.path} {file.change.value}")
    return True


def _print_json(context: Context, comparison: Comparison, *, stat: bool) -> bool:
    from rolethread_vcs.dataset import Dataset

    entries, files = list(comparison.entries()), comparison.files()
    figures = {"stat": Dataset.count_changes(entries)} if stat else {}
    sides = {
        "from": comparison.from_label,
        "to": comparison.to_label,
        "summary": Dataset.count_kinds(each.change for each in entries),
        "entries": entries,
        "files": files,
    }
    context.output.envelope(ENVELOPE, sides, figures, comparison)
    return bool(entries or files)


def _print_json_lines(context: Context, comparison: Comparison) -> bool:
    from rolethread_vcs.model.canonical import encode_line
    from rolethread_vcs.views.envelopes import plain
    from rolethread_vcs.views.envelopes.history import EntryDifference, FileDifference

    is_different = False
    for model, rows in ((EntryDifference, comparison.entries()), (FileDifference, comparison.files())):
        for row in rows:
            context.output.write_rows(encode_line(plain(model.model_validate(row))) + b"\n")
            is_different = True
    return is_different


def _print_markdown(context: Context, comparison: Comparison, marking: Words) -> bool:
    from rolethread_vcs.views.diff_markdown import markdown

    for part in markdown(comparison, marking):
        context.output.print(part)
    return comparison.is_different()


def _write_page(context: Context, comparison: Comparison, page: str, marking: Words, *, overwrite: bool) -> bool:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.views.diff_html import html_page

    if page == "-":
        context.output.print("".join(html_page(comparison, marking)).removesuffix("\n"))
    else:
        Dataset.upkeep.write_page(context.path(page), html_page(comparison, marking), overwrite=overwrite)
        context.output.note(f"wrote {page}")
    return comparison.is_different()
