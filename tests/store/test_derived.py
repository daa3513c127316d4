"""What is remembered: it gives back what it was given, or nothing, whatever became of its file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.store.derived import KEY_NAME, NAME, Derived, Table

UUID, MANY, OTHER = Table("uuid", 1), Table("many", 1), Table("other", 1)
ROWS = {b"%026d" % number: b"[value of %d]" % number * 9 for number in range(60)}

KEEP = """
import sys
from pathlib import Path
from rolethread_vcs.store.derived import Derived, Table
derived, mine, table = Derived(Path(sys.argv[1])), sys.argv[2].encode(), Table("f", 1)
for number in range(40):
    rows = {b"%26d" % each: b"same" for each in range(20)} | {mine + b"%025d" % number: mine}
    derived.keep(table, rows)
    assert set(derived.find(table, rows).values()) <= {b"same", mine}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache with ? and ü" / NAME


@pytest.fixture
def derived(path: Path) -> Derived:
    made = Derived(path.parent)
    made.keep(UUID, ROWS)
    return made


def test_what_was_kept_is_found(derived, path):
    some = list(ROWS)[:7]

    assert derived.find(UUID, ROWS) == Derived(path.parent).find(UUID, ROWS) == ROWS
    assert derived.find(UUID, [*some, b"unknown"]) == {key: ROWS[key] for key in some}


def test_another_version_of_a_table_is_another_table(derived):
    assert derived.find(UUID._replace(version=2), ROWS) == {}


def test_what_is_kept_again_replaces_what_was_there(derived):
    key = next(iter(ROWS))
    derived.keep(UUID, {key: b"new"}, in_use=ROWS)

    assert derived.find(UUID, [key]) == {key: b"new"}


def test_more_keys_than_one_query_takes_are_found(derived):
    many = {b"%026d" % number: b"%d" % number for number in range(1300)}
    derived.keep(MANY, many)

    assert derived.find(MANY, many) == many


def test_without_a_file_nothing_is_known(path):
    assert Derived(path.parent).find(UUID, ROWS) == {}
    assert not path.exists()


def test_when_many_others_gathered_only_those_in_use_stay(derived):
    many = {b"%026d" % number: b"old" for number in range(1100)}
    derived.keep(UUID, many)
    derived.keep(OTHER, {b"a": b"b"})

    derived.keep(UUID, {b"new": b"value"}, in_use=list(many)[:3])

    assert derived.find(UUID, [*many, b"new"]) == {**dict.fromkeys(list(many)[:3], b"old"), b"new": b"value"}
    assert derived.find(OTHER, [b"a"]) == {b"a": b"b"}


@pytest.mark.parametrize("data", [b"", b"no database\n" * 900, b"SQLite format 3\0" + bytes(4080)])
def test_a_file_of_something_else_is_replaced(derived, path, data):
    path.write_bytes(data)

    assert derived.find(UUID, ROWS) == {}
    derived.keep(UUID, ROWS)
    derived.keep(UUID, ROWS)  # the first may only have cleared the way
    assert derived.find(UUID, ROWS) == ROWS


def test_another_programs_table_of_this_name_is_replaced(derived, path):
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE derived (a, b)")

    assert derived.find(UUID, ROWS) == {}
    derived.keep(UUID, ROWS)
    assert derived.find(UUID, ROWS) == ROWS


def test_rows_that_are_no_bytes_are_passed_over(derived, path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE derived SET value = 'text' WHERE rowid % 2")

    assert len(derived.find(UUID, ROWS)) == len(ROWS) // 2


@given(at=st.floats(0, 1, exclude_max=True), size=st.integers(1, 300), data=st.data())
@settings(max_examples=60)
def test_damage_never_gives_other_bytes(tmp_path_factory, at, size, data):
    path = tmp_path_factory.mktemp("damage") / NAME
    derived = Derived(path.parent)
    derived.keep(UUID, ROWS)
    whole = bytearray(path.read_bytes())
    start = int(at * len(whole))
    whole[start : start + size] = data.draw(st.binary(min_size=size, max_size=size))
    path.write_bytes(whole)

    found = derived.find(UUID, ROWS)
    assert found.items() <= ROWS.items()

    derived.keep(UUID, ROWS)
    assert derived.find(UUID, ROWS).items() <= ROWS.items()


def test_damage_that_is_no_text_is_damage_all_the_same(derived, path):
    data = path.read_bytes()
    path.write_bytes(data.replace(b"CREATE TABLE derived", b"CREATE TABLE \x80erived"))

    assert derived.find(UUID, ROWS) == {}
    assert not path.exists()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_never_gives_other_bytes(derived, path, part):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])

    assert derived.find(UUID, ROWS).items() <= ROWS.items()
    derived.keep(UUID, ROWS)
    assert derived.find(UUID, ROWS).items() <= ROWS.items()


