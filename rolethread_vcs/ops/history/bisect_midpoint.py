"""Finds the commit that splits the suspects best, in a history with merges; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence


def halve(parents: Mapping[str, Sequence[str]], *, skipped: Collection[str] = ()) -> str | None:
    """Return the suspect to test: the one whose answer, good or bad, leaves the fewest suspects in the worse case.

    `parents` maps each suspect to those of its parents that are suspects. None: only one suspect is left to test, the
    newest, which is known to be bad, or all others are `skipped`. Of equals the first in the mapping is taken.
    """
    best, found = 0, None
    for commit, leading in count_leading(parents):
        worth = min(leading, len(parents) - leading)
        if worth > best and commit not in skipped:
            best, found = worth, commit
    return found


def tests_left(suspects: int) -> int:
    """Return how many tests settle so many suspects, when each halves them."""
    return (suspects - 1).bit_length() if suspects > 1 else 0


def count_leading(parents: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, int]]:
    """Yield each commit with the number of commits that lead to it, itself included, parents before children.

    The sets are kept as bits of one number a commit, and only while a child still needs them.
    """
    children = dict.fromkeys(parents, 0)
    for above in parents.values():
        for parent in set(above):
            children[parent] += 1
    needed = dict(children)
    sets: dict[str, int] = {}
    for number, commit in enumerate(parents_first(parents)):
        direct = set(parents[commit])
        reached = 1 << number
        for parent in direct:
            reached |= sets[parent]
        yield commit, reached.bit_count()
        sets[commit] = reached
        for parent in direct:
            needed[parent] -= 1
            if not needed[parent]:
                del sets[parent]


def parents_first(parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the commits so that each comes after its parents."""
    waiting = {commit: len(set(above)) for commit, above in parents.items()}
    children: dict[str, list[str]] = {commit: [] for commit in parents}
    for commit, above in parents.items():
        for parent in set(above):
            children[parent].append(commit)
    ready = [commit for commit, number in waiting.items() if not number]
    ordered = []
    while ready:
        commit = ready.pop()
        ordered.append(commit)
        for child in children[commit]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return ordered
