"""Merges of texts whose sentences have hidden identities: moved, deleted, inserted and reworded by two sides."""

from __future__ import annotations

import secrets
from collections import Counter
from itertools import combinations, count
from random import Random
from typing import NamedTuple

import pytest

from rolethread_vcs.merge.text import merge_text
from tests.laws.identities import Writer

SEEDS = range(300)
_WORDS = ["quietly", "again", "perhaps", "slowly", "indeed", "tonight", "outside", "alone"]
_JAPANESE = [
    ["粉屋は", "彼女の兄は", "船長は", "二人の水夫は", "あの子は"],
    ["夜明け前に", "井戸のそばで", "昨夜", "こっそり", "丘の上で"],
    ["黒い馬を", "銀貨を二枚", "地図を", "手紙を", "赤いスカーフを"],
    ["売った。", "隠した。", "見つけた。", "忘れた。", "燃やした。"],
]

Sentences = dict[int, str]
"""What the sentences of a text say, by who they are, in order."""


class Case(NamedTuple):
    """A text and what two sides made of it; `between` stands between two sentences."""

    between: str
    base: Sentences
    ours: Sentences
    theirs: Sentences

    def merged(self, *, is_turned: bool = False) -> str | None:
        base, ours, theirs = (self.between.join(side.values()) for side in self[1:])
        return merge_text(base, theirs, ours) if is_turned else merge_text(base, ours, theirs)


class _Author:
    def __init__(self, seed: int) -> None:
        self.pick = Random(seed)
        self._writer = Writer(self.pick)
        self._numbers = count()
        self.is_japanese = self.pick.random() < 0.3

    def sentence(self) -> str:
        if self.is_japanese:
            return "".join(map(self.pick.choice, _JAPANESE))
        text, mark = self._writer.sentence(), self.pick.choice(["", "", "", "", '"', "*"])
        return text if "*" in text else f"{mark}{text}{mark}"

    def text(self) -> Sentences:
        found = [self.sentence() for _ in range(self.pick.choice([2, 3, 4, 5, 6, 8]))]
        if self.pick.random() < 0.2:
            found[1] = self._begun_as(found[0], found[1])
        return {next(self._numbers): text for text in found}

    def _begun_as(self, text: str, other: str) -> str:
        """Return a sentence that begins as another one, which tempts words to be compared across."""
        size = 4 if self.is_japanese else len(" ".join(text.split()[:3]))
        return text[:size] + other[size:]

    def edited(self, text: Sentences) -> Sentences:
        row = list(text.items())
        for _ in range(self.pick.choice([1, 1, 2])):
            how, place = self.pick.choice(["move", "delete", "insert", "words", "words"]), self.pick.randrange(len(row))
            if how == "move":
                moved = row.pop(place)
                row.insert(self.pick.randrange(len(row) + 1), moved)
            elif how == "delete" and len(row) > 2:
                del row[place]
            elif how == "insert":
                fresh = self.sentence()
                fresh = self._begun_as(row[place][1], fresh) if self.pick.random() < 0.3 else fresh
                row.insert(place + self.pick.randrange(2), (next(self._numbers), fresh))
            elif how == "words":
                row[place] = (row[place][0], self._reworded(row[place][1]))
        return dict(row)

    def _reworded(self, text: str) -> str:
        words = list(text) if self.is_japanese else text.split(" ")
        place = self.pick.randrange(1, len(words) - 1) if len(words) > 2 else 0
        words[place : place + self.pick.randrange(2)] = [self.pick.choice("新旧大小白" if self.is_japanese else _WORDS)]
        return ("" if self.is_japanese else " ").join(words)


def case(seed: int) -> Case:
    author = _Author(seed)
    base = author.text()
    between = "\n\n" if author.pick.random() < 0.4 else "" if author.is_japanese else " "
    return Case(between, base, author.edited(base), author.edited(base))


