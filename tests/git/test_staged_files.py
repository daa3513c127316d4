"""What git has staged, and nothing else holds, is never overwritten, and is told of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from git_desk import Git, conversation, file_of, needs_git, rewrite

from rolethread_vcs.cli.main import run
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


THREE: dict[str, Callable[[Dataset], object]] = {
    "commit": lambda dataset: dataset.commit(),
    "restore --all": lambda dataset: dataset.discard_edits(None),
    "restore": lambda dataset: dataset.discard_edits(["2"]),
}


@pytest.mark.parametrize("on_disk", ["another text", "nothing"])
@pytest.mark.parametrize("verb", THREE)
def test_what_is_staged_of_a_file_that_was_edited_again_is_not_written_over(
    staged: Dataset, git: Git, verb: str, on_disk: str
) -> None:
    path = file_of(staged, 2)
    if on_disk == "nothing":
        path.unlink()
    else:
        rewrite(staged, 2, "Dry enough.", "On disk.")
    before = git("status", "--short").stdout

    with pytest.raises(UnsavedEditsError) as caught:
        THREE[verb](staged)

    assert (git("status", "--short").stdout, path.exists()) == (before, on_disk != "nothing")
    name = "00000002"
    survey = staged.status()
    assert [each.path.rpartition("/")[2][:8] for each in (*survey.unsaved, *survey.staged)] == [name, name]
    git(*(caught.value.hint or "").rpartition(": git ")[2].split())
    THREE[verb](staged)
    assert not staged.status().unsaved


def test_a_file_whose_name_alone_is_staged_is_saved_as_any_other(bare_of_hooks: Dataset, git: Git) -> None:
    copy = bare_of_hooks.folder / "entries/0000/00/00000009-aaaaaaaa.json"
    copy.write_bytes(file_of(bare_of_hooks, 1).read_bytes())
    git("add", "--intent-to-add", str(copy))

    assert bare_of_hooks.commit().added == 1


def test_what_is_staged_in_a_folder_that_is_gone_is_not_overwritten(bare_of_hooks: Dataset, git: Git) -> None:
    dataset = bare_of_hooks
    dataset.branch("try", switch=True)
    dataset.add([conversation(f"Question {number}") for number in range(100)])
    new = max((dataset.folder / "entries").rglob("*.json"))
    text = new.read_text()
    dataset.switch("main")
    assert not new.parent.exists()
    new.parent.mkdir()
    new.write_text(text.replace("Dry enough.", "Only staged."))
    git("add", str(new))
    new.unlink()
    new.parent.rmdir()

    with pytest.raises(UnsavedEditsError):
        dataset.merge("try")

    assert "Only staged." in git("show", f":{new.relative_to(dataset.folder).as_posix()}").stdout


def test_status_says_at_once_that_commit_and_restore_refuse_it(
    staged: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(staged, 2, "Dry enough.", "On disk.")
    path = file_of(staged, 2).relative_to(staged.folder).as_posix()

    assert run(["-C", str(staged.folder), "status"]) == 0
    said = capsys.readouterr().out
    assert run(["-C", str(staged.folder), "commit"]) == 50

    assert "rtv commit and rtv restore refuse files of which git has a third content staged" in said
    assert "keep them: rtv commit" not in said
    assert capsys.readouterr().err == (
        f"error: staged content of 1 file, which git alone has, is in the way ({path}); nothing was saved\n"
        f"hint: save what is staged with: git commit   drop it with: git restore --staged {path}\n"
    )
