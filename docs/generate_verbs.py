"""Writes `rolethread_vcs/cli/__init__.py` from the command modules: `python docs/generate_verbs.py`."""

from __future__ import annotations

from pathlib import Path

from rolethread_vcs import cli
from rolethread_vcs.cli import commands
from rolethread_vcs.discovery import load_modules

GROUPS = {
    "start": "init clone demo status config doctor completion",
    "entries": "import export which add edit remove list show",
    "history": (
        "commit log diff blame branch switch release merge conflicts resolve revert restore pick bisect undo redo ops"
    ),
    "working copies": "workcopy",
    "gate": "check rules hooks",
    "safety": "verify",
    "git": "git-hook git-merge-driver git-textconv",
}
"""The verbs by the groups of the help, in its order; the last holds what only git calls, and is not listed there."""

_HEAD = '''"""The command `rtv`; the only room that knows click, prints, asks and reads the environment.

`VERBS` has them in the order of the help: name, group, what it does. Written by `python docs/generate_verbs.py` from
the command modules, so that help and completion need not import them; a test compares.
"""

'''
TARGET = Path(cli.__file__)


def verbs() -> list[tuple[str, str, str]]:
    """Return name, group and one line of help of every command module, in the order of the help.

    Raises:
        ValueError: a module has no docstring, or stands in no group.
    """
    places = {verb: group for group, names in GROUPS.items() for verb in names.split()}
    rows = {}
    for module in load_modules(commands):
        verb = module.__name__.rpartition(".")[2].rstrip("_").replace("_", "-")
        if not module.__doc__ or verb not in places:
            raise ValueError(
                f"{module.__name__} needs a docstring to be its help, and a group in docs/generate_verbs.py"
            )
        rows[verb] = (verb, places[verb], module.__doc__.strip().splitlines()[0].rstrip("."))
    return [rows[verb] for verb in places]


def text() -> str:
    lines = [_HEAD, "VERBS: tuple[tuple[str, str, str], ...] = (\n"]
    lines += [f"    ({', '.join(_quoted(part) for part in row)}),\n" for row in verbs()]
    return "".join([*lines, ")\n"])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
