"""Walks through history."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rolethread_vcs.store.libgit2 import open_git
from rolethread_vcs.store.objects import MissingObjectError, commits
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.refs.commit_graph import CommitGraph
from rolethread_vcs.store.repository import Repository

TREE = bytes.fromhex("4b825dc642cb6eb9a060e54bf8d69288fbee4904")


class Shape:
    """Commits of one letter, made in a repository as a test wants them."""

    def __init__(self, folder: Path) -> None:
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        self.folder = folder
        self.ids: dict[str, str] = {}

    def commit(self, name: str, parents: str = "", *, time: int = 1_000) -> None:
        who = Signature("Mara", "mara@example.org", time, 60)
        data = commits.encode(TREE, [self.ids[parent] for parent in parents], who, who, f"{name}\n")
        command = ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"]
        done = subprocess.run(command, cwd=self.folder, input=data, check=True, capture_output=True)
        self.ids[name] = done.stdout.decode().strip()

    def lose(self, name: str) -> None:
        oid = self.ids[name]
        path = self.folder / ".git/objects" / oid[:2] / oid[2:]
        path.unlink()

    def graph(self) -> CommitGraph:
        return Repository(open_git(self.folder)).graph

    def names(self, oids: object) -> str:
        letters = {oid: name for name, oid in self.ids.items()}
        return "".join(letters[oid] for oid in oids)  # type: ignore[attr-defined]


@pytest.fixture
def shape(tmp_path: Path) -> Shape:
    """A merge of a short and a long line that began in the same second: M of A and D, D C B, both from R."""
    shape = Shape(tmp_path / "r")
    shape.commit("R")
    for name, parents in (("A", "R"), ("B", "R"), ("C", "B"), ("D", "C"), ("M", "AD")):
        shape.commit(name, parents)
    return shape


def test_a_commit_with_odd_lines_is_read_as_a_plain_one_is(shape: Shape) -> None:
    plain = shape.graph().objects.commit(shape.ids["M"])
    odd = commits.decode(plain.id, plain.data.replace(b"\nauthor", b"\nodd line\nauthor"))

    assert odd[:4] == plain[:4]
    assert shape.names(plain.parents) == "AD"
    assert (odd.author, odd.committer, odd.message) == (plain.author, plain.committer, "M\n")
    assert odd.committer == Signature("Mara", "mara@example.org", odd.time, 60)


@pytest.mark.parametrize("data", [b"", b"tree xyz\n", b"tree " + TREE.hex().encode() + b"\nauthor a <b> 1 +0000\n\n"])
def test_bytes_that_are_no_commit_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="a commit needs"):
        commits.decode("0" * 40, data)


def test_the_newest_come_first_and_each_once(tmp_path: Path) -> None:
    shape = Shape(tmp_path / "r")
    shape.commit("R", time=1)
    for name, parents, time in (("A", "R", 5), ("B", "R", 2), ("C", "B", 4), ("M", "AC", 6)):
        shape.commit(name, parents, time=time)

    walked = shape.graph().newest_first([shape.ids["M"], shape.ids["A"]])

    assert shape.names(commit.id for commit in walked) == "MACBR"


def test_children_come_first_also_where_all_are_of_one_second(shape: Shape) -> None:
    walked = [(commit.id, parents) for commit, parents in shape.graph().children_first([shape.ids["M"]])]

    assert shape.names(oid for oid, _ in walked) == "MADCBR"
    assert [shape.names(parents) for _, parents in walked] == ["AD", "R", "C", "B", "R", ""]


def test_what_is_hidden_is_left_out_as_a_parent_too(shape: Shape) -> None:
    graph = shape.graph()
    hidden = [shape.ids["C"]]

    found = graph.parents_of_all([shape.ids["M"]], hide=hidden)

    assert sorted(shape.names([oid]) for oid in found) == ["A", "D", "M"]
    assert found[shape.ids["D"]] == ()
    assert shape.names(commit.id for commit in graph.newest_first([shape.ids["M"]], hide=hidden)) == "MDA"


def test_what_a_hidden_commit_led_from_is_left_out_where_a_clock_was_wrong(tmp_path: Path) -> None:
    """H, hidden, is by its clock older than all that led to it and to the start S."""
    shape = Shape(tmp_path / "r")
    shape.commit("R", time=10)
    for name, parents, time in (("A", "R", 20), ("B", "A", 30), ("H", "B", 1), ("S", "B", 40)):
        shape.commit(name, parents, time=time)

    walked = shape.graph().newest_first([shape.ids["S"]], hide=[shape.ids["H"]])

    assert shape.names(commit.id for commit in walked) == "S"


def test_hiding_reads_no_more_of_a_long_past_than_it_must(tmp_path: Path) -> None:
    shape = Shape(tmp_path / "r")
    shape.commit("0", time=0)
    for number in range(1, 30):
        shape.commit(chr(48 + number), chr(47 + number), time=number)
    graph = shape.graph()
    shape.lose("0")

    walked = graph.newest_first([shape.ids[chr(77)]], hide=[shape.ids[chr(75)]])

    assert shape.names(commit.id for commit in walked) == chr(77) + chr(76)
    assert not graph.ends


def test_a_missing_parent_ends_its_line_and_no_other(shape: Shape) -> None:
    shape.lose("B")
    graph = shape.graph()

    walked = [commit.id for commit in graph.newest_first([shape.ids["M"]])]

    assert sorted(shape.names(walked)) == ["A", "C", "D", "M", "R"]
    assert shape.names(graph.ends) == "C"


def test_a_missing_start_is_damage(shape: Shape) -> None:
    shape.lose("M")

    with pytest.raises(MissingObjectError):
        list(shape.graph().newest_first([shape.ids["M"]]))
