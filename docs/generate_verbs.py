"""Writes `rolethread_vcs/cli/_verbs.py` from the command modules: `python docs/generate_verbs.py`."""

from __future__ import annotations

from pathlib import Path

from rolethread_vcs.cli import commands
from rolethread_vcs.discovery import load_modules

GROUPS = ("start", "entries", "organise", "history", "working copies", "gate", "safety", "insight", "git")
"""The groups of the help, in its order; the last holds what only git calls, and is not listed there."""

_ORDER = tuple(
    verb
    for line in (
        "init clone demo status config doctor completion",
        "import export which add edit remove list show search copy split join move sort",
        "replace dedupe archive",
        "tag category character prompt",
        "commit log diff blame branch switch release merge conflicts resolve revert restore pick bisect",
        "undo redo ops",
        "workcopy",
        "check rules hooks",
        "verify backup gc remote push pull fetch",
        "stats report preflight run",
    )
    for verb in line.split()
)
"""The order of verbs inside their group; a verb that is not here comes after those that are."""

_HEAD = '''"""The verbs of the command: name, group, what it does.

Written by `python docs/generate_verbs.py` from the command modules; a test compares. It is
here so that help and completion need not import the commands.
"""

'''
TARGET = Path(commands.__file__).parents[1] / "_verbs.py"


def verbs() -> list[tuple[str, str, str]]:
    """Return name, group and one line of help of every command module, in the order of the help.

    Raises:
        ValueError: a module has no docstring, or a group that does not exist.
    """
    rows = []
    for module in load_modules(commands):
        verb = module.__name__.rpartition(".")[2].rstrip("_").replace("_", "-")
        if not module.__doc__:
            raise ValueError(f"{module.__name__} has no docstring to be its help")
        if module.GROUP not in GROUPS:
            raise ValueError(f"{module.__name__}: {module.GROUP!r} is none of the groups {', '.join(GROUPS)}")
        rows.append((verb, module.GROUP, module.__doc__.strip().splitlines()[0].rstrip(".")))
    return sorted(rows, key=_place)


def text() -> str:
    lines = [_HEAD, "GROUPS = (\n", *(f"    {_quoted(group)},\n" for group in GROUPS), ")\n\n"]
    lines.append("VERBS: tuple[tuple[str, str, str], ...] = (\n")
    lines += [f"    ({', '.join(_quoted(part) for part in row)}),\n" for row in verbs()]
    return "".join([*lines, ")\n"])


def _place(row: tuple[str, str, str]) -> tuple[int, int, str]:
    verb, group, _help = row
    return GROUPS.index(group), _ORDER.index(verb) if verb in _ORDER else len(_ORDER), verb


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
