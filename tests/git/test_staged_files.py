"""What git has staged, and nothing else holds, is never overwritten, and is told of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from git_desk import Git, file_of, needs_git, rewrite

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.edit.field_edits import FieldEdit
from rolethread_vcs.store.checkout import UnsavedEditsError

pytestmark = needs_git

VERBS: dict[str, Callable[[Dataset], object]] = {
    "edit": lambda dataset: dataset.edit_fields(["00000002"], FieldEdit(add_tags=("x",))),
    "remove": lambda dataset: dataset.remove(["2"]),
    "switch": lambda dataset: dataset.switch("try"),
    "undo": lambda dataset: dataset.undo(),
}


@pytest.fixture
def staged(bare_of_hooks: Dataset, git: Git) -> Dataset:
    """Return a dataset in which the second entry is on disk as it was saved, and staged otherwise."""
    dataset = bare_of_hooks
    dataset.branch("try", switch=True)
    VERBS["edit"](dataset)
    dataset.switch("main")
    with dataset.edit("a tag") as change:
        entry_id = dataset.snapshot().ids()[1]
        change.put(entry_id, {**dataset.snapshot()[entry_id].fields, "tags": ["saved"]})
    kept = file_of(dataset, 2).read_bytes()
    git("add", rewrite(dataset, 2, "Dry enough.", "Only staged."))
    file_of(dataset, 2).write_bytes(kept)
    return dataset


def staged_text(git: Git, dataset: Dataset) -> str:
    return git("show", f":{file_of(dataset, 2).relative_to(dataset.folder).as_posix()}").stdout


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_overwrites_what_is_staged(staged: Dataset, git: Git, verb: str) -> None:
    before = staged.snapshot().id

    with pytest.raises(UnsavedEditsError) as caught:
        VERBS[verb](staged)

    assert staged.snapshot().id == before
    assert "Only staged." in staged_text(git, staged)
    git(*(caught.value.hint or "").rpartition(": git ")[2].split())
    VERBS[verb](staged)


def test_status_and_commit_tell_of_it(staged: Dataset, git: Git) -> None:
    survey = staged.status()
    done = staged.commit()

    assert [each.path for each in survey.staged] == [file_of(staged, 2).relative_to(staged.folder).as_posix()]
    assert (survey.unsaved, done.commit) == ((), None)
    assert "staged" in done.notes[-1]
    assert "Only staged." in staged_text(git, staged)
    git("commit", "--quiet", "-m", "by git")
    assert not staged.status().staged


def test_a_staged_file_that_is_gone_again_is_told_of(bare_of_hooks: Dataset, git: Git) -> None:
    copy = bare_of_hooks.folder / "entries/0000/00/00000009-aaaaaaaa.json"
    copy.write_bytes(file_of(bare_of_hooks, 1).read_bytes())
    git("add", str(copy))
    copy.unlink()

    assert [each.id for each in bare_of_hooks.status().staged] == ["00000009-aaaaaaaa"]
    assert not bare_of_hooks.status().foreign
