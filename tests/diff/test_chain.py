"""Chains: the longest and the heaviest that rise on both sides, against trying all of them."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.diff.chain import heaviest_chain, longest_chain

PLACES = st.tuples(st.integers(0, 6), st.integers(0, 6))


def rises(pairs: tuple[tuple[int, int], ...]) -> bool:
    return all(one[0] < other[0] and one[1] < other[1] for one, other in pairwise(pairs))


def all_chains(pairs: set[tuple[int, int]]) -> list[tuple[tuple[int, int], ...]]:
    ordered = sorted(pairs)
    return [some for size in range(len(ordered) + 1) for some in combinations(ordered, size) if rises(some)]


@given(st.dictionaries(PLACES, st.integers(1, 9), max_size=8))
def test_no_chain_is_heavier(weights: dict[tuple[int, int], int]) -> None:
    chain = heaviest_chain((one, other, weight) for (one, other), weight in weights.items())

    assert rises(tuple(chain))
    assert sum(weights[pair] for pair in chain) == max(
        sum(weights[pair] for pair in some) for some in all_chains(set(weights))
    )


@given(st.permutations(range(7)))
def test_no_chain_is_longer(order: list[int]) -> None:
    pairs = set(enumerate(order))

    chain = longest_chain(pairs)

    assert rises(tuple(chain))
    assert len(chain) == max(map(len, all_chains(pairs)))


def test_nothing_makes_no_chain() -> None:
    assert heaviest_chain([]) == []
    assert longest_chain([]) == []
