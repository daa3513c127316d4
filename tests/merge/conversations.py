"""Generated conversations, and what two people might do to them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rolethread_vcs.model.entry import Entry

WORDS = st.sampled_from(
    ["rain", "lantern", "cellar", "keeper", "she", "he", "laughs", "and", "the", "of", "酒", "場", "naïve", "...", "!"]
)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)
_TEXT = st.text(max_size=6)
_SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 2.5]) | _TEXT
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=5
)
_MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["system", "user", "assistant", "tool", "Scott"]) | _VALUES,
        "content": _TEXT | _VALUES,
        "speaker": st.none() | _TEXT,
        "train": st.booleans() | _VALUES,
        "alternatives": st.lists(_VALUES, max_size=2),
        "tool_calls": st.lists(_VALUES, max_size=2),
        "weight": _VALUES,
    },
)
_LISTS = st.lists(_MESSAGES | _VALUES, max_size=4) | _VALUES
ODD_ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "messages": _LISTS,
        "chosen": _LISTS,
        "rejected": _LISTS,
        "tags": st.lists(st.sampled_from(["a", "B", "zoe\u0308", "zo\u00eb"]), max_size=3),
        "origin": st.lists(_TEXT, max_size=2),
        "uuid": st.text(min_size=1, max_size=2),
        "extra": st.dictionaries(_TEXT, _VALUES, max_size=3),
    },
).map(Entry.of)
"""Entries of every shape that the format can keep."""


@st.composite
def conversations(draw: st.DrawFn, min_exchanges: int = 1, max_exchanges: int = 5) -> list[dict[str, Any]]:
    """A system message, then questions and answers."""
    messages: list[dict[str, Any]] = [{"role": "system", "content": draw(TEXTS)}]
    for _ in range(draw(st.integers(min_exchanges, max_exchanges))):
        messages += exchange(draw)
    return messages


def exchange(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A question and its answer."""
    answer: dict[str, Any] = {"role": "assistant", "content": draw(TEXTS)}
    if draw(st.booleans()):
        answer["speaker"] = draw(st.sampled_from(["emma", "mara"]))
    return [{"role": "user", "content": draw(TEXTS)}, answer]


@st.composite
def edited(draw: st.DrawFn, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The conversation after a few things that a writer does."""
    result = list(messages)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, max(0, len(result) - 1)))
        match draw(st.sampled_from(["word", "text", "remove", "exchange", "swap", "speaker", "train", "one"])):
            case "word" if result:
                words = result[place]["content"].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(WORDS)
                result[place] = {**result[place], "content": " ".join(words)}
            case "text" if result:
                result[place] = {**result[place], "content": draw(TEXTS)}
            case "remove":
                del result[place : place + draw(st.integers(1, 2))]
            case "exchange":
                result[place:place] = exchange(draw)
            case "one":
                result[place:place] = exchange(draw)[:1]
            case "swap" if len(result) > 4:
                other = draw(st.integers(0, len(result) - 1))
                result[place], result[other] = result[other], result[place]
            case "speaker" if result:
                result[place] = {**result[place], "speaker": draw(st.sampled_from(["emma", "mara", "scott"]))}
            case "train" if result:
                result[place] = {**result[place], "train": False}
    return result


@st.composite
def three_sides(draw: st.DrawFn) -> tuple[Entry, Entry, Entry]:
    """Base, ours and theirs."""
    base = draw(conversations())

    def entry(messages: list[dict[str, Any]]) -> Entry:
        return Entry.of({"messages": messages, "tags": draw(st.lists(st.sampled_from("abc"), max_size=2))})

    return entry(base), entry(draw(edited(base))), entry(draw(edited(base)))
