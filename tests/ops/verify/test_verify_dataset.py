"""What verify finds, how heavy it weighs it, and what it leaves in peace."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.finding import Severity
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.verify.repair import repair
from rolethread_vcs.ops.verify.verify import Problem, verify
from rolethread_vcs.store.dataset_folder import find_to_repair
from rolethread_vcs.store.libgit2 import open_git
from rolethread_vcs.store.objects import Objects


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Return a dataset of three entries."""
    dataset = Dataset.init(tmp_path / "tavern")
    with dataset.edit() as change:
        for number in range(3):
            change.add({"messages": [{"role": "user", "content": f"{number}"}, {"role": "assistant", "content": "x"}]})
    return dataset


def git(dataset: Dataset, *words: str) -> str:
    command = ["git", "-C", str(dataset.folder), *words]
    return subprocess.run(command, input="", capture_output=True, text=True, check=True).stdout.strip()


def commit_by_git(dataset: Dataset, path: str, data: bytes | None) -> None:
    """Put a file into the dataset by plain git, past the gate."""
    full = dataset.folder / path
    full.parent.mkdir(parents=True, exist_ok=True)
    if data is None:
        full.unlink()
    else:
        full.write_bytes(data)
    git(dataset, "add", "-A")
    git(dataset, "commit", "-q", "-m", "by hand")


def problems(dataset: Dataset) -> list[Problem]:
    return list(Dataset.open(dataset.folder, check=False).upkeep.verify().problems)


def kinds(dataset: Dataset) -> list[tuple[str, str]]:
    return [(problem.kind, str(problem.severity)) for problem in problems(dataset)]


def test_a_whole_dataset_has_no_problems_and_is_counted(dataset):
    result = dataset.upkeep.verify()

    assert result.ok and result.problems == ()
    assert (result.entries, result.commits, result.operations) == (3, 2, 2)
    assert result.objects >= 3 + 2 + 2


def test_every_object_is_counted_as_a_step(dataset):
    steps = []

    result = dataset.upkeep.verify(lambda: steps.append(1))

    assert len(steps) == result.objects


def test_an_entry_of_a_branch_that_does_not_decode_is_damage(dataset):
    entry_id = dataset.snapshot().ids()[0]
    commit_by_git(dataset, entry_path(entry_id), b'{"messages": [1, 2')

    (problem,) = problems(dataset)
    assert (problem.kind, problem.severity, problem.path) == (
        "unreadable_entry",
        Severity.ERROR,
        entry_path(entry_id),
    )
    assert problem.message.startswith(f"entry {entry_id} on main cannot be read: ")


def test_an_unreadable_entry_that_only_history_holds_is_for_your_knowledge(dataset):
    entry_id = dataset.snapshot().ids()[0]
    good = dataset.snapshot().raw(entry_id)
    commit_by_git(dataset, entry_path(entry_id), b"nothing like JSON")
    commit_by_git(dataset, entry_path(entry_id), good)

    assert kinds(dataset) == [("unreadable_entry", "info")]
    assert dataset.upkeep.verify().ok


def test_an_entry_in_another_form_is_for_your_knowledge(dataset):
    entry_id = dataset.snapshot().ids()[0]
    commit_by_git(dataset, entry_path(entry_id), b'{"messages":[{"role":"user","content":"by hand"}]}')

    assert kinds(dataset) == [("not_canonical", "info")]


def test_a_symbolic_link_in_place_of_an_entry_is_damage(dataset):
    path = dataset.folder / entry_path(dataset.snapshot().ids()[0])
    path.unlink()
    path.symlink_to("/etc/passwd")
    git(dataset, "commit", "-q", "-a", "-m", "link")

    assert kinds(dataset) == [("symbolic_link", "error")]


def test_an_entry_in_a_wrong_folder_is_damage_and_says_where_it_belongs(dataset):
    commit_by_git(dataset, "entries/0099/00/00000042-00000000.json", b"{}")

    (problem,) = problems(dataset)
    assert (problem.kind, problem.severity) == ("misplaced_entry", Severity.ERROR)
    assert "it belongs at entries/0000/00/00000042-00000000.json" in problem.message


def test_another_file_among_the_entries_is_a_warning(dataset):
    commit_by_git(dataset, "entries/0000/00/notes.txt", b"mine")

    assert kinds(dataset) == [("foreign_file", "warning")]
    assert dataset.upkeep.verify().ok


@pytest.mark.parametrize(("path", "data"), [("rolethread.toml", b"name = "), ("order.json", b"[]")])
def test_settings_and_order_that_do_not_read_are_damage(dataset, path, data):
    commit_by_git(dataset, path, data)

    assert kinds(dataset) == [("unreadable_file", "error")]


def test_a_branch_without_settings_is_a_warning(dataset):
    git(dataset, "branch", "pages", git(dataset, "commit-tree", "-m", "x", git(dataset, "mktree", "--missing")))

    assert kinds(dataset) == [("no_settings", "warning")]


def test_a_branch_that_points_at_a_file_is_damage(dataset):
    blob = dataset.snapshot().blob_id(dataset.snapshot().ids()[0]).hex()
    (dataset.repository.common_folder / "refs/heads/odd").write_text(f"{blob}\n")

    (problem,) = problems(dataset)
    assert problem.message == "branch odd points at a blob, not at a commit"


