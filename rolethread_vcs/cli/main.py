"""The command `rtv`: finds the verb, runs it, and turns whatever happens into words and an exit status."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from keyword import iskeyword
from typing import Any, NoReturn

import click

from rolethread_vcs.cli._verbs import GROUPS, VERBS
from rolethread_vcs.cli.context import Given, Group
from rolethread_vcs.errors import RoleThreadError

PROGRAM = "rtv"
COMPLETION_VARIABLE = "_RTV_COMPLETE"

_UNLISTED = "git"
"""The group of the verbs that only git calls."""

_SYSTEM_TROUBLE = frozenset(
    {
        errno.ENOSPC,
        errno.EFBIG,
        errno.EIO,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ENAMETOOLONG,
        errno.ELOOP,
    }
)
"""What stdout, or a path that somebody typed, can meet at any moment; any other error of the system is a bug."""


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
        for group in GROUPS:
            if group == _UNLISTED:
                continue
            rows = [(verb, line) for verb, of, line in VERBS if of == group]
            if rows:
                with formatter.section(group.capitalize()):
                    formatter.write_dl(rows, col_max=14)

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
    from importlib.metadata import version

    click.echo(f"{PROGRAM} {version('rolethread-vcs')}")
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
    given = Given()
    try:
        try:
            status = _invoke(list(arguments) or ["--help"], given)
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except RoleThreadError as error:
            return _fail(error, given, arguments)
        except click.Abort:
            return _fail_interrupted(given, arguments, saved=False)
        except click.ClickException as error:
            from rolethread_vcs.cli.errors import from_click

            return _fail(from_click(error), given, arguments)
        except KeyboardInterrupt as error:
            return _fail_interrupted(given, arguments, saved=getattr(error, "saved", False) is True)
        except OSError as error:
            if error.errno not in _SYSTEM_TROUBLE:
                return _fail_bug(error, given, arguments)
            return _fail(_system_refused(error, given), given, arguments)
        except Exception as error:  # noqa: BLE001 - the last fence: a bug becomes a log file and status 99
            return _fail_bug(error, given, arguments)
    except BrokenPipeError:
        # whoever read our output has seen enough (`rtv log | head`)
        return 0
    return status


def _invoke(arguments: list[str], given: Given) -> int:
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


def _fail(error: RoleThreadError, given: Given, arguments: Sequence[str]) -> int:
    from rolethread_vcs.cli.errors import show_error
    from rolethread_vcs.cli.output import Output

    output = given.output
    if output is None:
        # the words could not be read to their end, so what they ask for is looked up in them
        words = list(arguments)
        words = words[: words.index("--")] if "--" in words else words
        output = Output(json=given.json or "--json" in words, quiet=given.quiet, color=given.color)
    try:
        show_error(error, output)
    except RoleThreadError:
        # stdout takes no more; the status still tells
        return error.status
    return error.status


def _fail_interrupted(given: Given, arguments: Sequence[str], *, saved: bool) -> int:
    from rolethread_vcs.cli.errors import interrupted

    return _fail(interrupted(saved=saved or _is_saved(given), change=given.change), given, arguments)


def _fail_bug(error: Exception, given: Given, arguments: Sequence[str]) -> int:
    from rolethread_vcs.cli.errors import bug_error

    bug = bug_error(error, arguments, given.folder, saved=_is_saved(given))
    return _fail(bug, given, arguments)


def _system_refused(error: OSError, given: Given) -> RoleThreadError:
    from rolethread_vcs.errors import SystemRefusedError

    what = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return SystemRefusedError(f"the system refused: {what}", saved=_is_saved(given), change=given.change)


def _is_saved(given: Given) -> bool:
    return given.output is not None and given.output.saved


def _open_streams() -> None:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for stream, errors in (
        (sys.stdin, "surrogateescape"),
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def _close_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
