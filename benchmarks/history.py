"""The life of one entry over ten thousand commits, `rtv log ID` against `git log -- PATH`, both as processes."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from measuring import Figure, Run, median, run, take_turns
from workspace import RTV, SEED, Workspace

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.store.objects import Objects, trees
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.objects.packs import PackWriter

COMMITS = 10_000
EVERY = 500
"""One commit in so many edits the entry that is asked about, the others edit another."""
TURNS = 4
"""Short runs are noisy: so many times the rounds of a long one."""


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield the life of one entry among many."""
    count = max(100, int(COMMITS * workspace.share))
    folder, entry_id = _with_history(workspace, count)

    def life() -> Run:
        return run([RTV, "-C", str(folder), "log", entry_id])

    def git_log() -> Run:
        return run(["git", "-C", str(folder), "log", "--", entry_path(entry_id)])

    def newest() -> Run:
        return run([RTV, "-C", str(folder), "log", "-n", "1"])

    first = life()  # walks every commit, and remembers which of them changed the entry
    lives, logs, starts = take_turns(workspace.runs * TURNS, life, git_log, newest)
    yield Figure(
        f"`rtv log ID` over {count:,} commits, {workspace.entries:,} entries",
        f"{median(lives) * 1000:.0f} ms (the first time {first.seconds * 1000:.0f} ms)",
        f"`git log -- PATH` {median(logs) * 1000:.0f} ms (start-up of ours {median(starts) * 1000:.0f} ms)",
        round(median(lives) / median(logs), 2),
        3,
        "ratio",
    )


def _with_history(workspace: Workspace, count: int) -> tuple[Path, str]:
    """Return a dataset with so many one-entry edits, written in one pack, and the entry that some of them edited."""
    folder = workspace.folder / "with-history"
    shutil.copytree(workspace.written(workspace.entries), folder)
    repository = Dataset.open(folder).repository
    snapshot = repository.head_snapshot()
    ids = snapshot.ids()
    watched, others = ids[len(ids) // 2], random.Random(SEED)
    tip, tree, who = snapshot.id, snapshot.tree, repository.signature()
    with repository.pack() as pack:
        fresh = _Trees(repository.objects, pack)
        for number in range(count):
            entry_id = watched if number % EVERY == EVERY // 2 else others.choice(ids)
            blob = pack.add("blob", _entry(number))
            root = trees.apply(tree, {entry_path(entry_id): (trees.FILE, blob)}, fresh, fresh)
            assert root is not None
            tree = root
            when = Signature(who.name, who.email, who.time + number, who.offset)
            tip = pack.add_commit(tree, [tip], when, f"edit {entry_id}\n")
        published = pack.publish()
    published.with_suffix(".keep").unlink()
    subprocess.run(["git", "-C", str(folder), "update-ref", "refs/heads/main", tip], check=True)
    return folder, watched


class _Trees:
    """Writes trees into a pack, and reads them while the pack is not published."""

    def __init__(self, objects: Objects, pack: PackWriter) -> None:
        self._objects = objects
        self._pack = pack
        self._fresh: dict[bytes, bytes] = {}

    def add(self, kind: str, data: bytes) -> bytes:
        oid = self._pack.add(kind, data)
        self._fresh[oid] = data
        return oid

    def tree(self, oid: bytes) -> bytes:
        return self._fresh.get(oid) or self._objects.tree(oid)


def _entry(number: int) -> bytes:
    messages = [{"role": "user", "content": f"edit {number}"}, {"role": "assistant", "content": "yes"}]
    return encode_entry(Entry.of({"messages": messages}))
