"""Makes one base of several: after two branches merged each other, a merge starts from more than one commit.

The bases are merged with each other first, from what they have in common, and so on back to where there was one. What
conflicts on that way stays as it was before: then a person decides, in the merge itself, and nothing is taken for
settled that was settled twice in different ways.
"""

from __future__ import annotations

from collections.abc import Sequence

from rolethread_vcs.merge.conflict import Reason
from rolethread_vcs.model.layout import entry_path, is_id
from rolethread_vcs.ops.merge.sides import MergeInputs
from rolethread_vcs.ops.merge.tree_merge import merge_trees
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.trees import Readable
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import Overlay, find_blob


def base_tree(repository: Repository, bases: Sequence[str]) -> tuple[bytes | None, Readable]:
    """Return the tree (20-byte id) that stands for several bases (hex ids), None for an empty one, and its reader."""
    levels = [tuple(bases)]
    while len(levels[-1]) > 1:
        levels.append(_common(repository, levels[-1]))
    overlay = Overlay(repository.objects)
    below = _tree(repository, levels[-1][0]) if levels[-1] else None
    for level in reversed(levels[:-1]):
        below = _merge_all(repository, overlay, below, level)
    return below, overlay


def _common(repository: Repository, commits: Sequence[str]) -> tuple[str, ...]:
    """Return the newest commits that lead to all of some commits."""
    found: tuple[str, ...] = (commits[0],)
    for commit in commits[1:]:
        each = {base for one in found for base in repository.graph.merge_bases(one, commit)}
        found = tuple(
            one for one in sorted(each) if not any(o != one and repository.graph.is_ancestor(one, o) for o in each)
        )
    return found


def _merge_all(repository: Repository, overlay: Overlay, base: bytes | None, commits: Sequence[str]) -> bytes | None:
    tree: bytes | None = _tree(repository, commits[0])
    for commit in commits[1:]:
        inputs = MergeInputs(overlay, base, tree, _tree(repository, commit))
        merged = merge_trees(inputs, choose=lambda conflict: None if conflict.reason == Reason.UNREADABLE else "base")
        changes = dict(merged.change.write(overlay))
        for conflict in merged.conflicts:  # what cannot be read stays as the base has it, too
            path = entry_path(conflict.id) if is_id(conflict.id) else conflict.id
            changes[path] = find_blob(overlay, base, path)
        tree = trees.apply(tree, changes, overlay, overlay)
    return tree


def _tree(repository: Repository, commit: str) -> bytes:
    return repository.objects.commit(commit).tree
