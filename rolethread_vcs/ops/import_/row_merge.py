"""Merges an entry edited here with the same entry edited in a file, against the entry that the file was made from."""

from __future__ import annotations

from rolethread_vcs.model.entry import Entry


def merge_row(base: Entry, ours: Entry, theirs: Entry) -> Entry | str:
    """Return the merged entry, or the reason why there is none: what clashes, and how."""
    # few imports bring rows back that were edited on both sides
    from rolethread_vcs.merge.entry import merge_entries

    merged = merge_entries(base, ours, theirs)
    if merged.clashes:
        return "; ".join(f"{clash.field}: {clash.reason.sentence}" for clash in merged.clashes)
    entry = merged.entry
    assert entry is not None  # all three are there, so none can go
    return entry
