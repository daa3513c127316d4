"""The cache of facts: it gives back what it was given, or nothing, whatever became of its file."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.store.facts_cache import FactsCache

TOLD = {b"%026d" % number: b"[told of %d]" % number * 9 for number in range(60)}

KEEP = """
import sys
from pathlib import Path
from rolethread_vcs.store.facts_cache import FactsCache
cache, mine = FactsCache(Path(sys.argv[1])), sys.argv[2].encode()
for number in range(40):
    told = {b"%26d" % each: b"same" for each in range(20)} | {mine + b"%025d" % number: mine}
    cache.keep("f 1", told, told)
    assert set(cache.find("f 1", told).values()) <= {b"same", mine}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache with ? and ü" / "facts-1.sqlite"


@pytest.fixture
def cache(path: Path) -> FactsCache:
    made = FactsCache(path)
    made.keep("uuid 1", TOLD, TOLD)
    return made


def test_what_was_kept_is_found(cache, path):
    some = list(TOLD)[:7]

    assert cache.find("uuid 1", TOLD) == FactsCache(path).find("uuid 1", TOLD) == TOLD
    assert cache.find("uuid 1", [*some, b"unknown"]) == {folder: TOLD[folder] for folder in some}


def test_another_version_of_a_fact_is_another_fact(cache):
    assert cache.find("uuid 2", TOLD) == {}


def test_what_is_kept_again_replaces_what_was_there(cache):
    folder = next(iter(TOLD))
    cache.keep("uuid 1", {folder: b"new"}, TOLD)

    assert cache.find("uuid 1", [folder]) == {folder: b"new"}


def test_more_folders_than_one_query_takes_are_found(cache):
    many = {b"%026d" % number: b"%d" % number for number in range(1300)}
    cache.keep("many 1", many, many)

    assert cache.find("many 1", many) == many


def test_without_a_file_nothing_is_known(path):
    assert FactsCache(path).find("uuid 1", TOLD) == {}
    assert not path.exists()


def test_when_many_others_gathered_only_those_in_use_stay(cache):
    many = {b"%026d" % number: b"old" for number in range(1100)}
    cache.keep("uuid 1", many, many)
    cache.keep("other 1", {b"a": b"b"}, [b"a"])

    cache.keep("uuid 1", {b"new": b"told"}, [b"new", *list(many)[:3]])

    assert cache.find("uuid 1", [*many, b"new"]) == {**dict.fromkeys(list(many)[:3], b"old"), b"new": b"told"}
    assert cache.find("other 1", [b"a"]) == {b"a": b"b"}


@pytest.mark.parametrize("data", [b"", b"no database\n" * 900, b"SQLite format 3\0" + bytes(4080)])
def test_a_file_of_something_else_is_replaced(cache, path, data):
    path.write_bytes(data)

    assert cache.find("uuid 1", TOLD) == {}
    cache.keep("uuid 1", TOLD, TOLD)
    cache.keep("uuid 1", TOLD, TOLD)  # the first may only have cleared the way
    assert cache.find("uuid 1", TOLD) == TOLD


def test_another_programs_table_of_this_name_is_replaced(cache, path):
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE told (a, b)")

    assert cache.find("uuid 1", TOLD) == {}
    cache.keep("uuid 1", TOLD, TOLD)
    assert cache.find("uuid 1", TOLD) == TOLD


def test_rows_that_are_no_bytes_are_passed_over(cache, path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("UPDATE told SET value = 'text' WHERE rowid % 2")

    assert len(cache.find("uuid 1", TOLD)) == len(TOLD) // 2


@given(at=st.floats(0, 1, exclude_max=True), size=st.integers(1, 300), data=st.data())
@settings(max_examples=60)
def test_damage_never_gives_other_bytes(tmp_path_factory, at, size, data):
    path = tmp_path_factory.mktemp("damage") / "facts-1.sqlite"
    cache = FactsCache(path)
    cache.keep("uuid 1", TOLD, TOLD)
    whole = bytearray(path.read_bytes())
    start = int(at * len(whole))
    whole[start : start + size] = data.draw(st.binary(min_size=size, max_size=size))
    path.write_bytes(whole)

    found = cache.find("uuid 1", TOLD)
    assert found.items() <= TOLD.items()

    cache.keep("uuid 1", TOLD, TOLD)
    assert cache.find("uuid 1", TOLD).items() <= TOLD.items()


def test_damage_that_is_no_text_is_damage_all_the_same(cache, path):
    data = path.read_bytes()
    path.write_bytes(data.replace(b"CREATE TABLE told", b"CREATE TABLE \x80old"))

    assert cache.find("uuid 1", TOLD) == {}
    assert not path.exists()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_never_gives_other_bytes(cache, path, part):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])

    assert cache.find("uuid 1", TOLD).items() <= TOLD.items()
    cache.keep("uuid 1", TOLD, TOLD)
    assert cache.find("uuid 1", TOLD).items() <= TOLD.items()


def test_a_file_that_is_in_use_is_done_without(cache, path):
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert cache.find("uuid 1", TOLD) == {}
        cache.keep("uuid 1", {b"new": b"told"}, [b"new"])
        database.execute("ROLLBACK")

    assert cache.find("uuid 1", [*TOLD, b"new"]) == TOLD


def test_a_place_that_cannot_be_written_to_is_done_without(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder.sqlite").mkdir()

    for path in (tmp_path / "file" / "facts-1.sqlite", tmp_path / "folder.sqlite"):
        cache = FactsCache(path)
        cache.keep("uuid 1", TOLD, TOLD)
        assert cache.find("uuid 1", TOLD) == {}


def test_two_processes_keep_at_once(path, environment):
    command = [sys.executable, "-W", "error", "-c", KEEP, str(path)]

    running = [
        subprocess.Popen([*command, name], env=environment, stderr=subprocess.PIPE, text=True) for name in ("a", "b")
    ]

    assert [(each.communicate()[1], each.returncode) for each in running] == [("", 0), ("", 0)]
    assert FactsCache(path).find("f 1", [b"%26d" % 3]) == {b"%26d" % 3: b"same"}
