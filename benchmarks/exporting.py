"""Export of all entries to a JSONL file, against `git cat-file --batch` of the same blobs into a file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from measuring import Figure, Run, median, run, take_turns
from workspace import RTV, Workspace


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield the time against git's."""
    folder, ids = str(workspace.imported(workspace.entries)), workspace.blob_list
    counter = itertools.count()

    def ours() -> Run:
        output = workspace.folder / f"export-{next(counter)}.jsonl"
        done = run([RTV, "-C", folder, "export", "-o", str(output), "--quiet"])
        output.unlink()
        return done

    def theirs() -> Run:
        output = workspace.folder / f"batch-{next(counter)}"
        done = run(["git", "-C", folder, "cat-file", "--batch"], stdin=ids, stdout=output)
        output.unlink()
        return done

    mine, peer = take_turns(workspace.runs, ours, theirs)
    seconds, reference = median(mine), median(peer)
    yield Figure(
        f"export {workspace.entries:,} entries to JSONL",
        f"{seconds:.2f} s",
        f"git cat-file --batch {reference:.2f} s",
        round(seconds / reference, 2),
        1.7,
        "ratio",
    )
