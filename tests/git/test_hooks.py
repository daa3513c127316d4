"""Hooks: what was there is kept and runs first, what is foreign is left alone, and nothing passes in silence."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from git_desk import Git, file_of, needs_git, rewrite

from rolethread_vcs.cli.main import run
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError
from rolethread_vcs.ops.git_support import hooks as hooking
from rolethread_vcs.ops.git_support.hooks import ForeignHooksError, HookOptions

pytestmark = needs_git


def hook(dataset: Dataset, name: str = "pre-commit") -> Path:
    return dataset.folder / ".git/hooks" / name


def put(path: Path, text: str, mode: int = 0o755) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)


def state(dataset: Dataset) -> dict[str, str]:
    """Return everything that installing may touch: files, and what git reads from its settings."""
    folder = dataset.folder / ".git"
    paths = [folder / "info/attributes", *(folder / "hooks").glob("*")]
    config = subprocess.run(["git", "config", "--list", "--local"], cwd=folder, capture_output=True, text=True).stdout
    files = {path.name: path.read_text() for path in paths if path.exists() and path.suffix != ".sample"}
    return {"config": config, **files}


def test_install_and_remove_leave_everything_as_it_was(bare_of_hooks: Dataset) -> None:
    dataset = bare_of_hooks
    put(hook(dataset), "echo mine")
    (dataset.folder / ".git/info").mkdir(exist_ok=True)
    (dataset.folder / ".git/info/attributes").write_text("*.png binary")
    dataset.repository.config.set({"diff.renames": "copies"})
    before = state(dataset)

    hooking.install(dataset.repository, HookOptions(push=True))
    hooking.remove(dataset.repository)

    after = state(dataset)
    assert after.pop("attributes").rstrip("\n") == before.pop("attributes")
    assert after == before
    assert os.access(hook(dataset), os.X_OK)


def test_lines_behind_ours_stay_also_where_the_end_of_ours_was_taken_away(bare_of_hooks: Dataset) -> None:
    path = bare_of_hooks.folder / ".git/info/attributes"
    hooking.install(bare_of_hooks.repository)
    ours = path.read_text().splitlines(keepends=True)
    path.write_text("".join(["*.png binary\n", *ours[:-1], "*.gif binary\n"]))

    hooking.install(bare_of_hooks.repository)
    installed = path.read_text()
    hooking.remove(bare_of_hooks.repository)

    assert installed == "".join(["*.png binary\n", "*.gif binary\n", *ours])
    assert path.read_text() == "*.png binary\n*.gif binary\n"


def test_a_last_line_of_ours_that_lost_its_line_feed_goes_all_the_same(bare_of_hooks: Dataset) -> None:
    path = bare_of_hooks.folder / ".git/info/attributes"
    path.parent.mkdir(exist_ok=True)
    path.write_text("*.png binary\n")
    hooking.install(bare_of_hooks.repository)
    path.write_text(path.read_text().rstrip("\n"))

    hooking.remove(bare_of_hooks.repository)

    assert path.read_text() == "*.png binary\n"


def test_settings_of_ones_own_that_are_as_ours_stay_when_the_hooks_go(bare_of_hooks: Dataset) -> None:
    dataset = bare_of_hooks
    dataset.repository.config.set({"merge.renames": "false"})
    before = state(dataset)

    hooking.install(dataset.repository)
    hooking.install(dataset.repository)
    hooking.remove(dataset.repository)

    assert state(dataset) == before


def test_settings_of_another_file_that_are_as_ours_are_not_touched(bare_of_hooks: Dataset, tmp_path: Path) -> None:
    shared = tmp_path / "shared.config"
    shared.write_text("[merge]\n\trenames = false\n")
    bare_of_hooks.repository.config.set({"include.path": str(shared)})
    folder = str(bare_of_hooks.folder)
    before = state(bare_of_hooks)

    assert run(["-C", folder, "hooks", "install"]) == 0
    assert run(["-C", folder, "hooks", "remove"]) == 0

    assert shared.read_text() == "[merge]\n\trenames = false\n"
    assert state(bare_of_hooks) == before


def test_hooks_put_in_before_the_settings_were_noted_go_whole(dataset: Dataset, git: Git) -> None:
    git("config", "--unset", "merge.rolethread.added")

    hooking.remove(dataset.repository)

    assert "renames" not in state(dataset)["config"]


def test_a_link_to_a_hook_that_is_not_there_is_kept(bare_of_hooks: Dataset) -> None:
    hook(bare_of_hooks).parent.mkdir(exist_ok=True)
    hook(bare_of_hooks).symlink_to("not-there")

    hooking.install(bare_of_hooks.repository)
    hooking.remove(bare_of_hooks.repository)

    assert hook(bare_of_hooks).readlink() == Path("not-there")


@pytest.mark.parametrize("path", ["", os.devnull], ids=["empty", "null-device"])
def test_hooks_that_are_turned_off_are_told_so(bare_of_hooks: Dataset, git: Git, path: str) -> None:
    git("config", "core.hooksPath", path)

    with pytest.raises(ForeignHooksError, match=r"hooks are turned off .*"):
        hooking.install(bare_of_hooks.repository)


def test_installing_twice_changes_nothing(dataset: Dataset) -> None:
    before = state(dataset)

    done = hooking.install(dataset.repository)

    assert done.was_there
    assert state(dataset) == before
    assert done.hooks == ("pre-commit", "pre-merge-commit", "post-merge")


def test_removing_twice_says_that_none_was_there(dataset: Dataset) -> None:
    hooking.remove(dataset.repository)

    assert not hooking.remove(dataset.repository).was_there


def test_a_dry_run_changes_nothing(bare_of_hooks: Dataset) -> None:
    before = state(bare_of_hooks)

    done = hooking.install(bare_of_hooks.repository, dry_run=True)

    assert done.hooks == ("pre-commit", "pre-merge-commit", "post-merge")
    assert state(bare_of_hooks) == before


def test_a_hook_that_was_there_runs_first_and_can_say_no(bare_of_hooks: Dataset, git: Git, tmp_path: Path) -> None:
    dataset = bare_of_hooks
    put(hook(dataset), f'echo mine >> "{tmp_path}/log"; test ! -e "{tmp_path}/no"')

    done = hooking.install(dataset.repository)

    assert done.chained == ("pre-commit",)
    rewrite(dataset, 1, "She laughs.", "She smiles.")
    git("commit", "-qam", "both agree")
    assert (tmp_path / "log").read_text() == "mine\n"
    (tmp_path / "no").touch()
    rewrite(dataset, 1, "She smiles.", "She frowns.")
    assert git("commit", "-qam", "the first says no", ok=False).returncode == 1
    (tmp_path / "no").unlink()
    rewrite(dataset, 1, "She frowns. Dry enough.", "")
    assert "RT104" in git("commit", "-qam", "the second says no", ok=False).stderr


def test_a_hook_that_git_would_not_run_is_kept_and_not_run(bare_of_hooks: Dataset, git: Git) -> None:
    put(hook(bare_of_hooks), "exit 1", mode=0o644)
    hooking.install(bare_of_hooks.repository)
    rewrite(bare_of_hooks, 1, "She laughs.", "She smiles.")

    git("commit", "-qam", "it was switched off")
    hooking.remove(bare_of_hooks.repository)

    assert not os.access(hook(bare_of_hooks), os.X_OK)


def test_a_kept_hook_is_never_overwritten(bare_of_hooks: Dataset) -> None:
    put(hook(bare_of_hooks), "echo new")
    put(hook(bare_of_hooks, "pre-commit.before-rolethread"), "echo old")
    before = state(bare_of_hooks)

    with pytest.raises(ConflictError, match="is there already, so the hook pre-commit cannot be kept"):
        hooking.install(bare_of_hooks.repository)
    assert state(bare_of_hooks) == before


def test_a_hook_that_somebody_else_put_over_ours_is_left(dataset: Dataset) -> None:
    put(hook(dataset), "echo another program's")

    done = hooking.remove(dataset.repository)

    assert done.hooks == ("pre-merge-commit", "post-merge")
    assert "another program's" in hook(dataset).read_text()


def test_the_folder_of_hooks_that_the_repository_names_is_used(
    bare_of_hooks: Dataset, git: Git, tmp_path: Path
) -> None:
    git("config", "core.hooksPath", str(tmp_path / "own-hooks"))

    hooking.install(bare_of_hooks.repository)

    assert (tmp_path / "own-hooks/pre-commit").exists()
    rewrite(bare_of_hooks, 1, "She laughs. Dry enough.", "")
    assert "RT104" in git("commit", "-qam", "no", ok=False).stderr


def test_hooks_of_a_manager_such_as_husky_are_left_alone(bare_of_hooks: Dataset, git: Git) -> None:
    put(bare_of_hooks.folder / ".husky/_/pre-commit", "exit 0")
    git("config", "core.hooksPath", ".husky/_")
    before = state(bare_of_hooks)

    with pytest.raises(ForeignHooksError, match="are managed by another program") as caught:
        hooking.install(bare_of_hooks.repository)

    assert caught.value.status == 50
    assert "rtv git-hook pre-commit" in (caught.value.hint or "")
    assert state(bare_of_hooks) == before
    hooking.install(bare_of_hooks.repository, HookOptions(only_drivers=True))
    assert "merge=rolethread" in (bare_of_hooks.folder / ".git/info/attributes").read_text()


def test_a_hook_without_its_program_says_so_and_stops_git(dataset: Dataset, environment: dict[str, str]) -> None:
    rewrite(dataset, 1, "She laughs.", "She smiles.")
    without = {**environment, "PATH": environment["PATH"].partition(":")[2]}
    without["PATH"] = ":".join(p for p in without["PATH"].split(":") if not (Path(p) / "rtv").exists())

    def commit(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["git", "commit", "-qam", "x", *words]
        return subprocess.run(command, cwd=dataset.folder, env=without, capture_output=True, text=True)

    refused = commit()
    assert refused.returncode != 0
    assert "error: the program rtv is not on the PATH of git, so nobody looked at what comes in" in refused.stderr
    assert "--no-verify" in refused.stderr
    assert commit("--no-verify").returncode == 0


def test_a_push_of_an_error_is_stopped_where_that_was_asked_for(dataset: Dataset, git: Git, tmp_path: Path) -> None:
    hooking.install(dataset.repository, HookOptions(push=True))
    git("init", "-q", "--bare", str(tmp_path / "there.git"))
    git("remote", "add", "there", str(tmp_path / "there.git"))
    git("push", "-q", "there", "main")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    git("commit", "--no-verify", "-qam", "an error")

    done = git("push", "there", "main", ok=False)

    assert done.returncode != 0
    assert "RT104 empty_message" in done.stderr
    assert "git push --no-verify" in done.stderr
    git("push", "-q", "there", "main:draft")
    git("push", "-q", "--no-verify", "there", "main")
    git("push", "-q", "there", ":draft")


@pytest.mark.parametrize("remote", ["there", "../there.git"])
def test_a_push_is_compared_with_the_branch_it_goes_to_and_not_with_others(
    dataset: Dataset, git: Git, tmp_path: Path, remote: str
) -> None:
    hooking.install(dataset.repository, HookOptions(push=True))
    git("init", "-q", "--bare", str(tmp_path / "there.git"))
    git("remote", "add", "there" if remote == "there" else "origin", "../there.git")
    rewrite(dataset, 2, "Dry enough.", "")
    git("commit", "--no-verify", "-qam", "an old error of main")
    git("push", "-q", "--no-verify", "--all", "there" if remote == "there" else "origin")
    git("switch", "-qc", "try")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    git("commit", "-qam", "an error")

    def push(target: str) -> tuple[bool, bool]:
        done = git("push", remote, target, ok=False)
        return done.returncode == 0, "RT104" in done.stderr

    assert push("try:refs/heads/release/9") == (False, True)
    assert push("try") == (True, True)
    assert push("try:refs/heads/release/9") == (False, True)
    assert push("main:refs/heads/release/8") == (True, False)
    assert push("try:release/8") == (False, True)
    assert push("main:release/8") == (True, False)


@pytest.mark.parametrize("words", ["merge -q try", "pull -q --ff-only . try", "pull -q --rebase . try"])
def test_what_a_fast_forward_brought_is_told_with_a_way_back_that_works(dataset: Dataset, git: Git, words: str) -> None:
    before = dataset.snapshot().id
    git("branch", "draft")
    git("switch", "-qc", "try")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    git("commit", "-qam", "an error")
    git("switch", "-q", "main")

    told = git(*words.split()).stderr
    again = git(*words.split()).stderr
    way_back = told.partition("take it back with: git ")[2].split("\n")[0]
    git(*way_back.split())

    assert "RT104" in told and "main" in told and "RT104" not in again
    assert dataset.snapshot().id == before
    assert "RT104" not in git("merge", "--squash", "try").stderr
    git("switch", "-qfC", "draft", "main")
    reported = git(*words.split()).stderr
    assert "RT104" in reported and "reset" not in reported


UNHEARD = ["broken", "closed", "full"]


def run_unheard(how: str, *words: str, **where: Any) -> int:
    """Run git where nobody hears what it and its hooks say, and return its status."""
    if how == "closed":
        return subprocess.run(["sh", "-c", f"{shlex.join(['git', *words])} >&- 2>&-"], check=False, **where).returncode
    if how == "broken":
        reading, writing = os.pipe()
        os.close(reading)
    else:
        writing = os.open("/dev/full", os.O_WRONLY)
    try:
        return subprocess.run(["git", *words], stdout=writing, stderr=writing, check=False, **where).returncode
    finally:
        os.close(writing)


@pytest.mark.parametrize("how", UNHEARD)
@pytest.mark.parametrize("hook_name", ["pre-commit", "pre-merge-commit", "pre-push"])
def test_a_hook_whose_words_nobody_reads_refuses_all_the_same(
    dataset: Dataset, git: Git, environment: dict[str, str], tmp_path: Path, hook_name: str, how: str
) -> None:
    hooking.install(dataset.repository, HookOptions(push=True))
    git("init", "-q", "--bare", str(tmp_path / "there"))
    git("remote", "add", "there", str(tmp_path / "there"))
    git("push", "-q", "there", "main")
    if hook_name == hooking.Hook.MERGE:
        git("switch", "-qc", "side")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    git("add", "-A")
    words = {"pre-commit": "commit -m empty", "pre-merge-commit": "merge side", "pre-push": "push there main"}
    if hook_name != hooking.Hook.COMMIT:
        git("commit", "-qm", "empty", "--no-verify")
    if hook_name == hooking.Hook.MERGE:
        git("switch", "-q", "main")
        rewrite(dataset, 2, "Who sings?", "Who sang?")
        git("commit", "-qam", "ours")
    tips = git("rev-parse", "main").stdout, git("ls-remote", "there").stdout

    status = run_unheard(how, *words[hook_name].split(), cwd=dataset.folder, env=environment)

    assert status != 0
    assert (git("rev-parse", "main").stdout, git("ls-remote", "there").stdout) == tips


def test_a_hook_whose_words_nobody_reads_lets_pass_what_is_only_told(
    dataset: Dataset, git: Git, environment: dict[str, str]
) -> None:
    git("switch", "-qc", "draft")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")

    for how in UNHEARD:
        rewrite(dataset, 2, "Who ", f"Who {how} ")
        run_unheard(how, "commit", "-qam", how, cwd=dataset.folder, env=environment)

    assert git("log", "--format=%s", "-n", "3").stdout.split() == UNHEARD[::-1]


def test_a_commit_that_touches_no_entry_passes(dataset: Dataset, git: Git) -> None:
    (dataset.folder / "notes.txt").write_text("mine")
    git("add", "notes.txt")

    git("commit", "-qm", "notes")
    file_of(dataset, 3).unlink()
    git("commit", "-qam", "one less")


def test_the_commands_say_what_they_did(bare_of_hooks: Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    put(hook(bare_of_hooks), "echo mine")
    words = ["-C", str(bare_of_hooks.folder), "hooks"]

    assert run([*words, "install"]) == 0
    out = capsys.readouterr()
    assert "pre-commit, pre-merge-commit, post-merge are in place" in out.out
    assert "the pre-commit hook that was there runs first (pre-commit.before-rolethread)" in out.out
    assert "take this out again with: rtv hooks remove" in out.err
    assert run([*words, "remove"]) == 0
    assert "the pre-commit hook that was there before is back" in capsys.readouterr().out
    assert run([*words, "install", "--drivers", "--pre-push"]) == 2
