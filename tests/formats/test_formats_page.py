"""The page about formats keeps up with the formats."""

from pathlib import Path

import pytest

from rolethread_vcs.formats import all_formats
from rolethread_vcs.model.entry import SYNONYMS

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("format", all_formats(), ids=lambda format: format.name)
def test_every_format_has_a_section(format):
    assert f"\n## `{format.name}`" in PAGE


@pytest.mark.parametrize("role", SYNONYMS)
def test_every_role_synonym_is_listed(role):
    for label in SYNONYMS[role].split():
        assert f"`{label}`" in PAGE
