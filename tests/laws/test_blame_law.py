"""Blame names who brought a message and who changed it last, whatever it says: asked about hidden identities."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from identities import Line, Version, Writer, edited, units
from oracle import moved

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.diff.likeness import similarity
from rolethread_vcs.transaction import Intent

Key = tuple[int, int]
Life = tuple[int, int]
"""The version that changed a message last, and the one that brought it in."""


class Count(NamedTuple):
    messages: int
    wrong: list[str]


def test_blame_names_the_version_that_changed_a_message_and_the_one_that_brought_it(tmp_path: Path) -> None:
    assert blamed(tmp_path, seed=4, conversations=80, versions=4).wrong == []


@pytest.mark.slow
def test_blame_is_nearly_never_wrong(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")

    found = blamed(tmp_path, seed, conversations=1_500, versions=4)

    assert len(found.wrong) <= 1 + found.messages // 1_000, f"seed {seed}: {found.wrong}"


def blamed(folder: Path, seed: int, conversations: int, versions: int) -> Count:
    """Write conversations version by version, one commit each, and return what blame says wrongly of the last."""
    rows = [history(seed * 1_000_000 + number, versions) for number in range(conversations)]
    dataset = Dataset.init(folder / "d")
    ids = dataset.add([fields(row[0]) for row in rows], Intent("add", "add")).ids
    commits = [dataset.snapshot().id]
    for number in range(1, versions):
        with dataset.edit() as change:
            for entry_id, row in zip(ids, rows, strict=True):
                change.put(entry_id, fields(row[number]))
        commits.append(dataset.snapshot().id)
    messages, wrong = 0, []
    for number, (entry_id, row) in enumerate(zip(ids, rows, strict=True)):
        unknowable = {key for before, after in pairwise(row) for key in equals_of_others(before, after)}
        found = dataset.history.blame(entry_id).messages
        messages += len(found)
        for line, each in zip(row[-1].lines, found, strict=True):
            said = commits.index(each.changed.id), commits.index(each.brought.id)
            if said != life(row, line) and (line.who, line.part) not in unknowable:
                wrong.append(f"conversation {number}, message {each.index}: {said}, is {life(row, line)}")
    return Count(messages, wrong)


def history(seed: int, versions: int) -> list[Version]:
    writer = Writer(random.Random(seed))
    row = [Version(writer.conversation())]
    while len(row) < versions:
        row.append(edited(writer, row[-1], writer.random.choice([1, 1, 2])))
    return row


def fields(version: Version) -> dict[str, object]:
    return {"messages": [line.message for line in version.lines]}


def life(row: Sequence[Version], line: Line) -> Life:
    values = [{(each.who, each.part): each.message for each in version.lines} for version in row]
    key = (line.who, line.part)
    brought = next(number for number, known in enumerate(values) if key in known)
    changed = (n for n in range(len(row) - 1, brought, -1) if values[n][key] != values[n - 1][key])
    return next(changed, brought), brought


def equals_of_others(before: Version, after: Version) -> set[Key]:
    """Return the messages of which nobody can know that they are not others.

    Those that replaced what speaks alike, and the exchanges that say what others say of which one came, went or moved.
    """
    old, new = ({(line.who, line.part) for line in version.lines} for version in (before, after))
    went = [line for line in before.lines if (line.who, line.part) not in new]
    found = {
        (line.who, line.part)
        for line in after.lines
        if (line.who, line.part) not in old and any(is_alike(line, each) for each in went)
    }
    shifted = moved(before.lines, after.lines)
    for version, other in ((before, new), (after, old)):
        for one in units(version.lines):
            equal = [unit for unit in units(version.lines) if said(version, unit) == said(version, one)]
            keys = {(version.lines[n].who, version.lines[n].part) for unit in equal for n in unit}
            if len(equal) > 1 and (keys - other or any(who in shifted for who, _ in keys)):
                found |= keys
    return found


def is_alike(one: Line, other: Line) -> bool:
    first, second = one.message, other.message
    is_one_voice = all(first.get(key) == second.get(key) for key in ("role", "speaker"))
    return is_one_voice and similarity(first["content"], second["content"]) >= 0.5


def said(version: Version, unit: range) -> list[tuple[str, str]]:
    return [(version.lines[n].message["role"], version.lines[n].message["content"]) for n in unit]
