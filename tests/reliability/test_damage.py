"""A damaged store is status 70 and a clear sentence, never a traceback and never silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.store.tree_reader import find_folder


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
        "entry": snapshot.blob_id(entry_id).hex(),
        "folder": find_folder(snapshot.objects, snapshot.tree, "entries/0000/00").hex(),
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


@pytest.mark.parametrize("text", ["", "nonsense\n", "f" * 40 + "\n"])
@pytest.mark.parametrize("verb", ["branch", "status", "doctor"])
def test_a_torn_branch_that_one_is_not_on_is_named_and_stops_nothing(dataset, rtv, verb, text):
    dataset.branch("try")
    dataset.branch("other")
    (dataset.repository.common_folder / "refs/heads/try").write_text(text)

    told = rtv(dataset.folder, verb)
    answer = json.loads(rtv(dataset.folder, verb, "--json").stdout)

    assert told.returncode == 0, told.stderr
    assert "the branch try " in told.stdout + told.stderr
    assert "rtv verify --repair" in told.stdout + told.stderr
    assert "other" in told.stdout or verb != "branch"
    assert "refs/heads/try" in str(answer) and "nothing is in the way" not in told.stdout


def test_a_missing_branch_is_status_70_and_verify_says_where_it_was(dataset, rtv):
    commit = dataset.repository.refs.head_commit()
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
    assert done.stdout.startswith("no damage found: ")


# ---- one damaged entry among whole ones


@pytest.fixture(params=["missing", "zeros", "cut"])
def hurt(dataset, request):
    """Return a dataset whose second entry, changed once, is damaged; its file is whole."""
    entry_id = dataset.snapshot().ids()[1]
    with dataset.edit("change it") as change:
        change.put(entry_id, {"messages": [{"role": "user", "content": "now"}, {"role": "assistant", "content": "a"}]})
    loosen(dataset, dataset.repository.common_folder)
    damage(path_of(dataset, dataset.snapshot().blob_id(entry_id).hex()), request.param)
    return Dataset.open(dataset.folder)


def file_of(dataset: Dataset, entry_id: str) -> Path:
    return dataset.folder / entry_path(entry_id)


def test_verify_and_list_name_the_damaged_entry_and_show_the_others(hurt, rtv):
    ids = hurt.snapshot().ids()

    verified, listed = rtv(hurt.folder, "verify"), rtv(hurt.folder, "list")

    assert verified.returncode == 70
    assert f"entry {ids[1]} on main is " in verified.stdout
    assert f"its checked-out file is whole, and saves it again: rtv restore {ids[1]}" in verified.stdout
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["1", "2", "3"]
    assert listed.stdout.splitlines()[1].endswith("damaged: it cannot be read")
    assert listed.stderr.startswith(f"warning: entry {ids[1]} cannot be read")


def test_an_export_stops_at_a_damaged_entry_or_leaves_it_out_by_name(hurt, rtv, tmp_path):
    ids, out = hurt.snapshot().ids(), tmp_path / "out.jsonl"

    stopped = rtv(hurt.folder, "export", "-o", str(out))
    is_written = out.exists()
    rescued = rtv(hurt.folder, "export", "--skip-damaged", "-o", str(out))

    assert (stopped.returncode, is_written) == (70, False)
    assert stopped.stderr.startswith(f"error: entry {ids[1]} is damaged")
    assert "rtv export --skip-damaged -o FILE" in stopped.stderr
    assert rescued.returncode == 0
    assert f"left out: entry {ids[1]} is damaged" in rescued.stderr
    assert [json.loads(line)["rolethread"]["id"] for line in out.read_text().splitlines()] == [ids[0], ids[2]]


@pytest.mark.parametrize(
    "words",
    [
        ["edit", "1", "--tag", "+tavern"],
        ["edit", "3", "--message", "0", "--content", "other"],
        ["remove", "3"],
        ["add", "--user", "a", "--assistant", "b"],
        ["remove", "2"],
        ["restore", "2", "--from", "@~1"],
    ],
)
def test_work_goes_on_beside_a_damaged_entry_and_on_it(hurt, rtv, words):
    done = rtv(hurt.folder, *words)

    assert done.returncode == 0, done.stderr
    if "2" in words:
        assert rtv(hurt.folder, "export", "-o", "-").returncode == 0


def test_undoing_the_removal_of_a_damaged_entry_stops_no_later_command(hurt, rtv):
    entry_id = hurt.snapshot().ids()[1]

    words = (["remove", "2"], ["undo"], ["edit", "1", "--tag", "+tavern"], ["remove", "2"])
    done = [rtv(hurt.folder, *each) for each in words]

    assert [each.returncode for each in done] == [0, 0, 0, 0], [each.stderr for each in done]
    assert f"damaged: {entry_path(entry_id)}" in done[1].stderr


def test_a_plain_restore_saves_a_damaged_entry_again_from_its_whole_file(hurt, rtv):
    entry_id = hurt.snapshot().ids()[1]

    restored = rtv(hurt.folder, "restore", "2")

    assert restored.returncode == 0, restored.stderr
    assert f"saved entry {entry_id} again" in restored.stdout
    assert "undo" not in restored.stdout
    assert rtv(hurt.folder, "verify").returncode == 0
    assert Dataset.open(hurt.folder).snapshot()[entry_id].messages[0]["content"] == "now"


def test_a_commit_with_nothing_to_save_saves_a_damaged_entry_again_from_its_whole_file(hurt, rtv):
    entry_id, head = hurt.snapshot().ids()[1], hurt.snapshot().id

    planned, saved = rtv(hurt.folder, "commit", "--dry-run"), rtv(hurt.folder, "commit")

    assert planned.stdout.startswith(f"would save entry {entry_id} again") and "nothing was changed" in planned.stdout
    assert saved.returncode == 0, saved.stderr
    assert f"saved entry {entry_id} again, damaged in the store" in saved.stdout
    assert "undo" not in saved.stdout
    assert rtv(hurt.folder, "verify").returncode == 0
    assert Dataset.open(hurt.folder).snapshot().id == head
    assert Dataset.open(hurt.folder).snapshot()[entry_id].messages[0]["content"] == "now"


def test_a_commit_takes_the_file_of_a_damaged_entry_as_what_is_true(hurt, rtv):
    entry_id = hurt.snapshot().ids()[1]
    path = file_of(hurt, entry_id)
    path.write_bytes(path.read_bytes().replace(b"now", b"by hand"))

    saved = rtv(hurt.folder, "commit")

    assert saved.returncode == 0, saved.stderr
    assert f"entry {entry_id} was damaged in the store; what its file holds now takes its place" in saved.stderr
    assert Dataset.open(hurt.folder).snapshot()[entry_id].messages[0]["content"] == "by hand"
    assert rtv(hurt.folder, "export", "-o", "-").returncode == 0


def test_a_commit_heals_a_damaged_entry_whose_file_only_looks_different(hurt, rtv):
    entry_id = hurt.snapshot().ids()[1]
    path = file_of(hurt, entry_id)
    path.write_text(json.dumps(json.loads(path.read_bytes())))

    saved = rtv(hurt.folder, "commit")

    assert saved.returncode == 0, saved.stderr
    assert f"saved entry {entry_id} again" in saved.stdout
    assert rtv(hurt.folder, "verify").returncode == 0


def test_a_plain_restore_keeps_a_hand_edit_that_it_could_not_take_back(hurt, rtv):
    entry_id = hurt.snapshot().ids()[1]
    file_of(hurt, entry_id).write_text("mine")

    refused = rtv(hurt.folder, "restore", "2")

    assert refused.returncode == 70
    assert f"rtv remove {entry_id}" in refused.stderr
    assert file_of(hurt, entry_id).read_text() == "mine"


def test_an_import_beside_a_damaged_entry_names_it_and_the_way_to_go_on(hurt, rtv, tmp_path):
    entry_id, head = hurt.snapshot().ids()[1], hurt.snapshot().id
    rows = [{"role": "user", "content": "new"}, {"role": "assistant", "content": "a"}]
    (tmp_path / "new.jsonl").write_text(json.dumps({"messages": rows}) + "\n")

    stopped = rtv(hurt.folder, "import", str(tmp_path / "new.jsonl"))

    assert stopped.returncode == 70, stopped.stderr
    assert stopped.stderr.startswith("error: 1 entry cannot be read, so it is not known which rows are here already")
    assert f"entry {entry_id}: its checked-out file is whole" in stopped.stderr
    assert f"rtv restore {entry_id}   saves" in stopped.stderr
    assert Dataset.open(hurt.folder).snapshot().id == head

    assert rtv(hurt.folder, "restore", entry_id).returncode == 0
    assert rtv(hurt.folder, "import", str(tmp_path / "new.jsonl")).returncode == 0


def test_an_import_beside_an_entry_without_a_whole_file_says_what_to_choose_from(hurt, rtv, tmp_path):
    entry_id = hurt.snapshot().ids()[1]
    hurt.settings.set("checkout", "never")
    rows = [{"role": "user", "content": "new"}, {"role": "assistant", "content": "a"}]
    (tmp_path / "new.jsonl").write_text(json.dumps({"messages": rows}) + "\n")

    stopped = rtv(hurt.folder, "import", str(tmp_path / "new.jsonl"))

    assert stopped.returncode == 70, stopped.stderr
    assert f"entry {entry_id}: no whole copy is checked out" in stopped.stderr
    assert f"rtv restore {entry_id} --from REV" in stopped.stderr and f"rtv remove {entry_id}" in stopped.stderr


def test_a_clone_of_a_damaged_dataset_is_status_70_and_leaves_nothing(hurt, rtv, tmp_path):
    entry_id = hurt.snapshot().ids()[1]

    done = rtv(tmp_path, "clone", str(hurt.folder), "copy")

    assert done.returncode == 70
    assert f"cannot be copied whole: entry {entry_id} cannot be read; nothing was made" in done.stderr
    assert not (tmp_path / "copy").exists()
