"""Equal lines are paired in order, by their neighbours where some are gone, and not at all where it cannot be told."""

from __future__ import annotations

from rolethread_vcs.matching.ladder import pair_equal


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
