"""The page about rules is generated, and stands as it would be generated now."""

from __future__ import annotations

import runpy
from pathlib import Path

from rolethread_vcs.rules import all_rules

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_up_to_date() -> None:
    page = runpy.run_path(str(DOCS / "generate_rules.py"))["rules_page"]()

    assert (DOCS / "rules.md").read_text(encoding="utf-8") == page, "run: python docs/generate_rules.py"


def test_every_rule_has_its_chapter() -> None:
    page = (DOCS / "rules.md").read_text(encoding="utf-8")

    assert [rule.title for rule in all_rules() if f"## {rule.title}\n" not in page] == []
