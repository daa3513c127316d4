"""Writes docs/cli.md from the commands: `python docs/generate_cli.py`."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli import VERBS
from rolethread_vcs.cli.main import rtv
from rolethread_vcs.views.envelopes import envelopes

if TYPE_CHECKING:
    from rolethread_vcs.views.envelopes import Envelope

PAGE = Path(__file__).with_name("cli.md")

_EVERYWHERE = frozenset({"-C", "--json", "--quiet", "--color", "--help"})

_OPENING = """\
# The command

`rtv VERB [WORDS]…`; `rolethread-vcs` is the same command by its long name. This page is generated from the command
itself (`make docs`); `rtv VERB --help` prints the same text.

## Options of every verb

They may stand before the verb or behind it. `rtv --version` prints the version.

| option | does |
|---|---|
"""

_AFTER_OPTIONS = """
Data goes to standard output. Notes, warnings, hints and progress go to standard error. Colours are used on a terminal,
and never when `NO_COLOR` is set. Control characters in your texts never reach the terminal raw.

## Naming things

| word | names |
|---|---|
| `12`, `00000012` | the entry with number 12 |
| `00000012-k2x9m3ab` | the same entry by its full id; needed when two branches gave out one number twice |
| `12@main~3` | the entry as it was in a revision (`show`) |
| `main`, `warmer-mara` | a branch |
| `main~2` | two commits before the newest of main |
| `@{u}`, `main@{1}`, `main@{yesterday}` | what a branch follows, and where it was before, as git has it |
| `@` | the commit you are at |
| `3fa9c1` | a commit, by the beginning of its id |
| `commit:12345` | the same, when it looks like a number |
| `A..B` | what B has and A has not (`log`), A against B (`diff`) |
| `A...B` | B against where it parted with A (`diff`) |

## Queries

`list` takes a query as plain words, other verbs behind `--where`. An entry must match all words; `or` and `not` go
between and before them.

| word | matches entries |
|---|---|
| `cellar` | in which somebody says it |
| `"old lighthouse"` | in which somebody says it word by word |
| `tag:tavern` | with this tag |
| `untagged` | without any tag |
| `id:100..200`, `id:100..`, `id:7` | with a number in this range |
| `speaker:mara` | in which she speaks |
| `role:tool` | that hold a message of this role |
| `not tag:draft` | to which the rest does not apply |
| `tag:a or tag:b` | to which one of both applies |

## Exit status

| status | means |
|---|---|
| 0 | done |
| 2 | usage: the words do not fit together |
| 20 | invalid input or state, a foreign or newer format |
| 30 | refused by the gate; `check` found errors |
| 40 | not found, no dataset here |
| 50 | a conflict, or unsaved edits in the way |
| 60 | busy: another program is at work here |
| 70 | something stored is damaged |
| 74 | the system refused: disk, permission, I/O |
| 99 | a bug |
| 130 | interrupted |

A reader who stops early (`rtv log | head`), and words that nobody reads, change no status.
[errors.md](errors.md) lists what is behind each.
"""

_ENVELOPES_OPENING = """\
## JSON

With `--json` a verb prints one document with one key, the name of its envelope. The keys listed here stay; more may
come, so pass over those that you do not know. Counts are integers, message indexes count from 0, times are seconds
since 1970, and what is not there is `null`. A refusal prints `rolethread.error/v1`, whatever the verb, and the exit
status is the same as without `--json`. [schemas](schemas/) holds a JSON Schema of each.

| envelope | of | keys |
|---|---|---|
"""


def cli_page() -> str:
    """Return the text of docs/cli.md."""
    root = _context(rtv, "rtv")
    parts = [_OPENING + "\n".join(_option_rows(_any_command(root), everywhere=True)), _AFTER_OPTIONS]
    parts += [_ENVELOPES_OPENING + "\n".join(itertools.starmap(_envelope_row, envelopes())), ""]
    for group, rows in itertools.groupby(VERBS, lambda row: row[1]):
        parts += [f"## {group.capitalize()}", ""]
        for verb, _group, _line in rows:
            parts += _chapter(root, verb)
    return "\n".join(parts).rstrip() + "\n"


def _any_command(root: click.Context) -> click.Context:
    command = rtv.get_command(root, VERBS[0][0])
    assert command is not None
    return _context(command, VERBS[0][0], root)


def _chapter(root: click.Context, verb: str) -> Iterator[str]:
    command = rtv.get_command(root, verb)
    assert command is not None
    context = _context(command, verb, root)
    yield from _describe(context, level=3)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            sub = command.get_command(context, name)
            assert sub is not None
            yield from _describe(_context(sub, name, context), level=4)


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    return click.Context(command, info_name=name, parent=parent, **command.context_settings)


def _describe(context: click.Context, *, level: int) -> Iterator[str]:
    command = context.command
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"{'#' * level} `{context.command_path}`"
    yield ""
    yield f"`{context.command_path} {pieces}`"
    yield ""
    yield from _help(command.help or "")
    rows = list(_option_rows(context, everywhere=False))
    if rows:
        yield from ("| option | does |", "|---|---|", *rows, "")


def _help(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text; one that starts with `\\b` holds examples and becomes a code block."""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("\b"):
            lines = [line.removeprefix("  ") for line in paragraph.split("\n")[1:]]
            yield from ("```", *lines, "```", "")
        else:
            yield from (_inline(paragraph), "")


def _inline(text: str) -> str:
    """Return prose with what Markdown would take for markup made safe."""
    return text.replace("<", "\\<").replace("*", "\\*")


def _option_rows(context: click.Context, *, everywhere: bool) -> Iterator[str]:
    for param in context.command.get_params(context):
        if isinstance(param, click.Argument) or bool(_EVERYWHERE & {*param.opts}) is not everywhere:
            continue
        record = param.get_help_record(context)
        if record is not None:
            names, does = (text.replace("|", "\\|") for text in record)
            yield f"| `{names}` | {_inline(does)} |"


def _envelope_row(name: str, model: type[Envelope]) -> str:
    schema = model.model_json_schema(mode="serialization")
    keys = []
    for key, value in schema["properties"].items():
        inner = _keys_of_items(value, schema)
        keys.append(f"`{key}: [{{{', '.join(inner)}}}]`" if inner else f"`{key}`")
    verbs = ", ".join(f"`{verb}`" if verb != "every refusal" else verb for verb in model.VERBS)
    remark = inspect.cleandoc(model.__doc__ or "").rstrip(".")
    remark = f"; {remark[:1].lower()}{remark[1:]}" if remark else ""
    return f"| `{name}` | {verbs} | {', '.join(keys)}{remark} |"


def _keys_of_items(value: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """Return the keys of the objects in a list; of several kinds, those of the smallest."""
    found = [
        list(schema["$defs"][each["items"]["$ref"].rpartition("/")[2]]["properties"])
        for each in (value, *value.get("anyOf", ()))
        if "$ref" in each.get("items", {})
    ]
    return min(found, key=len, default=[])


if __name__ == "__main__":
    PAGE.write_text(cli_page(), encoding="utf-8")
