"""A message of a megabyte and an entry of two thousand messages: diff, merge, revert and blame hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.transaction import Intent

LONG = " ".join(f"word{number}" for number in range(110_000))


def a_megabyte() -> list[dict[str, str]]:
    return [{"role": "user", "content": "Tell it all."}, {"role": "assistant", "content": LONG}]


def two_thousand() -> list[dict[str, str]]:
    turns = [("user", "And what then, number {}?"), ("assistant", "Then came the {}th of them, and sat down.")]
    return [{"role": role, "content": text.format(number)} for number in range(1_000) for role, text in turns]


@pytest.fixture(params=[a_megabyte, two_thousand])
def dataset(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """Return a dataset of one large entry, with a word changed in its last message on main, its first on `side`."""
    dataset = Dataset.init(tmp_path / "tavern")
    (entry_id,) = dataset.add([{"messages": request.param()}], Intent("add", "add")).ids
    dataset.branch("side")
    for branch, place in (("side", 0), ("main", -1)):
        dataset.switch(branch)
        messages = [dict(message) for message in dataset.snapshot()[entry_id].messages]
        messages[place]["content"] += f" So said {branch}."
        with dataset.edit(branch) as change:
            change.put(entry_id, {"messages": messages})
    return dataset


def only_entry(dataset: Dataset, rev: str = "@") -> Entry:
    ((_, entry),) = dataset.snapshot(rev)
    return entry


def test_one_word_is_told_as_one_word(dataset: Dataset) -> None:
    (compared,) = dataset.diff("@~1", "@").entries()

    (change,) = compared.diff.messages
    assert [text.strip() for kind, text in change.words if kind != "equal"] == ["So said main."]


def test_two_sides_merge_and_the_merge_is_taken_back(dataset: Dataset) -> None:
    before = only_entry(dataset)

    merged = dataset.merge("side")

    first, last = only_entry(dataset).messages[0]["content"], only_entry(dataset).messages[-1]["content"]
    assert merged.conflicts == ()
    assert (first.endswith(" So said side."), last.endswith(" So said main.")) == (True, True)
    dataset.revert("@")
    assert only_entry(dataset) == before


def test_each_message_is_blamed_on_who_changed_it_last(dataset: Dataset) -> None:
    (entry_id,) = dataset.snapshot().ids()

    blamed = dataset.history.blame(entry_id)

    assert blamed.messages[-1].changed.id == dataset.snapshot().id
    assert {each.changed.id for each in blamed.messages[:-1]} == {dataset.snapshot("@~1").id}
