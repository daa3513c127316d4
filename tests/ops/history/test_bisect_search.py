"""Looking for the change that made it worse."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, DamagedError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.ops.history import bisect as bisecting
from rolethread_vcs.ops.history.bisect import Answer, Search
from rolethread_vcs.store.dataset_folder import open_dataset


def put(dataset: Dataset, entry_id: str, question: str) -> str:
    with dataset.edit() as change:
        change.put(entry_id, conversation(question))
    return dataset.snapshot().id


def history_of(folder: Path, changes: int) -> tuple[Dataset, list[str]]:
    """Return a dataset and its commits, the oldest first: one that adds an entry, and one for each change."""
    dataset, ids = dataset_of(folder, "start")
    commits = [dataset.snapshot().id]
    commits += [put(dataset, ids[0], f"version {number}") for number in range(1, changes + 1)]
    return dataset, commits


def judge_by(commits: list[str], first_bad: int) -> tuple[list[str], object]:
    asked: list[str] = []

    def judge(search: Search) -> Answer:
        assert search.test is not None
        asked.append(search.test.id)
        return Answer.BAD if commits.index(search.test.id) >= first_bad else Answer.GOOD

    return asked, judge


@pytest.mark.parametrize("first_bad", range(1, 10))
def test_the_first_bad_commit_is_found(tmp_path: Path, first_bad: int) -> None:
    dataset, commits = history_of(tmp_path / "d", 9)
    asked, judge = judge_by(commits, first_bad)
    dataset.history.bisect.start(commits[0], "main")

    found = dataset.history.bisect.run(judge)

    assert found.first_bad is not None
    assert found.first_bad.id == commits[first_bad]
    assert found.suspects == (commits[first_bad],)
    assert len(asked) <= 4


def test_a_search_moves_nothing_but_its_own_file(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 4)
    before = (dataset.repository.refs.table(), dataset.repository.operations.head(), dataset.repository.refs.head())

    dataset.history.bisect.start(commits[0])
    dataset.history.bisect.mark(Answer.GOOD)

    assert (
        dataset.repository.refs.table(),
        dataset.repository.operations.head(),
        dataset.repository.refs.head(),
    ) == before
    assert [path.name for path in (dataset.folder / ".git/rolethread").glob("bisect*")] == ["bisect.json"]


def test_a_search_goes_on_in_another_process(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 8)
    first = dataset.history.bisect.start(commits[0])

    again = Dataset.open(tmp_path / "d").history.bisect.status()

    assert again == first
    assert again.test is not None
    assert again.tests == 3
    assert len(again.suspects) == 8


def test_skipped_commits_are_passed_over_and_named_where_they_hide_the_answer(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 3)
    dataset.history.bisect.start(commits[0])
    dataset.history.bisect.mark(Answer.SKIP, commits[1])

    search = dataset.history.bisect.mark(Answer.SKIP, commits[2])

    assert (search.test, search.first_bad) == (None, None)
    assert set(search.suspects) == set(commits[1:])
    with pytest.raises(UsageError, match="asks for nothing"):
        dataset.history.bisect.mark(Answer.GOOD)


def test_a_merge_is_searched_on_both_sides(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    good = dataset.snapshot().id
    dataset.branch("try", switch=True)
    side = [put(dataset, ids[0], f"try {number}") for number in range(4)]
    dataset.switch("main")
    put(dataset, ids[1], "main")
    subprocess.run(["git", "merge", "-q", "--no-edit", "try"], cwd=dataset.folder, check=True)
    repository = open_dataset(dataset.folder)
    bisecting.start(repository, good)

    def judge(search: Search) -> Answer:
        assert search.test is not None
        return Answer.BAD if repository.graph.is_ancestor(side[2], search.test.id) else Answer.GOOD

    found = bisecting.run(repository, judge)

    assert found.first_bad is not None
    assert found.first_bad.id == side[2]


def test_a_good_commit_on_another_branch_asks_for_the_fork_first(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    fork = dataset.snapshot().id
    dataset.branch("try", switch=True)
    good = put(dataset, ids[0], "better")
    dataset.switch("main")
    bad = put(dataset, ids[1], "worse")

    first = dataset.history.bisect.start(good, bad)
    second = dataset.history.bisect.mark(Answer.GOOD)

    assert first.is_fork
    assert first.test is not None
    assert first.test.id == fork
    assert second.first_bad is not None
    assert second.first_bad.id == bad


def test_a_bad_fork_is_a_contradiction_and_is_not_taken(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    good = put(dataset, ids[0], "better")
    dataset.switch("main")
    dataset.history.bisect.start(good, put(dataset, ids[1], "worse"))

    with refusal(InvalidError, "contradiction", match="comes after"):
        dataset.history.bisect.mark(Answer.BAD)

    assert len(dataset.history.bisect.status().marks) == 2


@pytest.mark.parametrize(("good", "bad"), [("main", "main~2"), ("main", "main")])
def test_good_must_be_older_than_bad(tmp_path: Path, good: str, bad: str) -> None:
    dataset, _ = history_of(tmp_path / "d", 3)

    with refusal(InvalidError, "contradiction"):
        dataset.history.bisect.start(good, bad)

    assert not dataset.history.bisect.reset()


def test_what_is_bad_cannot_be_skipped(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 3)
    dataset.history.bisect.start(commits[0])

    with refusal(InvalidError, "contradiction", match="nothing to skip"):
        dataset.history.bisect.mark(Answer.SKIP, "main")


def test_one_search_at_a_time(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 3)
    dataset.history.bisect.start(commits[0])

    with refusal(ConflictError, "bisecting"):
        dataset.history.bisect.start(commits[1])

    assert dataset.history.bisect.reset()
    with refusal(NotFoundError, "not_bisecting"):
        dataset.history.bisect.status()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{ torn",
        "[]",
        "{}",
        '{"version": 2, "marks": []}',
        '{"version": 1, "marks": []}',
        '{"version": 1, "marks": [{"answer": "worse", "commit": "%s", "time": 1}]}' % ("a" * 40),
        '{"version": 1, "marks": [{"answer": "good", "commit": "../x", "time": 1}]}',
    ],
)
def test_answers_that_do_not_read_are_told_and_can_be_thrown_away(tmp_path: Path, text: str) -> None:
    dataset, _ = history_of(tmp_path / "d", 2)
    path = dataset.folder / ".git/rolethread/bisect.json"
    path.write_text(text)

    with refusal(InvalidError, "bisect_state"):
        dataset.history.bisect.status()

    assert dataset.history.bisect.reset()
    assert not path.exists()


def test_a_commit_that_is_gone_is_told(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 3)
    dataset.history.bisect.start(commits[0])
    path = dataset.folder / ".git/rolethread/bisect.json"
    path.write_text(path.read_text().replace(commits[-1], "0" * 39 + "1"))

    with pytest.raises(DamagedError, match="answered about is not here"):
        dataset.history.bisect.status()


def test_a_shallow_copy_says_where_history_ends(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 6)
    dataset.branch("older", start=commits[0])
    subprocess.run(
        ["git", "clone", "-q", "--depth", "3", "--no-single-branch", f"file://{dataset.folder}", "shallow"],
        cwd=tmp_path,
        check=True,
    )
    repository = open_dataset(tmp_path / "shallow")

    with refusal(InvalidError, "contradiction", match="no commit in common"):
        bisecting.start(repository, "older")
    search = bisecting.start(repository, "@~1", "@")

    assert search.first_bad is not None
    assert search.ends == ()


def test_each_folder_copy_has_a_search_of_its_own(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 3)
    subprocess.run(
        ["git", "worktree", "add", "-q", "-b", "try", str(tmp_path / "copy")], cwd=dataset.folder, check=True
    )
    dataset.history.bisect.start(commits[0])

    with refusal(NotFoundError, "not_bisecting"):
        Dataset.open(tmp_path / "copy").history.bisect.status()


def test_the_export_for_a_test_leaves_no_operation(tmp_path: Path) -> None:
    dataset, commits = history_of(tmp_path / "d", 2)
    before = dataset.repository.operations.head()

    dataset.history.bisect.export(commits[1], tmp_path / "some.jsonl", clean=True)

    rows = [json.loads(line) for line in (tmp_path / "some.jsonl").read_text().splitlines()]
    assert rows == [{"messages": conversation("version 1")["messages"]}]
    assert dataset.repository.operations.head() == before
