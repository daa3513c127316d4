"""Damages a dataset in every way, and asks every verb: no signal, no bug, no hang, no entry left out unsaid, a way out.

`damaged_datasets.py` has the ways. The normal run takes some of them, with some verbs each; the slow one all.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import TypeAlias

import pytest
from damaged_datasets import DAMAGES, ENTRIES, HAND_EDITS, NO_DAMAGE, make
from killing import die_at
from sweeping import KILLED

from rolethread_vcs.dataset import Dataset

Run: TypeAlias = Callable[..., CompletedProcess[str]]

LOOKS = (
    "status", "list", "show 6", "log", "diff @~1 @", "branch", "ops", "check", "doctor", "workcopy list",
    "export -o -", "export main -o -", "export main --skip-damaged -o -",
)  # fmt: skip
CHANGES = (
    "edit 6 --tag +x", "add --user q --assistant a", "import ../new.jsonl", "undo", "switch spare", "commit",
    "clone . ../clone", "restore --all", "merge --abort",
)  # fmt: skip
DOCUMENTED = {0, 1, 2, 20, 30, 40, 50, 60, 70, 74}
NAMES = sorted(DAMAGES)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Return a folder with the dataset, and one that is as it was: paths of copies lead to the first."""
    folder = tmp_path_factory.mktemp("damaged")
    here, kept = folder / "here", folder / "kept"
    here.mkdir()
    make(here / "tavern")
    rows = [{"role": "user", "content": "new"}, {"role": "assistant", "content": "a"}]
    shutil.copytree(here / "tavern", here / "copy", symlinks=True)
    (here / "new.jsonl").write_text(json.dumps({"messages": rows}) + "\n")
    shutil.copytree(here, kept, symlinks=True)
    yield here, kept


@pytest.fixture
def damaged(prepared: tuple[Path, Path], request: pytest.FixtureRequest) -> Callable[[], Path]:
    """Return a function that gives the dataset, damaged anew."""
    here, kept = prepared

    def damage() -> Path:
        shutil.rmtree(here)
        shutil.copytree(kept, here, symlinks=True)
        DAMAGES[request.node.callspec.params["name"]](here / "tavern")
        return here / "tavern"

    return damage


def ask(rtv: Run, folder: Path, words: str) -> CompletedProcess[str]:
    """Run a verb, and see that it ends as documented, and leaves nothing out without a word."""
    done = rtv(folder, *words.split())

    assert done.returncode in DOCUMENTED, (words, done.returncode, done.stderr)
    if words.startswith("export") and done.returncode == 0:
        rows = len(done.stdout.splitlines())
        assert rows == ENTRIES or "left out" in done.stderr, (words, rows, done.stderr)
    return done


def mend(rtv: Run, folder: Path, name: str) -> CompletedProcess[str]:
    """Repair twice: what is left is named, the second time finds nothing, and what is whole can be worked with."""
    mended, again, verified = (ask(rtv, folder, words) for words in ("verify --repair", "verify --repair", "verify"))

    assert "repaired" not in again.stderr + again.stdout, again.stdout
    assert mended.returncode == again.returncode == verified.returncode, (mended.stdout, again.stdout, verified.stdout)
    assert mended.returncode in (0, 70, NO_DAMAGE.get(name)), mended.stderr
    if name in NO_DAMAGE:
        assert ask(rtv, folder, "edit 6 --tag +mended").returncode == NO_DAMAGE[name]
    elif mended.returncode == 0:
        for words in ("status", "export main -o -", "edit 6 --tag +mended", "ops"):
            done = ask(rtv, folder, words)
            expected = 50 if name in HAND_EDITS and words.startswith("edit") else 0
            assert done.returncode == expected, (words, done.stderr, mended.stdout)
        assert ask(rtv, folder, "verify").returncode == 0
    return mended


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    signal.alarm(500)
    yield
    signal.alarm(0)


