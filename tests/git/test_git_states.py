"""What plain git is in the middle of is named, and no verb of ours comes between; the way out that is named works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from git_desk import Git, conversation, file_of, needs_git, rewrite
from refusals import refusal

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError
from rolethread_vcs.ops.edit.field_edits import FieldEdit
from rolethread_vcs.store.git_state import BISECT, CONFLICTS

pytestmark = needs_git


def edit(dataset: Dataset, number: int, text: str) -> None:
    dataset.edit_fields([dataset.snapshot().ids()[number - 1]], FieldEdit(message=1, content=text))


def begin_stash(git: Git, dataset: Dataset) -> None:
    rewrite(dataset, 1, "ours", "stashed")
    git("stash", "--quiet")
    edit(dataset, 1, "later")
    git("stash", "pop", ok=False)


def begin_revert(git: Git, dataset: Dataset) -> None:
    edit(dataset, 1, "later")
    git("revert", "HEAD~1", ok=False)


def begin_am(git: Git, dataset: Dataset) -> None:
    patch = dataset.folder.parent / "patch"
    patch.write_text(git("format-patch", "--stdout", "-1", "try").stdout)
    git("am", "--3way", str(patch), ok=False)


def begin_bisect(git: Git, dataset: Dataset) -> None:
    git("bisect", "start", "HEAD", "HEAD~2")


STATES: dict[str, tuple[str, Callable[[Git, Dataset], object]]] = {
    "merge": ("merge", lambda git, _: git("merge", "try", ok=False)),
    "cherry-pick": ("cherry-pick", lambda git, _: git("cherry-pick", "try", ok=False)),
    "revert": ("revert", begin_revert),
    "rebase": ("rebase", lambda git, _: git("rebase", "try", ok=False)),
    "rebase by patches": ("rebase", lambda git, _: git("rebase", "--apply", "try", ok=False)),
    "am": ("am", begin_am),
    "bisect": (BISECT, begin_bisect),
    "stash": (CONFLICTS, begin_stash),
    "squash": (CONFLICTS, lambda git, _: git("merge", "--squash", "try", ok=False)),
}

VERBS: dict[str, Callable[[Dataset], object]] = {
    "commit": lambda dataset: dataset.commit(),
    "edit": lambda dataset: edit(dataset, 3, "in between"),
    "add": lambda dataset: dataset.add([conversation("Who knocks?")]),
    "type": lambda dataset: dataset.refuse_to_type(dataset.snapshot()),
    "switch": lambda dataset: dataset.switch("other"),
    "switch -c": lambda dataset: dataset.branch("fresh", switch=True),
    "undo": lambda dataset: dataset.undo(),
    "merge": lambda dataset: dataset.merge("other"),
    "revert": lambda dataset: dataset.revert("@"),
    "workcopy commit": lambda dataset: dataset.copies.commit(dataset.folder.parent / "c.jsonl"),
    "restore": lambda dataset: dataset.discard_edits(None),
    "config": lambda dataset: dataset.settings.set("checkout", "never"),
}

FREE_IN_A_BISECT = ("restore", "config", "workcopy commit")


@pytest.fixture
def parted(bare_of_hooks: Dataset, git: Git) -> Dataset:
    """Return a dataset whose branches changed one message differently, with a file copy that was edited."""
    dataset = bare_of_hooks
    dataset.branch("try")
    dataset.switch("try")
    edit(dataset, 2, "theirs")
    edit(dataset, 1, "theirs")
    dataset.switch("main")
    edit(dataset, 3, "ours")
    edit(dataset, 1, "ours")
    dataset.branch("other")
    copy = dataset.folder.parent / "c.jsonl"
    dataset.copies.add(copy)
    copy.write_text(copy.read_text().replace("Who pays?", "Who pays now?"))
    return dataset


def all_of_git(git: Git) -> tuple[str, ...]:
    words = ("for-each-ref", "refs/heads"), ("ls-files", "--stage"), ("rev-parse", "HEAD")
    return tuple(git(*each).stdout for each in words)


@pytest.mark.parametrize("state", STATES)
def test_no_verb_comes_between_what_git_began_and_its_end(parted: Dataset, git: Git, state: str) -> None:
    kind, begin = STATES[state]
    begin(git, parted)
    parted.operations.record_external()
    survey, before = parted.status(), all_of_git(git)

    assert survey.git is not None and not survey.can_undo
    assert survey.git.kind == kind
    first = file_of(parted, 1).relative_to(parted.folder).as_posix()
    assert survey.git.conflicts == (() if kind == BISECT else (first,))
    assert survey.git.branch == ("main" if kind == "rebase" else "")
    for name, verb in VERBS.items():
        if kind == BISECT and name in FREE_IN_A_BISECT:
            continue
        is_at_a_commit = kind == BISECT and name not in ("switch", "switch -c", "undo")
        error, code = (InvalidError, "detached") if is_at_a_commit else (ConflictError, "git_unfinished")
        with refusal(error, code) as caught:
            verb(parted)
        assert survey.git.abort in (caught.value.hint or ""), name
        assert all_of_git(git) == before, name

    git(*survey.git.abort.split()[1:])
    after = parted.status()
    assert (after.git, after.branch, after.unsaved) == (None, "main", ())
    VERBS["edit"](parted)


def test_another_branch_is_free_meanwhile(parted: Dataset, git: Git) -> None:
    git("merge", "try", ok=False)

    parted.branch("fresh")
    with parted.edit("on another branch", branch="other") as change:
        change.add(conversation("Who knocks?"))
    parted.branches.delete("fresh")

    assert len(parted.snapshot("other")) == 4
    assert parted.status().git is not None


def test_a_branch_that_is_being_rebased_is_not_moved(parted: Dataset, git: Git) -> None:
    git("rebase", "try", ok=False)

    with refusal(ConflictError, "git_unfinished"), parted.edit("on main", branch="main") as change:
        change.add(conversation("Who knocks?"))
    for move in (lambda: parted.branches.rename("main", "first"), lambda: parted.branches.delete("main")):
        with refusal(ConflictError, "git_unfinished"):
            move()


def test_a_sequence_goes_on_between_its_steps(parted: Dataset, git: Git) -> None:
    git("cherry-pick", "try", "try~1", ok=False)
    git("checkout", "--theirs", ".")
    git("commit", "--all", "--no-edit")

    state = parted.status().git

    assert state is not None
    assert (state.kind, state.conflicts) == ("cherry-pick", ())
    with refusal(ConflictError, "git_unfinished"):
        VERBS["edit"](parted)
    git("cherry-pick", "--continue")
    VERBS["edit"](parted)


def test_what_another_folder_is_in_the_middle_of_is_left_to_it(parted: Dataset, git: Git, tmp_path: Path) -> None:
    folder = tmp_path / "beside"
    parted.copies.add_folder(folder, "other")
    rewrite(Dataset.open(folder), 1, "ours", "stashed")
    git("stash", folder=folder)
    with Dataset.open(folder).edit("later") as change:
        change.put(parted.snapshot().ids()[0], conversation("Is the cellar dry?", "later"))
    git("stash", "pop", ok=False, folder=folder)

    with refusal(ConflictError, "checked_out_elsewhere"), parted.edit("from here", branch="other") as block:
        block.add(conversation("Who knocks?"))
    with refusal(ConflictError, "folder_in_use"):
        parted.copies.remove_folder(folder)
    assert [each.problem is None for each in parted.copies.folders()] == [True, False]
    VERBS["edit"](parted)


def test_an_export_says_what_it_holds_meanwhile(parted: Dataset, git: Git, tmp_path: Path) -> None:
    git("merge", "try", ok=False)

    exported = parted.export(path=tmp_path / "out.jsonl")

    assert ["middle of a merge" in warning for warning in exported.warnings] == [True]


def test_who_looks_for_a_merge_of_ours_is_told_of_that_of_git(parted: Dataset, git: Git) -> None:
    git("merge", "try", ok=False)

    for look in (parted.merges.conflicts, parted.merges.abort, parted.merges.finish):
        with refusal(ConflictError, "git_unfinished"):
            look()
