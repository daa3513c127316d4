"""Writes what is asked of rules and formats before they are loaded: `make docs`, or `python docs/generate_lists.py`."""

from __future__ import annotations

from pathlib import Path

from rolethread_vcs import formats, rules
from rolethread_vcs.formats import ListedFormat

_HEAD = '"""{}\n\nWritten by `make docs` from the files beside it; a test compares.\n"""\n\n'


def format_list() -> str:
    """Return the text of `formats/_list.py`."""
    rows = [repr(tuple(ListedFormat.of(each))) for each in formats.all_formats()]
    head = _HEAD.format("The formats: name, precedence, other names, marks of a file (None: a format of rows).")
    return _module(head, "FORMATS: tuple[tuple[str, int, tuple[str, ...], tuple[bytes, ...] | None], ...]", rows)


def rule_list() -> str:
    """Return the text of `rules/_list.py`."""
    rows = [
        repr(
            (
                rule.code,
                rule.name,
                str(rule.severity),
                tuple(sorted(rule.reads)),
                rule.version,
                rule.unless,
                str(rule.repair_safety),
            )
        )
        for rule in rules.all_rules()
        if rule.unless and not rule.options
    ]
    head = _HEAD.format(
        "The rules with `unless`: code, name, severity, what they read, version, unless, how safe their repair is."
    )
    return _module(head, "RULES: tuple[tuple[str, str, str, tuple[str, ...], int, str, str], ...]", rows)


def _module(head: str, name: str, rows: list[str]) -> str:
    return "".join([head, name, " = (\n", *(f"    {row},\n".replace("'", '"') for row in rows), ")\n"])


LISTS = {
    Path(package.__file__ or "").with_name("_list.py"): text
    for package, text in ((formats, format_list), (rules, rule_list))
}


def write_lists() -> None:
    """Write the lists; the old ones, or empty ones, are good enough to load what they are made from."""
    for path, text in LISTS.items():
        path.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write_lists()
