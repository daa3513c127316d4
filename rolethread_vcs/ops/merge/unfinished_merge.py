"""The unfinished merge, revert or pick of this folder (there is room for one): found, its three trees today, kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rolethread_vcs.errors import InvalidError, NotFoundError
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.merge.conflict import Conflict, Reason
from rolethread_vcs.model.layout import entry_path, is_id
from rolethread_vcs.ops.merge.decisions import ENTRY
from rolethread_vcs.ops.merge.sides import MergeInputs
from rolethread_vcs.ops.merge.tree_merge import TreeMerge, merge_trees
from rolethread_vcs.store.log import unfinished as store
from rolethread_vcs.store.log.unfinished import Kind, Unfinished
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.trees import Readable
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.tree_reader import Overlay, find_blob
from rolethread_vcs.transaction import Committed, Intent, MergeBreaksRulesError, Session, refuse_git_state, vote


def find_unfinished(repository: Repository, kind: Kind | None = None) -> Unfinished:
    """Return what needs decisions in this folder.

    Raises:
        NotFoundError (nothing_unfinished): nothing does, or something of another kind. ConflictError (git_unfinished).
    """
    found = repository.unfinished()
    if found is None:
        refuse_git_state(repository)  # which may be what is meant
        message, hint = f"no {kind or 'merge'} is unfinished", "see where you are with: rtv status"
    elif kind in (None, found.kind):
        return found
    else:
        message = f"no {kind} is unfinished, but a {found.kind} is ({found.command})"
        hint = f"rtv {found.kind} --continue"
    raise NotFoundError(message, hint=hint, code="nothing_unfinished")


def read_inputs(repository: Repository, unfinished: Unfinished, tip: str) -> MergeInputs:
    """Return what is merged on a tip of the branch (hex id); a merge finds its bases anew.

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
        base, objects = _base_tree(repository, bases)
    else:
        base = tree(bases[0]) if bases else None
    ids = None if unfinished.ids is None else frozenset(unfinished.ids)
    return MergeInputs(objects, base, tree(tip), tree(unfinished.theirs), bases, ids, unfinished.where)


def _unrelated(repository: Repository, unfinished: Unfinished) -> InvalidError:
    ours, theirs, _ = unfinished.labels
    if repository.is_shallow:
        return InvalidError(
            f"{ours} and {theirs} have no commit in common as far as history is here, and it was cut off when this "
            "copy was made",
            hint="git fetch --unshallow   brings the rest of it",
            code="unrelated",
        )
    return InvalidError(
        f"{ours} and {theirs} have no commit in common: they are two datasets, not two versions of one",
        hint="to bring entries over: rtv export there, rtv import here",
        code="unrelated",
    )


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


def save_unfinished(session: Session, unfinished: Unfinished, before: str | None) -> Committed:
    """Write down what waits, as one operation; `before` is what the ref holds now (hex id)."""
    repository = session.repository
    committed = replace(session.unchanged(), branch=unfinished.branch)
    if session.intent.dry_run:
        return committed
    if before is not None and store.read(before, repository.objects) == replace(unfinished, id=before):
        return committed
    with repository.pack() as pack:
        oid = store.write(unfinished, pack, repository.objects, repository.signature())
        number = session.publish(pack, {repository.unfinished_ref: (before, oid)})
    return replace(committed, operation=number, notes=tuple(session.notes))


# ---- one base of several


def _base_tree(repository: Repository, bases: Sequence[str]) -> tuple[bytes | None, Readable]:
    """Return the tree (20-byte id) that stands for several bases (hex ids), None for an empty one, and its reader.

    After two branches merged each other, a merge starts from more than one commit. The bases are merged with each other
    first, from what they have in common, and so on back to where there was one. What conflicts on that way stays as it
    was before: then a person decides, in the merge itself, and nothing is taken for settled that was settled twice in
    different ways.
    """
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
