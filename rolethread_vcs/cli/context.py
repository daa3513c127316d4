"""What every command is given: the folder, the options that are valid everywhere, the output.

A command module looks like this, and its docstring is the help of its verb:

    @click.command(cls=Command)
    @entry_choice
    @saving_options
    def command(context: Context, ids: tuple[str, ...], where: str | None, saving: Saving) -> int | None:
        result = context.dataset.remove(context.dataset.select(ids, where), saving.intent("remove"))
        print_committed(context, result)

It returns the exit status, or nothing when all went well. Errors are raised, never printed. The list of verbs is
written by `python docs/generate_verbs.py`, which also knows the heading of the help that each stands under.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.errors import NotFoundError, UsageError, changing

if TYPE_CHECKING:
    from pathlib import Path

    from rolethread_vcs.cli.output import Output
    from rolethread_vcs.dataset import Dataset

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


@dataclass(slots=True)
class GlobalOptions:
    """The options valid everywhere, as they were met so far: before the verb, then after it.

    `change` says what the verb would do (`saved`), where it changes something.
    """

    folder: str = ""
    json: bool = False
    quiet: bool = False
    color: str = "auto"
    output: Output | None = None
    change: str = ""


@dataclass(frozen=True)
class Context:
    """What a command works with. `folder` is absolute: the working folder, or the one of `-C`."""

    folder: Path
    output: Output
    environ: Mapping[str, str]

    def path(self, name: str | Path) -> Path:
        """Return a path that the user typed; like git's, it is relative to the folder of `-C`.

        Without `-C` it comes back as typed, so that messages say what the user said.
        """
        from pathlib import Path

        path = Path(name)
        return path if self.folder == Path.cwd() else self.folder / path

    @cached_property
    def dataset(self) -> Dataset:
        """The dataset that the folder lies in; a `NotFoundError` where there is none."""
        from rolethread_vcs.dataset import Dataset

        return Dataset.open(self.folder)


class _WithGlobalOptions(click.Command):
    """A command that takes the options valid everywhere, and lists them last in its help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.context_settings = {**HELP_NAMES, **self.context_settings}
        colors = click.Choice(["auto", "always", "never"])
        self.params += [
            _GlobalOption("-C", "folder", metavar="DIR", type=click.Path(), help="Work in this folder."),
            _GlobalOption("--json", is_flag=True, help="Answer with one JSON document."),
            _GlobalOption("-q", "--quiet", is_flag=True, help="Say only what was asked for, and warnings."),
            _GlobalOption("--color", type=colors, help="When to use colours."),
        ]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        everywhere: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = None if isinstance(param, click.Argument) else param.get_help_record(ctx)
            if record is not None:
                (everywhere if isinstance(param, _GlobalOption) else own).append(record)
        for title, records in (("Options", own), ("Options of every verb", everywhere)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


class Command(_WithGlobalOptions):
    """A verb: `@click.command(cls=Command)`. Its function is given the `Context` first."""

    def invoke(self, ctx: click.Context) -> Any:
        from pathlib import Path

        from rolethread_vcs.cli.output import Output

        given, environ = _global_options(ctx), os.environ
        output = given.output = Output(json=given.json, quiet=given.quiet, color=given.color, environ=environ)
        try:
            folder = Path.cwd() / given.folder
        except FileNotFoundError as error:
            raise NotFoundError("the working folder is no longer there", hint="cd ~") from error
        if not folder.is_dir():
            raise NotFoundError(f"there is no folder {given.folder}")
        assert self.callback is not None
        return ctx.invoke(self.callback, Context(folder, output, environ), **ctx.params)


class ChangeCommand(Command):
    """A verb that changes something, so that its errors say what became of the change: `nothing was saved`."""

    def __init__(self, *args: Any, change: str = "saved", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._change = change

    def invoke(self, ctx: click.Context) -> Any:
        _global_options(ctx).change = self._change
        with changing(self._change):
            return super().invoke(ctx)


class Group(_WithGlobalOptions, click.Group):
    """A verb with verbs of its own, such as `config get`: `command = Group()`."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"no_args_is_help": False, "subcommand_metavar": "VERB [WORDS]...", **kwargs})

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the first word.

        Raises:
            UsageError: there is no such verb; the message names the nearest ones.
        """
        word = args[0]
        command = self.get_command(ctx, word)
        if command is not None or ctx.resilient_parsing or word.startswith("-"):
            return super().resolve_command(ctx, args)
        from difflib import get_close_matches

        near = get_close_matches(word.casefold(), self.list_commands(ctx), n=3, cutoff=0.6)
        question = f"; did you mean {' or '.join(near)}?" if near else ""
        known = ctx.command_path
        raise UsageError(
            f"{known} has no verb {word!r}{question}",
            hint=f"{known} {near[0]} --help" if near else f"{known} --help",
        )


class _GlobalOption(click.Option):
    """An option valid before and after the verb; its value goes to the `GlobalOptions`."""

    def __init__(self, *names: str, **more: Any) -> None:
        super().__init__(names, expose_value=False, callback=_take, **more)


def _take(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value and param.name is not None:
        setattr(_global_options(ctx), param.name, value)


def _global_options(ctx: click.Context) -> GlobalOptions:
    root = ctx.find_root()
    if not isinstance(root.obj, GlobalOptions):
        root.obj = GlobalOptions()
    return root.obj
