"""The data that figures share, made once for a run and when first asked for: files, datasets, streams for git."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache, cached_property
from pathlib import Path

from generate import generate
from measuring import Run, run

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.gate import Verdict
from rolethread_vcs.model.layout import entry_path, make_id, suffix_part
from rolethread_vcs.ops.settings.settings import set_setting
from rolethread_vcs.store.objects import trees
from rolethread_vcs.transaction import ChangeSet, Counts, Intent, Planned, Session

SEED = 1
RTV = str(Path(sys.executable).with_name("rtv"))
SAMPLE = 20_000
"""Different contents of a dataset that is made without an import."""


class Workspace:
    """A folder for one run; `entries` is the size that the targets are about, `share` scales every other size."""

    def __init__(self, folder: Path, entries: int, *, runs: int) -> None:
        self.folder = folder
        self.entries = entries
        self.share = entries / 100_000
        self.runs = runs

    def scaled(self, entries: int) -> int:
        """Return a size of the targets, scaled to this run."""
        return max(100, int(entries * self.share))

    def rows(self, count: int) -> Path:
        """Return a JSONL file of so many generated entries."""
        path = self.folder / f"rows-{count}.jsonl"
        if not path.exists():
            with path.open("w", encoding="utf-8") as file:
                for entry in generate(count, SEED):
                    file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        return path

    def empty(self, name: str, *, bare: bool) -> Path:
        """Return the folder of a fresh dataset without entries."""
        folder = self.folder / name
        dataset = Dataset.init(folder)
        set_setting(
            dataset.repository, "checkout", "never" if bare else "always", Intent("config", "config set checkout")
        )
        return folder

    @cache  # noqa: B019  one workspace lives as long as the program
    def imported(self, count: int, *, bare: bool = True) -> Path:
        """Return a dataset of so many imported entries."""
        folder = self.empty(f"imported-{count}-{'bare' if bare else 'files'}", bare=bare)
        run([RTV, "-C", str(folder), "import", str(self.rows(count)), "--quiet"])
        return folder

    @cache  # noqa: B019  as above
    def written(self, count: int) -> Path:
        """Return a bare dataset of so many entries, whose contents repeat; quicker to make than an import."""
        source = Dataset.open(self.imported(min(SAMPLE, self.entries)))
        pairs = list(source.snapshot().blobs())
        dataset = Dataset.open(self.empty(f"written-{count}", bare=True))
        with dataset.repository.pack() as pack:
            for _, blob in pairs[:count]:
                pack.add("blob", source.repository.objects.blob(blob))
            paths: dict[str, tuple[bytes, bytes] | None] = {}
            for number in range(1, count + 1):
                entry_id, blob = pairs[number % len(pairs)] if count >= len(pairs) else pairs[number - 1]
                paths[entry_path(make_id(number, suffix_part(entry_id)))] = (trees.FILE, blob)
            with Session.open(dataset.repository, Intent("import", "import generated entries")) as session:
                session.commit(pack, paths, Counts(count), Planned(ChangeSet(summary="generated entries")), Verdict())
        return dataset.folder

    @cache  # noqa: B019  as above
    def stream(self, count: int) -> Path:
        """Return a stream for `git fast-import`: the same bytes at the same paths, in one commit."""
        path = self.folder / f"stream-{count}"
        dataset = Dataset.open(self.imported(count))
        with path.open("wb") as file:
            lines = []
            for mark, (entry_id, blob) in enumerate(dataset.snapshot().blobs(), start=1):
                data = dataset.repository.objects.blob(blob)
                file.write(b"blob\nmark :%d\ndata %d\n%s\n" % (mark, len(data), data))
                lines.append(b"M 100644 :%d %s\n" % (mark, entry_path(entry_id).encode()))
            file.write(b"commit refs/heads/main\ncommitter Bench <bench@localhost> 1700000000 +0000\ndata 7\nimport\n")
            file.writelines(lines)
            file.write(b"\n")
        return path

    @cached_property
    def blob_list(self) -> Path:
        """The ids of the imported entries' blobs, a line each, for `git cat-file --batch`."""
        path = self.folder / "blob-ids"
        blobs = Dataset.open(self.imported(self.entries)).snapshot().blobs()
        path.write_text("".join(f"{blob.hex()}\n" for _, blob in blobs), encoding="ascii")
        return path


def python(code: str) -> Run:
    """Run one line of Python in a fresh interpreter."""
    return run([sys.executable, "-c", code])


def git(*arguments: str) -> str:
    """Return what stock git prints."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout.strip()