@pytest.mark.parametrize("name", NAMES[::8])
def test_a_damaged_dataset_is_seen_and_mended_or_named(damaged, rtv, name):
    place = NAMES.index(name) // 8
    verbs = [*LOOKS, *CHANGES]

    ask(rtv, damaged(), verbs[place % len(verbs)])
    mend(rtv, damaged(), name)


PAGE = Path(__file__).parents[2] / "docs/recovery.md"
ROWS = re.findall(r"^\| `rtv (.*?)`: (.*?) \|.*\| (.*) <!-- (.*) --> \|$", PAGE.read_text("utf-8"), re.MULTILINE)


def test_the_page_about_recovery_has_a_row_for_each_kind():
    assert len(ROWS) > 20 and len(ROWS) == PAGE.read_text("utf-8").count("<!--")


@pytest.mark.parametrize(("look", "seen", "cure", "name"), ROWS, ids=[name for *_, name in ROWS])
def test_what_the_page_about_recovery_says_is_seen_and_its_cure_works(damaged, rtv, look, seen, cure, name):
    folder = damaged()

    told = ask(rtv, folder, look)
    cures = [ask(rtv, folder, words) for words in re.findall("`rtv (.*?)`", cure)]
    verified = ask(rtv, folder, "verify")

    assert seen in told.stdout + told.stderr
    assert [each.returncode for each in cures] == [0] * len(cures), [each.stderr for each in cures]
    assert verified.returncode == 0 and "warning" not in verified.stdout, verified.stdout
    assert ask(rtv, folder, "edit 7 --tag +after").returncode == 0
    assert len(ask(rtv, folder, "export main -o -").stdout.splitlines()) == ENTRIES


@pytest.mark.parametrize("name", ["index-missing", "index-empty"])
def test_an_index_that_is_lost_is_written_again_by_the_next_edit(damaged, rtv, name):
    folder = damaged()

    assert ask(rtv, folder, "edit 6 --tag +x").returncode == 0
    staged = subprocess.run(["git", "-C", folder, "status", "--porcelain"], capture_output=True, text=True)
    assert (staged.returncode, staged.stdout) == (0, "")


@pytest.mark.parametrize("name", ["leaf-link", "entries-file", "entry-folder"])
def test_what_was_committed_over_entries_whose_files_are_still_there_is_undone(damaged, rtv, name):
    folder = damaged()

    assert ask(rtv, folder, "undo").returncode == 0
    assert "everything is saved" in ask(rtv, folder, "status").stdout
    assert len(ask(rtv, folder, "export main -o -").stdout.splitlines()) == ENTRIES


@pytest.mark.parametrize("name", ["none"])
def test_a_link_in_the_place_of_a_log_of_git_is_not_written_to(damaged, rtv, name):
    folder = damaged()
    novel, log = folder.parent / "novel.txt", folder / ".git/logs/HEAD"
    novel.write_text("Chapter 1\n")
    log.unlink()
    log.symlink_to(novel)

    assert ask(rtv, folder, "edit 6 --tag +x").returncode == 0
    assert novel.read_text() == "Chapter 1\n"


@pytest.mark.parametrize("name", ["old-commit-cut", "side-commit-cut", "packed-refs-flip", "lock-link"])
def test_damage_that_needs_care_is_seen_does_not_hang_and_is_mended_or_named(damaged, rtv, name):
    folder = damaged()

    assert ask(rtv, folder, "verify").returncode == 70
    ask(rtv, folder, "status")
    mend(rtv, folder, name)


@pytest.mark.parametrize("name", [f"folder-gitdir-{how}" for how in ("empty", "cut", "missing")])
def test_a_folder_copy_that_the_dataset_lost_is_named_refuses_edits_and_is_found_again(damaged, rtv, name):
    folder = damaged()
    copy = folder.parent / "folder-copy"

    assert ask(rtv, folder, "verify").returncode == 70
    assert "not there" in ask(rtv, folder, "workcopy list").stdout
    assert ask(rtv, copy, "commit").returncode == 20
    assert ask(rtv, folder, "verify --repair").returncode == 0
    assert ask(rtv, copy, "edit 6 --tag +x").returncode == 0


