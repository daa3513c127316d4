"""Branches of other copies, as stock git fetched them: seen, gone to, compared with, and not gone behind unsaid."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_desk import Git, conversation, needs_git

from rolethread_vcs.cli.main import run
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import UsageError
from rolethread_vcs.store.refs import UnknownRevisionError
from rolethread_vcs.transaction import NoSuchBranchError

pytestmark = needs_git


@pytest.fixture
def copy(bare_of_hooks: Dataset, git: Git, tmp_path: Path) -> Dataset:
    """Return what git cloned of a dataset whose branch `feature` is one commit ahead of main."""
    bare_of_hooks.branch("feature", switch=True)
    tag(bare_of_hooks, "x")
    bare_of_hooks.branch("release/1")
    bare_of_hooks.switch("main")
    for place in ("hub.git", "fork.git"):
        git("clone", "-q", "--bare", ".", f"../{place}")
    git("clone", "-q", "../hub.git", "../copy")
    return Dataset.open(tmp_path / "copy")


def tag(dataset: Dataset, name: str) -> str:
    with dataset.edit() as change:
        entry_id, entry = next(iter(dataset.snapshot()))
        change.put(entry_id, {**entry.fields, "tags": [name]})
    return dataset.snapshot().id


def test_a_branch_of_the_remote_is_listed_until_one_here_follows_it(copy: Dataset) -> None:
    listed = [(branch.name, branch.is_strict, branch.ahead) for branch in copy.branches.remote()]
    copy.switch("feature")

    assert listed == [("origin/feature", False, 1), ("origin/release/1", True, 1)]
    assert [branch.name for branch in copy.branches.list()] == ["feature", "main"]
    assert [branch.name for branch in copy.branches.remote()] == ["origin/release/1"]


def test_switch_makes_the_branch_that_follows_the_one_of_the_remote(copy: Dataset, git: Git) -> None:
    there = copy.repository.resolve("origin/feature")

    done = copy.switch("feature")

    assert (done.branch, copy.snapshot().id, copy.current_branch()) == ("feature", there, "feature")
    assert git("rev-parse", "--abbrev-ref", "@{upstream}", folder=copy.folder).stdout == "origin/feature\n"
    copy.undo()
    assert (copy.current_branch(), copy.branches.names()) == ("main", ("main",))
    assert copy.repository.refs.upstream("feature") is None
    copy.redo()
    assert copy.repository.refs.upstream("feature") == "refs/remotes/origin/feature"
    assert copy.switch("release/1").commit == there  # strict there, too: it is not judged again


def test_a_branch_of_two_remotes_is_asked_about(copy: Dataset, git: Git) -> None:
    git("remote", "add", "fork", "../fork.git", folder=copy.folder)
    git("fetch", "-q", "fork", folder=copy.folder)
    with pytest.raises(UsageError) as caught:
        copy.switch("feature")
    assert caught.value.code == "ambiguous_word"
    assert str(caught.value.hint).split("\n") == [
        "rtv switch -c feature fork/feature",
        "rtv switch -c feature origin/feature",
    ]

    copy.branch("feature", start="fork/feature")

    assert copy.repository.refs.upstream("feature") == "refs/remotes/fork/feature"
    copy.undo()
    git("config", "checkout.defaultRemote", "origin", folder=copy.folder)
    copy.switch("feature")
    assert copy.repository.refs.upstream("feature") == "refs/remotes/origin/feature"


@pytest.mark.parametrize(("name", "hint"), [("featur", "rtv switch feature"), ("origin/feature", "switch feature")])
def test_a_slip_is_told_where_to_go(copy: Dataset, name: str, hint: str) -> None:
    with pytest.raises(NoSuchBranchError) as caught:
        copy.switch(name)

    assert hint in str(caught.value.hint)
    assert copy.branches.names() == ("main",)


@pytest.mark.parametrize(
    "words",
    [
        "diff origin/feature",
        "diff main..origin/feature",
        "log origin/feature",
        "diff refs/heads/main~1...refs/remotes/origin/feature",
        "export refs/remotes/origin/feature~1",
        "list --rev origin/feature",
        "show 1@origin/feature",
        "restore 1 --from origin/feature",
        "export origin/feature",
        "merge origin/feature",
        "pick origin/feature",
        "check --new-since origin/feature",
        "branch try --from origin/feature",
        "release v1 origin/feature",
        "bisect start origin/main origin/feature",
    ],
)
def test_a_branch_of_the_remote_is_a_revision_everywhere(copy: Dataset, words: str) -> None:
    assert run(["-C", str(copy.folder), *words.split()]) == 0


def test_status_says_how_far_ahead_and_behind_the_branch_is(copy: Dataset, git: Git, bare_of_hooks: Dataset) -> None:
    at_first = copy.status().upstream
    tag(copy, "here")
    tag(copy, "here, too")
    tag(bare_of_hooks, "there")
    git("push", "-q", "../hub.git", "main")
    not_fetched = copy.status().upstream
    git("fetch", "-q", folder=copy.folder)

    fetched = copy.status().upstream

    assert at_first is not None and not_fetched is not None and fetched is not None
    assert (at_first.name, at_first.ahead, at_first.behind, at_first.fetched) == ("origin/main", 0, 0, None)
    assert (not_fetched.ahead, not_fetched.behind) == (2, 0)
    assert (fetched.ahead, fetched.behind, fetched.commit) == (2, 1, bare_of_hooks.snapshot().id)
    assert fetched.fetched is not None
    git("update-ref", "-d", "refs/remotes/origin/main", folder=copy.folder)
    gone = copy.status().upstream
    assert gone is not None and gone.commit is None
    assert bare_of_hooks.status().upstream is None


def test_undo_says_when_it_goes_behind_what_was_pushed(copy: Dataset, git: Git) -> None:
    pushed = tag(copy, "pushed")
    git("push", "-q", folder=copy.folder)
    tag(copy, "mine")

    first = copy.undo().committed.notes
    tried = copy.undo(dry_run=True).committed.notes
    second = copy.undo().committed.notes

    assert [note for note in first if "origin/main" in note] == []
    assert tried == second
    assert "origin/main" in second[0] and f"rtv revert {pushed[:10]}" in second[0]
    assert copy.redo().committed.notes == ()


def test_each_undo_that_goes_behind_what_was_pushed_says_how_to_take_it_all_back(copy: Dataset, git: Git) -> None:
    first, second = tag(copy, "one"), tag(copy, "two")
    git("push", "-q", folder=copy.folder)
    copy.undo()
    start = copy.repository.objects.commit(first).parents[0]

    note = copy.undo().committed.notes[-1]

    assert "2 commits behind origin/main" in note
    assert note.endswith(f"rtv merge origin/main, then rtv revert {start[:10]}..{second[:10]}")
    copy.merge("origin/main")
    copy.revert(f"{start}..{second}")
    git("push", "-q", folder=copy.folder)
    assert copy.snapshot().tree == copy.snapshot(start).tree


def test_undo_of_a_release_says_that_it_stays_where_it_was_pushed(copy: Dataset, git: Git) -> None:
    copy.releases.create("v1")
    git("push", "-q", "origin", "v1", folder=copy.folder)
    tag(copy, "x")
    copy.releases.create("v1", force=True)

    moved = copy.undo().committed.notes
    git("push", "-q", "--force", "origin", "v1", folder=copy.folder)
    gone = copy.undo(2).committed.notes

    assert moved[-1].endswith("git push --force origin v1")
    assert gone[-1].endswith("git push origin --delete v1")
    git("push", "-q", "origin", "--delete", "v1", folder=copy.folder)
    assert copy.redo().committed.notes == ()


@pytest.mark.parametrize("way", ["git pull", "merge", "merge of both", "merge of both, pushed", "with an own edit"])
def test_what_others_made_is_never_to_be_reverted_after_an_undo(
    copy: Dataset, git: Git, bare_of_hooks: Dataset, way: str
) -> None:
    copy.branch("begun")
    theirs = tag(bare_of_hooks, "theirs")
    git("push", "-q", "../hub.git", "main")
    if way.startswith("merge of both"):
        copy.add([conversation("Who dances?")])
    git(*("pull", "-q") if way == "git pull" else ("fetch", "-q"), folder=copy.folder)
    if way != "git pull":
        copy.merge("origin/main")
    if way == "with an own edit":
        tag(copy, "mine")
    if way in ("merge of both, pushed", "with an own edit"):
        git("push", "-q", folder=copy.folder)

    note = copy.undo(2 if way == "with an own edit" else 1).committed.notes[-1]

    assert theirs not in copy.repository.graph.parents_of_all([copy.snapshot().id])
    assert "origin/main" in note and "revert" not in note and "git pull" in note
    git("pull", "-q", "--no-rebase", "--no-edit", folder=copy.folder)
    assert theirs in copy.repository.graph.parents_of_all([copy.snapshot().id])


def test_a_new_branch_beside_one_of_the_remote_is_told(copy: Dataset) -> None:
    done = copy.branch("feature")

    assert "rtv switch -c feature origin/feature" in done.notes[0]
    assert copy.repository.refs.upstream("feature") is None


def test_a_word_that_wants_a_branch_of_here_says_how_to_make_it(copy: Dataset) -> None:
    for word in ("feature", "origin/feature"):
        with pytest.raises(NoSuchBranchError) as caught:
            copy.copies.add_folder(copy.folder.parent / "beside", branch=word)
        assert str(caught.value.hint).endswith("rtv branch feature --from origin/feature")
    rows = copy.folder.parent / "rows.jsonl"
    copy.export("main", path=rows)
    with pytest.raises(NoSuchBranchError) as caught:
        copy.import_file(rows, branch="feature")
    assert str(caught.value.hint).endswith("rtv branch feature --from origin/feature")
    assert copy.branches.names() == ("main",)


def test_what_git_knows_of_a_branch_is_a_revision(copy: Dataset, git: Git) -> None:
    there, before = copy.snapshot("origin/main").id, copy.snapshot().id
    tag(copy, "y")

    assert [copy.snapshot(word).id for word in ("@{u}", "main@{upstream}", "@{1}")] == [there, there, before]
    assert copy.snapshot("main@{1}~1").id == copy.snapshot(f"{before}~1").id
    assert len(list(copy.log("@{u}..@"))) == 1
    for word in ("nope@{1}", "@{99}", "nope@{u}"):
        with pytest.raises(UnknownRevisionError):
            copy.snapshot(word)


def test_git_finds_its_way_back_from_where_we_switched_to(copy: Dataset, git: Git) -> None:
    copy.switch("feature")
    git("switch", "-q", "-", folder=copy.folder)
    git("switch", "-q", "--detach", folder=copy.folder)
    copy.switch("feature")
    copy.undo()
    copy.redo()

    said = git("log", "-g", "--format=%gs", "HEAD", folder=copy.folder).stdout.splitlines()
    at = copy.snapshot("main").id
    moves = [f"{at} to feature", f"feature to {at}", f"{at} to feature", "main to HEAD", "feature to main"]
    assert said[:6] == [f"checkout: moving from {each}" for each in (*moves, "main to feature")]
    assert copy.snapshot("@{-1}").id == at
