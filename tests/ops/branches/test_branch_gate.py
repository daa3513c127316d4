"""Branches that begin strict: what no strict branch has taken is judged when they are made."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.gate import Allowance, RefusedByGateError
from rolethread_vcs.transaction import Intent

EMPTY = {"messages": [{"role": "user", "content": "Anybody?"}, {"role": "assistant", "content": ""}]}
ALLOWED = Intent("branch", "branch release/1", allowances=(Allowance("RT104"),), because="a known gap")


def add(dataset: Dataset, *entries: dict[str, object]) -> list[str]:
    with dataset.edit() as change:
        return [change.add(entry) for entry in entries]


@pytest.fixture
def draft(tmp_path: Path) -> Dataset:
    """Return a dataset that is on the branch `draft`, which has an error that main has not."""
    dataset, _ = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("draft", switch=True)
    add(dataset, EMPTY, conversation("three"))
    return dataset


@pytest.mark.parametrize("switch", [False, True])
def test_a_strict_branch_is_not_made_where_a_report_only_one_has_errors(draft: Dataset, switch: bool) -> None:
    entry_id = draft.snapshot().ids()[2]

    with pytest.raises(RefusedByGateError) as caught:
        draft.branch("release/1", switch=switch)

    assert caught.value.message == (
        "release/1 would be a strict branch, and 1 entry here has errors that no strict branch has taken; "
        "no branch was made"
    )
    assert [(each.code, each.entry_id) for each in caught.value.findings] == [("RT104", entry_id)]
    assert (caught.value.hint or "").startswith('--allow RT104 --because "…"')
    assert [branch.name for branch in draft.branches.list()] == ["draft", "main"]
    assert draft.repository.branch() == "draft"


def test_errors_that_are_allowed_go_along_and_the_operation_knows_why(draft: Dataset) -> None:
    draft.branch("release/1", intent=ALLOWED)

    last = draft.repository.operations.last()
    assert last is not None
    assert last.details["allowed"] == [["Allowed", "RT104=1"], ["Because", "a known gap"]]
    assert draft.snapshot("release/1").id == draft.snapshot("draft").id


def test_a_strict_branch_is_made_where_a_report_only_one_has_no_errors(draft: Dataset) -> None:
    draft.remove([draft.snapshot().ids()[2]], Intent("remove", "remove 3"))

    assert draft.branch("release/1").operation is not None


def test_a_branch_that_only_reports_is_not_judged(draft: Dataset) -> None:
    assert draft.branch("other").operation is not None


def test_what_a_strict_branch_holds_already_is_not_judged_again(draft: Dataset) -> None:
    draft.branch("release/1", intent=ALLOWED)

    assert draft.branch("release/2").operation is not None


def test_old_debts_of_main_do_not_count(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    add_allowed = Intent("add", "add", allowances=(Allowance("RT104"),), because="a known gap")
    dataset.add([EMPTY], add_allowed)
    dataset.branch("draft", switch=True)
    add(dataset, conversation("two"))

    assert dataset.branch("release/1").operation is not None


def test_without_another_strict_branch_all_errors_count(draft: Dataset) -> None:
    draft.settings.set("gate.strict", "release/*")

    with pytest.raises(RefusedByGateError):
        draft.branch("release/1")


def test_an_allowance_with_too_small_a_count_is_refused_with_the_count_it_takes(draft: Dataset) -> None:
    add(draft, EMPTY)
    intent = Intent("branch", "branch release/1", allowances=(Allowance("RT104", 1),), because="x")

    with pytest.raises(RefusedByGateError, match="2 entries here have errors") as caught:
        draft.branch("release/1", intent=intent)

    assert (caught.value.hint or "").startswith("--allow RT104=2")
