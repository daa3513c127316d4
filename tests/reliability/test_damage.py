"""A damaged store is status 70 and a clear sentence, never a traceback and never silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset


def loosen(dataset: Dataset, git_folder: Path) -> None:
    """Turn every pack into loose objects, so that a test can reach each one."""
    import subprocess

    for pack in list(git_folder.glob("objects/pack/*.pack")):
        data = pack.read_bytes()
        for end in (".idx", ".pack", ".keep"):
            pack.with_suffix(end).unlink(missing_ok=True)
        subprocess.run(["git", "-C", str(dataset.folder), "unpack-objects", "-q"], input=data, check=True)


@pytest.fixture
def loose(dataset):
    loosen(dataset, dataset.repository.common_folder)
    return dataset


def path_of(dataset: Dataset, oid: str) -> Path:
    return dataset.repository.common_folder / "objects" / oid[:2] / oid[2:]


def damage(path: Path, how: str) -> None:
    path.chmod(0o644)
    data = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "zeros":
        path.write_bytes(b"\0" * len(data))
    elif how == "cut":
        path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize("how", ["missing", "empty", "zeros", "cut"])
@pytest.mark.parametrize("what", ["entry", "folder", "commit", "operation"])
def test_a_damaged_object_is_status_70_and_verify_names_it(loose, rtv, what, how):
    snapshot = loose.snapshot()
    entry_id = snapshot.ids()[1]
    oid = {
        "entry": snapshot.blob_id(entry_id),
        "folder": snapshot.find("entries/0000/00").oid.hex(),
        "commit": snapshot.id,
        "operation": loose.repository.operations.head(),
    }[what]
    damage(path_of(loose, oid), how)

    shown = rtv(loose.folder, *(("ops",) if what == "operation" else ("show", entry_id)))
    verified = rtv(loose.folder, "verify", "--json")

    assert shown.returncode == 70, shown.stderr
    assert "Traceback" not in shown.stderr and "rtv verify" in shown.stderr
    assert verified.returncode == 70, verified.stderr
    answer = json.loads(verified.stdout)["rolethread.verify/v1"]
    assert not answer["ok"]
    assert oid in {problem["object"] for problem in answer["problems"]}
    if what == "entry":
        assert any(entry_id in problem["message"] or how != "missing" for problem in answer["problems"])


@pytest.mark.parametrize("text", ["", "nonsense\n", "0" * 40 + "\n", "f" * 40 + "\n"])
def test_a_torn_branch_is_status_70_and_verify_names_it(dataset, rtv, text):
    (dataset.repository.common_folder / "refs/heads/main").write_text(text)

    listed = rtv(dataset.folder, "list")
    added = rtv(dataset.folder, "add", "--user", "a", "--assistant", "b")
    verified = rtv(dataset.folder, "verify")

    for done in (listed, added, verified):
        assert done.returncode == 70, done.stderr + done.stdout
        assert "Traceback" not in done.stderr
    assert "main" in verified.stdout
    assert rtv(dataset.folder, "doctor").returncode == 0


def test_a_missing_branch_is_status_70_and_verify_says_where_it_was(dataset, rtv):
    commit = dataset.repository.head_commit()
    (dataset.repository.common_folder / "refs/heads/main").unlink()

    listed, verified = rtv(dataset.folder, "list"), rtv(dataset.folder, "verify")

    assert listed.returncode == verified.returncode == 70
    assert f"the operation log has it at {commit[:10]}" in listed.stderr
    assert f"the current branch main is missing; the operation log has it at {commit[:10]}" in verified.stdout


def test_a_flipped_byte_in_a_pack_is_found(dataset, rtv):
    pack = max(dataset.repository.pack_folder.glob("*.pack"), key=lambda path: path.stat().st_size)
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 0x10
    pack.write_bytes(data)

    done = rtv(dataset.folder, "verify")

    assert done.returncode == 70
    assert pack.name in done.stdout


def test_an_undamaged_dataset_is_whole(dataset, rtv):
    done = rtv(dataset.folder, "verify")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("all is whole: ")
