"""Lines that were all written anew, as in a translation: known by their places, or asked about."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from scripted_edits import Script, conversation, kept, sentence

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError
from rolethread_vcs.matching.ladder import Doubt
from rolethread_vcs.ops.workcopy.file_copies import CopyOptions
from rolethread_vcs.transaction import Intent

Bench = tuple[Dataset, Path]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Fifteen entries of one to three exchanges, and a clean file of them."""
    rng, dataset = random.Random(7), Dataset.init(tmp_path / "inn")
    entries = [{"messages": conversation(rng, 1 + number % 3), "tags": [f"t{number}"]} for number in range(15)]
    dataset.add(entries, Intent("add", "add"))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, CopyOptions(format="sharegpt", clean=True))
    return dataset, path


def translate(path: Path, lines: range, *, without: int | None = None) -> None:
    """Write all texts of some lines anew, with words that no other line has."""
    script, rng = Script.read(path, "sharegpt"), random.Random(9)
    for line in lines:
        for turn in script.rows[line]["conversations"]:
            turn["value"] = " ".join(word[::-1] + "o" for word in sentence(rng).split())
    if without is not None:
        del script.rows[without]
    script.write(path)


@pytest.mark.parametrize("lines", [range(15), range(4, 10)])
def test_lines_translated_in_their_places_are_edits_and_keep_what_they_had(bench: Bench, lines: range) -> None:
    dataset, path = bench
    before = dict(dataset.snapshot())
    translate(path, lines)

    done = dataset.copies.commit(path).committed

    after = dict(dataset.snapshot())
    assert (done.added, done.changed, done.removed) == (0, len(lines), 0)
    assert {entry_id: kept(entry) for entry_id, entry in after.items()} == {
        entry_id: kept(entry) for entry_id, entry in before.items()
    }


def test_translated_lines_of_which_one_is_gone_are_ambiguous(bench: Bench) -> None:
    dataset, path = bench
    translate(path, range(15), without=6)

    found = dataset.copies.status(path).edits

    assert {each.doubt for each in found.unclear.values()} == {Doubt.PLACE}
    assert (len(found.unclear), found.new) == (14, ())
    with pytest.raises(ConflictError):
        dataset.copies.commit(path)


def test_one_line_with_nothing_in_common_is_a_new_one(bench: Bench) -> None:
    dataset, path = bench
    translate(path, range(5, 6))

    found = dataset.copies.status(path).edits

    assert (found.new, found.dropped) == ((5,), [5])
