"""Each bound of `limits` from both sides: what is within it is read, what is beyond it is refused in words."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from rolethread_vcs import limits
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.formats import Source
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.model.canonical import JsonProblemError, UnkeepableValueError, encode_pretty, parse
from rolethread_vcs.model.settings import InvalidSettingsError, read_values
from rolethread_vcs.store.lock import describe_holder
from rolethread_vcs.store.log import journal
from rolethread_vcs.store.objects.commits import decode, decode_signature
from rolethread_vcs.store.objects.packs import KEEP_TEXT

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


def nested(depth: int) -> str:
    return "x = " + "[" * depth + "]" * depth


def inline(depth: int) -> str:
    return "x = " + "{a = " * depth + "1" + "}" * depth


def dotted(depth: int) -> str:
    return ".".join(["a"] * depth) + " = 1"


@pytest.mark.parametrize(("written", "most"), [(nested, 33), (inline, 32), (dotted, 33)])
def test_a_setting_lies_in_so_many_lists_and_tables(written: Callable[[int], str], most: int) -> None:
    assert read_values(written(most).encode())

    for depth in (most + 1, 1_500, 100_000):
        with pytest.raises(InvalidSettingsError, match="nested deeper than 32 levels"):
            read_values(written(depth).encode())


def test_the_settings_are_so_large() -> None:
    assert read_values(b"#" * limits.SETTINGS) == {}

    with pytest.raises(InvalidSettingsError, match="larger than 1 MB"):
        read_values(b"#" * (limits.SETTINGS + 1))


def test_a_number_in_the_settings_has_so_many_digits() -> None:
    assert read_values(b"x = " + b"9" * 4_000)

    with pytest.raises(InvalidSettingsError, match="too long"):
        read_values(b"x = " + b"9" * 5_000)


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(limits, "FILE", 1_000)
    return limits.FILE


def test_a_json_text_is_so_large(small_files: int) -> None:
    text = json.dumps("a" * (small_files - 2)).encode()
    assert parse(text)
    assert encode_pretty("a" * (small_files - 3)).rstrip() == json.dumps("a" * (small_files - 3)).encode()

    with pytest.raises(JsonProblemError, match="larger than"):
        parse(text + b" ")
    with pytest.raises(UnkeepableValueError, match="larger than"):
        encode_pretty("a" * (small_files - 2))


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_of_a_commit_is_so_large(dataset: Dataset, small_files: int, packed: bool) -> None:
    git = ["git", "-C", str(dataset.folder)]
    for size in (small_files, small_files + 1):
        oid = subprocess.run(
            [*git, "hash-object", "-w", "--stdin"], input=b"a" * size, check=True, capture_output=True
        ).stdout.strip()
        subprocess.run([*git, "update-ref", f"refs/x/{size}", oid.decode()], check=True)
        if packed:
            subprocess.run([*git, "repack", "-adq"], check=True)
        objects = Dataset.open(dataset.folder).repository.objects

        if size == small_files:
            assert len(objects.blob(bytes.fromhex(oid.decode()))) == size
        else:
            with pytest.raises(InvalidError, match="larger than") as caught:
                objects.blob(bytes.fromhex(oid.decode()))
            assert (caught.value.status, caught.value.code) == (20, "too_large")
            assert objects.check(oid.decode())[0] == "blob"  # it is whole, and verify says so


def git(dataset: Dataset, *words: str, data: str = "") -> str:
    command = ["git", "-C", str(dataset.folder), *words]
    return subprocess.run(command, input=data, check=True, capture_output=True, text=True).stdout.strip()


def commit_below(dataset: Dataset, folders: int) -> None:
    """Commit a file in so many folders beside the entries."""
    item = f"100644 blob {git(dataset, 'hash-object', '-w', '--stdin', data='x')}\tx"
    for _ in range(folders):
        item = f"040000 tree {git(dataset, 'mktree', data=item)}\tdeep"
    tree = git(dataset, "mktree", data=f"{git(dataset, 'ls-tree', 'HEAD')}\n{item}\n")
    commit = git(dataset, "commit-tree", tree, "-p", "HEAD", "-m", "deep")
    git(dataset, "update-ref", "refs/heads/deep", commit)


def test_a_file_of_a_commit_lies_in_so_many_folders(dataset: Dataset) -> None:
    commit_below(dataset, limits.FOLDERS)
    assert Dataset.open(dataset.folder).diff("main", "deep").summary()
    commit_below(dataset, limits.FOLDERS + 1)

    opened = Dataset.open(dataset.folder)
    with pytest.raises(InvalidError, match="more than 64 folders") as caught:
        opened.diff("main", "deep").summary()
    assert (caught.value.status, caught.value.code) == (20, "too_deep")
    assert "too_deep" in {problem.kind for problem in opened.upkeep.verify().problems}


@pytest.mark.parametrize(
    ("said", "time", "offset"),
    [
        ("1700000000 +0530", 1_700_000_000, 330),
        ("-5 -0030", -5, -30),
        (f"{limits.LAST_SECOND} +2359", limits.LAST_SECOND, limits.MINUTES_FROM_UTC),
        (f"{limits.LAST_SECOND + 1} +2400", limits.LAST_SECOND, 0),
        (f"{limits.FIRST_SECOND} -2359", limits.FIRST_SECOND, -limits.MINUTES_FROM_UTC),
        (f"{limits.FIRST_SECOND - 1} -9959", limits.FIRST_SECOND, 0),
        ("9" * 5_000 + " +99999", limits.LAST_SECOND, 0),
        ("-" + "9" * 5_000 + " -999999999", limits.FIRST_SECOND, 0),
    ],
)
def test_the_time_of_a_commit_is_a_date(said: str, time: int, offset: int) -> None:
    read = decode_signature(f"Ada <ada@localhost> {said}".encode())

    assert (read.name, read.time, read.offset) == ("Ada", time, offset)
    person = f"Ada <ada@localhost> {said}".encode()
    raw = b"tree " + b"0" * 40 + b"\nauthor " + person + b"\ncommitter " + person + b"\n\nx\n"
    assert decode("1" * 40, raw).time == time


def test_notes_of_commands_are_read_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, lock = tmp_path / "pack-1.keep", tmp_path / "lock"
    for text in (b"[" * 100_000, b'{"a":' * 100_000):
        keep.write_bytes(KEEP_TEXT + b"\n" + text)
        lock.write_bytes(text)
        assert journal.load(keep) is None
        assert describe_holder(lock) == "holder unknown"
    monkeypatch.setattr(limits, "FILE", len(KEEP_TEXT) + 10)
    keep.write_bytes(KEEP_TEXT + b"a" * 10)
    assert journal.text_of(keep) == keep.read_bytes()

    keep.write_bytes(KEEP_TEXT + b"a" * 11)
    assert journal.text_of(keep) is None


def test_a_compressed_source_grows_so_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = b'{"messages": [{"role": "user", "content": "' + b"a" * 500_000 + b'"}]}\n'
    file = tmp_path / "rows.jsonl.gz"
    file.write_bytes(gzip.compress(row * 4))
    assert len(list(Source(file).pieces())) == 4  # so little harms nobody

    monkeypatch.setattr(limits, "RATIO_FROM", len(row))
    with pytest.raises(InvalidError, match="200 times") as caught:
        list(Source(file).pieces())
    assert caught.value.code == "too_dense"
    assert caught.value.hint is not None and "| rtv import -" in caught.value.hint
    monkeypatch.setattr(limits, "RATIO", 2_000)
    assert len(list(Source(file).pieces())) == 4


@pytest.mark.parametrize(("most", "size", "kept"), [(2_000, 1 << 30, 2_000), (300, 1 << 30, 300), (2_000, 70, 1)])
def test_rejects_are_kept_up_to_a_bound_and_written_beyond_it(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, size: int, kept: int
) -> None:
    monkeypatch.setattr(limits, "REJECTS", most)
    monkeypatch.setattr(limits, "REJECTED", size)
    rows = [b"%d" % number + b" junk" * 10 + b"\r\n" for number in range(2_000)]
    file = tmp_path / "junk.jsonl"
    file.write_bytes(b"".join(rows))

    with pytest.raises(RefusedByGateError) as caught:
        dataset.import_file(file)
    done = dataset.import_file(file, skip_invalid=True)

    assert len(caught.value.findings) == kept
    assert (done.rejected, len(done.rejects)) == (2_000, kept)
    assert done.reject_files is not None
    assert done.reject_files.rows.read_bytes() == file.read_bytes()
    assert len(done.reject_files.reasons.read_text().splitlines()) == 2_000
    remembered = dataset.repository.operations.last()
    assert remembered is not None
    assert ("rejects" in remembered.details) == (kept == 2_000)
    assert len(done.notes) == 1 + (kept != 2_000)  # of the line ends, and of the places


def test_rejects_are_written_byte_for_byte(dataset: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "junk.jsonl"
    file.write_bytes(b"junk\r\n\tmore \r\nlast\r")

    done = dataset.import_file(file, skip_invalid=True)

    assert done.reject_files is not None
    assert done.reject_files.rows.read_bytes() == b"junk\r\n\tmore \r\nlast\r\n"


def test_folders_on_the_disk_that_git_does_not_walk_are_named(dataset: Dataset) -> None:
    deepest = dataset.folder
    for _ in range(120):
        deepest = deepest / "a"
        deepest.mkdir()
    (deepest / "x.json").write_text("x")

    with pytest.raises(InvalidError) as caught:
        dataset.status()
    assert caught.value.code == "too_deep"


def write_odd(dataset: Dataset, kind: str, raw: str, ref: str) -> str:
    """Write an object that git would not make, and a ref that leads to it; return its id."""
    made = git(dataset, "hash-object", "-t", kind, "-w", "--literally", "--stdin", data=raw)
    (dataset.repository.common_folder / ref).write_text(f"{made}\n")
    return made


@pytest.mark.parametrize(
    ("person", "sound"),
    [
        ("Ada <ada@localhost> 1700000000 +0000", True),
        ("Ada <ada@localhost> 9999999999999 +99999", True),
        ("Ada <ada@localhost>", True),
        ("Ada <ada@localhost> 1700000000 noon", True),
        ("Ada <ada@localhost> 18446744073709551616 +0000", False),
        ("Ada <<>> noon", False),
        ("", False),
    ],
)
def test_verify_names_the_commits_that_git_does_not_read(dataset: Dataset, person: str, sound: bool) -> None:
    head, tree = dataset.snapshot("main").id, git(dataset, "rev-parse", "HEAD^{tree}")
    raw = f"tree {tree}\nparent {head}\nauthor {person}\ncommitter {person}\n\nodd\n"
    made = write_odd(dataset, "commit", raw, "refs/heads/odd")

    problems = Dataset.open(dataset.folder).upkeep.verify().problems

    assert [(each.kind, each.object) for each in problems] == ([] if sound else [("unreadable_commit", made)])


@pytest.mark.parametrize(
    ("head", "sound"),
    [
        ("type commit\ntag v1\ntagger Ada <ada@localhost> 1700000000 +0000", True),
        ("type commit\ntag v1", True),
        ("type commit\ntag v1\ntagger nobody", False),
        ("type dragon\ntag v1", False),
    ],
)
def test_verify_names_the_releases_that_git_does_not_read(dataset: Dataset, head: str, sound: bool) -> None:
    raw = f"object {dataset.snapshot('main').id}\n{head}\n\nodd\n"
    made = write_odd(dataset, "tag", raw, "refs/tags/odd")

    problems = Dataset.open(dataset.folder).upkeep.verify().problems

    assert [(each.kind, each.object) for each in problems] == ([] if sound else [("unreadable_tag", made)])


def test_words_of_the_configuration_may_be_in_another_encoding(dataset: Dataset) -> None:
    with (dataset.repository.common_folder / "config").open("ab") as file:
        file.write(b'[user]\n\tname = J\xf6rg\n[branch "gr\xfc\xdf"]\n\tdescription = \xff\n[branch "main"]\n')
        file.write(b'\tdescription = f\xfcr mich\n[remote "\xfc"]\n\turl = /nowhere/\xff\n')

    opened = Dataset.open(dataset.folder)
    assert not opened.repository.objects.is_partial
    assert [branch.note for branch in opened.branches.list()] == ["f�r mich"]
    with opened.edit("go on") as change:
        change.remove(1)
    assert opened.undo()


@pytest.mark.parametrize("place", ["refs/heads", "refs/tags"])
def test_a_name_that_is_not_text_is_left_out_and_said(dataset: Dataset, rtv: Run, place: str) -> None:
    common, tip = dataset.repository.common_folder, dataset.snapshot().id
    (common / place).mkdir(exist_ok=True)
    Path(os.fsdecode(os.fsencode(common / place) + b"/caf\xe9")).write_text(f"{tip}\n")

    answers = [rtv(dataset.folder, *words) for words in (("edit", "1", "--tag", "+x"), ("clone", ".", "../copy"))]

    assert [each.returncode for each in answers] == [0, 0], answers
    assert "not UTF-8" in rtv(dataset.folder, "doctor").stdout
    assert (rtv(dataset.folder, "verify").returncode, rtv(dataset.folder, "undo").returncode) == (0, 0)


@pytest.mark.parametrize("value", [b"refs/heads/caf\xe9", b"refs/heads/a..b", b"../../../etc/passwd", b"refs/tags/v1"])
def test_a_head_that_leads_to_no_branch_is_damage_and_mended(dataset: Dataset, rtv: Run, value: bytes) -> None:
    dataset.releases.create("v1")
    (dataset.repository.common_folder / "HEAD").write_bytes(b"ref: " + value + b"\n")

    looked, rescued = rtv(dataset.folder, "status"), rtv(dataset.folder, "export", "--skip-damaged", "-o", "-")

    assert (looked.returncode, "codec" in looked.stderr, "verify --repair" in looked.stderr) == (70, False, True)
    assert (rescued.returncode, len(rescued.stdout.splitlines())) == (0, 3), rescued.stderr
    assert (rtv(dataset.folder, "verify").returncode, rtv(dataset.folder, "verify", "--repair").returncode) == (70, 0)
    assert rtv(dataset.folder, "edit", "1", "--tag", "+x").returncode == 0
    assert Dataset.open(dataset.folder).repository.branch() == "main"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(
    "place",
    [
        *("HEAD", "index", "packed-refs", "shallow", "commondir", "refs/heads/other", "logs/HEAD"),
        *("info/attributes", "rolethread/lock", "rolethread/drafts/edit-1.txt"),
    ],
)
def test_what_never_ends_in_the_place_of_a_file_is_named_and_moved_away(
    dataset: Dataset, rtv: Run, place: str, large: bool
) -> None:
    path = dataset.repository.common_folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if large:
        path.touch()
        os.truncate(path, limits.FILE + 1)
    else:
        os.mkfifo(path)

    looked, refused = rtv(dataset.folder, "status"), rtv(dataset.folder, "edit", "1", "--tag", "+x")

    assert (looked.returncode, refused.returncode) == (70, 70)
    assert place in ("HEAD", "commondir") or str(path) in looked.stderr + looked.stdout
    assert rtv(dataset.folder, "verify").returncode == 70
    assert rtv(dataset.folder, "verify", "--repair").returncode == 0
    assert rtv(dataset.folder, "edit", "1", "--tag", "+x").returncode == 0


def test_a_file_of_an_entry_that_is_too_large_is_a_hand_edit_that_is_not_read(dataset: Dataset, rtv: Run) -> None:
    path = next((dataset.folder / "entries").rglob("*.json"))
    os.truncate(path, limits.FILE + 1)

    looked, saved = rtv(dataset.folder, "status"), rtv(dataset.folder, "commit")

    assert (looked.returncode, "1 hand-edited file is not saved" in looked.stdout) == (0, True)
    assert (saved.returncode, "larger than" in saved.stderr) == (20, True), saved.stderr


@pytest.mark.parametrize("place", ["config", "index", "refs", "logs", "objects", "objects/pack", "rolethread"])
def test_a_link_that_is_written_through_is_told_by_verify(
    dataset: Dataset, rtv: Run, place: str, tmp_path: Path
) -> None:
    path = dataset.repository.common_folder / place
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")

    verified, advised = rtv(dataset.folder, "verify"), rtv(dataset.folder, "doctor")

    assert (verified.returncode, str(tmp_path / "elsewhere") in verified.stdout) == (0, True), verified.stdout
    assert str(tmp_path / "elsewhere") in advised.stdout
    assert rtv(dataset.folder, "edit", "1", "--tag", "+x").returncode == 0
    assert path.is_symlink()
