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
listed here. In the library every error belongs to one of the families in `rolethread_vcs.errors` (in bold), so
`except ConflictError` catches all of status 50, and carries its `code`.
"""

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


def codes() -> dict[str, set[str]]:
    """Return every code that an error is made with, and the names of the classes that carry it."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
                for each in node.keywords:
                    values = [each.value.body, each.value.orelse] if isinstance(each.value, ast.IfExp) else [each.value]
                    for value in values:
                        if each.arg == "code" and isinstance(value, ast.Constant):
                            found.setdefault(value.value, set()).add(node.func.id)
    return found


def errors_page() -> str:
    """Return the text of docs/errors.md."""
    classes = {each.__name__: each for each in error_classes()}
    rows = {
        each: [_row(kind.code, kind, _sentence(kind)) for kind in classes.values() if kind.status == each]
        for each in {kind.status for kind in classes.values()}
    }
    for code, names in sorted(codes().items()):
        for name in sorted(names):
            rows[classes[name].status].append(_row(code, classes[name], errors.CODES[code]))
    parts = [_OPENING]
    for status in sorted(rows):
        parts += [
            f"## {status}: {_MEANINGS[status]}",
            "",
            "| code | class | when |",
            "|---|---|---|",
            *rows[status],
            "",
        ]
    return "\n".join(parts)


def _below(family: type[RoleThreadError]) -> Iterator[type[RoleThreadError]]:
    for each in family.__subclasses__():
        # test modules may define some of their own
        if each.__module__.startswith("rolethread_vcs."):
            yield each
        yield from _below(each)


def _is_family(each: type[RoleThreadError]) -> bool:
    return each.__module__ == errors.__name__


def _sentence(each: type[RoleThreadError]) -> str:
    return " ".join((each.__doc__ or "").split("\n\n")[0].split()).rstrip(".")


def _row(code: str, each: type[RoleThreadError], sentence: str) -> str:
    name = f"**{each.__name__}**" if _is_family(each) else each.__name__
    return f"| `{code}` | {name} | {sentence.replace('|', chr(92) + '|')} |"


if __name__ == "__main__":
    PAGE.write_text(errors_page(), encoding="utf-8")
