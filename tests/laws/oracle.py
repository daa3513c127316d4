"""Judges merges of conversations by who their messages are, which the merge could not see.

A clean merge is right when each message has the value that both sides' edits give it, and stands in order. A conflict
is right where no merge is, needless where the edits have nothing to do with each other. Between them lie the arguable
cases: here nobody knows, so that a conflict and a clean merge are both good, even one that is not as expected (then
they count as `clean`); whatever the doubt is not about, by exchange, has to be as expected all the same. They are

    a  both changed the alternatives of a message
    b  of two exchanges, or lines of one exchange, that say the same, one came, went, moved or was
       edited, with nothing between that stayed: nobody can tell which
       (or both sides wrote the same in the same place, what tools did aside: it may be told once or twice; or the
       question of an exchange was asked again, before lines that were its own, or while it is asked otherwise now)
    c  an exchange was removed and another one asks the same, or says the same, elsewhere: it may be the old one,
       or an exchange says nothing that it said before, or a few words of it elsewhere, and the other side deleted it;
       or it was replaced by one that says nearly the same in each message, or asks so and is the only one, or has
       answers of a few letters; or a line was dropped and its speaker said another one in the same exchange: it
       may have been written anew
    d  a message was cut in two and the other side changed its text or cut it, or little of it is left in the halves
    e  two answers were joined and the other side changed one of them, or put something between, or they say little

and those where a clean merge has to be right, but asking is good as well:

    f  what one side added stands behind what the other deleted, or beside what it moved or joined with another: it may
       go along or stay
    g  both sides moved something, touched one exchange, changed one text (the merge has to hold what both did, word by
       word), or added and removed next to each other
    h  what one side added is said by one whom the other side renamed everywhere: it has to have the new name (a line
       may have been written over one of theirs, and then it is that one under its new name: no text tells); who
       renamed them too means somebody else by the old name, and where the renamer uses it again, it may be either
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from typing import Any

from tests.laws.identities import Line, Lines, Message, Version, units

Slot = tuple[int, int]
"""Who, and which part of them."""

_TRIES = 50_000
_RENAMES = 2
_FEW_LETTERS = 12  # of an exchange: below it nobody knows it elsewhere
_LITTLE = 0.6  # of the words of a half, what the whole must have had of them to be cut and not written


@dataclass(frozen=True)
class Verdict:
    """`right`, `wrong`, `arguable`, `clean` (arguable, not as expected) or `needless` (a conflict of other things)."""

    what: str
    why: str = ""


def slots(version: Version) -> dict[Slot, Message]:
    """Return the messages of a version by who they are."""
    return {(line.who, line.part): line.message for line in version.lines}


def moved(base: Lines, side: Lines) -> set[int]:
    """Return who may have moved: what is not in every longest row of exchanges, or of messages in one, that stayed."""
    places: dict[int, int] = {}
    for number, line in enumerate(side):
        places.setdefault(line.who, number)
    blocks = [[base[n].who for n in unit if base[n].who in places] for unit in units(base)]
    found = {who for block in blocks for who in _crossing([[each] for each in block], places)}
    found |= set(_crossing([block for block in blocks if block], places))
    known = {line.who for line in base}
    for one, other in _halves(side):
        if any(line.who in known for line in side[one + 1 : other]):
            # and what answers the second half, in the exchange that the whole stood in
            found |= {side[one].who, *(line.who for line in side[other:])} & _unit_of(base, side[one].who)
    return found


def _unit_of(lines: Lines, who: int) -> set[int]:
    return next((whos for unit in units(lines) if who in (whos := {lines[n].who for n in unit})), set())


def _crossing(blocks: Sequence[Sequence[int]], places: dict[int, int]) -> Iterator[int]:
    row = [places[block[0]] for block in blocks]
    up: list[int] = []
    down: list[int] = []
    for number, place in enumerate(row):
        up.append(1 + max((up[n] for n in range(number) if row[n] < place), default=0))
    for number in reversed(range(len(row))):
        behind = (down[len(row) - 1 - n] for n in range(number + 1, len(row)) if row[n] > row[number])
        down.append(1 + max(behind, default=0))
    levels = [level if level + rest == max(up) + 1 else 0 for level, rest in zip(up, down[::-1], strict=True)]
    for block, level in zip(blocks, levels, strict=True):
        if level == 0 or levels.count(level) > 1:
            yield from block


def _halves(lines: Lines) -> Iterator[tuple[int, int]]:
    firsts = {line.who: number for number, line in enumerate(lines) if line.part == 1}
    for number, line in enumerate(lines):
        if line.part == 2 and line.who in firsts:
            yield firsts[line.who], number


def _says(lines: Lines) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return what the exchanges say, by who begins them."""
    return {
        lines[unit.start].who: tuple((lines[n].message["role"], lines[n].message["content"]) for n in unit)
        for unit in units(lines)
    }


