"""The pending file: what the transaction that is being published is about to do, so that a crash can be finished.

It is fsynced before the first ref moves and removed after the last step. Whoever takes the lock next and finds one
knows that its writer died: it finishes the rest, or forgets it when no ref had moved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.store import disk


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction on its way: refs with values before and after (None: absent), its operation, its pack.

    `operations` is the value of the operation log's ref before and after. `worktree` names the folder whose files
    follow, "" for the main one.
    """

    command: str
    time: int
    moves: Mapping[str, tuple[str | None, str | None]]
    operations: tuple[str | None, str]
    pack: str
    worktree: str = ""

    def save(self, path: Path, *, durable: bool) -> None:
        """Write the pending file, before anything becomes visible."""
        record = {
            "command": self.command,
            "time": self.time,
            "moves": {name: list(pair) for name, pair in self.moves.items()},
            "operations": list(self.operations),
            "pack": self.pack,
            "worktree": self.worktree,
        }
        with disk.system_errors("noting what this command is about to do"):
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.replace_file(path, json.dumps(record).encode(), durable=durable)


def load(path: Path) -> Pending | None:
    """Return the pending transaction, or None; a torn file means that no ref had moved yet, and counts as none."""
    with disk.system_errors("reading what the last command was about to do"):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
    try:
        record = json.loads(data)
        return Pending(
            command=str(record["command"]),
            time=int(record["time"]),
            moves={str(name): (pair[0], pair[1]) for name, pair in record["moves"].items()},
            operations=(record["operations"][0], str(record["operations"][1])),
            pack=str(record["pack"]),
            worktree=str(record["worktree"]),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def forget(path: Path) -> None:
    """Remove the pending file: everything it promised is done, or nothing was."""
    with disk.system_errors("closing this command"):
        disk.remove(path)
