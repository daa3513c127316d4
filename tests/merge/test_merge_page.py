"""The page about merging is generated, and stands as it would be generated now."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "generate_merge.py"))["merge_page"]()

    assert (DOCS / "merge.md").read_text(encoding="utf-8") == page, "run: python docs/generate_merge.py"


def test_git_is_right_and_wrong_and_in_the_way_and_we_are_never_wrong() -> None:
    page = (DOCS / "merge.md").read_text(encoding="utf-8")
    rows = [row.split(" | ") for row in page.splitlines() if row.count(" | ") == 3]

    assert {row[2] for row in rows} >= {"clean and right", "**clean and wrong**", "needless conflict", "conflict, too"}
    assert [row for row in rows if "wrong" in row[1]] == []
