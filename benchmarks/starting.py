"""Start-up: `rtv --help` and `rtv log -n 1`, against a Python that only imports the libraries they stand on."""

from __future__ import annotations

from collections.abc import Iterator

from measuring import Figure, Run, median, run, take_turns
from workspace import RTV, Workspace, python

TURNS = 5
"""Short runs are noisy: so many times the rounds of a long one."""


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield help, then the newest commit."""
    folder = str(workspace.written(workspace.scaled(1_000)))

    def newest() -> Run:
        return run([RTV, "-C", folder, "log", "-n", "1"])

    helps, clicks, logs, libraries = take_turns(
        workspace.runs * TURNS,
        lambda: run([RTV, "--help"]),
        lambda: python("import click"),
        newest,
        lambda: python("import click, pygit2"),
    )
    for name, mine, code, peer in (
        ("`rtv --help`", helps, "import click", clicks),
        ("`rtv log -n 1`", logs, "import click, pygit2", libraries),
    ):
        yield Figure(
            name,
            f"{median(mine) * 1000:.0f} ms",
            f'python -c "{code}" {median(peer) * 1000:.0f} ms',
            round(median(mine) / median(peer), 2),
            1.5,
            "ratio",
        )
