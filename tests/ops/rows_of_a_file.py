"""Files of rows to import, and the few steps that tests of imports begin with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.gate import Allowance
from rolethread_vcs.ops.import_ import Imported
from rolethread_vcs.ops.import_.row_reader import ImportOptions
from rolethread_vcs.transaction import Intent


def row(question: str, answer: str = "Dry enough.", **more: Any) -> dict[str, Any]:
    """Return a row of one exchange."""
    return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}], **more}


def as_lines(rows: Iterable[Mapping[str, Any] | bytes]) -> bytes:
    """Return rows as JSON lines; bytes stand for themselves."""
    lines = [each if isinstance(each, bytes) else json.dumps(each, ensure_ascii=False).encode() for each in rows]
    return b"".join(line + b"\n" for line in lines)


def write_rows(path: Path, *rows: Mapping[str, Any] | bytes) -> Path:
    """Write rows as JSON lines."""
    path.write_bytes(as_lines(rows))
    return path


def bring(
    dataset: Dataset, *files: Path, to: str | None = None, allow: str | None = None, dry: bool = False, **options: Any
) -> Imported:
    """Import files with options."""
    allowances = (Allowance(allow),) if allow is not None else ()
    intent = Intent(
        "import",
        "import",
        branch=to,
        allowances=allowances,
        because="a test" if allow is not None else None,
        dry_run=dry,
    )
    return dataset.import_files(files, ImportOptions(**options), intent)


def questions(dataset: Dataset, rev: str = "@") -> list[str]:
    """Return the first message of each entry, in dataset order."""
    return [entry.messages[0]["content"] for _, entry in dataset.snapshot(rev)]


def edit_answer(dataset: Dataset, entry_id: str, answer: str) -> None:
    """Give an entry another answer."""
    entry = dataset.snapshot()[entry_id]
    messages = [*entry.messages[:-1], {"role": "assistant", "content": answer}]
    with dataset.edit() as change:
        change.put(entry_id, entry.with_fields(messages=messages))
