"""A partial clone of git lacks what it left at the remote: that is said, nothing moves to it, and it is no damage."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_desk import Git, needs_git

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import DamagedError
from rolethread_vcs.ops.edit.field_edits import FieldEdit
from rolethread_vcs.store.objects import LeftOutError
from rolethread_vcs.store.tree_reader import UnreadableEntryError

pytestmark = needs_git


def edit(dataset: Dataset, number: int, text: str) -> None:
    dataset.edit_fields([dataset.snapshot().ids()[number - 1]], FieldEdit(message=1, content=text))


@pytest.fixture
def partial(bare_of_hooks: Dataset, git: Git, tmp_path: Path) -> Dataset:
    """Return a clone without the blobs of the past and of other branches."""
    dataset = bare_of_hooks
    dataset.branch("try", switch=True)
    edit(dataset, 2, "theirs")
    dataset.switch("main")
    edit(dataset, 1, "once")
    edit(dataset, 1, "twice")
    git("config", "uploadpack.allowFilter", "true")
    folder = tmp_path / "partial"
    git("clone", "--quiet", "--filter=blob:none", dataset.folder.as_uri(), str(folder))
    git("branch", "--quiet", "try", "origin/try", folder=folder)
    return Dataset.open(folder)


def test_what_was_left_at_the_remote_is_named_and_is_no_damage(partial: Dataset) -> None:
    assert partial.status().is_partial
    assert partial.upkeep.verify().ok
    assert [problem.kind for problem in partial.upkeep.verify().problems] == ["left_out"]
    with pytest.raises(UnreadableEntryError, match="not in this copy"):
        partial.snapshot("main~1")[1]


def test_nothing_moves_to_what_is_not_here(partial: Dataset, git: Git) -> None:
    before = partial.snapshot().id
    first = partial.snapshot().ids()[0]

    for move in (lambda: partial.switch("try"), lambda: partial.merge("try"), lambda: partial.revert("@")):
        with pytest.raises(LeftOutError) as caught:
            move()
        assert caught.value.hint == "git fetch --refetch --no-filter"
        assert (partial.current_branch(), partial.snapshot().id) == ("main", before)
        assert not partial.status().unsaved
        assert not partial.repository.has_unfinished_merge()
    assert first in partial.snapshot()


def test_blame_ends_where_the_past_is_not_here_and_all_is_well_once_it_came(partial: Dataset, git: Git) -> None:
    tip = partial.snapshot().id
    assert partial.history.blame("1").ends == (tip,)

    git("fetch", "--quiet", "--refetch", "--no-filter", folder=partial.folder)
    whole = Dataset.open(partial.folder)

    blamed = whole.history.blame("1")
    assert blamed.ends == ()
    assert [each.changed.id == tip for each in blamed.messages] == [False, True, False, False]
    assert not whole.upkeep.verify().problems
    whole.merge("try")
    whole.switch("try")


def test_what_is_not_here_is_neither_exported_nor_copied_and_the_way_is_named(partial: Dataset, tmp_path: Path) -> None:
    for options in ({}, {"skip_damaged": True}):
        with pytest.raises(UnreadableEntryError) as caught:
            partial.export("main~1", path=tmp_path / "out.jsonl", **options)
        assert caught.value.hint == "git fetch --refetch --no-filter"
    with pytest.raises(DamagedError) as refused:
        Dataset.clone(partial.folder, tmp_path / "copy")
    assert "--refetch" in (refused.value.hint or "")
    assert not (tmp_path / "copy").exists()
