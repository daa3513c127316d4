"""Whatever the clocks said: history comes children first, nothing is left out, and what is counted is right."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_commit_graph import Shape

from rolethread_vcs.store.objects import commits
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.refs import commit_graph
from rolethread_vcs.store.refs.commit_graph import CommitGraph

TREE = bytes.fromhex("4b825dc642cb6eb9a060e54bf8d69288fbee4904")


class Past:
    """A history with branches and merges whose clocks say what they like."""

    def __init__(self, shape: Shape, rng: random.Random) -> None:
        self.graph: CommitGraph = shape.graph()
        git = self.graph.objects.git
        self.ids: list[str] = []
        self.leads_to: dict[str, set[str]] = {}
        self.times: dict[str, int] = {}
        self.parents: dict[str, list[str]] = {}
        for number in range(rng.randint(5, 30)):
            near = self.ids[-5:]
            parents = rng.sample(near, min(len(near), rng.choice([1, 1, 1, 2])))
            time = 1_000 + number * 10 if rng.random() < 0.7 else rng.randint(1, 2_000)
            who = Signature("Mara", "mara@example.org", time, 0)
            oid = str(git.write(1, commits.encode(TREE, parents, who, who, f"{number} {rng.random()}\n")))
            self.ids.append(oid)
            self.parents[oid], self.times[oid] = parents, time
            self.leads_to[oid] = {oid}.union(*(self.leads_to[parent] for parent in parents))


@pytest.fixture(scope="module")
def shape(tmp_path_factory: pytest.TempPathFactory) -> Shape:
    return Shape(tmp_path_factory.mktemp("past") / "r")


@given(seed=st.integers(0, 10**6))
def test_walks_and_counts_do_not_believe_clocks(shape: Shape, seed: int) -> None:
    rng = random.Random(seed)
    past = Past(shape, rng)
    one, other = rng.choice(past.ids), rng.choice(past.ids)
    ours, theirs = past.leads_to[one], past.leads_to[other]

    every = [commit.id for commit in past.graph.newest_first([one, other])]
    some = [commit.id for commit in past.graph.newest_first([one], hide=[other])]
    since = rng.randint(1, 2_000)
    late = [each.id for each in past.graph.newest_first([one], since=since) if each.time >= since]

    assert (set(every), len(every)) == (ours | theirs, len(ours | theirs))
    assert set(some) == ours - theirs
    assert set(late) == {oid for oid in ours if past.times[oid] >= since}
    for walked in (every, some):
        place = {oid: number for number, oid in enumerate(walked)}
        assert all(place[parent] > place[oid] for oid in walked for parent in past.parents[oid] if parent in place)
    assert past.graph.ahead_behind(one, other) == (len(ours - theirs), len(theirs - ours))


def test_a_long_past_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit_graph, "_WORTH_IT", 5)
    shape = Shape(tmp_path / "r")
    shape.commit("A", time=99)
    for name, parent in zip("BCDEFGH", "ABCDEFG", strict=True):
        shape.commit(name, parent, time=ord(name))
    tip = shape.graph().objects.commit(shape.ids["H"])
    moment = shape.graph().order.moment(tip)
    later = shape.graph()
    read: list[str] = []
    plain = later.objects.commit
    monkeypatch.setattr(later.objects, "commit", lambda oid: read.append(oid) or plain(oid))

    assert (moment, later.order.moment(tip), read) == (106, 106, [])
    assert not later.order.is_by_the_clock(tip.id)


def test_a_past_of_which_a_part_is_missing_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit_graph, "_WORTH_IT", 1)
    shape = Shape(tmp_path / "r")
    for name, parents, time in (("R", "", 50), ("A", "R", 10), ("B", "A", 20), ("C", "B", 30)):
        shape.commit(name, parents, time=time)
    place = tmp_path / "r/.git/objects" / shape.ids["R"][:2] / shape.ids["R"][2:]
    kept = place.read_bytes()
    shape.lose("R")
    tip = shape.graph().objects.commit(shape.ids["C"])

    cut = shape.graph().order.moment(tip)
    place.write_bytes(kept)

    assert (cut, shape.graph().order.moment(tip)) == (30, 53)
