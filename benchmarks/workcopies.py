"""What was edited in a file copy of the whole dataset: `rtv workcopy status` after twenty edits, as a process."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

from measuring import Figure, Run, median, run, take_turns
from workspace import RTV, SEED, Workspace

EDITS = 20


def figures(workspace: Workspace) -> Iterator[Figure]:
    """Yield the state of a file of as many lines as there are entries."""
    folder = workspace.folder / "with-workcopy"
    shutil.copytree(workspace.written(workspace.entries), folder)
    file = workspace.folder / "workcopy.jsonl"
    run([RTV, "-C", str(folder), "workcopy", "add", str(file), "--format", "sharegpt", "--clean"])
    _edit(file)

    def status() -> Run:
        return run([RTV, "-C", str(folder), "workcopy", "status", str(file)])

    def digest() -> Run:
        return run(["sha256sum", str(file)])

    states, digests = take_turns(workspace.runs, status, digest)
    yield Figure(
        f"`rtv workcopy status`, {workspace.entries:,} lines, {EDITS} edits",
        f"{median(states) * 1000:.0f} ms, {max(each.megabytes for each in states):.0f} MB",
        f"`sha256sum` of the file {median(digests) * 1000:.0f} ms",
        round(median(states) * 1000),
        2500,
        "ms",
    )


def _edit(file: Path) -> None:
    """Change a word in some lines, drop some, add and move others, with nothing but json."""
    rng = random.Random(SEED)
    lines = file.read_text(encoding="utf-8").split("\n")[:-1]
    for number in range(EDITS):
        place = rng.randrange(len(lines))
        if number % 4 == 0:
            lines.insert(rng.randrange(len(lines)), lines.pop(place))
        elif number % 4 == 1:
            del lines[place]
        elif number % 4 == 2:
            turns = [{"from": "human", "value": f"new {rng.random()}"}, {"from": "gpt", "value": f"{rng.random()}"}]
            lines.insert(place, json.dumps({"conversations": turns}))
        else:
            row = json.loads(lines[place])
            row["conversations"][-1]["value"] += f" And then, {rng.random()}."
            lines[place] = json.dumps(row, ensure_ascii=False)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
