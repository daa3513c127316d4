"""Opening what is there: datasets, other repositories, damaged ones; and making new ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import DamagedError, InvalidError, NotFoundError, RoleThreadError, UsageError
from rolethread_vcs.store import disk
from rolethread_vcs.store.clone import clone
from rolethread_vcs.store.dataset_folder import find_dataset, init_dataset, open_dataset
from rolethread_vcs.store.libgit2 import ForeignRepositoryError, NoDatasetError
from rolethread_vcs.store.refs import UnknownRevisionError

SETTINGS = b'name = "x"\nid = "00000000-0000-0000-0000-000000000001"\nformat = 1\n'
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def test_a_dataset_is_found_from_a_folder_inside(filled):
    inside = filled.folder / "entries/0000/00"

    assert find_dataset(inside).folder == filled.folder


def test_where_there_is_no_dataset_the_hint_makes_one(tmp_path):
    with pytest.raises(NoDatasetError) as caught:
        find_dataset(tmp_path)
    assert caught.value.status == 40
    assert "rtv init" in caught.value.hint


def test_a_repository_that_is_no_dataset_is_left_alone(tmp_path, git):
    git(tmp_path, "init", "-q", "code")
    (tmp_path / "code/readme").write_text("x")
    git(tmp_path / "code", "add", ".")
    git(tmp_path / "code", "commit", "-q", "-m", "x")

    with pytest.raises(NoDatasetError, match="is a git repository, but no dataset"):
        find_dataset(tmp_path / "code")
    with pytest.raises(InvalidError, match="already a git repository, but no dataset"):
        init_dataset(tmp_path / "code", SETTINGS)


def test_a_repository_without_a_commit_is_no_dataset(tmp_path, git):
    git(tmp_path, "init", "-q", "fresh")

    with pytest.raises(NoDatasetError, match="its branch has no commit"):
        find_dataset(tmp_path / "fresh")


def test_a_dataset_whose_branch_is_gone_is_damaged_and_says_where_it_was(filled):
    commit = filled.repository.refs.head_commit()
    (filled.repository.common_folder / "refs/heads/main").unlink()

    with pytest.raises(DamagedError) as caught:
        find_dataset(filled.folder)
    assert caught.value.status == 70
    assert caught.value.message == f"the branch main is missing; the operation log has it at {commit[:10]}"
    assert commit[:10] in caught.value.hint


@pytest.mark.parametrize("text", ["gibberish", "", "ref: refs/heads/\n"])
def test_a_torn_head_is_a_clear_error(filled, text):
    (filled.repository.common_folder / "HEAD").write_text(text)

    with pytest.raises(RoleThreadError) as caught:
        find_dataset(filled.folder)
    assert caught.value.status in (40, 70)


def test_a_repository_with_sha256_names_is_refused_with_a_reason(tmp_path, git):
    git(tmp_path, "init", "-q", "--object-format=sha256", "other")

    with pytest.raises(ForeignRepositoryError, match="SHA-256") as caught:
        find_dataset(tmp_path / "other")
    assert caught.value.status == 20


def test_a_repository_with_reftable_is_refused_with_a_reason(filled):
    config = filled.repository.common_folder / "config"
    config.write_text(
        config.read_text().replace("repositoryformatversion = 0", "repositoryformatversion = 1")
        + "[extensions]\n\trefStorage = reftable\n"
    )

    with pytest.raises(ForeignRepositoryError, match="reftable"):
        find_dataset(filled.folder)


@pytest.mark.skipif(not IS_ROOT, reason="only root can give a folder away")
def test_a_repository_of_another_user_is_not_opened_and_the_way_is_named(filled):
    for path in (filled.folder, *filled.folder.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)

    with pytest.raises(ForeignRepositoryError, match="belongs to another user") as caught:
        find_dataset(filled.folder)
    assert f'safe.directory "{filled.folder}"' in caught.value.hint


def test_a_newer_format_is_refused(filled, git):
    settings = filled.folder / "rolethread.toml"
    settings.write_text(settings.read_text().replace("format = 1", "format = 2"))
    git(filled.folder, "commit", "-q", "-a", "-m", "from the future")

    with pytest.raises(InvalidError, match="format"):
        find_dataset(filled.folder)


def test_a_torn_configuration_is_a_clear_error(filled):
    (filled.repository.common_folder / "config").write_text("[core\n")

    with pytest.raises(RoleThreadError) as caught:
        find_dataset(filled.folder)
    assert caught.value.status == 70


@pytest.mark.parametrize("name", ["with space", "Käse & Brot", "数据", 'it\'s "here"'])
def test_spaces_and_other_letters_in_the_path_are_fine(tmp_path, name):
    dataset = Dataset.init(tmp_path / name / "däta set")
    with dataset.edit() as change:
        change.add({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})

    copy = clone(dataset.folder, tmp_path / name / "a copy")
    assert len(Dataset.open(dataset.folder).snapshot()) == len(copy.head_snapshot()) == 1


@pytest.mark.parametrize("home", [None, "/nowhere/at/all"])
def test_no_home_directory_is_no_problem(tmp_path, environment, home):
    code = (
        "import sys\n"
        "from rolethread_vcs.dataset import Dataset\n"
        "dataset = Dataset.init(sys.argv[1])\n"
        "with dataset.edit() as change:\n"
        "    change.add({'messages': [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content': 'b'}]})\n"
        "who = dataset.snapshot().commit.author\n"
        "print(who.name, who.email)\n"
    )
    sealed = {key: value for key, value in environment.items() if key not in ("HOME", "XDG_CONFIG_HOME")}
    if home is not None:
        sealed["HOME"] = home

    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "x")], capture_output=True, env=sealed, text=True)

    assert done.returncode == 0, done.stderr
    assert "@" in done.stdout


@pytest.mark.skipif(not IS_ROOT, reason="needs two users")
def test_a_home_that_may_not_be_read_is_named_as_the_reason(environment):
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        home, folder = Path(place) / "home", Path(place) / "data"
        home.mkdir(mode=0o700)
        Dataset.init(folder)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534, follow_symlinks=False)
        code = (
            "import os, sys\n"
            "from pathlib import Path\n"
            "from rolethread_vcs.errors import RoleThreadError\n"
            "from rolethread_vcs.store.dataset_folder import find_dataset\n"
            "os.setgid(65534); os.setuid(65534)\n"
            "try:\n    find_dataset(Path(sys.argv[1]))\n"
            "except RoleThreadError as error:\n    print(error.status, error.message)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            capture_output=True,
            text=True,
            env={**environment, "HOME": str(home), "XDG_CONFIG_HOME": str(home)},
        )

    assert done.stderr == ""
    assert done.stdout.startswith("74 ") and "home folder cannot be read" in done.stdout


def test_making_a_dataset_twice_is_refused(dataset):
    with pytest.raises(InvalidError, match="is already a dataset"):
        init_dataset(dataset.folder, SETTINGS)


def test_making_a_dataset_that_fails_leaves_no_trace(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "rolethread.toml").write_text("mine")

    with pytest.raises(RoleThreadError):
        init_dataset(tmp_path / "there", SETTINGS)
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["rolethread.toml"]


def test_a_clone_by_stock_git_opens(filled, git, tmp_path):
    git(tmp_path, "clone", "-q", str(filled.folder), "copy")

    assert dict(Dataset.open(tmp_path / "copy").snapshot()) == dict(filled.snapshot())


def test_revisions_resolve_as_people_write_them(filled, git):
    commit = filled.snapshot().commit
    git(filled.folder, "tag", "-a", "v1", "-m", "first", commit.parents[0])
    repository = filled.repository

    assert repository.resolve("@") == repository.resolve("main") == commit.id
    assert repository.resolve("@~1") == repository.resolve("main~") == commit.parents[0]
    assert repository.resolve("v1") == commit.parents[0]
    assert repository.resolve(commit.id[:8]) == repository.resolve(f"commit:{commit.id[:8]}") == commit.id
    for unknown in ("mian", "@~7", "commit:ffffffff"):
        with pytest.raises(UnknownRevisionError):
            repository.resolve(unknown)


def test_a_prefix_of_several_commits_is_ambiguous(filled):
    repository = filled.repository
    from rolethread_vcs.store.objects import commits

    base, who = repository.head_snapshot(), commits.Signature("a", "b", 1, 0)
    made: dict[str, int] = {}
    with repository.pack() as pack:
        for number in range(600):
            oid = pack.add_commit(base.tree, [], who, f"m {number}")
            made[oid[:4]] = made.get(oid[:4], 0) + 1
        pack.publish()
    twice = next((prefix for prefix, count in made.items() if count > 1), None)

    if twice is not None:
        with pytest.raises(UsageError, match="several commits"):
            repository.resolve(f"commit:{twice}")


def test_a_missing_object_is_damage_with_its_id(filled):
    shutil.rmtree(filled.repository.pack_folder)

    with pytest.raises(RoleThreadError) as caught:
        find_dataset(filled.folder).head_snapshot().ids()
    assert caught.value.status == 70
    assert not isinstance(caught.value, NotFoundError)


def test_two_datasets_of_one_process_keep_their_own_durability(tmp_path):
    safe, fast = Dataset.init(tmp_path / "safe"), Dataset.init(tmp_path / "fast")
    fast.repository.config.set({"rolethread.durability": "fast"})
    fast = Dataset.open(tmp_path / "fast")

    assert (safe.repository.durable, fast.repository.durable) == (True, False)
    with safe.edit() as change:
        change.add({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})
    assert len(safe.snapshot()) == 1


def test_what_another_process_still_makes_is_left_alone(tmp_path):
    theirs = tmp_path / f"tavern/.rtv-making-{os.getppid()}/.git"
    somebodys = tmp_path / "tavern/.rtv-making-notes"
    for each in (theirs, somebodys):
        each.mkdir(parents=True)

    Dataset.init(tmp_path / "tavern")

    assert theirs.exists() and somebodys.exists()
    with pytest.raises(InvalidError):
        Dataset.init(tmp_path / "tavern")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_git_made_where_a_clone_was_cut_off_stays(filled, tmp_path):
    """The half of a repository has no `.git`: nobody works in it, and nothing of somebody's is taken for it."""
    folder = tmp_path / "copy"
    assert killed_while_it_is_made(8, Dataset.clone, filled.folder, folder)
    assert not (folder / ".git").exists()
    subprocess.run(["git", "init", "-q", folder], check=True)
    theirs = (folder / ".git" / "HEAD").read_bytes()

    with pytest.raises(InvalidError, match="not empty"):
        Dataset.clone(filled.folder, folder)

    assert (folder / ".git" / "HEAD").read_bytes() == theirs


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_an_init_that_was_killed_can_be_run_again(tmp_path):
    for step in range(1, 120):
        folder = tmp_path / f"killed-{step}"
        if not killed_while_it_is_made(step, Dataset.init, folder):
            assert step > 5
            break
        try:
            repository = open_dataset(folder)
        except (NoDatasetError, InvalidError):
            repository = Dataset.init(folder).repository
        assert repository.head_snapshot().settings.name == folder.name
    else:
        raise AssertionError("an init took more steps than expected")


def killed_while_it_is_made(last, make, *args):
    """Make a dataset in a child that dies at a step on the disk; return whether it did."""
    pid = os.fork()
    if pid:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status in (0, 99)
        return status == 99
    steps = []

    def die(what, _path):
        steps.append(what)
        if len(steps) == last:
            os._exit(99)

    disk.fault_point = die
    try:
        make(*args)
    except BaseException:
        os._exit(1)
    os._exit(0)
