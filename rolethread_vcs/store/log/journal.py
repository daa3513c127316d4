"""The note of a transaction on its way, in the `.keep` file of its pack: by it a crash can be finished.

The `.keep` has to be there anyway, and in the same folder as pack and index: one flush of that folder makes the names
of all three durable. It is on the disk before the first ref moves and goes after the last step. Whoever takes the lock
next and finds one knows that its writer died: it finishes the rest, or forgets it when no ref had moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.store import disk
from rolethread_vcs.store.objects.packs import KEEP, KEEP_TEXT


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction on its way: refs with values before and after (None: absent), and its operation.

    `operations` is the value of the operation log's ref before and after. `worktree` names the folder whose files
    follow, "" for the main one.
    """

    command: str
    time: int
    moves: Mapping[str, tuple[str | None, str | None]]
    operations: tuple[str | None, str]
    worktree: str = ""

    def encode(self) -> bytes:
        """Return the note as `PackWriter.publish` takes it."""
        record = {
            "command": self.command,
            "time": self.time,
            "moves": {name: list(pair) for name, pair in self.moves.items()},
            "operations": list(self.operations),
            "worktree": self.worktree,
        }
        return json.dumps(record).encode()


def text_of(keep: Path) -> bytes | None:
    """Return the bytes of a `.keep` of ours; None for one of another program, and where it has gone meanwhile.

    Raises:
        SystemRefusedError: the disk does not give it.
    """
    with disk.system_errors("reading what the last command was about to do"):
        try:
            data = keep.read_bytes()
        except (FileNotFoundError, IsADirectoryError, PermissionError):  # git keeps its own from other users
            return None
    return data if data.startswith(KEEP_TEXT) else None


def load(keep: Path) -> Pending | None:
    """Return the transaction that a `.keep` of ours notes; None without a note, and for a torn one: no ref had moved.

    Raises:
        SystemRefusedError: the disk does not give it.
    """
    data = text_of(keep)
    if data is None:
        return None
    try:
        record = json.loads(data.partition(b"\n")[2])
        return Pending(
            command=str(record["command"]),
            time=int(record["time"]),
            moves={str(name): (pair[0], pair[1]) for name, pair in record["moves"].items()},
            operations=(record["operations"][0], str(record["operations"][1])),
            worktree=str(record["worktree"]),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def load_all(files: Iterable[Path]) -> dict[Path, Pending]:
    """Return the transactions noted in those files that are a `.keep` of ours, the oldest first.

    One writer leaves one at most. A power cut may bring an older one back, whose removal was not on the disk yet.
    """
    loaded = {path: load(path) for path in files if path.suffix == KEEP}
    noted = {path: pending for path, pending in loaded.items() if pending is not None}
    return dict(sorted(noted.items(), key=lambda item: item[1].time))
