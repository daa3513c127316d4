"""Kills a scenario at one step on the disk after the other, and says what was left: one JSON line a kill.

Run as a program of its own, because it forks: `python sweeping.py SCENARIO TEMPLATE WORK [OFTEN]`. The template is
copied for every kill. A child runs the scenario with a fault point that ends the process (`os._exit`, no cleaning up)
at the N-th step; the parent then looks at the copy with stock git and runs a next command.

Equal steps (the same kind, on files of one folder) that come many times are killed the first OFTEN times and the last.
"""

from __future__ import annotations

import gc
import io
import json
import os
import re
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.store import disk
from rolethread_vcs.transaction import Intent

KILLED = 99
OFTEN = 3


def conversation(text: str) -> dict[str, object]:
    """Return the fields of a small valid entry."""
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": f"You said {text}."}]}


def rows(number: int) -> io.BytesIO:
    """Return JSONL of that many entries."""
    lines = [json.dumps(conversation(f"row {row}")) for row in range(number)]
    return io.BytesIO("\n".join(lines).encode())


def edit(dataset: Dataset) -> None:
    """Change one entry."""
    with dataset.edit("the edit") as change:
        change.put(dataset.snapshot().ids()[0], conversation("edited"))


def bulk(dataset: Dataset) -> None:
    """Import 200 entries."""
    dataset.import_files([rows(200)], intent=Intent("import", "import rows.jsonl"), names=["rows.jsonl"])


def undo(dataset: Dataset) -> None:
    """Take the last operation back."""
    dataset.undo()


def redo(dataset: Dataset) -> None:
    """Bring the last undone operation back."""
    dataset.redo()


def switch_to_new(dataset: Dataset) -> None:
    """Make a branch and go to it."""
    dataset.branch("side", switch=True)


def recover(dataset: Dataset) -> None:
    """Change another entry, where an edit was cut off before: that one is finished first."""
    with dataset.edit("after the crash") as change:
        change.put(dataset.snapshot().ids()[1], conversation("edited too"))


def discard(dataset: Dataset) -> None:
    """Throw hand edits away."""
    dataset.discard_edits(None, Intent("restore", "restore --all"))


def check_out(dataset: Dataset) -> None:
    """Check the files out, or remove them if they are: a setting outside the tree."""
    dataset.settings.set("checkout", "always" if dataset.repository.is_bare else "never")


def release(dataset: Dataset) -> None:
    """Move a release, which writes a tag object and moves a tag."""
    dataset.releases.create("v1", force=True)


def rename(dataset: Dataset) -> None:
    """Give the current branch another name: two refs and HEAD, and a note in the configuration."""
    dataset.branches.rename("main", "trunk")


def delete(dataset: Dataset) -> None:
    """Delete a branch that has a note."""
    dataset.branches.delete("noted")


def revert(dataset: Dataset) -> None:
    """Take a change back."""
    dataset.revert("@~1")


def merge(dataset: Dataset) -> None:
    """Merge a branch that changed other entries."""
    assert dataset.merge("side").committed.commit is not None


def merge_that_waits(dataset: Dataset) -> None:
    """Merge a branch that changed the same words."""
    assert dataset.merge("clash").conflicts


def resolve(dataset: Dataset) -> None:
    """Decide the conflict of an unfinished merge."""
    dataset.merges.resolve([dataset.snapshot().ids()[0]], "clash")


def finish_merge(dataset: Dataset) -> None:
    """Commit an unfinished merge of which all is decided: the branch moves, and the unfinished ref goes."""
    dataset.merges.finish()


def abort_merge(dataset: Dataset) -> None:
    """Give up an unfinished merge: the unfinished ref goes."""
    dataset.merges.abort()


SCENARIOS: dict[str, Callable[[Dataset], None]] = {
    "edit": edit,
    "bulk": bulk,
    "undo": undo,
    "redo": redo,
    "switch": switch_to_new,
    "recover": recover,
    "discard": discard,
    "undo_discard": undo,
    "redo_discard": redo,
    "check_out": check_out,
    "undo_check_out": undo,
    "release": release,
    "rename": rename,
    "delete": delete,
    "revert": revert,
    "merge": merge,
    "merge_that_waits": merge_that_waits,
    "resolve": resolve,
    "finish_merge": finish_merge,
    "abort_merge": abort_merge,
}


