"""The note of a transaction on its way, in the `.keep` file of its pack: by it a crash can be finished.

The `.keep` has to be there anyway, and in the same folder as pack and index: one flush of that folder makes the names
of all three durable. It is on the disk before the first ref moves and goes after the last step. Whoever takes the lock
next and finds one knows that its writer died: it finishes the rest, or forgets it when no ref had moved.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from rolethread_vcs import limits
from rolethread_vcs.store import disk
from rolethread_vcs.store.log import Moves
from rolethread_vcs.store.objects.packs import KEEP, KEEP_TEXT
from rolethread_vcs.store.objects.trees import Blob, Difference
from rolethread_vcs.store.refs import HEAD

_LATEST = 1 << 40  # seconds
_VALUE = re.compile(r"[0-9a-f]{40}|ref: refs/\S+")


@dataclass(frozen=True, slots=True)
class SideEffects:
    """What belongs to a transaction beside its refs, done after its publication; done again, it changes nothing.

    `config` maps keys of `.git/config` to their new values, None to remove one; with `core.bare` the files are checked
    out or removed.
    `files` are changes of the checked-out folder, made before it follows its branch; one that has another content than
    it should have before is left alone. `swaps` maps files to others that are written already and take their place,
    both relative to the common folder; None to remove one.
    """

    config: Mapping[str, str | None] = field(default_factory=dict)
    files: Sequence[Difference] = ()
    swaps: Mapping[str, str | None] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return the side effects as JSON; only kinds of which there are any."""
        files = [[path, _blob_text(before), _blob_text(after)] for path, before, after in self.files]
        kinds = {"config": dict(self.config), "files": files, "swaps": dict(self.swaps)}
        return {kind: each for kind, each in kinds.items() if each}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> SideEffects:
        """Return what `record` gave; a transaction of an earlier version has none.

        Raises:
            ValueError, TypeError, AttributeError, IndexError: it is something else.
        """
        config, swaps = (
            {str(key): None if value is None else str(value) for key, value in record.get(kind, {}).items()}
            for kind in ("config", "swaps")
        )
        for path in filter(None, (*swaps, *swaps.values())):
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise ValueError(f"{path} leaves the dataset")
        files = (Difference(str(path), _blob(old), _blob(new)) for path, old, new in record.get("files", ()))
        return cls(config, tuple(files), swaps)


@dataclass(frozen=True, slots=True)
class FileChange:
    """The one step of a change of a file outside the dataset: another one, `staged` beside it, takes its place.

    Without a staged one the file is removed.
    """

    path: Path
    staged: Path | None = None

    @property
    def is_done(self) -> bool:
        """Whether the step was done; not where neither file is there: their disk may not be plugged in now."""
        if self.staged is None:
            return not os.path.lexists(self.path)
        return os.path.lexists(self.path) and not os.path.lexists(self.staged)

    def carry_out(self) -> None:
        """Do the step."""
        if self.staged is None:
            disk.remove(self.path)
        else:
            disk.rename(self.staged, self.path)

    def record(self) -> list[str]:
        """Return the change as JSON."""
        return [str(self.path), "" if self.staged is None else self.staged.name]

    @classmethod
    def from_record(cls, record: Sequence[str]) -> FileChange:
        """Return what `record` gave.

        Raises:
            ValueError, TypeError: it is something else.
        """
        path, name = Path(record[0]), record[1]
        if name and not (name.startswith(".") and name.endswith(".tmp") and name == PurePath(name).name):
            raise ValueError(f"{name} is not the name of a staged file")
        return cls(path, path.with_name(name) if name else None)


def _blob_text(blob: Blob | None) -> str | None:
    return None if blob is None else f"{blob.mode.decode()} {blob.oid.hex()}"


def _blob(text: str | None) -> Blob | None:
    if text is None:
        return None
    mode, oid = text.split()
    return Blob(mode.encode(), bytes.fromhex(oid))


@dataclass(frozen=True, slots=True)
class Pending:
    """A transaction on its way: refs with values before and after (None: absent), and its operation.

    `operations` is the value of the operation log's ref before and after. `worktree` names the folder whose files
    follow, "" for the main one. A change without an operation moves no ref: it is published when its `file`, if any,
    is changed, and its note lies in the scratch folder.
    """

    command: str
    time: int
    moves: Moves
    operations: tuple[str | None, str] | None
    worktree: str = ""
    effects: SideEffects = SideEffects()
    file: FileChange | None = None

    def encode(self) -> bytes:
        """Return the note as `PackWriter.publish` takes it."""
        record = {
            "command": self.command,
            "time": self.time,
            "moves": {name: list(pair) for name, pair in self.moves.items()},
            "operations": self.operations and list(self.operations),
            "worktree": self.worktree,
            "effects": self.effects.record(),
            "file": self.file and self.file.record(),
        }
        return json.dumps(record).encode()


def text_of(keep: Path) -> bytes | None:
    """Return the bytes of a `.keep` of ours; None for one of another program, and where it has gone meanwhile.

    Raises:
        SystemRefusedError: the disk does not give it.
    """
    with disk.system_errors("reading what the last command was about to do"):
        try:
            data = disk.read_plain(keep, limits.FILE) or b""
        except (FileNotFoundError, IsADirectoryError, PermissionError):  # git keeps its own from other users
            return None
    return data if data.startswith(KEEP_TEXT) else None


def writer_of(keep: Path) -> str:
    """Return the process id of whoever wrote a `.keep`, "" for one that is not ours."""
    text = text_of(keep) or b""
    return text.removeprefix(KEEP_TEXT).partition(b"\n")[0].decode("ascii", "replace")


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
        operations, file = record["operations"], record.get("file")
        return Pending(
            command=str(record["command"]),
            time=_time(record["time"]),
            moves={_ref(name): (_value(pair[0]), _value(pair[1])) for name, pair in record["moves"].items()},
            operations=None if operations is None else (_value(operations[0]), _value(operations[1]) or ""),
            worktree=str(record["worktree"]),
            effects=SideEffects.from_record(record.get("effects", {})),
            file=None if file is None else FileChange.from_record(file),
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None


def _time(seconds: float) -> int:
    if not 0 <= seconds <= _LATEST:
        raise ValueError(f"{seconds} is no time")
    return int(seconds)


def _ref(name: str) -> str:
    """Return the name of a ref as it is; what is done by a note touches nothing else of the git folder."""
    if name != HEAD and not (name.startswith("refs/") and {"", ".", ".."}.isdisjoint(name.split("/"))):
        raise ValueError(f"{name} is no ref")
    return name


def _value(text: str | None) -> str | None:
    if text is not None and not _VALUE.fullmatch(text):
        raise ValueError(f"{text} is no value of a ref")
    return text


def load_all(files: Iterable[Path]) -> dict[Path, Pending]:
    """Return the transactions noted in those files that are a `.keep` of ours, the oldest first.

    One writer leaves one at most. A power cut may bring an older one back, whose removal was not on the disk yet.
    """
    loaded = {path: load(path) for path in files if path.suffix == KEEP}
    noted = {path: pending for path, pending in loaded.items() if pending is not None}
    return dict(sorted(noted.items(), key=lambda item: item[1].time))
