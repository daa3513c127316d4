"""Writes docs/rules.md from the docstrings of the rules: `python docs/generate_rules.py`."""

from __future__ import annotations

from pathlib import Path

from rolethread_vcs.rules import Rule, all_rules

PAGE = Path(__file__).with_name("rules.md")

_OPENING = """\
# Rules

What can be wrong with an entry, and what to do about it. This page is generated from the rules themselves
(`make docs`); `rtv rules CODE` prints the same text.

An **error** blocks a commit on a strict branch, if the change introduces it; a **warning** or **info** is shown by
`rtv check`. The table `[gate.rules]` of `rolethread.toml` changes a severity or turns a rule `off`, by code or name;
the table `[gate.options.NAME]` changes the options of a rule that has some (`rtv config set gate.rules.NAME warning`,
`rtv config set gate.options.NAME.OPTION VALUE`). `--allow CODE --because "why"` lets findings through once. A **safe**
repair keeps the meaning and is made by `rtv import --fix`; a **suggested** one needs a look first.
"""


def rules_page() -> str:
    """Return the text of docs/rules.md."""
    rows = [f"| [{rule.code}](#{_anchor(rule)}) | `{rule.name}` | {_facts(rule)} |" for rule in all_rules()]
    head = ["| code | name | severity | looks at | repair |", "|---|---|---|---|---|"]
    table = "\n".join(head + rows)
    return "\n".join([_OPENING, table, "", *map(_chapter, all_rules())])


def _facts(rule: Rule) -> str:
    return f"{rule.severity} | {rule.scope} | {rule.repair_safety}"


def _anchor(rule: Rule) -> str:
    return rule.title.lower().replace(" ", "-")


def _chapter(rule: Rule) -> str:
    reads = ", ".join(f"`{part}`" for part in sorted(rule.reads))
    lines = [f"## {rule.title}", "", f"{rule.severity}; reads {reads}; version {rule.version}", ""]
    if rule.options:
        options = ", ".join(f"`{name}` (by default {value!r})" for name, value in rule.options.items())
        lines += [f"**Options**: {options}", ""]
    for heading, text in rule.sections().items():
        body = f"```\n{text}\n```" if heading in ("Example", "Instead") else text
        lines += [f"**{heading}**", "", body, ""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(rules_page(), encoding="utf-8")
