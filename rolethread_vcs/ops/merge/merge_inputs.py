"""What an unfinished merge, revert or pick comes to on a tip of its branch: its three trees, and what they make."""

from __future__ import annotations

from dataclasses import dataclass

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.merge.conflict import Conflict
from rolethread_vcs.ops.merge.decisions import Decisions
from rolethread_vcs.ops.merge.entry_sides import EntrySides, Sides
from rolethread_vcs.ops.merge.tree_merge import ENTRY, Part, TreeMerge, merge_trees
from rolethread_vcs.ops.merge.unfinished_merge import part_of
from rolethread_vcs.store.log.unfinished import Unfinished
from rolethread_vcs.store.objects.trees import Readable
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Intent, MergeBreaksRulesError, vote


@dataclass(frozen=True, slots=True)
class MergeInputs:
    """The three trees of an unfinished thing on a tip, what reads them, and the bases (hex ids) they stand for."""

    sides: Sides
    objects: Readable
    bases: tuple[str, ...]

    def entry(self, entry_id: str) -> EntrySides:
        """Return an entry on the three sides."""
        return EntrySides.at(self.objects, self.sides, entry_id)


def read_inputs(repository: Repository, unfinished: Unfinished, tip: str) -> MergeInputs:
    """Return the inputs on a tip of the branch (hex id); a merge finds its bases anew.

    Raises:
        InvalidError (unrelated): a merge, and the histories share nothing.
    """

    def tree(commit: str) -> bytes | None:
        return repository.objects.commit(commit).tree if commit else None

    bases = unfinished.bases
    objects: Readable = repository.objects
    if unfinished.kind == "merge":
        bases = repository.graph.merge_bases(tip, unfinished.theirs)
        if not bases:
            raise _unrelated(repository, unfinished)
    if len(bases) > 1:
        from rolethread_vcs.ops.merge.virtual_base import base_tree

        base, objects = base_tree(repository, bases)
    else:
        base = tree(bases[0]) if bases else None
    return MergeInputs(Sides(base, tree(tip), tree(unfinished.theirs)), objects, bases)


def merge_at(
    inputs: MergeInputs, unfinished: Unfinished, decisions: Decisions, *, part: Part | None = None
) -> TreeMerge:
    """Return what an unfinished thing comes to with some decisions; `part` looks at less than what is wanted of it."""
    return merge_trees(inputs.objects, inputs.sides, part=part or part_of(unfinished), decisions=decisions)


def broken_rules(
    repository: Repository, unfinished: Unfinished, tip: str, inputs: MergeInputs, merged: TreeMerge
) -> tuple[Conflict, ...]:
    """Return, of a merge without other conflicts, the rules that both sides break together and neither broke alone.

    What came with the other side is for the gate to say, at the end.
    """
    if merged.conflicts or not unfinished.theirs:
        return ()
    others = (repository.snapshot_of(unfinished.theirs),)
    try:
        vote(repository.snapshot_of(tip), merged.change, Intent(unfinished.kind, ""), unfinished.branch, others=others)
    except MergeBreaksRulesError as error:
        return as_conflicts(error, inputs)
    except RefusedByGateError:
        return ()
    return ()


def as_conflicts(error: MergeBreaksRulesError, inputs: MergeInputs) -> tuple[Conflict, ...]:
    """Return the rules that both sides break together as conflicts of the entries that break them."""
    return tuple(
        Conflict(
            ENTRY,
            finding.name,
            id=finding.entry_id or "",
            about=inputs.entry(finding.entry_id or "").about,
            detail=f"together both sides break {finding.code} {finding.name}: {finding.message}",
        )
        for finding in error.findings
    )


def _unrelated(repository: Repository, unfinished: Unfinished) -> InvalidError:
    ours, theirs, _ = unfinished.labels
    if repository.is_shallow:
        return InvalidError(
            f"{ours} and {theirs} have no commit in common as far as history is here, and it was cut off when this "
            "copy was made; nothing was changed",
            hint="git fetch --unshallow   brings the rest of it",
            code="unrelated",
        )
    return InvalidError(
        f"{ours} and {theirs} have no commit in common: they are two datasets, not two versions of one; "
        "nothing was changed",
        hint="to bring entries over: rtv export there, rtv import here",
        code="unrelated",
    )
