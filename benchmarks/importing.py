"""Import of the whole file, gate on and durable, against `git fast-import` of the same bytes at the same paths."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from measuring import Figure, Run, median, run, take_turns
from workspace import RTV, Workspace, git


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield the time against git's, then the peak memory."""
    rows, stream = workspace.rows(workspace.entries), workspace.stream(workspace.entries)
    counter = itertools.count()

    def ours() -> Run:
        folder = workspace.empty(f"import-{next(counter)}", bare=True)
        return run([RTV, "-C", str(folder), "import", str(rows), "--quiet"])

    def theirs() -> Run:
        folder = str(workspace.folder / f"fast-import-{next(counter)}")
        git("init", "--quiet", "--bare", folder)
        return run(["git", "-C", folder, "fast-import", "--quiet"], stdin=stream)

    mine, peer = take_turns(workspace.runs, ours, theirs)
    name = f"import {workspace.entries:,} rows"
    seconds, reference = median(mine), median(peer)
    yield Figure(
        name, f"{seconds:.2f} s", f"git fast-import {reference:.2f} s", round(seconds / reference, 2), 0.6, "ratio"
    )
    memory, other = max(each.megabytes for each in mine), max(each.megabytes for each in peer)
    yield Figure(f"{name}, peak memory", f"{memory:.0f} MB", f"{other:.0f} MB", round(memory), 600, "MB")


def checkout_figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield an import whose files are checked out, against `git fast-import` and `git checkout` of the same."""
    count = workspace.scaled(20_000)
    rows, stream = workspace.rows(count), workspace.stream(count)
    counter = itertools.count()

    def ours() -> Run:
        folder = workspace.empty(f"import-files-{next(counter)}", bare=False)
        return run([RTV, "-C", str(folder), "import", str(rows), "--quiet"])

    def theirs() -> Run:
        folder = str(workspace.folder / f"fast-import-files-{next(counter)}")
        git("init", "--quiet", folder)
        first = run(["git", "-C", folder, "fast-import", "--quiet"], stdin=stream)
        then = run(["git", "-C", folder, "checkout", "--quiet", "main", "--", "."])
        return Run(first.seconds + then.seconds, max(first.megabytes, then.megabytes))

    mine, peer = take_turns(workspace.runs, ours, theirs)
    seconds, reference = median(mine), median(peer)
    yield Figure(
        f"import {count:,} rows, files checked out",
        f"{seconds:.2f} s",
        f"git fast-import and git checkout {reference:.2f} s",
        round(seconds / reference, 2),
        0.9,
        "ratio",
    )
