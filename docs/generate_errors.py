"""Writes docs/errors.md from the error classes: `python docs/generate_errors.py`."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import rolethread_vcs
from rolethread_vcs import errors
from rolethread_vcs.errors import RoleThreadError

PAGE = Path(__file__).with_name("errors.md")
PACKAGE = Path(rolethread_vcs.__file__).parent

_OPENING = """\
# Errors

Every refusal says what happened, whether anything was saved, and as a rule gives a command to paste. This page lists
them all by exit status. It is generated from the program itself (`make docs`).

A program reads the same from `rtv --json …`: the answer is then `rolethread.error/v1`, and its `code` is the one
listed here. In the library each code is a class, and each class belongs to one of the families in
`rolethread_vcs.errors`, so `except ConflictError` catches all of status 50.
"""

_LISTED = 6
"""So many files are named one by one; of more, only their folders."""

_MEANINGS = {
    2: "the words of the command do not fit together; nothing was done",
    20: "the input, or the state of the folder, cannot be worked with",
    30: "the gate refused: the change brings in errors on a strict branch",
    40: "there is no such thing here",
    50: "two changes meet, or unsaved hand edits are in the way; nothing was overwritten",
    60: "another program is at work here; try again in a moment",
    70: "something that was stored is missing or damaged",
    74: "the system said no: disk full, no permission, a failing disk",
    99: "a bug in rtv; a file with the details is named",
    130: "interrupted with Ctrl-C",
}


def error_classes() -> list[type[RoleThreadError]]:
    """Return every public error class, the families first, then by status and code."""
    for module in pkgutil.walk_packages(rolethread_vcs.__path__, "rolethread_vcs."):
        importlib.import_module(module.name)
    found = {each for each in _below(RoleThreadError) if not each.__name__.startswith("_")}
    return sorted(found, key=lambda each: (each.status, not _is_family(each), each.code, each.__name__))


def errors_page() -> str:
    """Return the text of docs/errors.md."""
    classes = error_classes()
    raisers = _raisers({each.__name__ for each in classes})
    parts = [_OPENING]
    for status in sorted({each.status for each in classes}):
        parts += [f"## {status}: {_MEANINGS[status]}", "", "| code | class | when | raised in |", "|---|---|---|---|"]
        parts += [_row(each, raisers[each.__name__]) for each in classes if each.status == status]
        parts.append("")
    return "\n".join(parts)


def _below(family: type[RoleThreadError]) -> Iterator[type[RoleThreadError]]:
    for each in family.__subclasses__():
        # test modules may define some of their own
        if each.__module__.startswith("rolethread_vcs."):
            yield each
        yield from _below(each)


def _is_family(each: type[RoleThreadError]) -> bool:
    return each.__module__ == errors.__name__


def _row(each: type[RoleThreadError], raised: list[str]) -> str:
    sentence = " ".join((each.__doc__ or "").split("\n\n")[0].split()).rstrip(".").replace("|", "\\|")
    if len(raised) > _LISTED:
        raised = sorted({place.partition("/")[0] + ("/" if "/" in place else "") for place in raised})
    places = ", ".join(f"`{place}`" for place in raised) or "only by its kinds below"
    name = f"**{each.__name__}**" if _is_family(each) else each.__name__
    return f"| `{each.code}` | {name} | {sentence} | {places} |"


def _raisers(names: set[str]) -> dict[str, list[str]]:
    """Return, for every class name, the files of the package that make one."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for name in sorted(calls & names):
            found[name].append(place)
    return found


if __name__ == "__main__":
    PAGE.write_text(errors_page(), encoding="utf-8")
