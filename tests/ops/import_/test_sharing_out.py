"""Sharing rows out: what helper processes take part in is the same, to the byte, as what one process does."""

from __future__ import annotations

import gzip
import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows_of_a_file import as_lines, bring, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import RoleThreadError
from rolethread_vcs.formats import open_source
from rolethread_vcs.ops.import_.importer import Imported
from rolethread_vcs.ops.import_.preparing import Known, Preparation, Row
from rolethread_vcs.ops.import_.row_reader import ImportOptions
from rolethread_vcs.ops.import_.sharing_out import Helpers

FORMATS = Path(__file__).parents[3] / "fixtures" / "formats" / "entries.json"
UUID = "27f9be4a-ebca-43e9-a02b-3a912a4c5213"
STRANGE: list[bytes] = [
    b"",
    b"   ",
    b"{",
    b'{"messages": [1, 2',
    b"[]",
    b"null",
    b'"text"',
    b'{"a": 1, "a": 2}',
    b'{"messages": [], "n": 123456789012345678901234567890}',
    b'{"prompt": "a", "completion": "b"}',
    b'{"messages": [{"role": "user", "content": "a"}], "tags": "cosy"}',
    b'{"messages": [{"role": "user", "content": "a"}], "tags": [1]}',
    b'{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "b"}]}',
    b'{"messages": [{"role": "Bot", "content": "a"}, {"role": "user", "content": "b"}]}',
    b'{"messages": [{"role": " ASSISTANT", "content": "a"}, {"role": "uesr", "content": "b"}]}',
    b'{"messages": [{"role": "assistant", "content": "a", "train": true, "speaker": null}], "chosen": 3}',
    b'{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}\r',
    b'{"conversations": [{"from": "Emma", "value": "a"}, {"from": "gpt", "value": "b"}], "system": "s"}',
    b'{"instruction": "a", "input": "b", "output": "c", "uuid": "%s"}' % UUID.encode(),
    b'{"instruction": "a", "response": "c", "id": 7}',
    json.dumps(row("twice", uuid=UUID)).encode(),
    json.dumps(row("twice", uuid=UUID.upper())).encode(),
    json.dumps(row("brought", rolethread={"id": "00000007-k2x9m3ab", "rev": "0123456789ab"})).encode(),
    json.dumps(row("too high", rolethread={"id": "99000007-k2x9m3ab"})).encode(),
    json.dumps(row("\u2028 \ud83d\ude00", tags=["b", "a", "a"])).encode(),
    json.dumps(row("with a key", id="k1", score=1.5)).encode(),
]


def mixed(number: int, seed: int = 7) -> list[bytes]:
    """Return so many lines: most of them sound, some repeated, some strange."""
    random = Random(seed)
    lines = []
    for index in range(number):
        if random.random() < 0.25:
            lines.append(random.choice(STRANGE))
        else:
            lines.append(json.dumps(row(f"question {random.randrange(number)}", f"answer {index % 5}")).encode())
    return lines


def told_of(helpers: Helpers, data: bytes) -> list[tuple[Any, ...]]:
    """Return all that is known of the rows of a file."""
    with open_source(io.BytesIO(data), name="x.jsonl") as source:
        return [everything(each) for each in helpers.rows(source)]


def everything(row: Row) -> tuple[Any, ...]:
    entry = row.entry() if isinstance(row.told, Known) else None
    return row.number, row.line, row.raw, row.told, entry


@pytest.fixture(scope="module", params=[Preparation(), Preparation("auto", True, "id", {"empty_message": "warning"})])
def both(request: pytest.FixtureRequest) -> Iterator[tuple[Helpers, Helpers]]:
    """Two helpers that take part from the first row, and none."""
    shared, alone = Helpers(request.param, number=2, worth_it=0), Helpers(request.param, number=0)
    yield shared, alone
    shared.end()


@settings(max_examples=60)
@given(st.lists(st.sampled_from(STRANGE) | st.text(max_size=5).map(lambda text: json.dumps(row(text)).encode())))
def test_helpers_tell_what_one_process_tells(both: tuple[Helpers, Helpers], lines: list[bytes]) -> None:
    shared, alone = both

    data = b"\n".join(lines)

    assert told_of(shared, data) == told_of(alone, data)


def test_many_batches_come_back_in_the_order_of_the_file(both: tuple[Helpers, Helpers]) -> None:
    shared, alone = both

    data = b"\n".join(mixed(3000))

    assert told_of(shared, data) == told_of(alone, data)


def test_the_elements_of_an_array_are_shared_out_too(both: tuple[Helpers, Helpers]) -> None:
    shared, alone = both

    data = json.dumps([row(f"question {number}", "a\nb") for number in range(600)], indent=1).encode()

    assert told_of(shared, data) == told_of(alone, data)


