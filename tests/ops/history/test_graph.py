"""The lines of history, drawn."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.history.graph import Graph, draw, names_by_commit
from rolethread_vcs.ops.history.log import LogFilter
from rolethread_vcs.store.dataset_folder import open_dataset


def drawn(history: list[tuple[str, str]]) -> list[str]:
    """Return the drawing of commits of one letter, with the letter behind its line."""
    rows = draw((name, tuple(above)) for name, above in history)
    return [f"{lines} {commit or ''}".rstrip() for lines, commit in rows]


def test_a_straight_history_is_a_straight_line() -> None:
    assert drawn([("C", "B"), ("B", "A"), ("A", "")]) == ["* C", "* B", "* A"]


def test_a_merge_parts_and_meets() -> None:
    assert drawn([("M", "AB"), ("A", "R"), ("B", "R"), ("R", "")]) == ["* M", "|\\", "* | A", "| * B", "|/", "* R"]


def test_a_line_goes_over_under_the_lines_between() -> None:
    history = [("M", "AB"), ("A", "R"), ("B", "CD"), ("C", "Q"), ("D", "R"), ("R", "Q"), ("Q", "")]

    assert drawn(history) == [
        "* M",
        "|\\",
        "* | A",
        "| * B",
        "| |\\",
        "| * | C",
        "| | * D",
        "|_|/",
        "* | R",
        "|/",
        "* Q",
    ]


def test_a_line_that_ends_makes_room() -> None:
    assert drawn([("M", "AB"), ("A", ""), ("B", "")]) == ["* M", "|\\", "* | A", " /", "* B"]


def test_a_merge_of_three_has_its_parents_in_order() -> None:
    history = [("M", "ABC"), ("A", "R"), ("B", "R"), ("C", "R"), ("R", "")]

    assert drawn(history)[:6] == ["* M", "|\\", "|\\ \\", "* | | A", "| * | B", "| | * C"]


@st.composite
def _histories(draw_: st.DrawFn) -> list[tuple[str, tuple[str, ...]]]:
    size = draw_(st.integers(1, 12))
    return [
        (
            str(number),
            tuple(str(above) for above in draw_(st.sets(st.integers(number + 1, size), max_size=3)) if above < size),
        )
        for number in range(size)
    ]


@given(_histories())
def test_every_commit_stands_once_in_the_order_given(history: list[tuple[str, tuple[str, ...]]]) -> None:
    rows = list(draw(history))

    assert [commit for _, commit in rows if commit] == [commit for commit, _ in history]
    assert all(lines.count("*") == (commit is not None) for lines, commit in rows)


def test_a_graph_puts_children_before_parents_whatever_the_clock_says(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    dataset.branch("try", switch=True)
    for number in range(3):
        _put(dataset, ids[0], f"try {number}")
    dataset.switch("main")
    _put(dataset, ids[1], "on main")
    subprocess.run(["git", "merge", "-q", "--no-edit", "try"], cwd=dataset.folder, check=True)
    repository = open_dataset(dataset.folder)

    seen: set[str] = set()
    for row in Graph(repository):
        if row.logged is not None:
            seen.add(row.logged.commit.id)
            assert not seen & set(row.logged.commit.parents)

    assert len(seen) == 7


def test_commits_that_do_not_fit_are_left_out_and_their_lines_are_not(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    _put(dataset, ids[0], "changed")

    rows = list(Graph(dataset.repository, only=LogFilter(verb="add")))

    assert [row.logged.counts.added for row in rows if row.logged is not None] == [2]


def test_branches_and_releases_are_known_by_commit(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    subprocess.run(["git", "tag", "-a", "v1", "-m", "first"], cwd=dataset.folder, check=True)
    dataset.branch("try")

    assert names_by_commit(dataset.repository)[dataset.snapshot().id] == ["main", "try", "v1"]


def _put(dataset: Dataset, entry_id: str, question: str) -> None:
    with dataset.edit() as change:
        change.put(entry_id, conversation(question))
