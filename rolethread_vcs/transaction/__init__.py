"""The one road to a commit: plan, vote, write, publish, settle.

`Session` holds the writers' lock and does the last three; `run` drives a small change through all five, planning again
when another writer was faster. A bulk import streams its blobs into a pack first and then takes the same session.

    plan     base snapshot -> ChangeSet, pure, can run again
    vote     the gate; the last no
    write    one pack: blobs, trees, the commit, the operation; invisible until published
    publish  the pack with a note of what is about to happen, then compare-and-swap of the refs: the point of no return
    settle   operation log, checked-out folder, `.keep`, folding small packs; repeatable after a crash
"""

from rolethread_vcs.model.change import Counts
from rolethread_vcs.transaction._external import external_operation
from rolethread_vcs.transaction._guards import NewerWriterError, NoSuchBranchError, refuse_merge_of_git, refuse_unsaved
from rolethread_vcs.transaction._merging import MergeBreaksRulesError
from rolethread_vcs.transaction._other_folders import refuse_other_folders
from rolethread_vcs.transaction._running import (
    ATTEMPTS,
    StaleEntryError,
    carry,
    commit_planned,
    run,
    touched_entries,
    vote,
    write_blobs,
)
from rolethread_vcs.transaction._session import Session
from rolethread_vcs.transaction._values import TOUCHED_SHOWN, Committed, Intent, PathChange, Planned

__all__ = [
    "ATTEMPTS",
    "TOUCHED_SHOWN",
    "Committed",
    "ConflictError (checked_out_elsewhere)",
    "Counts",
    "Intent",
    "InvalidError (detached)",
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
