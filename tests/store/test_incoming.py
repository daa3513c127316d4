"""The walk of a merge finds what a plain comparison of all files finds; bases are those of stock git."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs import Dataset
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.trees import object_id
from rolethread_vcs.store.tree_reader import Overlay

PATHS = [f"{one}/{two}/{name}.json" for one in "ab" for two in "cd" for name in "efg"] + ["top.json", "a.json"]
_trees = st.dictionaries(st.sampled_from(PATHS), st.sampled_from([b"1", b"2", b"3"]), max_size=8)


class _Nothing:
    def tree(self, oid: bytes) -> bytes:
        raise KeyError(oid)

    def blob(self, oid: bytes) -> bytes:
        raise KeyError(oid)


@given(base=_trees, ours=_trees, theirs=_trees)
def test_it_yields_what_theirs_changed_and_ours_has_otherwise(
    base: dict[str, bytes], ours: dict[str, bytes], theirs: dict[str, bytes]
) -> None:
    overlay = Overlay(_Nothing())

    def tree(files: dict[str, bytes]) -> bytes | None:
        paths: trees.Change = {path: (trees.FILE, object_id("blob", data)) for path, data in files.items()}
        return trees.apply(None, paths, overlay, overlay)

    found = list(trees.incoming(tree(base), tree(ours), tree(theirs), overlay.tree))

    expected = [path for path in PATHS if theirs.get(path) != base.get(path) and theirs.get(path) != ours.get(path)]
    assert sorted(triple.path for triple in found) == sorted(expected)
    for triple in found:
        sides = [None if blob is None else blob.oid for blob in triple[1:]]
        assert sides == [
            object_id("blob", side[triple.path]) if triple.path in side else None for side in (base, ours, theirs)
        ]


def test_merge_bases_are_those_of_stock_git(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "inn")
    rolled, commits = random.Random(7), [dataset.snapshot().id]
    tree = dataset.snapshot().tree.hex()
    for number in range(40):
        parents = sorted({rolled.choice(commits[-6:]) for _ in range(rolled.choice([1, 1, 2]))})
        words = [word for parent in parents for word in ("-p", parent)]
        commits.append(_git(dataset.folder, "commit-tree", tree, *words, "-m", str(number)))

    several = 0
    for _ in range(60):
        one, other = rolled.choice(commits), rolled.choice(commits)
        found = dataset.repository.graph.merge_bases(one, other)
        several += len(found) > 1
        assert set(found) == set(_git(dataset.folder, "merge-base", "--all", one, other).split())
        assert found == dataset.repository.graph.merge_bases(other, one)
    assert several


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=True, text=True)
    return done.stdout.strip()
