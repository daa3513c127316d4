"""Equal lines are paired in order, by their neighbours where some are gone, and not at all where it cannot be told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.diff.chain import longest_chain
from rolethread_vcs.matching.equal import kept_order, pair_equal


def paired(before: str, after: str, *, are_one: bool = False) -> tuple[dict[int, int], dict[int, tuple[int, ...]]]:
    return pair_equal(dict(enumerate(before)), dict(enumerate(after)), {}, lambda _: are_one)


def test_the_nth_is_the_nth() -> None:
    assert paired("axbx", "xaxb") == ({1: 0, 0: 1, 2: 3, 3: 2}, {})


def test_neighbours_say_which_of_two_equal_ones_is_gone() -> None:
    assert paired("axbxc", "abxc") == ({0: 0, 1: 2, 2: 3, 3: 4}, {})
    assert paired("axbxc", "axbc") == ({0: 0, 1: 1, 2: 2, 3: 4}, {})


def test_side_by_side_nobody_can_say_which_is_gone() -> None:
    assert paired("axxb", "axb") == ({0: 0, 2: 3}, {1: (1, 2)})
    assert paired("axxb", "axb", are_one=True) == ({0: 0, 2: 3, 1: 1}, {})


def test_a_copy_leaves_the_first_one_what_it_was() -> None:
    assert paired("ab", "abab")[0] == {0: 0, 1: 1}


@given(st.permutations(list(range(12))), st.sets(st.integers(0, 11)))
def test_blocks_keep_as_many_in_order_as_single_lines_would(numbers: list[int], gone: set[int]) -> None:
    pairs = {after: before for after, before in enumerate(numbers) if before not in gone}

    chain = kept_order(pairs)

    assert len(chain) == len(longest_chain((before, after) for after, before in pairs.items()))
    assert all(pairs[after] == before for before, after in chain)
    assert chain == sorted(chain)
    assert [after for _, after in chain] == sorted(after for _, after in chain)
