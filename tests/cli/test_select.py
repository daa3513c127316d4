"""What the shell completes: entries, branches, rules."""

from __future__ import annotations

from pathlib import Path

import click

from rolethread_vcs import Dataset
from rolethread_vcs.cli.context import GlobalOptions
from rolethread_vcs.cli.options import complete_branches, complete_entries, complete_rules


def context(folder: Path) -> click.Context:
    given = GlobalOptions()
    given.folder = str(folder)
    return click.Context(click.Command("rtv"), obj=given)


def words(items: list) -> list[str]:
    return [item.value for item in items]


PARAM = click.Argument(["word"])


def test_entries_complete_by_number_and_by_id(dataset: Dataset) -> None:
    ctx, ids = context(dataset.folder), dataset.snapshot().ids()

    assert words(complete_entries(ctx, PARAM, "")) == ["1", "2", "3"]
    assert words(complete_entries(ctx, PARAM, "2")) == ["2"]
    assert words(complete_entries(ctx, PARAM, "00000003")) == [ids[2]]


def test_branches_complete(dataset: Dataset) -> None:
    dataset.branch("tavern")

    assert words(complete_branches(context(dataset.folder), PARAM, "t")) == ["tavern"]


def test_rules_complete_by_code_and_by_name() -> None:
    ctx = context(Path())

    assert words(complete_rules(ctx, PARAM, "rt104")) == ["RT104"]
    assert words(complete_rules(ctx, PARAM, "empty")) == ["empty_message"]
    assert "RT104" in words(complete_rules(ctx, PARAM, ""))


def test_without_a_dataset_nothing_is_offered_and_nothing_fails(tmp_path: Path) -> None:
    assert complete_entries(context(tmp_path), PARAM, "") == []
    assert complete_branches(context(tmp_path / "gone"), PARAM, "") == []
