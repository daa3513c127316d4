"""Files that git was told not to look for (a sparse checkout, flags of the index) are no hand edits, and stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from git_desk import Git, conversation, file_of, needs_git, rewrite

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.ops.edit.field_edits import FieldEdit
from rolethread_vcs.store.checkout import UnsavedEditsError

pytestmark = needs_git

FIRST_ONLY = ("sparse-checkout", "set", "--no-cone", "/rolethread.toml", "/entries/0000/00/00000001-*")


@pytest.fixture
def sparse(bare_of_hooks: Dataset, git: Git) -> Dataset:
    """Return a dataset of three entries, of which the first is checked out."""
    git(*FIRST_ONLY)
    return Dataset.open(bare_of_hooks.folder)


def edit(dataset: Dataset, place: int) -> None:
    dataset.edit_fields([dataset.snapshot().ids()[place]], FieldEdit(add_tags=("x",)))


def left_out(git: Git) -> int:
    return sum(line.startswith("S ") for line in git("ls-files", "-t").stdout.splitlines())


def test_commit_keeps_what_a_sparse_checkout_leaves_out(sparse: Dataset) -> None:
    rewrite(sparse, 1, "She laughs.", "She smiles.")

    done = sparse.commit()

    assert (done.changed, done.removed) == (1, 0)
    assert len(sparse.snapshot()) == 3
    assert sparse.status().left_out == 3  # two entries and .gitattributes


VERBS: dict[str, Callable[[Dataset], object]] = {
    "edit": lambda dataset: edit(dataset, 1),
    "add": lambda dataset: dataset.add([conversation("Who knocks?")]),
    "merge": lambda dataset: dataset.merge("try"),
    "switch": lambda dataset: dataset.switch("try"),
    "undo": lambda dataset: dataset.undo(),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_left_out_stays_so_through(sparse: Dataset, git: Git, verb: str) -> None:
    sparse.branch("try")
    sparse.switch("try")
    VERBS["edit"](sparse)
    sparse.switch("main")
    VERBS["add"](sparse)
    if verb == "undo":
        VERBS["edit"](sparse)

    VERBS[verb](sparse)

    assert left_out(git) == 3
    assert git("status", "--porcelain").stdout == ""
    assert git("write-tree").stdout.strip() == sparse.snapshot().tree.hex()
    assert not sparse.status().unsaved


def test_an_entry_that_is_left_out_can_be_removed(sparse: Dataset, git: Git) -> None:
    sparse.remove([sparse.snapshot().ids()[1]])

    assert len(sparse.snapshot()) == 2
    assert git("status", "--porcelain").stdout == ""


@pytest.mark.parametrize("damage", [None, b"garbage"])
def test_an_index_written_again_leaves_out_what_was(sparse: Dataset, git: Git, damage: bytes | None) -> None:
    index = sparse.folder / ".git" / "index"
    if damage is None:
        index.unlink()
    else:
        index.write_bytes(damage)

    assert not sparse.status().unsaved
    assert left_out(git) == 3
    assert git("status", "--porcelain").stdout == ""


@pytest.mark.parametrize("flag", ["skip-worktree", "assume-unchanged"])
def test_a_file_that_git_does_not_look_for_may_be_missing(bare_of_hooks: Dataset, git: Git, flag: str) -> None:
    dataset = bare_of_hooks
    git("update-index", f"--{flag}", str(file_of(dataset, 1)))
    file_of(dataset, 1).unlink()

    assert dataset.commit().commit is None
    assert not dataset.status().unsaved
    VERBS["edit"](dataset)
    assert git("status", "--porcelain").stdout == ""


@pytest.mark.parametrize("flag", ["skip-worktree", "assume-unchanged"])
def test_an_edit_that_git_hides_is_never_overwritten(bare_of_hooks: Dataset, git: Git, flag: str) -> None:
    path = rewrite(bare_of_hooks, 1, "She laughs.", "She smiles.")
    git("update-index", f"--{flag}", path)

    with pytest.raises(UnsavedEditsError) as caught:
        edit(bare_of_hooks, 0)

    assert caught.value.hint is not None
    git(*caught.value.hint.partition(": git ")[2].split())
    assert [each.path for each in bare_of_hooks.status().unsaved] == [path]


def test_a_sparse_index_is_refused_with_the_way_out(bare_of_hooks: Dataset, git: Git) -> None:
    git("sparse-checkout", "set", "--cone", "--sparse-index", "nothing")
    with pytest.raises(InvalidError) as caught:
        bare_of_hooks.status()

    assert caught.value.hint is not None
    git(*caught.value.hint.split()[1:])
    assert not bare_of_hooks.status().unsaved


def test_a_file_that_came_back_into_a_sparse_checkout_is_seen_as_git_sees_it(sparse: Dataset, git: Git) -> None:
    path = git("ls-files", "entries/0000/00/00000003-*").stdout.strip()
    (sparse.folder / path).write_text(git("show", f"HEAD:{path}").stdout.replace("Who pays?", "Who pays now?"))

    assert [each.path for each in sparse.status().unsaved] == [path]
    assert sparse.status().left_out == 2
    assert (sparse.commit().changed, sparse.snapshot()[3].messages[0]["content"]) == (1, "Who pays now?")
    assert git("status", "--porcelain").stdout == ""
