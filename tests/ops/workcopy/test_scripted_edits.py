"""A script that edits a file alone: exactly its changes come back, and what the file cannot carry is kept."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from scripted_edits import Script, contents, kept, make_dataset

from rolethread_vcs.formats import row_formats
from rolethread_vcs.ops.workcopy.commit import CommitOptions, commit
from rolethread_vcs.ops.workcopy.edits import FileEdits, LineDecisions
from rolethread_vcs.ops.workcopy.file_copies import CopyOptions, add
from rolethread_vcs.ops.workcopy.lines import Layout, Reading
from rolethread_vcs.ops.workcopy.status import status
from rolethread_vcs.transaction import Intent

SHAPES = [(each.name, clean) for each in row_formats() for clean in (False, True)]
INTENT = Intent("workcopy", "workcopy commit train.jsonl")


def play(folder: Path, format_name: str, clean: bool, seed: int) -> None:
    """Edit a file at random, commit it, and compare with what the script did."""
    rng = random.Random(seed)
    dataset = make_dataset(folder / "inn", rng, plain=format_name == "alpaca" and not clean)
    path = folder / "train.jsonl"
    link = add(dataset.repository, path, CopyOptions(format=format_name, clean=clean))
    before = dict(dataset.snapshot())
    ids = list(before)
    script = Script.read(path, format_name)
    for _ in range(rng.randrange(1, 7)):
        if script.rows:
            script.any_edit(rng)
    script.write(path)
    words = decide(status(dataset.repository, path).edits, script, ids)

    found = status(dataset.repository, path, words).edits
    commit(dataset.repository, path, CommitOptions(words), INTENT)

    after = dict(dataset.snapshot())
    lines = path.read_bytes().splitlines()
    layout = Layout.of(link)
    assert len(after) == len(lines) == len(script.rows)
    for entry_id, source, line in zip(after, script.source, lines, strict=True):
        reading = layout.read(line)
        assert isinstance(reading, Reading)
        assert contents(after[entry_id].messages) == contents(reading.entry.messages)
        if entry_id in before:
            assert source is not None
            assert entry_id == ids[source]
            assert kept(after[entry_id]) == kept(before[entry_id])
    there = {ids[source] for source in script.source if source is not None}
    assert before.keys() - after.keys() == before.keys() - there
    assert len(found.dropped) == len(before) - len(there)
    assert len(found.new) == len(script.rows) - len(there)
    assert {found.entry_id(place) for place in found.edited} <= {ids[number] for number in script.edited}
    assert status(dataset.repository, path).is_clean


def decide(found: FileEdits, script: Script, ids: list[str]) -> LineDecisions:
    """Check that only copies of one row are ambiguous, and say of each which is the entry: the first one."""
    entries: dict[str, int] = {}
    new = []
    for place in sorted(found.unclear):
        source = script.source[place]
        assert source is not None
        assert script.source.count(source) > 1
        assert source in script.edited
        assert [candidate.id for candidate in found.candidates(place)] == [ids[source]]
        if entries.setdefault(ids[source], place + 1) != place + 1:
            new.append(place + 1)
    return LineDecisions(tuple(f"{line}={entry_id}" for entry_id, line in entries.items()), tuple(new))


@pytest.mark.parametrize(("format_name", "clean"), SHAPES)
@pytest.mark.parametrize("batch", range(2))
def test_what_a_script_did_comes_back_as_exactly_that(
    tmp_path: Path, format_name: str, clean: bool, batch: int
) -> None:
    for seed in range(batch * 22, batch * 22 + 22):
        folder = tmp_path / str(seed)
        folder.mkdir()
        play(folder, format_name, clean, seed)


@pytest.mark.slow
@pytest.mark.parametrize(("format_name", "clean"), SHAPES)
def test_what_many_scripts_did_comes_back_as_exactly_that(tmp_path: Path, format_name: str, clean: bool) -> None:
    for seed in (*range(44, 88), *range(1_000, 1_165)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        play(folder, format_name, clean, seed)