def run_and_die(scenario: str, folder: Path, step: int) -> int:
    """Run a scenario in a child that dies at a step; return 99, or 0 when it came to its end before."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        dataset = Dataset.open(folder)
        steps: list[str] = []

        def fault(what: str, path: str) -> None:
            steps.append(f"{what} {path}")
            if len(steps) == step:
                (folder.parent / "step").write_text(steps[-1])
                os._exit(KILLED)

        disk.fault_point = fault
        SCENARIOS[scenario](dataset)
        (folder.parent / "steps").write_text(json.dumps(steps))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def undo_probe(dataset: Dataset) -> str:
    """Take the next command back again, and say what an undo would take back then."""
    dataset.undo()
    logged = (each for each in dataset.operations.list() if not each.undone and each.operation.has_effect)
    return next((each.operation.command for each in logged if each.operation.verb not in ("undo", "redo")), "nothing")


def look(folder: Path) -> dict[str, object]:
    """Say what stands after a kill, run a next command, and say what stands then."""
    git = ["git", "-C", str(folder)]
    fsck = subprocess.run([*git, "fsck", "--strict", "--no-dangling"], capture_output=True, text=True)
    found: dict[str, object] = {"fsck": fsck.stderr if fsck.returncode else ""}
    listed = ["--format=%(refname) %(tree)%(*tree)", "refs/heads", "refs/tags", "refs/worktree"]
    refs = subprocess.run([*git, "for-each-ref", *listed], capture_output=True)
    found["refs"] = refs.stdout.decode()
    try:
        dataset = Dataset.open(folder)
        with dataset.edit("the next command", branch="probe") as change:
            change.add(conversation("next"))
        found["notes"] = list(change.result.notes)
        found["numbers"] = [logged.operation.number for logged in dataset.operations.list()]
        found["refs_after"] = subprocess.run(refs.args, capture_output=True).stdout.decode()
        verification = dataset.upkeep.verify()
        found["problems"] = [problem.message for problem in verification.problems]
        found["undone"] = undo_probe(dataset)
        bare = dataset.repository.is_bare
    except RoleThreadError as error:
        return {**found, "error": f"{error.status} {error.message}"}
    found["bare"] = bare
    found["entries"] = {path.name: path.read_text() for path in sorted(folder.glob("entries/**/*.json"))}
    status = "" if bare else subprocess.run([*git, "status", "--porcelain"], capture_output=True).stdout.decode()
    private = [path.name for path in (folder / ".git/rolethread").iterdir() if path.name != "lock"]
    packs = [path.name for path in (folder / ".git/objects/pack").iterdir() if path.suffix not in (".pack", ".idx")]
    torn = [path.name for path in folder.rglob("*.tmp")]
    return {**found, "status": status, "left": sorted({*private, *packs, *torn} - {"cache", "drafts", "tmp"})}


def shape(step: str) -> str:
    """Return what a step has in common with its equals: the kind and the folder, without random and running numbers."""
    what, _, path = step.partition(" ")
    name = Path(path)
    return f"{what} {re.sub('[0-9a-f]{4,}', '', str(name.parent))} {name.suffix}"


def chosen(steps: list[str], often: int) -> list[int]:
    """Return the steps to kill at, from 1: of each shape the first ones and the last."""
    places: dict[str, list[int]] = {}
    for number, step in enumerate(steps, 1):
        places.setdefault(shape(step), []).append(number)
    return sorted({number for found in places.values() for number in (*found[:often], found[-1])})


def main(scenario: str, template: Path, work: Path, often: int = OFTEN) -> None:
    """Run a scenario to its end, then kill it at one step after the other."""
    copy = work / "copy"
    shutil.copytree(template, copy, symlinks=True)
    gc.freeze()
    assert run_and_die(scenario, copy, 0) == 0
    steps = json.loads((work / "steps").read_text())
    print(json.dumps({"total": len(steps), "shapes": len(set(map(shape, steps))), **look(copy)}), flush=True)
    for step in chosen(steps, often):
        shutil.rmtree(copy)
        shutil.copytree(template, copy, symlinks=True)
        code = run_and_die(scenario, copy, step)
        what = (work / "step").read_text()
        print(json.dumps({"step": step, "code": code, "what": what, **look(copy)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), *map(int, sys.argv[4:]))
