"""Runs the commands and Python that pages show, and records what they print: `python docs/transcript.py [PAGE…]`.

The tests run the pages the same way, and compare. In a page, in order:

    ```json NAME        a file, written into the folder one is in
    ```console          commands behind "$ ", each with all that it prints; `cd` is remembered
    ```python           run with the names of the blocks before it; a ```text block right behind it is what it prints

Other blocks are prose. Commit ids, times and the temporary folder differ from run to run and do not count. A page that
says something else now is written again as a whole, because its ids and times have to be those of one run.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "docs/api.md", "docs/diff.md", "docs/merging.md", "docs/taking-back.md")
"""The pages that are run."""

HOME = "/home/you"
"""What pages call the temporary folder."""

_BLOCK = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_ID = re.compile(r"(?<!sha256 )\b(?=[a-f]*\d)[0-9a-f]{7,64}\b(?!-)")
"""A commit; the checksum of an export is the same everywhere."""
_UNSTEADY = (
    (_ID, "<id>"),
    (re.compile(r"(\d{4}-\d{2}-\d{2} )?\b\d{2}:\d{2}(-\d{2}:\d{2})?\b"), "<time>"),
)


def rerun(page: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Return the page with every output as it is now."""
    session = _Session(folder, environment)
    pieces = []
    end = 0
    for match in _BLOCK.finditer(page):
        pieces.append(page[end : match.start("body")])
        pieces.append(session.block(match["info"], match["body"]))
        end = match.end("body")
    return "".join([*pieces, page[end:]])


def commands(page: str) -> list[str]:
    """Return the commands that a page shows."""
    bodies = [match["body"] for match in _BLOCK.finditer(page) if match["info"] == "console"]
    return [line[2:] for body in bodies for line in body.splitlines() if line.startswith("$ ")]


def steady(text: str) -> str:
    """Return a text without what differs from run to run."""
    for pattern, word in _UNSTEADY:
        text = pattern.sub(word, text)
    return text


def ids(text: str) -> list[str]:
    """Return the commits that a text names, in its order."""
    return _ID.findall(text)


class _Session:
    """One page being run: the folder one is in, the names of the Python blocks, what the last of them printed."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._root = folder.resolve()
        self._folder = self._root
        self._environment = {**environment, "HOME": str(self._root), "COLUMNS": "80", "NO_COLOR": "1", "TERM": "xterm"}
        self._environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._printed: str | None = None

    def block(self, info: str, body: str) -> str:
        """Run one block and return it as it stands now."""
        kind, _, name = info.partition(" ")
        printed, self._printed = self._printed, None
        if kind == "json" and name:
            (self._folder / name).write_text(body, encoding="utf-8")
        elif info == "console":
            return "".join(self._console(body))
        elif info == "python":
            self._printed = self._python(body)
        elif info == "text" and printed is not None:
            return _in_place_of(body, printed)
        return body

    def _console(self, body: str) -> Iterator[str]:
        for step in re.split(r"^(?=\$ )", body, flags=re.MULTILINE):
            if step:
                line, _, before = step.partition("\n")
                yield line + "\n" + _in_place_of(before, self._run(line.removeprefix("$ ")))

    def _run(self, command: str) -> str:
        if command.startswith("cd "):
            folder = (self._folder / command[3:]).resolve()
            if not folder.is_dir():
                return f"there is no folder {command[3:]}\n"
            self._folder = folder
            return ""
        # a terminal, because only there data and remarks come in the order in which a reader sees them
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        ):
            os.close(theirs)
            printed = b"".join(_read_terminal(ours))
        os.close(ours)
        return self._shown(printed.decode("utf-8").replace("\r\n", "\n"))

    def _python(self, body: str) -> str:
        out = io.StringIO()
        with contextlib.chdir(self._folder), contextlib.redirect_stdout(out):
            exec(compile(body, "page", "exec"), self._names)
        return self._shown(out.getvalue())

    def _shown(self, text: str) -> str:
        return text.replace(str(self._root), HOME)


def _read_terminal(terminal: int) -> Iterator[bytes]:
    """Yield what a terminal shows until nobody writes to it any more, which Linux calls an I/O error."""
    with contextlib.suppress(OSError):
        while data := os.read(terminal, 1 << 16):
            yield data


def _in_place_of(before: str, now: str) -> str:
    """Return an output as it stands in a page; blank lines at the end of the recorded one belong to the page."""
    tail = before[len(before.rstrip("\n")) :][1:] if before.strip() else before
    return now + ("\n" if now and not now.endswith("\n") else "") + tail


def record(page: Path) -> None:
    """Run a page, and write it again if it says something else now."""
    people = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC"}
    before = page.read_text("utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        now = rerun(before, Path(temporary), {"PATH": os.environ["PATH"], **people})
    if steady(now) != steady(before):
        page.write_text(now, "utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:] or [str(ROOT / page) for page in PAGES]:
        record(Path(name))
