"""Generated pages stand as they would be generated now, and everything that a user can meet is on a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from generate_cli import cli_page
from generate_errors import codes, error_classes, errors_page
from generate_lists import LISTS

from rolethread_vcs.cli import VERBS
from rolethread_vcs.errors import CODES
from rolethread_vcs.formats import all_formats
from rolethread_vcs.rules import all_rules

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_page_about_the_command_is_up_to_date() -> None:
    assert read("cli.md") == cli_page(), "run: make docs"


def test_the_page_about_errors_is_up_to_date() -> None:
    assert read("errors.md") == errors_page(), "run: make docs"


@pytest.mark.parametrize("verb", [verb for verb, _group, _line in VERBS])
def test_every_verb_has_its_chapter(verb: str) -> None:
    assert f"\n### `rtv {verb}`\n" in read("cli.md")


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_what_is_asked_before_a_file_is_loaded_is_what_it_says(path: Path) -> None:
    assert path.read_text("utf-8") == LISTS[path]()


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_every_rule_has_its_chapter(rule) -> None:
    assert f"\n## {rule.title}\n" in read("rules.md")


@pytest.mark.parametrize("format", all_formats(), ids=lambda format: format.name)
def test_every_format_has_its_chapter(format) -> None:
    assert f"\n## `{format.name}`" in read("formats.md")


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_every_error_is_listed_with_its_code(error) -> None:
    rows = [row for row in read("errors.md").splitlines() if row.startswith(f"| `{error.code}` |")]

    assert any(f" {error.__name__} " in row or f" **{error.__name__}** " in row for row in rows)


def test_every_code_that_an_error_carries_is_explained_and_every_explained_one_is_used() -> None:
    assert sorted(codes()) == sorted(CODES)


def test_every_envelope_that_the_command_can_print_is_listed() -> None:
    sources = (ROOT / "rolethread_vcs" / "cli").rglob("*.py")
    printed = {name for path in sources for name in re.findall(r"rolethread\.\w+/v\d", path.read_text("utf-8"))}

    assert [name for name in sorted(printed) if f"| `{name}` |" not in read("cli.md")] == []


def test_the_exit_statuses_of_the_readme_are_those_of_the_errors() -> None:
    listed = {int(row.split("|")[1]) for row in _rows(ROOT / "README.md", "## Exit status")}

    assert listed == {0, 1, *(error.status for error in error_classes())}


def test_every_decision_says_context_decision_and_consequences() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    headings = {page.name: re.findall(r"^## (.+)$", page.read_text("utf-8"), re.MULTILINE) for page in pages}

    assert len(pages) >= 9
    assert {name: found for name, found in headings.items() if found != ["Context", "Decision", "Consequences"]} == {}


def test_every_link_between_pages_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    ]
    broken = [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()]

    assert broken == []
    assert len(links) > 10


def _rows(page: Path, heading: str) -> list[str]:
    chapter = page.read_text(encoding="utf-8").partition(f"{heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| \d+ \|.*$", chapter, re.MULTILINE)
