"""The table of figures as Markdown, what it was measured with, and its place in `benchmarks/README.md`."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from measuring import Figure

BEGIN = "<!-- figures: written by run.py -->"
END = "<!-- end of figures -->"


def render(figures: Sequence[Figure]) -> str:
    """Return the table of some figures."""
    lines = ["| figure | here | against | measure | target | |", "|---|---|---|---|---|---|"]
    for each in figures:
        value = "" if each.value is None else f"{each.value:g} {each.unit}"
        target = "" if each.target is None else f"≤ {each.target:g}"
        held = "" if each.target is None else ("holds" if each.is_met else "**missed**")
        lines.append(f"| {each.name} | {each.ours} | {each.peer} | {value} | {target} | {held} |")
    return "\n".join(lines)


def surroundings(git_version: str, runs: int) -> str:
    """Return what the figures were measured on and with, as a paragraph."""
    packages = ", ".join(f"{name} {_version(name)}" for name in ("pygit2", "orjson", "isal", "click"))
    today = datetime.now(tz=UTC).strftime("%Y-%m-%d")
    return (
        f"Measured on {today} on {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}, {packages}, {git_version}. Medians of {runs} runs in turns with the peer "
        f"(short commands: of more); load before: {os.getloadavg()[0]:.1f}."
    )


def put_into(readme: Path, text: str) -> None:
    """Replace what stands between the two markers of a page."""
    page = readme.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
