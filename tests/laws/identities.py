"""Random conversations whose messages have hidden identities, and random edits of them.

A message is known here by `Line.who`, whatever it says: what a merge must guess from texts, the oracle (`oracle.py`)
knows. Edits are those that writers make: reword, rewrite, insert, remove, replace and move exchanges, split and join
answers, flag messages, relabel and rename speakers, add, drop and swap the lines of a group, add rounds of a tool.
Everything comes from one `random.Random`, so that a seed tells a case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise
from random import Random
from typing import Any, NamedTuple

Message = dict[str, Any]


class Line(NamedTuple):
    """A message, and who it is: the same number in every version, edited or not.

    The halves of a split message have the number of the whole and a part, 1 or 2; the whole has part 0. A message that
    took in another one, and what stood between, names them in `joined`.
    """

    who: int
    message: Message
    part: int = 0
    joined: frozenset[int] = frozenset()


Lines = tuple[Line, ...]


def _phrases(text: str) -> list[str]:
    return " ".join(text.split()).split(" / ")


_WHO = _phrases("""
the miller / a rider from the south / her brother / the priest / an old pedlar / the captain / nobody / the girl
/ two sailors / my mother / the one-eyed smith / a clerk of the crown / the whole village / someone with wet
boots / the bell ringer / that liar Osric / the widow / three soldiers / a child / the ferryman / the abbot / no
honest man / the twins / the cook
""")
_DOES = _phrases("""
sold / carried / hid / found / named / stole / forgot / asked for / paid for / burned / dreamed of / buried /
counted / mended / traded / lost / painted / swore by / feared / watched / polished / returned / broke / waited
for
""")
_WHAT = _phrases("""
the black horse / a crooked knife / two silver coins / the lamp / the map / a letter / the keys / the north door
/ a red scarf / the last barrel / every window / their own shadow / the bell rope / seven candles / a cracked
mirror / the harvest / an oath / his father's coat / a jar of salt / the bridge / those wolves / a song about
winter / the ledger / warm bread
""")
_WHERE = _phrases("""
near the old mill / before dawn / by the well / in the yard / after the flood / at the third bell / up the hill
/ in secret / for a wager / under the stairs / when the gulls woke / without a word / last winter / behind the
chapel / on the ice / for no reason at all / while the others slept / in front of everybody / across the marsh /
with both hands / twice / beneath a broken moon / long ago / as the law demands
""")
_ASKS = _phrases("""
Who / Why would anyone say that somebody / Do you know who / Tell me who / And where is the one who / Is it true
that you / Since when have we / What happens to a man who / Would she forgive us if we / How often have they /
Swear that nobody
""")
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
            lines += self.tool_round()
        lines.append(self.line("assistant", self.answer()))
        return lines

    def tool_round(self) -> list[Line]:
        pick = self.random
        call = f"c{pick.randrange(10_000)}"
        arguments = json.dumps({"at": pick.choice(_WHERE)})
        calls = [{"id": call, "function": {"name": "look", "arguments": arguments}}]
        seen = json.dumps({"seen": pick.choice(_WHAT)})
        return [self.line("assistant", "", tool_calls=calls), self.line("tool", seen, tool_call_id=call)]

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

Edited = tuple[list[Line], set[int]] | None
"""The new lines and who was touched; None where the edit does not fit."""


@dataclass(frozen=True)
class Version:
    """A conversation as one side has it, with who was touched on the way there, and what was done."""

    lines: Lines
    done: tuple[str, ...] = ()
    touched: frozenset[int] = frozenset()

    def whos(self) -> list[int]:
        """Return who is there, in order."""
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


def _changed(lines: list[Line], place: int, keys: Message) -> Edited:
    """Return the lines with other values of some keys of one message."""
    line = lines[place]._replace(message={**lines[place].message, **keys})
    return [*lines[:place], line, *lines[place + 1 :]], {line.who}


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


def _edit(writer: Writer, lines: list[Line]) -> Edited:
    places = [n for n, line in enumerate(lines) if line.message["content"] and line.message["role"] != "tool"]
    if not places:
        return None
    place = writer.random.choice(places)
    return _changed(lines, place, {"content": _reword(writer, lines[place].message["content"])})


def _rewrite(writer: Writer, lines: list[Line]) -> Edited:
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
    return _changed(lines, place, {"content": text})


def _insert(writer: Writer, lines: list[Line]) -> Edited:
    ends = [unit.stop for unit in _exchanges(lines)] or [len(lines)]
    place = writer.random.choice(ends)
    fresh = writer.exchange()
    return [*lines[:place], *fresh, *lines[place:]], {line.who for line in fresh}


def _remove(writer: Writer, lines: list[Line]) -> Edited:
    found = _exchanges(lines)
    if len(found) < 2:
        return None
    unit = writer.random.choice(found)
    return [*lines[: unit.start], *lines[unit.stop :]], {lines[n].who for n in unit}


def _replace(writer: Writer, lines: list[Line]) -> Edited:
    found = _exchanges(lines)
    if not found:
        return None
    unit = writer.random.choice(found)
    fresh = writer.exchange()
    touched = {lines[n].who for n in unit} | {line.who for line in fresh}
    return [*lines[: unit.start], *fresh, *lines[unit.stop :]], touched


def _move(writer: Writer, lines: list[Line]) -> Edited:
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
    return [*rest[:place], *block, *rest[place:]], {line.who for line in block}


def _flag(writer: Writer, lines: list[Line]) -> Edited:
    if not lines:
        return None
    place = writer.random.randrange(len(lines))
    more: Message = writer.random.choice(
        [{"train": False}, {"alternatives": [writer.sentence()]}, {"reasoning": writer.sentence()}]
    )
    if lines[place].message["role"] in ("system", "tool"):
        return None
    return _changed(lines, place, more)


def _relabel(writer: Writer, lines: list[Line]) -> Edited:
    labelled = [n for n, line in enumerate(lines) if "speaker" in line.message]
    if not labelled:
        return None
    place = writer.random.choice(labelled)
    name = writer.random.choice([name for name in NAMES if name != lines[place].message["speaker"]])
    return _changed(lines, place, {"speaker": name})


def _split(writer: Writer, lines: list[Line]) -> Edited:
    """An answer becomes two, with a short word of the user between; each half is long enough to be known by."""
    places = [
        n
        for n, line in enumerate(lines)
        if line.message["role"] == "assistant" and ". " in line.message["content"] and not (line.part or line.joined)
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
    return [*lines[:place], *parts, *lines[place + 1 :]], {line.who, parts[1].who}


def _join(writer: Writer, lines: list[Line]) -> Edited:
    """Two answers become one, what the user said between them goes."""
    places = [
        n
        for unit in _exchanges(lines)
        for n in range(unit.start, min(unit.stop, len(lines) - 2))
        if [line.message["role"] for line in lines[n : n + 3]] == ["assistant", "user", "assistant"]
        and all(line.message["content"] and not (line.part or line.joined) for line in lines[n : n + 3])
        and n + 3 in (len(lines), *(unit.start for unit in units(lines)))
    ]
    if not places:
        return None
    place = writer.random.choice(places)
    first, between, second = lines[place : place + 3]
    text = f"{first.message['content']} {second.message['content']}"
    message = {**second.message, **first.message, "content": text}
    gone = {between.who, second.who}
    joined = Line(first.who, message, joined=frozenset(gone))
    return [*lines[:place], joined, *lines[place + 3 :]], {first.who, *gone}


def _rename(writer: Writer, lines: list[Line]) -> Edited:
    """One who speaks has another name, wherever they speak."""
    names = sorted({line.message.get("speaker", "") for line in lines} & set(NAMES))
    if not names:
        return None
    old = writer.random.choice(names)
    found = {line.who for line in lines if line.message.get("speaker") == old}
    new = f"{old} the elder"
    return [
        line._replace(message={**line.message, "speaker": new}) if line.message.get("speaker") == old else line
        for line in lines
    ], found


def _groups(lines: list[Line]) -> list[range]:
    """Return the rows of answers, those with speakers, inside exchanges."""
    return [
        unit for unit in _exchanges(lines) if unit.stop - unit.start > 2 and "speaker" in lines[unit.stop - 1].message
    ]


def _add_line(writer: Writer, lines: list[Line]) -> Edited:
    found = _exchanges(lines)
    if not (writer.style.is_group and found):
        return None
    unit = writer.random.choice(found)
    place = writer.random.choice(range(unit.start + 1, unit.stop + 1))
    fresh = writer.line("assistant", writer.answer(), speaker=writer.random.choice(NAMES))
    return [*lines[:place], fresh, *lines[place:]], {fresh.who}


def _drop_line(writer: Writer, lines: list[Line]) -> Edited:
    groups = _groups(lines)
    if not groups:
        return None
    place = writer.random.choice(writer.random.choice(groups)[1:])
    return [*lines[:place], *lines[place + 1 :]], {lines[place].who}


def _swap_lines(writer: Writer, lines: list[Line]) -> Edited:
    groups = _groups(lines)
    if not groups:
        return None
    place = writer.random.choice(writer.random.choice(groups)[1:-1])
    one, other = lines[place : place + 2]
    return [*lines[:place], other, one, *lines[place + 2 :]], {one.who, other.who}


def _add_tools(writer: Writer, lines: list[Line]) -> Edited:
    found = [unit for unit in _exchanges(lines) if unit.stop - unit.start < 3]
    if not found:
        return None
    unit = writer.random.choice(found)
    fresh = writer.tool_round()
    return [*lines[: unit.start + 1], *fresh, *lines[unit.start + 1 :]], {line.who for line in fresh}


Edit = Callable[[Writer, list[Line]], Edited]
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
ALL: dict[str, tuple[Edit, float]] = {
    **SPLITS,
    "join": (_join, 1),
    "rename": (_rename, 1),
    "add line": (_add_line, 2),
    "drop line": (_drop_line, 1.5),
    "swap lines": (_swap_lines, 1),
    "add tools": (_add_tools, 0.3),
}


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
        lines, touched = found
        version = Version(tuple(lines), (*version.done, name), version.touched | touched)
    return version


class Case(NamedTuple):
    """A conversation and what two sides made of it."""

    base: Version
    ours: Version
    theirs: Version


def case(seed: int, edits: dict[str, tuple[Edit, float]] = ALL, most: int = 5) -> Case:
    """Return the case of a seed; each side made up to `most` edits, few more often than many."""
    writer = Writer(Random(seed))
    base = Version(writer.conversation(writer.random.choice([1, 2, 3, 3, 4, 5, 6, 8, 14])))
    often = [1, 1, 2, 3, 4, 5]
    ours, theirs = (
        edited(writer, base, writer.random.choice([each for each in often if each <= most]), edits) for _ in range(2)
    )
    return Case(base, ours, theirs)