def _spoken(said: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return what an exchange says, without what tools did in it."""
    return tuple((role, text) for role, text in said if role != "tool" and text)


def _is_alike(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two messages, role and text, have more than half of their words in common."""
    words, others = (set(text.split()) for _, text in (one, other))
    return one[0] == other[0] and 2 * len(words & others) > min(len(words), len(others))


def _holds_both(base: str, ours: str, theirs: str, text: str) -> bool:
    """Whether a text has each word as often as the edits of both sides make it; what both did alike may count once."""
    was, one, other, now = (Counter(re.findall(r"\w+", each)) for each in (base, ours, theirs, text))
    for word in was | one | other | now:
        here, there = one[word] - was[word], other[word] - was[word]
        each = (here, there, here + there)
        if not min(each) <= now[word] - was[word] <= max(each):
            return False
    return True


def _speaks(message: Message) -> tuple[Any, Any]:
    return message["role"], message.get("speaker")


def _key(message: Any) -> str:
    return json.dumps(message, sort_keys=True, ensure_ascii=False)


@dataclass
class Oracle:
    """Judges the merge of two versions of a conversation."""

    base: Version
    ours: Version
    theirs: Version
    conflicts: dict[int, str] = field(default_factory=dict)
    """Why there is no right merge, by whose."""
    unknown: list[str] = field(default_factory=list)
    """Why nobody can know it."""
    asking: list[str] = field(default_factory=list)
    """Why it is good to ask."""

    def __post_init__(self) -> None:
        self.values: dict[Slot, Message] = {}
        self.moved: set[int] = set()
        self.doubtful: set[int] = set()
        """Who is concerned by what nobody can know, with their exchanges."""
        self._row: list[Slot] = []
        self._new_names: dict[int, str] = {}
        self._edited: dict[Slot, tuple[str, str, str]] = {}
        sides = (self.ours, self.theirs)
        moves = [moved(self.base.lines, side.lines) for side in sides]
        for one, other in ((0, 1), (1, 0)):
            self.moved |= moves[one]
            self._doubt_equals(sides[one], sides[other], moves[one])
            self._doubt_joins(sides[one], sides[other])
            self._doubt_neighbours(sides[one], sides[other], moves[other])
            self._expect_names(sides[one], sides[other])
        self.touched = [side.touched | moves[number] for number, side in enumerate(sides)]
        if all(moves):
            self.asking.append("both moved")
        self._expect_values()

    # ---- what is expected

    def _expect_values(self) -> None:
        base, ours, theirs = self._slots()
        split = {who for side in (base, ours, theirs) for who, part in side if part}
        for who in split:
            forms = [{slot: value for slot, value in side.items() if slot[0] == who} for side in (base, ours, theirs)]
            if any(part for _, part in forms[0]) or forms[1] == forms[2]:
                if forms[0] not in forms[1:]:
                    self._doubt("both split or joined", {who})
                self.values |= forms[2] if forms[0] == forms[1] else forms[1]
            else:
                self._expect_halves(who, base.get((who, 0)), ours, theirs)
        for slot in dict.fromkeys((*base, *ours, *theirs)):
            if slot[0] in split:
                continue
            was, left, right = (side.get(slot) for side in (base, ours, theirs))
            if left is not None and right is not None:
                self.values[slot] = self._expect_message(slot, was or {}, left, right)
            elif was is None:
                self.values[slot] = dict(left or right or {})
                if slot[0] in self._new_names:
                    self.values[slot]["speaker"] = self._new_names[slot[0]]
            elif (left or right or was) != was:
                is_rewritten = self._is_rewritten(self.theirs if left is None else self.ours, slot[0])
                if is_rewritten:
                    self._doubt("deleted and edited", {slot[0]})
                else:
                    self.conflicts[slot[0]] = "deleted and edited"

    def _is_rewritten(self, side: Version, who: int) -> bool:
        """Whether an exchange says nothing that it said in the base, or little of it elsewhere: it may be another."""
        base = self.base.lines
        now = {line.who: line.message["content"] for line in side.lines}
        whos = _unit_of(base, who)
        said = {line.who: line.message["content"] for line in base if line.who in now and line.who in whos}
        kept = {each: set(now[each].split()).intersection(said[each].split()) for each in said}
        is_little = sum(len(word) for words in kept.values() for word in words) < _FEW_LETTERS
        if is_little and who in self.moved and any(now[each] != said[each] for each in said):
            return True
        return all(2 * len(kept[each]) < len(set(now[each].split())) for each in said)

    def _expect_message(self, slot: Slot, was: Message, left: Message, right: Message) -> Message:
        merged: Message = {}
        for name in dict.fromkeys((*left, *right)):
            one, two, three = was.get(name), left.get(name), right.get(name)
            value = three if two == one else two
            if three not in (one, two) and two != one:
                if name == "content":
                    self._edited[slot] = (one or "", two, three)
                if name == "alternatives":
                    self._doubt("both changed alternatives", {slot[0]})
                elif name == "content":
                    self.asking.append("both changed content")
                else:
                    self.conflicts[slot[0]] = f"both changed {name}"
            if value is not None:
                merged[name] = value
        return merged

    def _expect_halves(self, who: int, was: Message | None, ours: Any, theirs: Any) -> None:
        """One side cut a message in two: what the other changed of its keys reaches both halves, or conflicts.

        Alternatives are versions of the whole, and go with the first half alone.
        """
        for side, other in ((ours, theirs), (theirs, ours)):
            halves = {slot: value for slot, value in side.items() if slot[0] == who and slot[1]}
            if not halves:
                continue
            if any(slot[0] == who and slot[1] for slot in other):
                self._doubt("both split", {who})
                return
            whole = other.get((who, 0))
            if len(halves) < 2:
                self._doubt("split, and one half removed", {who})
            if was is not None:
                had = set(was["content"].lower().split())
                for half in halves.values():
                    says = set(half["content"].lower().split())
                    if len(says & had) < _LITTLE * len(says):
                        self._doubt("split and rewritten", {who})
                if whole is None:
                    self.conflicts[who] = "deleted and split"
                elif whole != was:
                    self._expect_halves_changed(was, whole, halves)
            self.values |= halves

    def _expect_halves_changed(self, was: Message, whole: Message, halves: dict[Slot, Message]) -> None:
        self.asking.append("split against a change")
        changed = {name: value for name, value in whole.items() if value != was.get(name)}
        for slot, half in halves.items():
            if "content" in changed or any(half.get(name) != was.get(name) for name in {*half, *was} - {"content"}):
                self._doubt("split against an edit", {slot[0]})
            kept = {
                name: value for name, value in half.items() if name == "content" or name in whole or name not in was
            }
            reaching = changed if slot[1] == 1 else {k: v for k, v in changed.items() if k != "alternatives"}
            halves[slot] = {**kept, **reaching, "content": half["content"]}

    def _expect_names(self, side: Version, other: Version) -> None:
        """Who was renamed everywhere by one side must not go on under the old name in what the other brings (h)."""
        here = slots(side)
        for old, new in self._renames(side).items():
            known = {line.who for version in (self.base, side) for line in version.lines}
            uses = any(message.get("speaker") == old for message in here.values())
            for line in other.lines:
                if line.message.get("speaker") == old and line.who not in known:
                    self.asking.append("speaks under the old name")
                    if uses:
                        self._doubt("the old name is used again", {line.who})
                    elif old not in self._renames(other):
                        self._new_names[line.who] = new

    def _renames(self, side: Version) -> dict[str, str]:
        """Return the new names of those whom a side renamed everywhere, but for what says something else now."""
        base, here = slots(self.base), slots(side)
        names = {}
        for old in {message["speaker"] for message in base.values() if "speaker" in message}:
            kept = [(base[slot], here[slot]) for slot in base if base[slot].get("speaker") == old and slot in here]
            now = {now.get("speaker") for was, now in kept if was["content"] == now["content"]}
            now = now or {now.get("speaker") for _, now in kept}
            if len(now) != 1 or None in now or old in {now.get("speaker") for _, now in kept}:
                continue
            [new] = now
            is_new = all(new != message.get("speaker") for message in base.values())
            if (
                sum(now.get("speaker") == new for now in (here.values() if is_new else [x for _, x in kept]))
                >= _RENAMES
            ):
                names[old] = new
        return names

    def _slots(self) -> Iterator[dict[Slot, Message]]:
        """Yield the messages of base, ours and theirs, those of the base under the names that either gave everywhere:
        a rename is no edit of each message."""
        ours, theirs = self._renames(self.ours), self._renames(self.theirs)
        own = [
            {old: new for old, new in one.items() if other.get(old, new) == new and new not in other}
            for one, other in ((ours, theirs), (theirs, ours))
        ]
        others = ((own[1], ours), (own[0], theirs))
        by = [own[0] | own[1], *({old: new for old, new in each.items() if old not in not_} for each, not_ in others)]
        known = {line.who for line in self.base.lines}
        for version, names in zip((self.base, self.ours, self.theirs), by, strict=True):
            yield {
                slot: {**message, "speaker": names[message["speaker"]]}
                if slot[0] in known and message.get("speaker") in names
                else message
                for slot, message in slots(version).items()
            }

    # ---- what nobody knows

    def _doubt(self, why: str, whos: set[int]) -> None:
        self.unknown.append(why)
        versions = (self.base, self.ours, self.theirs)
        self.doubtful |= whos.union(*(_unit_of(version.lines, who) for version in versions for who in whos))

    def _doubt_equals(self, side: Version, other: Version, moves: set[int]) -> None:
        before, after, there = (_says(version.lines) for version in (self.base, side, other))
        both = {line.who for line in side.lines} & {line.who for line in other.lines}
        went = [(who, said) for who, said in before.items() if after.get(who) != said or who in moves]
        came = [(who, said) for who, said in after.items() if before.get(who) != said or who in moves]
        for who, said in went:
            again = {to_who for to_who, other_said in came if said == other_said and who != to_who}
            if again:
                self._doubt("written again", {who, *again})
        gone_there = [(who, said) for who, said in before.items() if who not in there]
        for who in moves & {*before}:
            equals = {to_who for to_who, said in gone_there if said == before[who] and to_who != who}
            if equals:
                self._doubt("one of two equals moved, the other went", {who, *equals})
        for who in moves:
            if who in {line.who for line in other.lines} and self._is_rewritten(other, who):
                self._doubt("moved and rewritten", {who})
        gone = {who: said for who, said in before.items() if who not in after}
        new = {who: said for who, said in after.items() if before.get(who) != said}
        for (who, one), (to_who, another) in product(gone.items(), new.items()):
            if one[0] == another[0]:
                self._doubt("asked again", {who, to_who})
            alike = [*map(_is_alike, one, another)] if len(one) == len(another) else [False]
            little = all(len(said[1]) < _FEW_LETTERS for said in (*one[1:], *another[1:]))
            if all(alike) or (alike[0] and little) or (len(before) == len(after) == 1 and alike[0]):
                self._doubt("replaced by one that is alike", {who, to_who})
        for who, said in before.items():
            again = {to_who for to_who, another in after.items() if to_who not in before and another[0] == said[0]}
            if again and after.get(who, said)[0] != said[0]:
                self._doubt("asked again, and asked otherwise", {who, *again})
            taken = {line for to_who in again for line in _unit_of(side.lines, to_who)} & _unit_of(self.base.lines, who)
            if taken:
                self._doubt("asked again before its own lines", {who, *again, *taken})
        alone = [{_spoken(said): who for who, said in each.items() if who not in both} for each in (after, there)]
        for said in (alone[0].keys() & alone[1].keys()) - {*map(_spoken, before.values())}:
            self._doubt("both wrote the same", {alone[0][said], alone[1][said]})
        added = [self._added(version) for version in (side, other)]
        for place in added[0].keys() & added[1].keys():
            self._doubt("both wrote the same line", {added[0][place], added[1][place]})
        for one, another in _halves(side.lines):
            if one > another:
                self._doubt("split and turned around", {side.lines[one].who})
        known = {line.who: line for line in self.base.lines}
        for unit in units(side.lines):
            lines = [side.lines[n] for n in unit]
            there = {who for line in lines if line.who in known for who in _unit_of(self.base.lines, line.who)}
            dropped = [known[who].message for who in there - {line.who for line in side.lines}]
            if any(_speaks(line.message) in map(_speaks, dropped) for line in lines if line.who not in known):
                self._doubt("a line that may have been written anew", {*there, *(line.who for line in lines)})
        if equals := self._equal_lines(side, moves):
            self._doubt("a line that another one said", equals)
        for version, changed in ((self.base, set(before) ^ set(after) | moves), (side, {*dict(came)})):
            said_by = _says(version.lines)
            row = list(said_by)
            for one, another in combinations(range(len(row)), 2):
                between = {*row[one + 1 : another]}
                if said_by[row[one]] != said_by[row[another]] or not between <= changed:
                    continue
                if len({row[one], row[another]} & changed) == 1:
                    self._doubt("one of two equals came or went", {row[one], row[another], *between})

    def _added(self, side: Version) -> dict[tuple[int, str], int]:
        """Return who was added, by who stands before and what it says."""
        known = {line.who for line in self.base.lines}
        found, last = {}, -1
        for line in side.lines:
            if line.who in known or line.joined & known:
                last = line.who if line.who in known else max(line.joined & known)
            else:
                found[last, _key(line.message)] = line.who
        return found

    def _equal_lines(self, side: Version, moves: set[int]) -> set[int]:
        """Return who came or moved and says what another line of the exchange says or said before, and that one."""
        before, after = slots(self.base), slots(side)
        went = {
            (who, message["content"])
            for (who, part), message in before.items()
            if who in moves or after.get((who, part), {}).get("content") != message["content"]
        }
        known = {who for who, _ in before}
        new = [
            {line.who, other.who}
            for unit in units(side.lines)
            for line, other in combinations([side.lines[n] for n in unit], 2)
            if line.message["role"] == "assistant" and line.message["content"] == other.message["content"]
            if len({line.who, other.who} & known) == 1
        ]
        return set().union(*new) | {
            each
            for who, said in went
            for unit in units(side.lines)
            if any(side.lines[n].who in known for n in unit)
            for line in (side.lines[n] for n in unit)
            if line.who not in known or line.who in moves
            if line.message["role"] == "assistant" and line.message["content"] == said and line.who != who
            for each in (who, line.who)
        }

    def _doubt_joins(self, side: Version, other: Version) -> None:
        whos = [line.who for line in other.lines]
        known = {line.who for line in self.base.lines}
        for line in side.lines:
            parts = {line.who, *line.joined} if line.joined else set()
            places = [whos.index(who) for who in parts if who in whos]
            between = whos[min(places) : max(places)] if places else []
            says_little = parts and len(line.message["content"]) < _FEW_LETTERS
            if says_little or parts & other.touched or any(who not in known for who in between):
                self._doubt("joined against a change", parts | {*whos[min(places) : max(places)]} if places else parts)

    def _doubt_neighbours(self, side: Version, other: Version, moves: set[int]) -> None:
        """What was added behind what the other side deleted, or beside what it moved, may go along or stay."""
        base = [line.who for line in self.base.lines]
        places = {who: place for place, who in enumerate(base)}
        there = set(other.whos())
        went = moves.union(*(line.joined for line in other.lines))
        row = [places.get(who, -1) for who in side.whos()]
        for number, line in enumerate(side.lines):
            if line.who in places:
                continue
            before = next((place for place in row[number::-1] if place >= 0), -1)
            behind = next((place for place in row[number:] if place >= 0), len(base))
            if before >= 0 and row[number - 1] == before and base[before] not in there:
                self.asking.append("goes on from what was deleted")
            beside = {base[place] for place in (before, behind) if 0 <= place < len(base)}
            if (beside | set(base[before + 1 : behind])) & went:
                self.moved.add(line.who)
                self.asking.append("added beside what was moved")

    # ---- judging

    def judge(self, result: Sequence[Message] | None) -> Verdict:
        """Judge the messages of a clean merge, or a conflict (None)."""
        if result is None:
            if self.conflicts:
                return Verdict("right", "conflict")
            if self.unknown or self.asking or self.touched[0] & self.touched[1] or self._breaks():
                return Verdict("arguable", ", ".join((*self.unknown, *self.asking)))
            return Verdict("needless", "" if self._same_exchange() else "of different exchanges")
        if not self._fault(result, set()):
            return Verdict("right")
        why = self._fault(result, self.doubtful)
        return Verdict("wrong", why) if why else Verdict("clean", self.unknown[0])

    def _fault(self, result: Sequence[Message], excused: set[int]) -> str:
        """Return what is not as the edits of both sides want it, "" when nothing is; whatever `excused` are is well."""
        for who, conflict in self.conflicts.items():
            if who not in excused:
                return f"no conflict: {conflict}"
        for slot, texts in self._edited.items():
            texts_there = (message["content"] for message in result if _holds_both(*texts, message["content"]))
            self.values[slot]["content"] = next(texts_there, "no text holds both edits")
        certain = {slot: value for slot, value in self.values.items() if slot[0] not in excused}
        expected, found = Counter(map(_key, self.values.values())), Counter(map(_key, result))
        lost, more = Counter(map(_key, certain.values())) - found, found - expected
        if excused:
            said = {value["content"] for value in certain.values()} - self._texts(excused)
            more = Counter({key: count for key, count in more.items() if json.loads(key)["content"] in said})
        if lost or more:
            return f"lost {sorted(lost.elements())}, has {sorted(more.elements())}"
        return self._reading([each for each in result if not excused or _key(each) in expected], excused)

    def _texts(self, whos: set[int]) -> set[str]:
        versions = (self.base, self.ours, self.theirs)
        return {line.message["content"] for version in versions for line in version.lines if line.who in whos}

    def _reading(self, result: Sequence[Message], excused: set[int]) -> str:
        """Return why no reading of who the messages are has all in order; equal ones can be each other."""
        same: dict[str, list[Slot]] = {}
        for slot, value in self.values.items():
            same.setdefault(_key(value), []).append(slot)
        places = [{slot: n for n, slot in enumerate(slots(v))} for v in (self.base, self.ours, self.theirs)]
        row: list[Slot] = []
        why, tries = "", 0
        in_doubt = self._texts(excused) if excused else set()

        def lay(number: int) -> bool:
            nonlocal tries, why
            if number == len(result):
                why = self._wrong_question(row, excused)
                self._row = list(row)
                return not why
            for slot in same[_key(result[number])]:
                tries += 1
                if tries > _TRIES or (slot in row and slot[0] not in excused):
                    continue
                before_it = (before for before in row if not {before[0], slot[0]} & excused)
                found = next((found for before in before_it if (found := self._out_of_order(before, slot, places))), "")
                why = found or why
                if not found:
                    row.append(slot)
                    if lay(number + 1):
                        return True
                    row.pop()
            return result[number]["content"] in in_doubt and lay(number + 1)

        return "" if lay(0) else why or "not to be read"

    def version(self, result: Sequence[Message]) -> Version | None:
        """Return a merge as a version with the identities of its messages, if it is right for certain."""
        if self.unknown or self.judge(result).what != "right":
            return None
        lines = tuple(Line(who, message, part) for (who, part), message in zip(self._row, result, strict=True))
        return Version(lines, touched=self.ours.touched | self.theirs.touched)

    def _out_of_order(self, one: Slot, other: Slot, places: list[dict[Slot, int]]) -> str:
        rows = [place[one] < place[other] if one in place and other in place else None for place in places]
        was, left, right = rows
        if None not in rows and not (right if left == was else left):
            return f"{one} before {other}: no side had it so"
        if {one[0], other[0]} & self.moved:
            return ""
        return f"{one} before {other}" if False in rows and True not in rows else ""

    def _wrong_question(self, row: list[Slot], excused: set[int]) -> str:
        for left, right in pairwise(row):
            if {left[0], right[0]} & excused:
                continue
            roles = [self.values[slot].get("role") for slot in (left, right)]
            if roles == ["user", "assistant"] and not any(
                self._follows(list(slots(version)), left, right, row) for version in (self.base, self.ours, self.theirs)
            ):
                return f"the answer {right} stands under the question {left}"
        return ""

    def _follows(self, there: list[Slot], left: Slot, right: Slot, row: list[Slot]) -> bool:
        whole = {slot if slot in there else (slot[0], 0) for slot in row}  # which another side cut
        left, right = (slot if slot in there else (slot[0], 0) for slot in (left, right))
        if left not in there or right not in there or there.index(left) > there.index(right):
            return False
        return not any(slot in whole for slot in there[there.index(left) + 1 : there.index(right)])

    def _same_exchange(self) -> bool:
        """Whether both sides touched messages of one exchange."""
        return any(
            whos & self.touched[0] and whos & self.touched[1]
            for version in (self.base, self.ours, self.theirs)
            for whos in ({version.lines[n].who for n in unit} for unit in units(version.lines))
        )

    def _breaks(self) -> bool:
        """Whether both added or removed next to each other, so that the result may not read as a conversation."""
        base = [line.who for line in self.base.lines]
        gaps = []
        for version in (self.ours, self.theirs):
            found, last = set(), -1
            for who in version.whos():
                if who in base:
                    last = who
                else:
                    found.add(last)
            kept = {-1, *version.whos()}
            found |= {before for before, who in pairwise([-1, *base]) if who not in kept}
            found |= {who for who in base if who not in kept}
            gaps.append(found)
        return bool(gaps[0] & gaps[1])
