"""The command `rtv`: finds the verb, runs it, and turns whatever happens into words and an exit status."""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from keyword import iskeyword
from typing import Any, NoReturn

import click

from rolethread_vcs.cli import VERBS
from rolethread_vcs.cli.context import GlobalOptions, Group
from rolethread_vcs.errors import UsageError, shortage

PROGRAM = "rtv"
COMPLETION_VARIABLE = "_RTV_COMPLETE"

_UNLISTED = "git"
"""The group of the verbs that only git calls."""


class _Root(Group):
    """Loads the module of a verb when the verb is run, and not before: help imports no command."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return [verb for verb, _group, _help in VERBS]

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if all(cmd_name != verb for verb, _group, _help in VERBS):
            return None
        name = cmd_name.replace("-", "_") + ("_" if iskeyword(cmd_name) else "")
        module = importlib.import_module(f"rolethread_vcs.cli.commands.{name}")
        command: click.Command = module.command
        command.name = cmd_name
        command.help = command.help or module.__doc__
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group, rows in groupby(VERBS, lambda row: row[1]):
            if group != _UNLISTED:
                with formatter.section(group.capitalize()):
                    formatter.write_dl([(verb, line) for verb, _group, line in rows], col_max=14)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        records = [record for param in self.get_params(ctx) if (record := param.get_help_record(ctx))]
        with formatter.section("Options, before or after the verb"):
            formatter.write_dl(records)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        from click.shell_completion import CompletionItem

        verbs = ((verb, line) for verb, group, line in VERBS if group != _UNLISTED)
        return [CompletionItem(verb, help=line) for verb, line in verbs if verb.startswith(incomplete)]


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from rolethread_vcs import __version__

    click.echo(f"{PROGRAM} {__version__}")
    ctx.exit()


rtv = _Root(
    name=PROGRAM,
    help=(
        "Version control for conversation datasets: branch a dataset to experiment, see what changed, undo anything."
    ),
    epilog=f"'{PROGRAM} VERB --help' explains a verb.",
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help="Show the version and exit.",
        )
    ],
)
"""The command itself, for tests and for the documentation."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    _open_streams()
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(rtv, {}, PROGRAM, COMPLETION_VARIABLE, instruction))
    status = run(sys.argv[1:] if argv is None else argv)
    _close_streams()
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status; errors are shown."""
    given = GlobalOptions()
    spare = os.open(os.devnull, os.O_RDONLY)  # what says an error is imported when no more files can be opened
    try:
        status = _invoke(list(arguments) or ["--help"], given)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last fence: a bug becomes a log file
        os.close(spare)
        if shortage(error) or getattr(error, "code", "") == "exhausted":
            error.__traceback__ = error.__context__ = error.__cause__ = None  # what they hold is needed to say it
        from rolethread_vcs.cli.errors import show_error

        return show_error(error, given, arguments)
    os.close(spare)
    return status


def _invoke(arguments: list[str], given: GlobalOptions) -> int:
    for word in arguments:
        # a file may have such a name
        if any("\ud800" <= character <= "\udfff" for character in word) and not os.path.isfile(word):  # noqa: PTH113
            raise UsageError(f"{word!r} is not valid UTF-8", hint="give a text as @FILE, and a new file another name")
    # click would import `shutil`, and with it every compression there is, to know the width of the terminal
    width = max(40, min(_columns(), 80))
    try:
        with rtv.make_context(PROGRAM, arguments, obj=given, terminal_width=width) as ctx:
            result = rtv.invoke(ctx)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    return result if isinstance(result, int) else 0


def _columns() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 80


class _Stream(io.FileIO):
    """What lies behind stdout or stderr; writing to it never decides how a command ends, but for a full disk on stdout.

    A reader who has seen enough (`rtv log | head`) is no failure, and makes no success of one: what is written from
    then on is dropped (`is_closed` says so), and the status stays what it is. That words cannot be written to stderr
    could be said nowhere.
    """

    def __init__(self, stream: io.TextIOWrapper, forgiven: type[OSError]) -> None:
        super().__init__(stream.fileno(), "w", closefd=False)
        self._opened = stream  # it would close the file when it goes
        self._forgiven = forgiven
        self.is_closed = False

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except self._forgiven:
            self.is_closed = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return len(data)


def _open_streams() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    for name, forgiven in (("stdout", BrokenPipeError), ("stderr", OSError)):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            buffer = io.BufferedWriter(_Stream(stream, forgiven))
            at_once = name == "stderr" or stream.isatty()
            text = io.TextIOWrapper(buffer, "utf-8", "backslashreplace", newline=None, line_buffering=at_once)
            setattr(sys, name, text)


def _close_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