def test_a_huge_row_stays_in_this_process(both: tuple[Helpers, Helpers]) -> None:
    shared, alone = both

    data = as_lines([row("a"), row("b", "x" * (3 << 20)), row("c")])

    assert told_of(shared, data) == told_of(alone, data)


def test_helpers_begin_where_they_are_worth_it() -> None:
    others = children()
    helpers = Helpers(Preparation(), number=2, worth_it=40_000)
    try:
        few = told_of(helpers, b"\n".join(mixed(50)))
        before = children() - others
        many = told_of(helpers, b"\n".join(mixed(1000)))
        after = children() - others
    finally:
        helpers.end()

    assert (len(before), len(after), children() - others) == (0, 2, set())
    assert 0 < len(few) <= 50 < len(many)


# ---- whole imports


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with a few entries, edits and removals; copied for each import, so that all have one identity."""
    folder = tmp_path_factory.mktemp("template") / "tavern"
    dataset = Dataset.init(folder)
    source = write_rows(folder.parent / "first.jsonl", *(row(f"question {n}", "answer 1", id=n) for n in range(30)))
    ids = bring(dataset, source).committed.ids
    with dataset.edit() as change:
        change.remove(ids[3])
        change.put(ids[4], row("question 4", "edited"))
    return folder


def imported(folder: Path, template: Path, data: bytes, name: str, **options: Any) -> tuple[Any, ...]:
    """Return all that comes of an import into a copy of the template: the result or the error, the tree, the files."""
    shutil.copytree(template, folder / "tavern", symlinks=True)
    (folder / name).write_bytes(data)
    dataset = Dataset.open(folder / "tavern")
    try:
        said: Any = without_times(bring(dataset, folder / name, **options))
    except RoleThreadError as error:
        said = (type(error), error.message, error.hint, error.details, error.findings)
    objects, snapshot = dataset.repository.objects, dataset.snapshot()
    beside = {path.name: path.read_bytes() for path in folder.glob("*.*") if path.is_file()}
    commit = objects.commit(snapshot.id)
    return without_folder(said, folder), snapshot.tree, commit.message, beside, dataset.verify().problems


def without_times(done: Imported) -> Imported:
    return replace(done, committed=replace(done.committed, commit=None, operation=None))


def without_folder(said: Any, folder: Path) -> str:
    return repr(said).replace(str(folder), "")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"skip_invalid": True},
        {"skip_invalid": True, "fix": True, "key": "id"},
        {"skip_invalid": True, "again": True, "format": "messages"},
        {"to": "work/side"},
        {"skip_invalid": True, "allow": "RT104", "dry": True},
    ],
    ids=str,
)
def test_an_import_is_the_same_with_helpers_and_without(
    tmp_path: Path, template: Path, options: dict[str, Any]
) -> None:
    data = b"\n".join(mixed(700, seed=len(options)))
    results = []

    for helpers in (0, 2):
        folder = tmp_path / str(helpers)
        folder.mkdir()
        results.append(imported(folder, template, data, "x.jsonl", helpers=helpers, helpers_from=0, **options))

    assert results[0] == results[1]


def test_every_kind_of_entry_comes_in_the_same(tmp_path: Path, template: Path) -> None:
    entries = json.loads(FORMATS.read_bytes())
    rows = [each.get("entry", each) for each in (entries if isinstance(entries, list) else entries.values())]
    results = []

    for helpers in (0, 2):
        folder = tmp_path / str(helpers)
        folder.mkdir()
        data = b"\n".join(json.dumps(each).encode() for each in rows * 3)
        results.append(imported(folder, template, data, "x.jsonl", helpers=helpers, helpers_from=0, skip_invalid=True))

    assert results[0] == results[1]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("torn.jsonl.gz", gzip.compress(b"\n".join(mixed(500)), mtime=0)[:-200]),
        ("torn.jsonl.gz", gzip.compress(b'{"chat_metadata": {}}\n' * 500, mtime=0)[:-9]),
        ("unread.jsonl", b'{"chat_metadata": {}}\n' * 500),
        ("unknown.jsonl", b'{"prompt": "a", "completion": "b"}\n' * 500),
        ("empty.jsonl", b""),
    ],
    ids=["torn", "torn and unread", "unread", "unknown", "empty"],
)
def test_a_source_that_is_refused_is_refused_in_the_same_words(
    tmp_path: Path, template: Path, name: str, data: bytes
) -> None:
    results = []

    for helpers in (0, 2):
        folder = tmp_path / str(helpers)
        folder.mkdir()
        results.append(imported(folder, template, data, name, helpers=helpers, helpers_from=0))

    assert results[0] == results[1]


# ---- helpers that go


def children(of: int | None = None) -> set[int]:
    """Return the ids of the helper processes that a process has."""
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True
    )
    found = set()
    for line in listed.stdout.splitlines():
        pid, parent, state, words = line.split(None, 3)
        if int(parent) == (of or os.getpid()) and "preparing_process" in words and not state.startswith("Z"):
            found.add(int(pid))
    return found


class KillingStream(io.BytesIO):
    """A stream that is read in small pieces; at some of them helpers are killed."""

    def __init__(self, data: bytes, *, kill_at: dict[int, int]) -> None:
        super().__init__(data)
        self.kill_at = kill_at
        self.others = children()
        self.killed: list[int] = []
        self.reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        if self.reads in self.kill_at:
            for pid in sorted(children() - self.others)[: self.kill_at[self.reads]]:
                os.kill(pid, signal.SIGKILL)
                self.killed.append(pid)
        return super().read(20_000)


@pytest.mark.parametrize("kill_at", [{10: 1}, {6: 1, 12: 1}, {9: 2}])
def test_killed_helpers_change_nothing(tmp_path: Path, template: Path, kill_at: dict[int, int]) -> None:
    data = b"\n".join(mixed(4000))
    trees = []

    streams = [KillingStream(data, kill_at={}), KillingStream(data, kill_at=kill_at)]
    for helpers, stream in zip((0, 2), streams, strict=True):
        shutil.copytree(template, tmp_path / str(helpers), symlinks=True)
        dataset = Dataset.open(tmp_path / str(helpers))
        options = ImportOptions(
            skip_invalid=True, rejects=tmp_path / f"{helpers}.jsonl", helpers=helpers, helpers_from=0
        )
        done = dataset.import_files([stream], options, names=["x.jsonl"])
        trees.append((dataset.snapshot().tree, [str(each) for each in done.rejects], done.repaired, done.notes))

    assert trees[0] == trees[1]
    assert len(streams[1].killed) == sum(kill_at.values())
    assert children() == streams[1].others


@pytest.mark.parametrize("program", ["", "/nowhere/python3", "/bin/sh", "/bin/false"])
def test_where_helpers_cannot_be_started_one_process_does_it_all(
    both: tuple[Helpers, Helpers], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    if program == "/bin/false":  # starts, and is gone at once
        (tmp_path / "python3").symlink_to(program)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    data = b"\n".join(mixed(600))
    lonely = Helpers(Preparation(), number=2, worth_it=0)

    told = told_of(lonely, data)

    lonely.end()
    assert told == told_of(Helpers(Preparation(), number=0), data)


def test_a_program_that_holds_python_in_itself_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    program = tmp_path / "python-app"
    program.write_text(f"#!/bin/sh\ntouch {started}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    helpers = Helpers(Preparation(), number=2, worth_it=0)

    told_of(helpers, b"\n".join(mixed(20)))

    helpers.end()
    assert not started.exists()


# ---- the process that started them goes

_IMPORT = """
import sys
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.import_.row_reader import ImportOptions
Dataset.open(sys.argv[1]).import_files([sys.stdin.buffer], ImportOptions(helpers=2, helpers_from=0))
"""


def start_endless_import(folder: Path) -> tuple[subprocess.Popen[bytes], set[int]]:
    """Start an import of a stream that does not end, in a process group of its own; return it and its helpers."""
    process = subprocess.Popen(
        [sys.executable, "-c", _IMPORT, str(folder)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    data = b"".join(json.dumps(row(f"question {number}")).encode() + b"\n" for number in range(4000))
    helpers: set[int] = set()
    while len(helpers) < 2:
        process.stdin.write(data)
        process.stdin.flush()
        helpers = children(process.pid)
    return process, helpers


def wait_for(helpers: set[int]) -> list[int]:
    """Return those that are still there after half a minute."""
    left = []
    for pid in helpers:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        if not select.select([handle], [], [], 30)[0]:
            left.append(pid)
        os.close(handle)
    return left


@pytest.mark.skipif(sys.platform != "linux", reason="waits for processes that are not its own")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_helpers_end_with_the_process_that_started_them(template: Path, tmp_path: Path, how: signal.Signals) -> None:
    shutil.copytree(template, tmp_path / "tavern", symlinks=True)
    before = Dataset.open(tmp_path / "tavern").snapshot().id
    process, helpers = start_endless_import(tmp_path / "tavern")

    if how is signal.SIGINT:
        os.killpg(process.pid, how)  # as a Ctrl-C in a terminal does: to all of them
    else:
        process.kill()
    assert process.stdin is not None and process.stderr is not None
    said = process.stderr.read().decode()
    process.wait()
    process.stderr.close()
    try:
        process.stdin.close()
    except BrokenPipeError:
        assert process.returncode

    assert process.returncode == -how
    assert wait_for(helpers) == []
    assert said.count("KeyboardInterrupt") == (how is signal.SIGINT)
    assert Dataset.open(tmp_path / "tavern").snapshot().id == before
