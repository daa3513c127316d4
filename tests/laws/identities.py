"""Random conversations whose messages have hidden identities, random edits of them, and an oracle of their merges.

A message is known here by `Line.who`, whatever it says: what a merge must guess from texts, the oracle knows. Edits are
those that writers make: reword, rewrite, insert, remove, replace and move exchanges, split and join answers, flag
messages, relabel speakers. Everything comes from one `random.Random`, so that a seed tells a case.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise
from random import Random
from typing import Any, NamedTuple

Message = dict[str, Any]


class Line(NamedTuple):
    """A message, and who it is: the same number in every version, edited or not.

    The halves of a split message have the number of the whole and a part, 1 or 2; the whole has part 0.
    """

    who: int
    message: Message
    part: int = 0


Lines = tuple[Line, ...]

_WHO = [
    "the miller",
    "a rider from the south",
    "her brother",
    "the priest",
    "an old pedlar",
    "the captain",
    "nobody",
    "the girl",
    "two sailors",
    "my mother",
    "the one-eyed smith",
    "a clerk of the crown",
    "the whole village",
    "someone with wet boots",
    "the bell ringer",
    "that liar Osric",
    "the widow",
    "three soldiers",
    "a child",
    "the ferryman",
    "the abbot",
    "no honest man",
    "the twins",
    "the cook",
]
_DOES = [
    "sold",
    "carried",
    "hid",
    "found",
    "named",
    "stole",
    "forgot",
    "asked for",
    "paid for",
    "burned",
    "dreamed of",
    "buried",
    "counted",
    "mended",
    "traded",
    "lost",
    "painted",
    "swore by",
    "feared",
    "watched",
    "polished",
    "returned",
    "broke",
    "waited for",
]
_WHAT = [
    "the black horse",
    "a crooked knife",
    "two silver coins",
    "the lamp",
    "the map",
    "a letter",
    "the keys",
    "the north door",
    "a red scarf",
    "the last barrel",
    "every window",
    "their own shadow",
    "the bell rope",
    "seven candles",
    "a cracked mirror",
    "the harvest",
    "an oath",
    "his father's coat",
    "a jar of salt",
    "the bridge",
    "those wolves",
    "a song about winter",
    "the ledger",
    "warm bread",
]
_WHERE = [
    "near the old mill",
    "before dawn",
    "by the well",
    "in the yard",
    "after the flood",
    "at the third bell",
    "up the hill",
    "in secret",
    "for a wager",
    "under the stairs",
    "when the gulls woke",
    "without a word",
    "last winter",
    "behind the chapel",
    "on the ice",
    "for no reason at all",
    "while the others slept",
    "in front of everybody",
    "across the marsh",
    "with both hands",
    "twice",
    "beneath a broken moon",
    "long ago",
    "as the law demands",
]
_ASKS = [
    "Who",
    "Why would anyone say that somebody",
    "Do you know who",
    "Tell me who",
    "And where is the one who",
    "Is it true that you",
    "Since when have we",
    "What happens to a man who",
    "Would she forgive us if we",
    "How often have they",
    "Swear that nobody",
]
_FRAMES = [
    "{who} {does} {what} {where}.",
    "{where}, {who} {does} {what}.",
    "They say {who} {does} {what}, and so it was.",
    "*She laughs.* {who} {does} {what}?",
    "Listen: {what} was what {who} {does}, {where}.",
    "No. {who} never {does} {what}.",
    "If {who} {does} {what} {where}, then I am a fish.",
]
_SHORT_ASKS = ["Go on.", "Why?", "And?", "ok", "Hm.", "*waits*", "…"]
_SHORT_ANSWERS = ["*nods*", "ok", "Yes.", "Hm.", "No.", "*shrugs*", "...", "うん"]
_WORDS = ["quietly", "again", "perhaps", "slowly", "indeed", "tonight", "outside", "alone"]
NAMES = ("mara", "jon", "kim")


@dataclass
class Style:
    """What a conversation is like: how often it says little, whether a group speaks, how it opens."""

    short: float
    is_group: bool
    opens: str
    has_tools: bool


@dataclass
class Writer:
    """Writes conversations and edits them; every new message gets a number of its own."""

    random: Random
    style: Style = field(init=False)
    touched: set[int] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        pick = self.random
        self.style = Style(
            short=pick.choice([0.0, 0.2, 0.4, 0.7]),
            is_group=pick.random() < 0.25,
            opens=pick.choice(["", "", "system", "greeting", "both"]),
            has_tools=pick.random() < 0.1,
        )

    def sentence(self) -> str:
        pick = self.random.choice
        text = pick(_FRAMES).format(who=pick(_WHO), does=pick(_DOES), what=pick(_WHAT), where=pick(_WHERE))
        return text[0].upper() + text[1:]

    def question(self) -> str:
        if self.random.random() < self.style.short:
            return self.random.choice(_SHORT_ASKS)
        pick = self.random.choice
        return f"{pick(_ASKS)} {pick(_DOES)} {pick(_WHAT)} {pick(_WHERE)}?"

    def answer(self) -> str:
        if self.random.random() < self.style.short:
            return self.random.choice(_SHORT_ANSWERS)
        return " ".join(self.sentence() for _ in range(self.random.choice([1, 1, 2, 3])))

    def line(self, role: str, content: str, **more: Any) -> Line:
        return Line(next(self._numbers), {"role": role, "content": content, **more})

    def exchange(self) -> list[Line]:
        pick = self.random
        lines = [self.line("user", self.question())]
        if self.style.is_group:
            for name in pick.sample(NAMES, pick.choice([1, 1, 2, 3])):
                lines.append(self.line("assistant", self.answer(), speaker=name))
            return lines
        if self.style.has_tools and pick.random() < 0.5:
            call = f"c{pick.randrange(10_000)}"
            arguments = json.dumps({"at": pick.choice(_WHERE)})
            calls = [{"id": call, "function": {"name": "look", "arguments": arguments}}]
            lines.append(self.line("assistant", "", tool_calls=calls))
            lines.append(self.line("tool", json.dumps({"seen": pick.choice(_WHAT)}), tool_call_id=call))
        lines.append(self.line("assistant", self.answer()))
        return lines

    def conversation(self, exchanges: int | None = None) -> Lines:
        lines: list[Line] = []
        if self.style.opens in ("system", "both"):
            lines.append(self.line("system", f"You are the keeper of a tavern. {self.sentence()}"))
        if self.style.opens in ("greeting", "both"):
            lines.append(self.line("assistant", self.answer()))
        for _ in range(exchanges or self.random.choice([1, 2, 3, 3, 4, 5, 6, 8])):
            lines += self.exchange()
        return tuple(lines)


# ---- edits


@dataclass(frozen=True)
class Version:
    """A conversation as one side has it: which messages were moved, and what was done, in words."""

    lines: Lines
    moved: frozenset[int] = frozenset()
    done: tuple[str, ...] = ()
    touched: frozenset[int] = frozenset()

    def whos(self) -> list[int]:
        return [line.who for line in self.lines]


def units(lines: Sequence[Line]) -> list[range]:
    """Return the exchanges: a user message and what follows it up to the next; what opens stands alone."""
    starts = [
        number
        for number, line in enumerate(lines)
        if line.message["role"] in ("user", "system") or number == 0 or lines[number - 1].message["role"] == "system"
    ]
    return [range(start, stop) for start, stop in pairwise([*starts, len(lines)])]


def _exchanges(lines: Sequence[Line]) -> list[range]:
    return [unit for unit in units(lines) if lines[unit.start].message["role"] == "user"]


def _reword(writer: Writer, text: str) -> str:
    pick = writer.random
    words = text.split(" ")
    how = pick.random()
    if len(words) < 4:
        return f'{text} "{writer.sentence()}"' if how < 0.6 else f"{text} {pick.choice(_WORDS)}"
    if how < 0.5:
        words[pick.randrange(len(words) - 1)] = pick.choice(_WORDS)
        return " ".join(words)
    if how < 0.75:
        words.insert(pick.randrange(1, len(words)), pick.choice(_WORDS))
        return " ".join(words)
    return f"{text} {writer.sentence()}"


def _edit(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    places = [n for n, line in enumerate(lines) if line.message["content"] and line.message["role"] != "tool"]
    if not places:
        return None
    place = writer.random.choice(places)
    line = lines[place]
    if line.part:
        return None
    message = {**line.message, "content": _reword(writer, line.message["content"])}
    return [*lines[:place], Line(line.who, message), *lines[place + 1 :]], set(), {line.who}


def _rewrite(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    """One message of an exchange says something else altogether; another one of it says enough to be known by."""
    units_ = [
        unit
        for unit in _exchanges(lines)
        if sum(len(lines[n].message["content"]) > 24 for n in unit) > 1
        and not any(lines[n].part or lines[n].who in writer.touched for n in unit)
    ]
    if not units_:
        return None
    unit = writer.random.choice(units_)
    kept = writer.random.choice([n for n in unit if len(lines[n].message["content"]) > 24])
    place = writer.random.choice([n for n in unit if n != kept and lines[n].message["role"] != "tool"])
    line = lines[place]
    text = writer.question() if line.message["role"] == "user" else writer.answer()
    if line.message["content"] == "" or len(text) < 12:
        return None
    return [*lines[:place], Line(line.who, {**line.message, "content": text}), *lines[place + 1 :]], set(), {line.who}


def _insert(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    ends = [unit.stop for unit in _exchanges(lines)] or [len(lines)]
    place = writer.random.choice(ends)
    fresh = writer.exchange()
    return [*lines[:place], *fresh, *lines[place:]], set(), {line.who for line in fresh}


def _remove(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    found = _exchanges(lines)
    if len(found) < 2:
        return None
    unit = writer.random.choice(found)
    return [*lines[: unit.start], *lines[unit.stop :]], set(), {lines[n].who for n in unit}


def _replace(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    found = _exchanges(lines)
    if not found:
        return None
    unit = writer.random.choice(found)
    fresh = writer.exchange()
    touched = {lines[n].who for n in unit} | {line.who for line in fresh}
    return [*lines[: unit.start], *fresh, *lines[unit.stop :]], set(), touched


def _move(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    found = _exchanges(lines)
    if len(found) < 2:
        return None
    unit = writer.random.choice(found)
    block = lines[unit.start : unit.stop]
    rest = [*lines[: unit.start], *lines[unit.stop :]]
    places = [each.start for each in _exchanges(rest)] + [len(rest)]
    place = writer.random.choice([each for each in places if each != unit.start] or places)
    if place == unit.start:
        return None
    whos = {line.who for line in block}
    crossed = rest[min(place, unit.start) : max(place, unit.start)]
    if len(_exchanges(crossed)) < 2:  # of two that changed places nobody can tell which one moved
        whos |= {line.who for line in crossed}
    return [*rest[:place], *block, *rest[place:]], whos, whos


def _flag(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    if not lines:
        return None
    place = writer.random.randrange(len(lines))
    line = lines[place]
    more: Message = writer.random.choice(
        [{"train": False}, {"alternatives": [writer.sentence()]}, {"reasoning": writer.sentence()}]
    )
    if line.message["role"] in ("system", "tool") or line.part:
        return None
    return [*lines[:place], Line(line.who, {**line.message, **more}), *lines[place + 1 :]], set(), {line.who}


def _relabel(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    labelled = [n for n, line in enumerate(lines) if "speaker" in line.message and not line.part]
    if not labelled:
        return None
    place = writer.random.choice(labelled)
    line = lines[place]
    name = writer.random.choice([name for name in NAMES if name != line.message["speaker"]])
    return [*lines[:place], Line(line.who, {**line.message, "speaker": name}), *lines[place + 1 :]], set(), {line.who}


def _split(writer: Writer, lines: list[Line]) -> tuple[list[Line], set[int], set[int]] | None:
    """An answer becomes two, with a short word of the user between; each half is long enough to be known by."""
    places = [
        n
        for n, line in enumerate(lines)
        if line.message["role"] == "assistant" and line.message["content"].count(". ") >= 1 and not line.part
    ]
    if not places:
        return None
    place = writer.random.choice(places)
    line = lines[place]
    first, _, second = line.message["content"].partition(". ")
    if min(len(first), len(second)) < 24:
        return None
    parts = [
        Line(line.who, {**line.message, "content": f"{first}."}, 1),
        writer.line("user", writer.random.choice(_SHORT_ASKS)),
        Line(line.who, {**line.message, "content": second}, 2),
    ]
    return [*lines[:place], *parts, *lines[place + 1 :]], set(), {line.who, parts[1].who}


Edit = Callable[[Writer, list[Line]], tuple[list[Line], set[int], set[int]] | None]
EDITS: dict[str, tuple[Edit, float]] = {
    "edit": (_edit, 3),
    "rewrite": (_rewrite, 1),
    "insert": (_insert, 2),
    "remove": (_remove, 2),
    "replace": (_replace, 1.5),
    "move": (_move, 1.5),
    "flag": (_flag, 2),
    "relabel": (_relabel, 0.7),
}
SPLITS: dict[str, tuple[Edit, float]] = {**EDITS, "split": (_split, 1.5)}


def edited(writer: Writer, version: Version, times: int, edits: dict[str, tuple[Edit, float]] = EDITS) -> Version:
    """Return a version after some more edits, at random."""
    names, weights = list(edits), [weight for _, weight in edits.values()]
    while times:
        name = writer.random.choices(names, weights)[0]
        writer.touched = set(version.touched)
        found = edits[name][0](writer, list(version.lines))
        if found is None:
            continue
        times -= 1
        lines, moved, touched = found
        version = Version(tuple(lines), version.moved | moved, (*version.done, name), version.touched | touched)
    return version


# ---- the oracle


def _said(lines: Sequence[Line], unit: range) -> tuple[tuple[str, str], ...]:
    return tuple((lines[n].message["role"], lines[n].message["content"]) for n in unit)


def _key(message: Any) -> str:
    return json.dumps(message, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class Verdict:
    """`right`, `wrong`, `needless` (a conflict where the edits have nothing to do with each other) or `arguable`."""

    what: str
    why: str = ""


@dataclass
class Oracle:
    """Judges the merge of two versions of a conversation by who its messages are."""

    base: Version
    ours: Version
    theirs: Version

    def __post_init__(self) -> None:
        self.values: dict[tuple[int, int], Message] = {}
        self.conflicts: list[str] = []  # there is no right merge
        self.doubts: list[str] = []  # a conflict is as good
        self._merge()

    def _merge(self) -> None:
        base, ours, theirs = (
            {(x.who, x.part): x.message for x in v.lines} for v in (self.base, self.ours, self.theirs)
        )
        split = {who for side in (base, ours, theirs) for who, part in side if part}
        for who in split:
            self._merge_split(who, base, ours, theirs)
        for key in dict.fromkeys((*base, *ours, *theirs)):
            if key[0] in split:
                continue
            was, left, right = (side.get(key) for side in (base, ours, theirs))
            if was is not None and (left is None or right is None):
                kept = right if left is None else left
                if kept is not None and kept != was:
                    side = self.theirs if left is None else self.ours
                    (self.doubts if self._is_rewritten(side, key[0]) else self.conflicts).append("deleted and edited")
                continue
            self._merge_values(key, was, left, right)
        for side, other in ((self.ours, theirs), (self.theirs, ours)):
            before: Line | None = None
            for line in side.lines:
                key = (line.who, line.part)
                last = None if before is None else (before.who, before.part)
                if key not in base and key not in other and last in base and last not in other:
                    self.doubts.append("goes on from what was deleted")
                before = line
        if self.ours.moved and self.theirs.moved:
            self.doubts.append("both moved")
        self.moved = set(self.ours.moved | self.theirs.moved)
        for side, other_side in ((self.ours, self.theirs), (self.theirs, self.ours)):
            moved = other_side.moved
            # what was added next to what the other side moved may go along or stay
            new = {line.who for line in side.lines} - {line.who for line in self.base.lines}
            for row in (side.lines, side.lines[::-1]):
                rides = False
                for line in row:
                    rides = line.who in moved or (rides and line.who in new)
                    if rides and line.who in new:
                        self.moved.add(line.who)
                        self.doubts.append("added beside what was moved")
            # nobody can tell an exchange that was removed and written anew from one that stayed
            said = Counter(_said(side.lines, unit) for unit in units(side.lines) if side.lines[unit.start].who in new)
            kept = set(side.whos())
            asked = {_said(side.lines, unit)[0] for unit in units(side.lines) if side.lines[unit.start].who in new}
            if any(
                _said(self.base.lines, unit)[0] in asked
                for unit in units(self.base.lines)
                if self.base.lines[unit.start].who not in kept
            ):  # an answer written anew, or another exchange that asks the same
                self.doubts.append("written again")
            both = {line.who for line in side.lines} & {line.who for line in other_side.lines}
            said_alone, said_by_others = (
                {_said(each.lines, unit) for unit in units(each.lines) if each.lines[unit.start].who not in both}
                for each in (side, other_side)
            )
            said_before = {_said(self.base.lines, unit) for unit in units(self.base.lines)}
            for one, other in pairwise(units(side.lines)):  # nor which of two came, or was moved there
                whos = {side.lines[unit.start].who for unit in (one, other)}
                if _said(side.lines, one) == _said(side.lines, other) and whos & (new | side.moved):
                    self.doubts.append("one of two equals came")
            base_units = units(self.base.lines)
            for one, other in pairwise(base_units):  # of two equals side by side nobody can tell which one went
                if _said(self.base.lines, one) == _said(self.base.lines, other):
                    whos = [self.base.lines[unit.start].who for unit in (one, other)]
                    if sum(who in side.whos() for who in whos) == 1:
                        self.doubts.append("one of two equals went")
            if side is self.ours and (said_alone & said_by_others) - said_before:
                self.doubts.append("written again")
            if any(
                said[_said(self.base.lines, unit)]
                for unit in units(self.base.lines)
                if self.base.lines[unit.start].who not in kept or self.base.lines[unit.start].who in side.moved
            ):
                self.doubts.append("written again")

    def _is_rewritten(self, side: Version, who: int) -> bool:
        """Whether an exchange says nothing that it said in the base: another one may have taken its place."""
        unit = next(unit for unit in units(self.base.lines) if who in {self.base.lines[n].who for n in unit})
        now = {line.who: set(line.message["content"].split()) for line in side.lines}
        return all(
            2 * len(now[line.who].intersection(line.message["content"].split())) < len(now[line.who])
            for line in (self.base.lines[n] for n in unit)
            if line.who in now
        )

    def _merge_values(self, key: tuple[int, int], was: Any, left: Any, right: Any) -> None:
        if left is None or right is None:
            self.values[key] = left or right
            return
        was = was or {}
        merged: Message = {}
        for name in dict.fromkeys((*left, *right)):
            one, two, three = was.get(name), left.get(name), right.get(name)
            if two == three or three == one:
                value = two
            elif two == one:
                value = three
            elif name in ("content", "alternatives"):
                self.doubts.append(f"both changed {name}")
                value = None
            else:
                self.conflicts.append(f"both changed {name}")
                value = None
            if value is not None:
                merged[name] = value
        self.values[key] = merged

    def _merge_split(self, who: int, base: Any, ours: Any, theirs: Any) -> None:
        """One side cut a message in two: what the other changed of its keys reaches both halves, or conflicts."""
        forms = [{key: value for key, value in side.items() if key[0] == who} for side in (base, ours, theirs)]
        if any(part for _, part in forms[0]) or forms[1] == forms[2]:
            if forms[0] in forms[1:] or forms[1] == forms[2]:
                self.values |= forms[2] if forms[0] == forms[1] else forms[1]
            else:
                self.doubts.append("both split or joined")
                self.values |= forms[1] | forms[2]
            return
        was = base.get((who, 0))
        for side, other in ((ours, theirs), (theirs, ours)):
            halves = {key: value for key, value in side.items() if key[0] == who and key[1]}
            if not halves:
                continue
            if any(key[0] == who and key[1] for key in other):
                self.doubts.append("both split")
                self.values |= {key: value for key, value in {**side, **other}.items() if key[0] == who}
                return
            whole = other.get((who, 0))
            if was is None:
                self.values |= halves
                continue
            if whole is None:
                self.conflicts.append("deleted and split")
            elif whole != was:
                self.doubts.append("split against a change")
                if len(halves) < 2 or any(
                    half.get(name) != was.get(name) for half in halves.values() for name in {*half, *was} - {"content"}
                ):
                    self.doubts.append("both split or changed")
                changed = {name for name in {*whole, *was} if whole.get(name) != was.get(name)}
                if "content" in changed:
                    self.doubts.append("split against an edit")
                halves = {
                    key: {
                        name: whole.get(name) if name in changed and name != "content" else half.get(name)
                        for name in {**half, **whole}
                        if name in (half if name == "content" or name not in changed else whole)
                    }
                    for key, half in halves.items()
                }
            self.values |= halves

    # ---- judging

    def judge(self, result: Sequence[Message] | None) -> Verdict:
        """Judge the messages of a clean merge, or a conflict (None)."""
        if result is None:
            if self.conflicts:
                return Verdict("right", "conflict")
            if self.doubts or self.ours.touched & self.theirs.touched or self._breaks():
                return Verdict("arguable", ", ".join(self.doubts))
            return Verdict("needless", "" if self._same_exchange() else "of different exchanges")
        if "written again" in self.doubts:
            return Verdict("arguable", "written again")
        if self.conflicts:
            return Verdict("wrong", f"no conflict: {self.conflicts[0]}")
        if any(
            doubt.startswith(
                ("both changed", "both split", "deleted and edited", "split against an edit", "one of two equals")
            )
            for doubt in self.doubts
        ):
            return Verdict("arguable", "both changed one text")
        expected = Counter(map(_key, self.values.values()))
        found = Counter(map(_key, result))
        if expected != found:
            lost, more = expected - found, found - expected
            return Verdict("wrong", f"lost {sorted(lost.elements())}, has {sorted(more.elements())}")
        return Verdict("right") if self._reads(result) else Verdict("wrong", self._why)

    def _reads(self, result: Sequence[Message]) -> bool:
        """Whether some reading of who the messages are has all in order; equal ones can be each other."""
        same: dict[str, list[tuple[int, int]]] = {}
        for who, value in self.values.items():
            same.setdefault(_key(value), []).append(who)
        places = [{(x.who, x.part): n for n, x in enumerate(v.lines)} for v in (self.base, self.ours, self.theirs)]
        row: list[tuple[int, int]] = []
        self._why, tries = "", 0

        def lay(number: int) -> bool:
            nonlocal tries
            if number == len(result):
                self._why = self._wrong_question(row)
                self._row = list(row)
                return not self._why
            for who in same[_key(result[number])]:
                tries += 1
                if who in row or tries > 50_000:
                    continue
                why = next((why for before in row if (why := self._out_of_order(before, who, places))), "")
                self._why = why or self._why
                if not why:
                    row.append(who)
                    if lay(number + 1):
                        return True
                    row.pop()
            return False

        return lay(0)

    def version(self, result: Sequence[Message]) -> Version | None:
        """Return a merge as a version with the identities of its messages, if it is right for certain."""
        if self.judge(result).what != "right":
            return None
        lines = (Line(who, message, part) for (who, part), message in zip(self._row, result, strict=True))
        return Version(
            tuple(lines), self.ours.moved | self.theirs.moved, touched=self.ours.touched | self.theirs.touched
        )

    def _out_of_order(
        self, one: tuple[int, int], other: tuple[int, int], places: list[dict[tuple[int, int], int]]
    ) -> str:
        sides = [place[one] < place[other] for place in places if one in place and other in place]
        if "both moved" in self.doubts:
            return ""
        if {one[0], other[0]} & self.moved:
            if all(who in place for who in (one, other) for place in places):
                was, left, right = (place[one] < place[other] for place in places)
                if not (right if left == was else left):
                    return f"{one} before {other}: no side had it so"
            return ""
        return f"{one} before {other}" if sides and not all(sides) else ""

    def _wrong_question(self, row: list[tuple[int, int]]) -> str:
        for left, right in pairwise(row):
            role = self.values[right].get("role")
            if role != "assistant" or self.values[left].get("role") != "user":
                continue
            if not any(self._follows(version, left, right, row) for version in (self.base, self.ours, self.theirs)):
                return f"the answer {right} stands under the question {left}"
        return ""

    def _follows(self, version: Version, left: Any, right: Any, row: list[tuple[int, int]]) -> bool:
        keys = [(line.who, line.part) for line in version.lines]
        if left not in keys or right not in keys:
            return False
        between = keys[keys.index(left) + 1 : keys.index(right)]
        return keys.index(left) < keys.index(right) and not any(key in row for key in between)

    def _same_exchange(self) -> bool:
        """Whether both sides touched messages of one exchange, or added next to each other."""
        for version in (self.base, self.ours, self.theirs):
            for unit in units(version.lines):
                whos = {version.lines[n].who for n in unit}
                if whos & self.ours.touched and whos & self.theirs.touched:
                    return True
        return False

    def _breaks(self) -> bool:
        """Whether both added or removed next to each other, so that the result may not read as a conversation."""
        gaps = []
        for version in (self.ours, self.theirs):
            base = [line.who for line in self.base.lines]
            found, last = set(), -1
            for line in version.lines:
                if line.who in base:
                    last = line.who
                else:
                    found.add(last)
            kept = set(version.whos())
            found |= {who for before, who in pairwise([-1, *base]) if who not in kept and before in (-1, *kept)}
            gone = [n for n, who in enumerate(base) if who not in kept]
            found |= {base[n - 1] if n else -1 for n in gone} | {base[n] for n in gone}
            gaps.append(found)
        return bool(gaps[0] & gaps[1])
