"""Trees built and walked by us, against stock git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.trees import FILE, apply, files, object_id, two_way

NAMES = st.sampled_from(["a", "a.b", "a-b", "ab", "b", "z", "Ä", "0001", "a b"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.sampled_from([b"one", b"two", b"three"])


def _is_prefix_free(paths: dict[str, bytes]) -> bool:
    return not any(other.startswith(f"{path}/") for path in paths for other in paths)


FILES = st.dictionaries(PATHS, CONTENTS, max_size=8).filter(_is_prefix_free)


class Store:
    """A repository filled through our trees and asked through stock git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trees: dict[bytes, bytes] = {}
        subprocess.run(["git", "init", "-q", "--bare", str(folder)], check=True)
        self.blobs = {data: self._hash("blob", data) for data in (b"one", b"two", b"three")}

    def git(self, *arguments: str, data: bytes = b"") -> bytes:
        return subprocess.run(
            ["git", "-C", str(self.folder), *arguments], input=data, check=True, capture_output=True
        ).stdout

    def add(self, kind: str, data: bytes) -> bytes:
        oid = self._hash(kind, data)
        self.trees[oid] = data
        return oid

    def tree(self, oid: bytes) -> bytes:
        return self.trees[oid]

    def build(self, content: dict[str, bytes], base: bytes | None = None) -> bytes | None:
        changes = {path: (FILE, self.blobs[data]) for path, data in content.items()}
        return apply(base, changes, self, self)

    def _hash(self, kind: str, data: bytes) -> bytes:
        return bytes.fromhex(self.git("hash-object", "-w", "-t", kind, "--stdin", data=data).decode())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("trees"))


@settings(max_examples=20)
@given(content=FILES)
def test_git_lists_what_was_built_and_finds_nothing_wrong(store, content):
    tree = store.build(content)

    if tree is None:
        assert content == {}
        return
    listed = store.git("ls-tree", "-r", "-z", tree.hex()).decode().split("\0")[:-1]
    assert [line.partition("\t")[2] for line in listed] == sorted(content, key=lambda path: path.encode())
    assert store.git("mktree", data=store.git("ls-tree", tree.hex())).decode().strip() == tree.hex()


@settings(max_examples=20)
@given(before=FILES, after=FILES)
def test_a_walk_of_two_trees_finds_what_git_diff_tree_finds(store, before, after):
    empty = store.add("tree", b"")
    one, two = store.build(before) or empty, store.build(after) or empty

    ours = [
        (path, old.oid.hex() if old else "0" * 40, new.oid.hex() if new else "0" * 40)
        for path, old, new in two_way(one, two, store.tree)
    ]

    fields = store.git("diff-tree", "-r", "-z", "--no-renames", one.hex(), two.hex()).decode().split("\0")[:-1]
    theirs = [(path, *head.split(" ")[2:4]) for head, path in zip(fields[::2], fields[1::2], strict=True)]
    assert sorted(ours) == sorted(theirs)


class Memory(dict[bytes, bytes]):
    """Trees by their ids, as `apply` reads and writes them."""

    def tree(self, oid: bytes) -> bytes:
        return self[oid]

    def add(self, kind: str, data: bytes) -> bytes:
        oid = object_id(kind, data)
        self[oid] = data
        return oid


def _tree(content: dict[str, bytes], known: Memory, base: bytes | None = None) -> bytes | None:
    blobs = {path: (FILE, data.ljust(20, b".")) for path, data in content.items()}
    return apply(base, blobs, known, known)


@given(content=FILES)
def test_files_lists_what_was_built(content):
    known = Memory()
    tree = _tree(content, known)

    assert {path: blob.oid.rstrip(b".") for path, blob in files(tree, known.tree)} == content


@given(content=FILES)
def test_taking_everything_out_again_leaves_no_tree(content):
    known = Memory()
    tree = _tree(content, known)

    assert apply(tree, dict.fromkeys(content), known, known) is None


@given(before=FILES, after=FILES)
def test_applying_the_walked_differences_gives_the_other_tree(before, after):
    known = Memory()
    one, two = _tree(before, known), _tree(after, known)

    changes = {path: None if new is None else tuple(new) for path, _, new in two_way(one, two, known.tree)}
    backwards = dict(reversed(changes.items()))

    assert [apply(one, each, known, known) for each in (changes, backwards)] == [two, two]


@pytest.mark.parametrize("before", [{"a": b"1"}, {"a/b": b"1"}], ids=["file", "folder"])
def test_a_file_and_a_folder_of_one_name_give_way_to_each_other_in_one_change(before):
    known = Memory()
    after = {"a/b": b"2", "a/c": b"3"} if "a" in before else {"a": b"2"}
    one, two = _tree(before, known), _tree(after, known)

    changes = {path: (FILE, data.ljust(20, b".")) for path, data in after.items()} | dict.fromkeys(before)

    assert apply(one, changes, known, known) == two


def test_equal_folders_are_not_read():
    known = Memory()
    one = _tree({"same/deep/a": b"1", "other/b": b"1"}, known)
    two = _tree({"same/deep/a": b"1", "other/b": b"2"}, known)
    read: list[bytes] = []

    def reading(oid: bytes) -> bytes:
        read.append(oid)
        return known[oid]

    assert [difference.path for difference in two_way(one, two, reading)] == ["other/b"]
    assert len(read) == 4


def test_a_change_below_a_file_of_the_same_change_is_refused():
    known = Memory()

    for paths in (("a", "a/b"), ("a/b", "a"), ("a/b", "a", "a/c")):
        with pytest.raises(TypeError, match="lies below a"):
            _tree(dict.fromkeys(paths, b"1"), known)


@pytest.mark.parametrize(("there", "coming"), [("a", "a/b"), ("a/b", "a")], ids=["file", "folder"])
def test_nothing_takes_the_place_of_a_file_or_folder_that_stays(there, coming):
    known = Memory()
    base = _tree({there: b"1", "z": b"2"}, known)

    with pytest.raises(InvalidError, match="would take its place"):
        _tree({coming: b"3"}, known, base)

    assert apply(base, {coming: None}, known, known) == base


def test_what_is_parsed_is_written_back_to_the_byte():
    known = Memory()
    tree = _tree({"a.b": b"1", "a/x": b"2", "a-b": b"3"}, known)
    assert tree is not None

    assert trees.unparse(trees.parse(known[tree])) == known[tree]
    assert [item.name for item in trees.parse(known[tree])] == [b"a-b", b"a.b", b"a"]


def test_an_id_that_looks_like_a_name_is_not_taken_for_one():
    looks = b"100644 x\0".ljust(20, b"\7")
    base = trees.unparse(
        [trees.Item(FILE, b"w", looks), trees.Item(FILE, b"x", bytes(20)), trees.Item(FILE, b"y", looks)]
    )
    known = Memory({b"base": base})

    changed = apply(b"base", {"x": (FILE, b"\1" * 20)}, known, known)

    assert changed is not None
    assert [item.oid for item in trees.parse(known[changed])] == [looks, b"\1" * 20, looks]


def test_one_new_id_in_a_large_tree_is_all_that_changes():
    items = [trees.Item(FILE, b"%08d.json" % number, number.to_bytes(20)) for number in range(300)]
    known = Memory({b"base": trees.unparse(items)})

    changed = apply(b"base", {"00000007.json": (FILE, b"\1" * 20)}, known, known)

    items[7] = trees.Item(FILE, items[7].name, b"\1" * 20)
    assert changed is not None
    assert known[changed] == trees.unparse(items)
