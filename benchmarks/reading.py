"""What a person waits for: the first page of `list`, and `status` of a checked-out dataset, beyond start-up.

Start-up is a process that loads what both commands load, and does nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from measuring import Figure, Run, median, run, take_turns
from workspace import RTV, Workspace, python

LOADED = (
    "import rolethread_vcs.cli.main, rolethread_vcs.dataset, rolethread_vcs.store.repository, "
    "rolethread_vcs.cli.commands.list, rolethread_vcs.cli.commands.status"
)
TURNS = 4
"""Short runs are noisy: so many times the rounds of a long one."""


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield the page, then the status."""
    count = workspace.scaled(20_000)
    large, checked_out = str(workspace.imported(workspace.entries)), str(workspace.imported(count, bare=False))

    def page() -> Run:
        return run([RTV, "-C", large, "list"])

    def status() -> Run:
        return run([RTV, "-C", checked_out, "status"])

    def git_status() -> Run:
        return run(["git", "-C", checked_out, "status", "--porcelain"])

    rounds = workspace.runs * TURNS
    pages, states, others, idle = take_turns(rounds, page, status, git_status, lambda: python(LOADED))
    start = median(idle) * 1000
    whole = median(pages) * 1000
    yield Figure(
        f"first page of `rtv list` of {workspace.entries:,}",
        f"{whole:.0f} ms",
        f"start-up {start:.0f} ms",
        round(max(0.0, whole - start), 1),
        50,
        "ms beyond start-up",
    )
    whole = median(states) * 1000
    yield Figure(
        f"`rtv status` of {count:,}, checked out",
        f"{whole:.0f} ms",
        f"start-up {start:.0f} ms, `git status` {median(others) * 1000:.0f} ms",
        round(max(0.0, whole - start), 1),
        120,
        "ms beyond start-up",
    )
