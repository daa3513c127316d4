"""What is remembered may be gone, torn, foreign or forged: every verb answers as it does without it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sweeping import conversation

from rolethread_vcs.cli.main import run
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.layout import suffix_part
from rolethread_vcs.ops.history import entry_history
from rolethread_vcs.store import facts, log, removals
from rolethread_vcs.store.derived import NAME, Derived, Table
from rolethread_vcs.store.refs import commit_graph

Answers = dict[tuple[str, ...], tuple[int, str, str]]
Ask = Callable[[], Answers]

VERBS = (
    ("status",),
    ("list", "tag:odd", "--json"),
    ("log", "1", "--json"),
    ("log", "-n", "5", "--json"),
    ("which", "edited.jsonl", "--json"),
    ("which", "out.jsonl", "--json"),
    ("import", "out.jsonl", "--dry-run", "--json"),
    ("import", "edited.jsonl", "--dry-run", "--json", "--key", "id"),
    ("import", "edited.jsonl", "--dry-run", "--json"),
    ("import", "removed.jsonl", "--dry-run", "--json"),
    ("import", "removed.jsonl", "--dry-run", "--json", "--again"),
    ("import", "bad.rejects.jsonl", "--dry-run", "--json", "--skip-invalid"),
    ("edit", "3", "--tag", "+new", "--dry-run"),
    ("check", "--json"),
    ("diff", "@~3", "--json"),
)
TABLES = {
    *("matching 2", "key 'id' 1", "rule duplicate_uuid 1", "removed entries 4", "entry history 1"),
    *("commit order 1", "exports 1", "rejects 1"),
}


@pytest.fixture(autouse=True)
def _everything_is_worth_remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (entry_history, removals, commit_graph):
        monkeypatch.setattr(module, "_WORTH_IT", 2)
    monkeypatch.setattr(log, "_WORTH_REMEMBERING", 2)
    monkeypatch.setattr(facts, "WORTH_IT", 1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset with edited and removed entries, an export and rejects; files of rows lie in it."""
    folder = tmp_path / "tavern"
    dataset = Dataset.init(folder)
    monkeypatch.chdir(folder)
    rows = [{**conversation(f"hello {number}"), "id": f"n{number}"} for number in range(12)]
    rows += [
        {**conversation(f"uuid {number}"), "uuid": f"27f9be4a-ebca-43e9-a02b-{number:012d}"} for number in range(3)
    ]
    dataset.add(rows)
    ids = dataset.snapshot().ids()
    for number in range(3):
        with dataset.edit(f"edit {number}") as change:
            change.put(ids[0], {**conversation(f"another hello {number}"), "tags": ["odd"]})
    for entry_id in ids[8:12]:
        dataset.remove([entry_id])
    for name, some in {"edited": rows[:8], "removed": rows[6:12], "bad": [*rows[:2], {"messages": []}]}.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some))
    run(["export", "-o", "out.jsonl"])
    run(["import", "bad.jsonl", "--skip-invalid"])
    return folder


@pytest.fixture
def ask(folder: Path, capfd: pytest.CaptureFixture[str]) -> Ask:
    """A function that gives every verb's status and words."""

    def answers() -> Answers:
        capfd.readouterr()
        return {words: (run(words), *capfd.readouterr()) for words in VERBS}

    return answers


@pytest.fixture
def truth(folder: Path, ask: Ask) -> Answers:
    """What is answered without anything remembered, which is the same again with it."""
    path = folder / ".git/rolethread/cache" / NAME
    path.unlink(missing_ok=True)
    found = ask()
    assert {status for status, _, _ in found.values()} <= {0, 40}
    assert ask() == found
    with opened(path) as database:
        assert {name for (name,) in database.execute("SELECT name FROM derived")} == TABLES
    return found


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / ".git/rolethread/cache" / NAME


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        yield database


FORGED: dict[str, Callable[[Any], object]] = {
    "text": lambda _: "text",
    "nothing": lambda _: None,
    "empty": lambda _: b"",
    "negative": lambda _: -5,
    "largest": lambda _: 2**63 - 1,
    "smallest": lambda _: -(2**63),
    "fraction": lambda _: 1e300,
    "deep JSON": lambda _: b"[" * 100_000,
    "cut off": lambda old: old[: len(old) // 2],
    "longer": lambda old: old + old[:1],
    "one bit": lambda old: old[:-1] + (chr(ord(old[-1]) ^ 1) if isinstance(old, str) else bytes([old[-1] ^ 1])),
    "large": lambda _: bytes(50_000_000),
}


@pytest.mark.parametrize("how", FORGED)
@pytest.mark.parametrize("column", ["name", "key", "value"])
@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(TABLES, id="all"),
        *(pytest.param({name}, marks=pytest.mark.slow, id=name) for name in sorted(TABLES)),
    ],
)
def test_no_column_that_was_changed_changes_an_answer(truth, ask, path, tables, column, how):
    with opened(path) as database:
        for row, name, old in database.execute(f"SELECT rowid, name, {column} FROM derived").fetchall():
            if name in tables:
                database.execute(f"UPDATE OR REPLACE derived SET {column} = ? WHERE rowid = ?", (FORGED[how](old), row))

    assert ask() == truth
    assert ask() == truth


