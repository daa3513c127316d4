"""Writes the generated pages, tables and schemas: `make docs`, or `python docs/generate.py`."""

from __future__ import annotations

from pathlib import Path

from generate_cli import cli_page
from generate_errors import errors_page
from generate_lists import write_lists
from generate_merge import merge_page
from generate_rules import rules_page
from generate_schemas import write_schemas

FOLDER = Path(__file__).parent
PAGES = {"cli.md": cli_page, "errors.md": errors_page, "merge.md": merge_page, "rules.md": rules_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
    write_schemas()
    write_lists()
