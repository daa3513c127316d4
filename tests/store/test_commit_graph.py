"""Walks through history."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rolethread_vcs.store.objects import MissingObjectError, commits
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.refs.commit_graph import Ancestry, read_link
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

    def ancestry(self) -> Ancestry:
        from rolethread_vcs.store.libgit2 import open_git

        return Ancestry(Repository(open_git(self.folder)).objects)

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


def test_a_link_is_what_decoding_gives(shape: Shape) -> None:
    ancestry = shape.ancestry()

    link = ancestry.link(shape.ids["M"])

    commit = link.commit
    assert (link.tree, link.parents, link.time) == (commit.tree, commit.parents, commit.committer.time)
    assert shape.names(link.parents) == "AD"


@pytest.mark.parametrize("data", [b"", b"tree xyz\n", b"tree " + TREE.hex().encode() + b"\nauthor a <b> 1 +0000\n\n"])
def test_bytes_that_are_no_commit_are_damage(data: bytes) -> None:
    with pytest.raises(MissingObjectError):
        read_link("0" * 40, data)


def test_the_newest_come_first_and_each_once(tmp_path: Path) -> None:
    shape = Shape(tmp_path / "r")
    shape.commit("R", time=1)
    for name, parents, time in (("A", "R", 5), ("B", "R", 2), ("C", "B", 4), ("M", "AC", 6)):
        shape.commit(name, parents, time=time)

    walked = shape.ancestry().newest_first([shape.ids["M"], shape.ids["A"]])

    assert shape.names(link.id for link in walked) == "MACBR"


def test_children_come_first_also_where_all_are_of_one_second(shape: Shape) -> None:
    walked = [(link.id, parents) for link, parents in shape.ancestry().children_first([shape.ids["M"]])]

    assert shape.names(oid for oid, _ in walked) == "MADCBR"
    assert [shape.names(parents) for _, parents in walked] == ["AD", "R", "C", "B", "R", ""]


def test_what_is_hidden_is_left_out_as_a_parent_too(shape: Shape) -> None:
    ancestry = shape.ancestry()
    hidden = ancestry.parents_of_all([shape.ids["C"]]).keys()

    found = ancestry.parents_of_all([shape.ids["M"]], hide=hidden)

    assert sorted(shape.names([oid]) for oid in found) == ["A", "D", "M"]
    assert found[shape.ids["D"]] == ()
    assert shape.names(link.id for link in ancestry.newest_first([shape.ids["M"]], hide=hidden)) == "MAD"


def test_a_missing_parent_ends_its_line_and_no_other(shape: Shape) -> None:
    shape.lose("B")
    ancestry = shape.ancestry()

    walked = [link.id for link in ancestry.newest_first([shape.ids["M"]])]

    assert sorted(shape.names(walked)) == ["A", "C", "D", "M", "R"]
    assert shape.names(ancestry.ends) == "C"


def test_a_missing_start_is_damage(shape: Shape) -> None:
    shape.lose("M")

    with pytest.raises(MissingObjectError):
        list(shape.ancestry().newest_first([shape.ids["M"]]))
