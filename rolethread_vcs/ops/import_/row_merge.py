"""Merges an entry edited here with the same entry edited in a file, against the entry that the file was made from."""

from __future__ import annotations

from rolethread_vcs.model.entry import Entry


def merge_row(base: Entry, ours: Entry, theirs: Entry) -> Entry | str:
    """Return the merged entry, or the reason why there is none: what conflicts, and how."""
    # few imports bring rows back that were edited on both sides
    from rolethread_vcs.merge.entry import merge_entries

    merged = merge_entries(base, ours, theirs)
    if merged.conflicts:
        return "; ".join(f"{conflict.field}: {conflict.message}" for conflict in merged.conflicts)
    entry = merged.entry
    assert entry is not None  # all three are there, so none can go
    return entry
