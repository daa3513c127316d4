"""Tags that look like one in use."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_dataset import conversation

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.select import similar_tags


@pytest.mark.parametrize(
    ("tag", "meant"),
    [
        ("Tavern", "tavern"),
        ("tavren", "tavern"),
        ("slow-burn", "slow_burn"),
        ("slowburn", "slow_burn"),
        ("tavern", None),
        ("chapter_2", None),
        ("garden", None),
        ("b", None),
    ],
)
def test_a_tag_looks_like_one_in_use(tag: str, meant: str | None, tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "d")
    with dataset.edit() as change:
        change.add(conversation("q", tags=["tavern", "slow_burn", "chapter_1", "a"]))

    assert similar_tags(dataset.repository, [tag], besides=[(meant or "x").upper()]) == {}
    assert similar_tags(dataset.repository, [tag]) == ({} if meant is None else {tag: meant})
