"""The law of preference pairs: each answer ends where the sides put it, as they left it, or the merge asks.

All merges of what two sides can do to a pair: swap the two answers, reword or replace each. An answer is known here by
which one of the base it was, wherever it stands.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pytest

from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.model.entry import Entry


class Act(NamedTuple):
    """What a side did with a pair: what became of the answer that was chosen, and of the other one."""

    is_swapped: bool
    chosen: str = "kept"
    rejected: str = "kept"


ACTS = [Act(*act) for act in product((False, True), ("kept", "reworded", "replaced"), ("kept", "reworded", "replaced"))]
Texts = tuple[dict[str, str], dict[str, str]]
TELLING: Texts = (
    {
        "kept": "Dry enough, and the rats have left for the chapel.",
        "reworded": "Dry enough, and the rats have all left for the chapel.",
        "replaced": "*She laughs.* Ask the miller, not me.",
    },
    {
        "kept": "As an assistant I cannot say what a cellar is like.",
        "reworded": "As an assistant I cannot truly say what a cellar is like.",
        "replaced": "Sit down first, the fire is free tonight.",
    },
)
SHORT: Texts = (
    {"kept": "ok", "reworded": "ok then", "replaced": "Hm."},
    {"kept": "No.", "reworded": "No. Never.", "replaced": "*nods*"},
)


def version(act: Act, texts: Texts) -> Entry:
    answers = [texts[0][act.chosen], texts[1][act.rejected]]
    chosen, rejected = reversed(answers) if act.is_swapped else answers
    return Entry.of(
        {
            "messages": [{"role": "user", "content": "Is the cellar dry?"}],
            "chosen": [{"role": "assistant", "content": chosen}],
            "rejected": [{"role": "assistant", "content": rejected}],
        }
    )


def expected(ours: Act, theirs: Act) -> Act | None:
    """Return what both did together, None where each did something else to one answer."""
    done = []
    for one, other in zip(ours[1:], theirs[1:], strict=True):
        if "kept" not in (one, other) and one != other:
            return None
        done.append(other if one == "kept" else one)
    return Act(ours.is_swapped or theirs.is_swapped, *done)


@pytest.mark.parametrize("texts", [TELLING, SHORT], ids=["telling", "short"])
def test_each_answer_of_a_pair_ends_where_it_belongs(texts: Texts) -> None:
    for ours, theirs in product(ACTS, ACTS):
        merged = merge_entries(version(Act(False), texts), version(ours, texts), version(theirs, texts))
        right = expected(ours, theirs)
        if right is None:
            assert merged.conflicts, (ours, theirs)
        elif not merged.conflicts:
            assert merged.value == version(right, texts), (ours, theirs)
        else:
            # who judges anew which answer is the better one has not read what the other side made of it
            assert ours.is_swapped or theirs.is_swapped or "replaced" in (*ours, *theirs), (ours, theirs)