def test_a_row_under_another_name_or_key_is_none(truth, ask, path):
    with opened(path) as database:
        rows = database.execute("SELECT name, key, value FROM derived").fetchall()
        for (name, key, _), (_, _, value) in zip(rows, rows[1:] + rows[:1], strict=True):
            database.execute("UPDATE derived SET value = ? WHERE name = ? AND key = ?", (value, name, key))

    assert ask() == truth


def rewrite(path: Path, name: str, lie: Callable[[Any], object]) -> None:
    """Change the rows of a table as one does who has the key: their seals are right."""
    with opened(path) as database:
        keys = [key for (key,) in database.execute("SELECT key FROM derived WHERE name = ?", (name,))]
    title, _, version = name.rpartition(" ")
    table, cache = Table(title, int(version)), Derived(path.parent)
    found = cache.find(table, keys)
    assert found
    lies = {key: lie(old if name.startswith("commit order") else json.loads(old)) for key, old in found.items()}
    cache.keep(
        table, {key: each if isinstance(each, bytes) else json.dumps(each).encode() for key, each in lies.items()}
    )


@pytest.mark.parametrize(
    "shape",
    [None, -5, 2**63, 1e300, "", "text", [], {}, [[]], [[1, 2]], [["a"]], [-1, [-1]], [None, [None]], ["a", ["b"]],
     ["0" * 40, {"x": 1}], ["0" * 40, {"0" * 40: [["x", 1, 2]]}], {"tip": -5, "removed": 5}, [[["x"], "y", "z"]],
     b"", b"\xff", b"[" * 100_000, b"[" * 1500 + b"]" * 1500, b'{"a": 1, "a": 2}', b"\0" * 29],
    ids=lambda shape: repr(shape)[:30],
)  # fmt: skip
def test_a_row_of_another_form_is_none_though_its_seal_is_right(truth, ask, path, shape):
    for name in TABLES:
        rewrite(path, name, lambda _: shape)

    assert ask() == truth
    assert ask() == truth


def _swap_digests(rows):
    digests = [row[1] for row in rows]
    return [[row[0], digest, *row[2:]] for row, digest in zip(rows, digests[1:] + digests[:1], strict=True)]


def _swap_ids(rows):
    ids = [row[0] for row in rows]
    return [[entry_id, *row[1:]] for row, entry_id in zip(rows, ids[1:] + ids[:1], strict=True)]


def _all_removed(value):
    tip, by_commit = value
    ((commit, rows),) = list(by_commit.items())[:1]
    return [tip, {commit: [["99999999-" + digest, "", digest] for digest in ("00000000", rows[0][2])]}]


LIES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "entries have the messages of others": ("matching 2", _swap_digests),
    "all entries have the messages of one": ("matching 2", lambda rows: [[row[0], *rows[5][1:]] for row in rows]),
    "all entries have the uuid of one": ("matching 2", lambda rows: [[*row[:2], rows[-1][2]] for row in rows]),
    "entries stand in another order": ("matching 2", lambda rows: rows[::-1]),
    "an entry stands twice": ("matching 2", lambda rows: [rows[0], *rows]),
    "an entry that is not there": ("matching 2", lambda rows: [*rows, ["00000099-00000000", "00000000", ""]]),
    "entries have the keys of others": ("key 'id' 1", _swap_ids),
    "removed were entries that never were": ("removed entries 4", _all_removed),
    "removed entries had other messages": (
        "removed entries 4",
        lambda value: [value[0], {key: [[*row[:2], suffix_part(row[0])[::-1]] for row in rows]
                                  for key, rows in value[1].items()}],
    ),
    "a commit changed an entry that did not": ("entry history 1", lambda value: [value[0], [value[0], *value[1]]]),
    "a commit that is none": ("entry history 1", lambda value: [value[0], ["0" * 40, *value[1]]]),
    "commits come before those that led to them": ("commit order 1", lambda data: data[:1] + bytes(len(data) - 1)),
    "an operation was picked that is none": ("rejects 1", lambda value: [value[0], ["0" * 40, *value[1]]]),
    "an operation was picked that was not": ("exports 1", lambda value: [value[0], [value[0], *value[1]]]),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_who_has_the_key_and_lies_leaves_no_row_out(truth, ask, path, lie):
    """What is remembered of entries is confirmed by them before it decides; only an absence cannot be."""
    rewrite(path, *LIES[lie])

    found = ask()
    imports = [words for words in VERBS if words[0] == "import"]
    assert {words: found[words] for words in imports} == {words: truth[words] for words in imports}
    if not lie.startswith("commits come"):
        assert found == truth
