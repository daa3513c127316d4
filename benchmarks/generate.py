"""Makes as many readable conversations as a benchmark wants, the same ones for the same seed everywhere.

python benchmarks/generate.py 100000 --seed 1 -o entries.jsonl

An entry takes about 2.1 KB: one to five exchanges of English-like text, some with a system message, tags and
speakers. Sentences are put together from beginnings and ends that are made from word lists once for each seed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = (
    "Mara", "Emma", "Scott", "Ilka", "Tobin", "Renske", "Oskar", "Yun", "Daria", "Felix", "Nadia", "Bram",
    "Lotte", "Hugo", "Selma", "Anton",
)  # fmt: skip
PLACES = (
    "tavern", "harbour", "library", "orchard", "workshop", "lighthouse", "market", "cellar", "greenhouse",
    "station", "chapel", "kitchen", "attic", "bridge", "observatory", "garden",
)  # fmt: skip
THINGS = (
    "lantern", "letter", "map", "kettle", "violin", "ledger", "key", "compass", "loaf", "coat", "clock",
    "ladder", "mirror", "basket", "rope", "candle", "book", "boat", "stove", "window", "ring", "barrel",
)  # fmt: skip
QUALITIES = (
    "old", "quiet", "crooked", "bright", "heavy", "narrow", "patient", "damp", "golden", "careful", "broken",
    "strange", "warm", "plain", "hollow", "stubborn", "gentle", "distant", "dusty", "sharp",
)  # fmt: skip
ACTIONS = (
    "carries", "hides", "mends", "watches", "remembers", "borrows", "counts", "opens", "follows", "polishes",
    "forgets", "paints", "weighs", "returns", "finds", "guards",
)  # fmt: skip
TIMES = (
    "before dawn", "after the rain", "late in the evening", "on market day", "in the first frost", "at noon",
    "when the bells ring", "all winter long", "just this once", "between two trains",
)  # fmt: skip
BEGINNINGS = (
    "{name} {action} the {quality} {thing} in the {place}",
    "The {quality} {place} smells of rain and {thing} oil {time}",
    '"You still have the {thing}," {name} says {time}',
    "*{name} puts the {quality} {thing} down beside the {other}*",
    "Nobody in the {place} {action} a {thing} as {quality} as this one",
    "I asked {name} about the {thing}, and then about the {quality} {other}",
    "There is a {quality} {thing} behind the {other} of the {place}",
    "{time}, somebody {action} the {thing} near the {place}",
)
ENDS = (
    ", and {name} pretends not to notice the {quality} {thing}.",
    ", which is more than the {place} ever gave back.",
    "; the {thing} had been {quality} for years.",
    " while a {quality} wind goes through the {place}.",
    ", so we wait for {name} and count every {thing}.",
    ". Would you look after the {thing} until {name} is back?",
    " because the {other} would not open {time}.",
    ", and that is how the {quality} {other} came to the {place}.",
)
TAGS = ("adventure", "banter", "cosy", "drama", "mystery", "romance", "slice_of_life", "slow_burn", "tavern")

POOL = 2048
"""How many beginnings and how many ends a seed has; a power of two."""


def generate(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield entries as plain mappings of their fields; the same count is a prefix of a larger one."""
    source = random.Random(f"rolethread {seed}")
    beginnings = [_fill(source, BEGINNINGS) for _ in range(POOL)]
    ends = [_fill(source, ENDS) for _ in range(POOL)]
    bits = source.getrandbits
    mask = POOL - 1
    shift = POOL.bit_length() - 1

    def say(sentences: int) -> str:
        said = []
        dice = bits(2 * shift * sentences)
        for _ in range(sentences):
            said.append(beginnings[dice & mask] + ends[dice >> shift & mask])
            dice >>= 2 * shift
        return " ".join(said)

    for _ in range(count):
        dice = bits(40)
        messages: list[dict[str, Any]] = []
        if dice & 3 == 0:
            messages.append({"role": "system", "content": f"You are {NAMES[dice >> 2 & 15]}. {say(2)}"})
        speakers = (NAMES[dice >> 6 & 15], NAMES[dice >> 10 & 15]) if dice >> 14 & 7 == 0 else None
        for _ in range(1 + (dice >> 17 & 0xFF) % 5):
            size = bits(6)
            user: dict[str, Any] = {"role": "user", "content": say(1 + size % 2)}
            assistant: dict[str, Any] = {"role": "assistant", "content": say(2 + (size >> 2) % 5)}
            if speakers:
                user["speaker"], assistant["speaker"] = speakers
            messages += (user, assistant)
        entry: dict[str, Any] = {"messages": messages}
        if dice >> 25 & 1:
            entry["tags"] = sorted({TAGS[(dice >> 26 & 15) % len(TAGS)], TAGS[(dice >> 30 & 15) % len(TAGS)]})
        yield entry


def main() -> None:
    """Write entries as JSON lines."""
    parser = argparse.ArgumentParser(description="Write generated conversations as JSON lines.")
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="a file; else standard output")
    options = parser.parse_args()
    file = options.output.open("w", encoding="utf-8") if options.output else sys.stdout
    with file:
        for entry in generate(options.count, options.seed):
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _fill(source: random.Random, templates: tuple[str, ...]) -> str:
    # `Random.random` promises the same numbers in every version of Python; `choice` does not
    def pick(words: tuple[str, ...]) -> str:
        return words[int(source.random() * len(words))]

    text = pick(templates).format(
        name=pick(NAMES),
        place=pick(PLACES),
        thing=pick(THINGS),
        other=pick(THINGS),
        quality=pick(QUALITIES),
        action=pick(ACTIONS),
        time=pick(TIMES),
    )
    return text[0].upper() + text[1:]


if __name__ == "__main__":
    main()