def judge(each: Case, result: str | None) -> str:
    """Return `right`, `conflict`, `arguable`, or what is wrong with a merged text.

    It has to hold each sentence as the side that changed it has it, without those that a side deleted, and of each two
    the one has to come first that does so on the side that turned them around, if one did. Equal sentences are one.
    """
    _, base, ours, theirs = each
    wanted: Sentences = {}
    asks = both = False
    for who in {**base, **ours, **theirs}:
        was, one, other = base.get(who), ours.get(who), theirs.get(who)
        if one is None or other is None:
            is_edited = was is not None and (one or other) not in (None, was)
            asks |= is_edited
            # what came may be what went, written anew
            came = (text for new, text in (ours if one is None else theirs).items() if new not in base)
            both |= is_edited and was is not None and any(text.startswith(was[:4]) for text in came)
            wanted |= {who: one or other or ""} if was is None else {}
        else:
            both |= was not in (one, other) and one != other
            wanted[who] = other if one == was else one
    if result is None:
        return "right" if asks else "conflict"
    if both:
        return "arguable"
    if asks:
        return "wrong: a sentence was deleted here and edited there"
    whole, texts = _letters(result), {who: _letters(text) for who, text in wanted.items()}
    if Counter(whole) != Counter("".join(texts.values())):
        return "wrong: it has other letters"
    if torn := [text for text in texts.values() if text not in whole]:
        return f"wrong: torn: {torn}"
    places = {who: whole.index(text) for who, text in texts.items() if whole.count(text) == 1}
    turned = [_turned(base, side) for side in (ours, theirs)]
    for pair in combinations(places, 2):
        has = [_is_first(side, *pair) for side in (base, ours, theirs)]
        # what came stands where it was put, unless the other side moved what it stands by; what both moved, anywhere
        may_move = turned[0] | turned[1] if None in has else set()
        if {*pair} & may_move or not {True, False} & {*has} or all({*pair} & whos for whos in turned):
            continue
        wants = {is_first for is_first in has[1:] if is_first is not None and (None in has or is_first != has[0])}
        if (places[pair[0]] < places[pair[1]]) not in (wants or {has[0]}) - {None}:
            return f"wrong: the order of {[wanted[who] for who in pair]}"
    if "  " in result or " \n" in result or "\n " in result or "\n\n\n" in result or result != result.strip():
        return "wrong: white space"
    return "right"


def _letters(text: str) -> str:
    return "".join(text.split())


def _is_first(side: Sentences, one: int, other: int) -> bool | None:
    row = list(side)
    return row.index(one) < row.index(other) if one in row and other in row else None


def _turned(base: Sentences, side: Sentences) -> set[int]:
    """Return who may have moved."""
    pairs = combinations([who for who in base if who in side], 2)
    return {who for pair in pairs if not _is_first(side, *pair) for who in pair}


def count_verdicts(seeds: range) -> tuple[Counter[str], list[str]]:
    verdicts = {seed: judge(each, each.merged()) for seed in seeds if (each := case(seed))}
    wrong = [f"{seed}: {verdict}" for seed, verdict in verdicts.items() if verdict.startswith("wrong")]
    return Counter(verdict.partition(":")[0] for verdict in verdicts.values()), wrong


def test_no_clean_merge_of_a_text_is_wrong() -> None:
    counts, wrong = count_verdicts(SEEDS)

    assert wrong == []
    assert counts["right"] > len(SEEDS) / 2


def test_the_sides_of_a_text_can_be_swapped() -> None:
    for seed in SEEDS:
        each = case(seed)

        assert each.merged() == each.merged(is_turned=True), seed


@pytest.mark.slow
def test_of_many_merges_of_texts_none_is_wrong() -> None:
    start = secrets.randbelow(10**9)
    print(f"seeds from {start}")

    counts, wrong = count_verdicts(range(start, start + 6_000))

    print(dict(counts), *wrong, sep="\n")
    assert len(wrong) * 2_000 <= counts.total()