def test_a_file_that_is_in_use_is_done_without(derived, path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert derived.find(UUID, ROWS) == {}
        derived.keep(UUID, {b"new": b"value"}, in_use=ROWS)
        database.execute("ROLLBACK")

    assert derived.find(UUID, [*ROWS, b"new"]) == ROWS


def test_a_place_that_cannot_be_written_to_is_done_without(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "cache" / NAME).mkdir(parents=True)

    for folder in (tmp_path / "file", tmp_path / "cache"):
        derived = Derived(folder)
        derived.keep(UUID, ROWS)
        assert derived.find(UUID, ROWS) == {}


def test_caches_of_earlier_versions_are_removed_with_the_first_row(path):
    path.parent.mkdir()
    for name in ("derived-1.sqlite", "facts-1.sqlite", "removed.json", "lengths.json", "stretches.json", "notes.txt"):
        path.with_name(name).write_text("old")

    Derived(path.parent).keep(UUID, ROWS)

    assert sorted(each.name for each in path.parent.iterdir()) == [NAME, KEY_NAME, "notes.txt"]


def test_two_processes_keep_at_once(path, environment):
    command = [sys.executable, "-W", "error", "-c", KEEP, str(path.parent)]

    running = [
        subprocess.Popen([*command, name], env=environment, stderr=subprocess.PIPE, text=True) for name in ("a", "b")
    ]

    assert [(each.communicate()[1], each.returncode) for each in running] == [("", 0), ("", 0)]
    assert Derived(path.parent).find(Table("f", 1), [b"%26d" % 3]) == {b"%26d" % 3: b"same"}


def test_what_another_program_or_version_keeps_there_is_replaced_and_never_run(derived, path):
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT '', x'00', i FROM n"
    for statements in (
        "CREATE TABLE words (id, text); INSERT INTO words VALUES (1, 'mine')",
        f"CREATE VIEW derived (name, key, value) AS {endless}",
        "CREATE TABLE derived (name TEXT, key BLOB, value BLOB, more, PRIMARY KEY (name, key))",
    ):
        path.unlink()
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.executescript(statements)
        derived.keep(UUID, ROWS)
        derived.keep(UUID, ROWS)
        assert derived.find(UUID, ROWS) == ROWS
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TRIGGER t AFTER INSERT ON derived BEGIN DELETE FROM derived; END")
    assert derived.find(UUID, ROWS) == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", [NAME, KEY_NAME])
@pytest.mark.parametrize("what", ["link", "dangling", "pipe"])
def test_a_link_or_a_pipe_in_its_place_is_removed_and_its_target_untouched(derived, path, tmp_path, name, what):
    target = tmp_path / "target.sqlite"
    if what == "link":
        with contextlib.closing(sqlite3.connect(target)) as database:
            database.execute("CREATE TABLE mine (a)")
    before = target.read_bytes() if what == "link" else None
    path.with_name(name).unlink()
    if what == "pipe":
        os.mkfifo(path.with_name(name))
    else:
        path.with_name(name).symlink_to(target)

    assert derived.find(UUID, ROWS) == {}
    derived.keep(UUID, ROWS)

    assert derived.find(UUID, ROWS) == ROWS
    assert (target.read_bytes() if target.exists() else None) == before


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 32, b"k" * 9000])
def test_under_another_key_nothing_is_known(derived, path, key):
    path.with_name(KEY_NAME).write_bytes(key)

    assert derived.find(UUID, ROWS) == {}
    derived.keep(UUID, ROWS)
    assert derived.find(UUID, ROWS) == ROWS


def test_a_row_under_the_key_and_value_of_two_others_is_none(derived, path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE derived SET value = (SELECT max(value) FROM derived)")

    assert len(derived.find(UUID, ROWS)) <= 1
