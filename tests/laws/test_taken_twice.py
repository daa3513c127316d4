"""What was picked or partly merged before is told once, and what is taken back is taken back, by the oracle's word.

Each case is a short history of one conversation that ends in two merges; the second one meets what the first one
brought or took back. `identities` knows who each message is, through both.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from random import Random
from typing import NamedTuple

import pytest

from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.model.entry import Entry
from tests.laws.identities import EDITS, SPLITS, Line, Message, Version, Writer, edited
from tests.laws.oracle import Oracle


class Sides(NamedTuple):
    """A merge: its base, ours and theirs."""

    base: Version
    ours: Version
    theirs: Version


class History(NamedTuple):
    """A first merge, and the second by what came of the first."""

    first: Sides
    second: Callable[[Version], Sides]


class _Author:
    """Edits versions at random, and remembers from where on an edit counts as one of a side."""

    def __init__(self, seed: int) -> None:
        self._writer = Writer(Random(seed))
        self._edits = SPLITS if seed % 3 == 0 else EDITS
        self.base = Version(self._writer.conversation())

    def edit(self, version: Version) -> Version:
        times = self._writer.random.choice([1, 1, 2])
        return edited(self._writer, Version(version.lines, touched=version.touched), times, self._edits)

    def may_edit(self, version: Version) -> Version:
        return self.edit(version) if self._writer.random.random() < 0.6 else Version(version.lines)


def _since(version: Version, *steps: Version) -> Version:
    """Return a version with what all steps to it touched."""
    return Version(version.lines, touched=frozenset[int]().union(*(each.touched for each in steps)))


def picked_then_merged(seed: int) -> History:
    """Ours picks the first of two changes of theirs, and merges both later."""
    author = _Author(seed)
    first = author.edit(author.base)
    second = author.edit(first)
    ours = author.may_edit(author.base)

    def merge(picked: Version) -> Sides:
        later = author.may_edit(picked)
        return Sides(author.base, _since(later, picked, later), _since(second, first, second))

    return History(Sides(author.base, ours, first), merge)


def part_then_merged(seed: int) -> History:
    """Ours picks the second of two changes of theirs, and merges both later."""
    author = _Author(seed)
    first = author.edit(author.base)
    second = author.edit(first)
    ours = author.may_edit(author.base)

    def merge(picked: Version) -> Sides:
        later = author.may_edit(picked)
        return Sides(author.base, _since(later, ours, second, later), _since(second, first, second))

    return History(Sides(Version(first.lines), _since(ours, ours, first), second), merge)


def taken_back_then_picked(seed: int) -> History:
    """A change is taken back after others, and picked again: then it is there as before."""
    author = _Author(seed)
    change = author.edit(author.base)
    now = author.may_edit(change)

    def pick(back: Version) -> Sides:
        return Sides(author.base, _since(back, now), change)

    return History(Sides(Version(change.lines), now, _since(author.base, change)), pick)


def taken_back_then_merged(seed: int) -> History:
    """Ours takes back a change that theirs was made from, and merges theirs: what was taken back stays taken back."""
    author = _Author(seed)
    change = author.edit(author.base)
    now = author.may_edit(change)

    def merge(back: Version) -> Sides:
        ours = author.may_edit(back)
        return Sides(Version(change.lines), _since(ours, back, ours), author.edit(change))

    return History(Sides(Version(change.lines), now, _since(author.base, change)), merge)


HISTORIES = [picked_then_merged, part_then_merged, taken_back_then_picked, taken_back_then_merged]


def merged(sides: Sides) -> list[Message] | None:
    """Return the messages of a merge, None where it conflicts."""
    base, ours, theirs = (Entry.of({"messages": [line.message for line in each.lines]}) for each in sides)
    result = merge_entries(base, ours, theirs)
    return None if result.conflicts or result.value is None else list(result.value.messages)


def fault(history: History) -> str:
    """Return what is wrong with the merges of a history, "" when nothing is."""
    oracle = Oracle(*history.first)
    result = merged(history.first)
    verdict = oracle.judge(result)
    if verdict.what == "wrong" or result is None:
        return f"the first merge: {verdict.why}" if verdict.what == "wrong" else ""
    between = oracle.version(result)
    if between is None:
        return ""
    sides = history.second(between)
    verdict = Oracle(*sides).judge(merged(sides))
    return f"the second merge: {verdict.why}" if verdict.what == "wrong" else ""


@pytest.mark.parametrize("story", HISTORIES)
def test_nothing_is_told_twice_and_what_is_taken_back_is_taken_back(story: Callable[[int], History]) -> None:
    faults = {seed: found for seed in range(150) if (found := fault(story(seed)))}

    assert faults == {}


@pytest.mark.parametrize(
    ("story", "seed"),
    [
        pytest.param(picked_then_merged, 820002877, id="a short exchange that was picked, edited by both"),
        pytest.param(picked_then_merged, 830001116, id="all of it short, where the base had another one"),
        pytest.param(picked_then_merged, 1130004432, id="beside another one that theirs added"),
        pytest.param(part_then_merged, 830001942, id="a stranger in the words of a part of a message"),
        pytest.param(taken_back_then_picked, 820002983, id="an only exchange, replaced by one that begins as it did"),
        pytest.param(taken_back_then_picked, 1230000639, id="a question that asks alike elsewhere"),
    ],
)
def test_what_was_told_wrongly_once_is_not_any_more(story: Callable[[int], History], seed: int) -> None:
    assert fault(story(seed)) == ""


def picked_and_merged(seed: int) -> tuple[list[Message] | None, list[Message] | None]:
    """Return what comes of picking all changes of a branch one by one, and of merging it; None where one conflicts."""
    author = _Author(seed)
    ours = author.edit(author.base)
    picked, before = ours, author.base
    for _ in range(3):
        after = author.edit(before)
        result = merged(Sides(before, picked, after))
        if result is None:
            return None, None
        picked, before = Version(tuple(Line(-1, message) for message in result)), after
    return [line.message for line in picked.lines], merged(Sides(author.base, ours, before))


def said(messages: list[Message]) -> list[str]:
    return sorted(json.dumps(message, ensure_ascii=False) for message in messages)


def test_who_picks_all_changes_of_a_branch_has_what_a_merge_brings() -> None:
    seeds = {seed: picked_and_merged(seed) for seed in range(300)}
    both = {seed: results for seed, results in seeds.items() if None not in results}

    assert len(both) > 150
    assert [seed for seed, (picked, whole) in both.items() if said(picked or []) != said(whole or [])] == []
    # What both added in one place stands in the one order or the other, and a move that was taken back is none.
    assert sum(picked != whole for picked, whole in both.values()) * 20 <= len(both)


@pytest.mark.slow
@pytest.mark.parametrize("story", HISTORIES)
def test_of_thousands_of_histories_hardly_any_is_wrong(story: Callable[[int], History]) -> None:
    start = secrets.randbelow(10**9)
    print(f"seeds from {start}")

    faults = {seed: found for seed in range(start, start + 3_000) if (found := fault(story(seed)))}

    print(*faults.items(), sep="\n")
    # The aim is none. What is left, one in about 2,000, are short exchanges that both sides edited after the pick.
    assert len(faults) <= 4