def test_a_torn_ref_beside_the_current_branch_is_found(dataset):
    (dataset.repository.common_folder / "refs/heads/torn").write_text("")

    assert kinds(dataset) == [("damaged_ref", "error")]


def test_a_log_whose_beginning_is_gone_is_damage(dataset):
    repository = dataset.repository
    operation = repository.operations.last()
    tree = repository.objects.commit(operation.id).tree.hex()
    alone = git(dataset, "commit-tree", "-m", "operation 2", tree)
    git(dataset, "update-ref", "refs/rolethread/ops", alone)

    assert any(kind in ("broken_log", "unreadable_operation") for kind, _ in kinds(dataset))


def test_releases_and_detached_heads_are_walked_too(dataset):
    git(dataset, "tag", "-a", "v1", "-m", "first")
    git(dataset, "switch", "-q", "--detach")
    (dataset.folder / entry_path(dataset.snapshot().ids()[0])).write_text("broken")
    git(dataset, "commit", "-q", "-a", "-m", "on no branch")

    (problem,) = problems(dataset)
    assert problem.message.partition(" cannot be")[0].endswith("of HEAD")


def test_a_pack_without_an_index_is_told_with_the_way_to_get_it_back(dataset):
    pack = next(dataset.repository.pack_folder.glob("*.pack"))
    stray = pack.with_name("pack-stray.pack")
    stray.write_bytes(pack.read_bytes())

    (problem,) = problems(dataset)
    assert (problem.kind, problem.severity) == ("damaged_pack", Severity.WARNING)
    assert "rtv verify --repair" in problem.message


def test_a_shallow_copy_is_whole(dataset, tmp_path):
    subprocess.run(
        ["git", "clone", "-q", "--depth", "1", f"file://{dataset.folder}", str(tmp_path / "shallow")], check=True
    )

    assert Dataset.open(tmp_path / "shallow").upkeep.verify().ok


def test_what_git_prunes_meanwhile_is_no_damage(dataset):
    git(dataset, "hash-object", "-w", "--stdin")  # an empty file, which nobody needs
    steps = []

    def clean() -> None:
        if not steps:
            git(dataset, "gc", "-q", "--prune=now")
        steps.append(1)

    result = Dataset.open(dataset.folder, check=False).upkeep.verify(clean)

    assert result.problems == ()


def test_objects_are_listed_where_git_puts_other_packs_in_the_place_of_known_ones(dataset):
    commit_by_git(dataset, "note", b"by hand\n")
    git(dataset, "repack", "-dq")  # libgit2 shares packs in a process, and has not read this one
    folder = dataset.folder / ".git"
    objects = Objects(open_git(folder), folder / "objects")
    _ = objects.git  # its packs are known
    git(dataset, "repack", "-adq")

    assert set(objects.ids()) == set(Dataset.open(dataset.folder).repository.objects.ids())


LOST = {
    "the log's ref": ["refs/rolethread/ops"],
    "the log's ref and every reflog": ["refs/rolethread", "logs"],
    "all refs": ["refs"],
    "all refs and every reflog": ["refs", "logs"],
    "all branches": ["refs/heads"],
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_lost_refs_are_noticed_and_a_repair_finds_them_again(dataset, lost):
    dataset.releases.create("v1")
    dataset.branch("try")
    git(dataset, "tag", "by-git")
    dataset.branch("other")
    before = git(dataset, "for-each-ref")
    operations = [each.id for each in dataset.repository.operations]
    for each in lost:
        path = dataset.folder / ".git" / each
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    assert verify(find_to_repair(dataset.folder)[0]).problems
    assert repair(dataset.folder).ok

    assert git(dataset, "for-each-ref") == before
    again = Dataset.open(dataset.folder)
    assert [each.id for each in again.repository.operations] == operations
    again.undo()
    assert "other" not in [branch.name for branch in again.branches.list()]


def test_the_log_goes_on_where_its_ref_was_lost(dataset):
    """The next command finds it by its reflog; to delete a ref takes its reflog along."""
    (dataset.folder / ".git/refs/rolethread/ops").unlink()
    Dataset.open(dataset.folder).undo()
    assert [each.number for each in Dataset.open(dataset.folder).repository.operations] == [3, 2, 1]
    assert Dataset.open(dataset.folder).upkeep.verify().ok


def test_a_branch_that_git_deleted_is_not_lost(dataset):
    dataset.branch("try")
    git(dataset, "branch", "-D", "try")

    assert kinds(dataset) == [("missing_ref_of_log", "warning")]


def test_a_copy_by_git_has_no_log_and_has_lost_none(dataset, tmp_path):
    """It has the operations of the original among its objects."""
    dataset.branch("try")
    git(dataset, "clone", "-q", str(dataset.folder), str(tmp_path / "copy"))

    assert problems(Dataset.open(tmp_path / "copy")) == []


@pytest.mark.parametrize("what", ["file", "link"])
@pytest.mark.parametrize("place", ["logs", "logs/refs", "logs/refs/heads", "logs/refs/rolethread"])
def test_a_file_where_reflogs_belong_stops_nobody_and_is_mended(dataset, place, what):
    path = dataset.folder / ".git" / place
    shutil.rmtree(path)
    path.write_text("x\n") if what == "file" else path.symlink_to("/nowhere")

    dataset.undo()
    assert ("misplaced", "error") in kinds(dataset)
    assert repair(dataset.folder).ok
    dataset.redo()
    assert path.is_dir() and problems(dataset) == []
