"""The one road to a commit: plan, vote, write, publish, settle.

`Session` holds the writers' lock and does the last three; `run` drives a small change through all five, planning again
when another writer was faster. A bulk import streams its blobs into a pack first and then takes the same session.

    plan     base snapshot -> ChangeSet, pure, can run again
    vote     the gate; the last no
    write    one pack: blobs, trees, the commit, the operation; invisible until published
    publish  the pack with a note of what is about to happen, then compare-and-swap of the refs: the point of no return
    settle   operation log, checked-out folder, `.keep`, folding small packs; repeatable after a crash
"""

from rolethread_vcs.store.tree_reader import Counts
from rolethread_vcs.transaction.refusals import (
    MergeBreaksRulesError,
    NewerWriterError,
    NoSuchBranchError,
    refuse_merge_of_git,
    refuse_other_folders,
    refuse_unsaved,
)
from rolethread_vcs.transaction.session import Session, external_operation
from rolethread_vcs.transaction.small_change import (
    ATTEMPTS,
    StaleEntryError,
    carry,
    commit_planned,
    run,
    touched_entries,
    vote,
    write_blobs,
)
from rolethread_vcs.transaction.values import TOUCHED_SHOWN, ChangeSet, Committed, Intent, PathChange, Planned

__all__ = [
    "ATTEMPTS",
    "TOUCHED_SHOWN",
    "ChangeSet",
    "Committed",
    "Counts",
    "Intent",
    "MergeBreaksRulesError",
    "NewerWriterError",
    "NoSuchBranchError",
    "PathChange",
    "Planned",
    "Session",
    "StaleEntryError",
    "carry",
    "commit_planned",
    "external_operation",
    "refuse_merge_of_git",
    "refuse_other_folders",
    "refuse_unsaved",
    "run",
    "touched_entries",
    "vote",
    "write_blobs",
]
