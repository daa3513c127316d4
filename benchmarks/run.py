"""Measures every figure that the project promises, each against its peer in the same run on the same data.

    make bench                                       everything; writes the table into benchmarks/README.md
    python benchmarks/run.py --only edit --size 5000     a quick look; writes nothing

Status 1 when a target is missed at full size.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import branching
import comparing
import editing
import exporting
import history
import importing
import merging
import reading
import starting
import table
import workcopies
from measuring import Figure
from workspace import Workspace, git

FULL = 100_000
FIGURES: dict[str, Callable[[Workspace], Iterator[Figure]]] = {
    "import": importing.figures,
    "import-files": importing.checkout_figures,
    "edit": editing.figures,
    "export": exporting.figures,
    "read": reading.figures,
    "branch": branching.figures,
    "diff": comparing.figures,
    "merge": merging.figures,
    "history": history.figures,
    "workcopies": workcopies.figures,
    "start": starting.figures,
}


def main() -> int:
    """Measure, print, and at full size write the table down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", choices=sorted(FIGURES), help="these figures; else all")
    parser.add_argument("--size", type=int, default=FULL, help="entries; every other size is scaled with it")
    parser.add_argument("--runs", type=int, default=3, help="rounds of the long figures")
    options = parser.parse_args()
    _seal()
    surroundings = table.surroundings(git("--version"), options.runs)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="rtv-bench-") as folder:
        workspace = Workspace(Path(folder), options.size, runs=options.runs)
        for name in options.only or FIGURES:
            for figure in FIGURES[name](workspace):
                figures.append(figure)
                print(table.render([figure]).splitlines()[-1], flush=True)
    print(f"\n{surroundings}\n\n{table.render(figures)}")
    is_full = options.size == FULL and not options.only
    if is_full:
        table.put_into(Path(__file__).with_name("README.md"), f"{surroundings}\n\n{table.render(figures)}")
    return int(options.size == FULL and not all(figure.is_met for figure in figures))


def _seal() -> None:
    """Keep this user's git configuration out of the figures; the home folder stays, it may hold Python's packages.

    An installed package is compiled, so what is measured here is compiled, too, and only once.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1"}


if __name__ == "__main__":
    sys.exit(main())