SLOWLY = [
    pytest.param(name, marks=pytest.mark.slow) for name in ("head-and-operations", "pack-flip", "packed-refs-cut")
]


@pytest.mark.parametrize("name", ["idx-missing", *SLOWLY])
def test_a_repair_that_is_killed_at_any_step_goes_on_when_it_is_said_again(damaged, rtv, name):
    step = 0
    while True:
        step += 1
        folder = damaged()
        pid = os.fork()
        if not pid:
            die_at(step, lambda folder=folder: Dataset.upkeep.repair(folder))
        is_killed = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == KILLED

        again = ask(rtv, folder, "verify --repair")
        assert again.returncode == 0, (step, again.stdout, again.stderr)
        assert ask(rtv, folder, "verify").returncode == 0, step
        assert len(ask(rtv, folder, "export main -o -").stdout.splitlines()) == ENTRIES, step
        if not is_killed:
            break
    assert step > 3


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_verb_stumbles_over_a_damaged_dataset(damaged, rtv, name):
    folder, turn = damaged(), NAMES.index(name)  # what is not asked here is asked of the same file, damaged otherwise
    verified = ask(rtv, folder, "verify")
    statuses = {words: ask(rtv, folder, words).returncode for words in LOOKS[turn % 3 :: 3]}
    statuses |= {words: ask(rtv, damaged(), words).returncode for words in CHANGES[turn % 4 :: 4]}
    print(name, verified.returncode, statuses, os.linesep, verified.stdout)

    assert verified.returncode == 70 or 70 not in statuses.values()
    print(mend(rtv, damaged(), name).stdout)


def test_a_torn_pack_of_which_all_can_be_read_is_whole_again(dataset: Dataset, rtv: Run) -> None:
    """The new pack has the name of the old one: it is not taken away with it."""
    with dataset.edit("the last words") as change:
        change.add({"messages": [{"role": "user", "content": "Is it late?"}, {"role": "assistant", "content": "Yes."}]})
    folder, tip = dataset.folder, dataset.repository.refs.head_commit()
    pack = max((folder / ".git/objects/pack").glob("*.pack"), key=lambda path: path.stat().st_mtime_ns)
    torn = pack.read_bytes()[:-10]
    pack.chmod(0o644)
    pack.write_bytes(torn)

    mended = rtv(folder, "verify", "--repair")

    assert mended.returncode == 0, mended.stdout + mended.stderr
    again = Dataset.open(folder)
    assert (again.repository.refs.head_commit(), len(again.snapshot().ids())) == (tip, 4)
    kept = list((folder / ".git/rolethread/quarantine").rglob("*.pack"))
    assert [path.read_bytes() for path in kept] == [torn]


def test_a_packed_ref_that_reads_is_newer_than_what_the_log_knows(dataset: Dataset, rtv: Run) -> None:
    """Plain git committed: a torn line of another branch sends main nowhere."""
    dataset.branch("side")
    git = ["git", "-C", str(dataset.folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "--no-verify", "-m", "by git"], check=True)
    subprocess.run([*git, "pack-refs", "--all"], check=True)
    tip = subprocess.run([*git, "rev-parse", "main"], check=True, capture_output=True, text=True).stdout
    packed = dataset.folder / ".git/packed-refs"
    packed.write_text(re.sub(r"(?m)^[0-9a-f]{20}(.*side)$", r"\1", packed.read_text("utf-8")), "utf-8")

    mended = rtv(dataset.folder, "verify", "--repair")

    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert subprocess.run([*git, "rev-parse", "main", "side"], check=True, capture_output=True).stdout.count(b"\n") == 2
    assert subprocess.run([*git, "rev-parse", "main"], check=True, capture_output=True, text=True).stdout == tip
