"""Stock git on a dataset with the hooks in place: the gate, the drivers and the operation log hold."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from git_desk import Git, conversation, file_of, needs_git, rewrite

from rolethread_vcs.cli.main import run
from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.git_support import hooks as hooking
from rolethread_vcs.transaction import Intent

pytestmark = needs_git


def contents(dataset: Dataset, number: int) -> list[str]:
    return [message["content"] for message in json.loads(file_of(dataset, number).read_text())["messages"]]


def commands(dataset: Dataset) -> list[str]:
    return [each.operation.command for each in dataset.operations.list()]


# ---- commit


def test_a_sound_commit_goes_through_and_is_in_the_operation_log(dataset: Dataset, git: Git) -> None:
    rewrite(dataset, 1, "She laughs.", "She smiles.")

    git("commit", "-qam", "by plain git")
    done = dataset.add([conversation("Who knocks?")], Intent("add", "add"))

    assert commands(dataset)[:2] == ["add", "plain git moved main"]
    assert any("see what it brought with: rtv check --new-since" in note for note in done.notes)
    dataset.undo(2)
    assert "She laughs." in contents(dataset, 1)[1]


def test_status_names_what_undo_would_take_back_and_in_the_words_of_what_git_did(dataset: Dataset, git: Git) -> None:
    git("branch", "try")
    git("switch", "-qc", "other")
    rewrite(dataset, 1, "She laughs.", "She smiles.")
    git("commit", "-qam", "by plain git")
    git("tag", "v1")
    seen = dataset.status()
    undone = dataset.undo().operations[0]
    dataset.redo()
    git("switch", "-q", "main")
    git("merge", "-q", "other")
    git("branch", "-D", "try", "other")

    assert seen.can_undo and seen.last_operation is not None
    assert (seen.last_operation.number, seen.last_operation.command) == (undone.number, undone.command)
    assert undone.command == "plain git made other, try, release v1, switched to other"
    last = dataset.status().last_operation
    assert last is not None and last.command == "plain git moved main, deleted other, try, switched to main"


def test_status_offers_no_undo_of_what_belongs_to_another_folder(dataset: Dataset, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-qb", "side", str(tmp_path / "side"))
    dataset.operations.record_external()
    side = Dataset.open(tmp_path / "side")
    side.branch("try", switch=True)

    assert (dataset.status().can_undo, side.status().can_undo) == (False, True)
    assert dataset.status().last_operation == side.status().last_operation


def test_the_gate_stops_a_commit_that_brings_an_error(dataset: Dataset, git: Git) -> None:
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    before = dataset.snapshot().id

    for words in (("-qam", "all"), ("-qm", "one", file_of(dataset, 1).relative_to(dataset.folder).as_posix())):
        done = git("commit", *words, ok=False)
        assert done.returncode != 0
        assert "RT104 empty_message" in done.stderr
        assert "hint: correct them, or go on all the same with: git commit --no-verify" in done.stderr
    git("add", "-A")
    assert git("commit", "-qm", "staged", ok=False).returncode != 0
    assert dataset.snapshot().id == before
    git("commit", "--no-verify", "-qm", "all the same")

    checked = dataset.gate.check_since("@~1")
    assert [finding.name for finding in checked.findings] == ["empty_message"]


@pytest.mark.parametrize("line", ["strict = true", 'strict = ["true"]', "strict = ["])
def test_settings_that_would_switch_the_gate_off_stop_a_commit(dataset: Dataset, git: Git, line: str) -> None:
    settings = dataset.folder / "rolethread.toml"
    settings.write_text(settings.read_text().replace('strict = ["main", "release/*"]', line))

    done = git("commit", "-qam", "no gate", ok=False)

    assert done.returncode != 0
    assert "rolethread.toml" in done.stderr


def test_an_old_debt_stops_no_commit_of_something_else(dataset: Dataset, git: Git) -> None:
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    git("commit", "--no-verify", "-qam", "a debt")
    rewrite(dataset, 1, "And the attic?", "And the roof?")

    git("commit", "-qam", "beside the debt")


def test_a_branch_that_only_reports_lets_a_commit_pass_and_says_what_came_in(dataset: Dataset, git: Git) -> None:
    git("switch", "-qc", "draft")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")

    done = git("commit", "-qam", "a draft")

    assert "RT104 empty_message" in done.stderr
    assert "draft only reports, so git goes on" in done.stderr


def test_what_is_not_staged_is_not_judged(dataset: Dataset, git: Git) -> None:
    path = rewrite(dataset, 2, "Who sings?", "Who hums?")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    git("add", path)

    git("commit", "-qm", "only the staged one")

    assert git("status", "--porcelain").stdout.startswith(" M entries/0000/00/00000001-")


# ---- diff and log


def test_git_shows_entries_as_conversations(dataset: Dataset, git: Git) -> None:
    rewrite(dataset, 1, "She laughs.", "She smiles.")

    shown = git("diff").stdout
    git("commit", "-qam", "warmer")
    logged = git("log", "-p", "-1").stdout

    for text in (shown, logged):
        assert "-    She laughs. Dry enough.\n+    She smiles. Dry enough.\n" in text
        assert '"content"' not in text
    assert git("log", "-p", "-1").stdout == logged
    assert "refs/notes/textconv/rolethread" in git("for-each-ref").stdout
    assert dataset.upkeep.verify().problems == ()


def test_an_inserted_exchange_changes_no_line_of_another(dataset: Dataset, git: Git) -> None:
    path = file_of(dataset, 1)
    entry = json.loads(path.read_text())
    entry["messages"][2:2] = [{"role": "user", "content": "And?"}, {"role": "assistant", "content": "Well."}]
    path.write_bytes(encode_entry(Entry.of(entry)))

    removed = [line for line in git("diff").stdout.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert removed == []


# ---- merge


def two_sides(dataset: Dataset, git: Git, ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    git("switch", "-qc", "side")
    rewrite(dataset, 1, *theirs)
    git("commit", "-qam", "theirs")
    git("switch", "-q", "main")
    rewrite(dataset, 1, *ours)
    git("commit", "-qam", "ours")


def test_git_merges_two_edits_of_one_message_that_do_not_overlap(dataset: Dataset, git: Git) -> None:
    two_sides(dataset, git, ("She laughs.", "She smiles."), ("Dry enough.", "Dry as bone."))

    git("merge", "-q", "side", "-m", "together")

    assert contents(dataset, 1)[1] == "She smiles. Dry as bone."
    assert git("status", "--porcelain").stdout == ""
    git("fsck", "--strict")
    dataset.add([conversation("Who knocks?")], Intent("add", "add"))
    assert any("plain git moved" in command for command in commands(dataset))


def test_commit_and_restore_keep_out_of_a_merge_that_git_has_not_ended(
    dataset: Dataset, git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    git("switch", "-qc", "side")
    rewrite(dataset, 1, "She laughs.", "She hums.")
    rewrite(dataset, 2, "Dry enough.", "Dry, love.")
    git("commit", "-qam", "side")
    git("switch", "-q", "main")
    rewrite(dataset, 1, "She laughs.", "She cries.")
    git("commit", "-qam", "main")
    before = dataset.snapshot().id
    git("merge", "side", ok=False)

    where = ("-C", str(dataset.folder))
    statuses = [run([*where, *words]) for words in (("commit",), ("restore", "--all"), ("status",))]

    assert statuses == [50, 50, 0]
    said = capsys.readouterr()
    assert "plain git is in the middle of a merge here; in conflict: entries" in said.err
    assert "then: git merge --continue   abort it: git merge --abort" in said.out
    assert "keep them: rtv commit" not in said.out
    assert contents(dataset, 2)[1] == "Dry, love."
    git("merge", "--abort")
    assert (dataset.snapshot().id, run([*where, "commit"])) == (before, 0)


def test_a_conflict_of_git_leaves_json_without_markers_and_says_what_clashed(dataset: Dataset, git: Git) -> None:
    two_sides(dataset, git, ("She laughs.", "She smiles."), ("She laughs.", "She frowns."))

    done = git("merge", "side", "-m", "together", ok=False)

    assert done.returncode == 1
    assert "CONFLICT (content)" in done.stdout
    assert "messages[1].content: both sides changed the same words" in done.stderr
    assert contents(dataset, 1)[1] == "She smiles. Dry enough."
    git("checkout", "--theirs", ".")
    assert contents(dataset, 1)[1] == "She frowns. Dry enough."
    git("add", "-A")
    git("commit", "-qm", "theirs it is")
    assert git("status", "--porcelain").stdout == ""


@pytest.mark.parametrize("verb", ["merge", "rebase", "cherry-pick"])
def test_the_words_of_a_conflict_are_true_in_each_verb_of_git(dataset: Dataset, git: Git, verb: str) -> None:
    two_sides(dataset, git, ("She laughs.", "She smiles."), ("She laughs.", "She frowns."))
    head, other = ("frowns", "smiles") if verb == "rebase" else ("smiles", "frowns")

    done = git(verb, "side", ok=False)

    path = file_of(dataset, 1).relative_to(dataset.folder).as_posix()
    assert f"holds what HEAD has of that, and all the rest merged; edit it, then: git add {path}" in done.stderr
    assert head in contents(dataset, 1)[1]
    git("checkout", "--theirs", path)
    assert other in contents(dataset, 1)[1]


@pytest.mark.parametrize("all_too", [True, False])
def test_a_staged_file_that_cannot_be_read_is_refused_with_a_way_that_works(
    dataset: Dataset, git: Git, all_too: bool
) -> None:
    path = rewrite(dataset, 1, '"role"', '"role')
    if not all_too:
        git("add", "-A")

    done = git("commit", "-qam" if all_too else "-qm", "torn", ok=False)

    assert done.returncode != 0
    assert f"the staged file {path} is not a valid entry: " in done.stderr
    rewrite(dataset, 1, '"role', '"role"')
    git(*done.stderr.partition("correct it, then: git ")[2].split("   ")[0].split())
    git("diff", "--cached", "--quiet")  # nothing is left to commit


def test_the_gate_stops_a_merge_that_brings_an_error(dataset: Dataset, git: Git) -> None:
    git("switch", "-qc", "side")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    git("commit", "-qam", "a draft")
    git("switch", "-q", "main")
    rewrite(dataset, 2, "Who sings?", "Who hums?")
    git("commit", "-qam", "ours")

    done = git("merge", "side", "-m", "together", ok=False)

    assert done.returncode != 0
    assert "RT104 empty_message" in done.stderr
    assert git("log", "-1", "--format=%s").stdout == "ours\n"
    git("merge", "--abort")


def a_copy_of_a_removed_entry(dataset: Dataset, git: Git) -> Path:
    """Edit an entry on the branch `side`; on main remove it and add a copy under another number, which is returned."""
    git("switch", "-qc", "side")
    rewrite(dataset, 1, "She laughs.", "She smiles.")
    git("commit", "-qam", "theirs")
    git("switch", "-q", "main")
    first = file_of(dataset, 1)
    copy = first.with_name("00000004-aaaaaaaa.json")
    shutil.copy(first, copy)
    first.unlink()
    git("add", "-A")
    git("commit", "-qm", "ours")
    return copy


def test_a_removed_entry_is_never_taken_for_one_that_resembles_it(dataset: Dataset, git: Git) -> None:
    copy = a_copy_of_a_removed_entry(dataset, git)

    done = git("merge", "side", "-m", "together", ok=False)

    assert "CONFLICT (modify/delete)" in done.stdout
    assert "She laughs." in copy.read_text()


def test_who_wants_to_see_renames_gets_none_in_merges_all_the_same(bare_of_hooks: Dataset, git: Git) -> None:
    git("config", "diff.renames", "true")
    hooking.install(bare_of_hooks.repository)
    copy = a_copy_of_a_removed_entry(bare_of_hooks, git)

    done = git("merge", "side", "-m", "together", ok=False)

    assert "CONFLICT (modify/delete)" in done.stdout
    assert "She laughs." in copy.read_text()
    assert git("config", "diff.renames").stdout == "true\n"


def test_settings_and_order_merge_key_by_key(dataset: Dataset, git: Git) -> None:
    settings = dataset.folder / "rolethread.toml"
    ids = dataset.snapshot().ids()
    git("switch", "-qc", "side")
    settings.write_text(settings.read_text().replace('name = "tavern"', 'name = "inn"'))
    (dataset.folder / "order.json").write_text(json.dumps({ids[2]: f"{ids[0]}.h"}))
    git("add", "-A")
    git("commit", "-qm", "theirs")
    git("switch", "-q", "main")
    settings.write_text(settings.read_text() + "# a remark\n")
    (dataset.folder / "order.json").write_text(json.dumps({ids[1]: ".x1"}))
    git("add", "-A")
    git("commit", "-qm", "ours")

    git("merge", "-q", "side", "-m", "together")

    assert 'name = "inn"' in settings.read_text()
    assert "# a remark" in settings.read_text()
    assert json.loads((dataset.folder / "order.json").read_text()) == {ids[1]: ".x1", ids[2]: f"{ids[0]}.h"}


# ---- rebase, cherry-pick, stash


def test_rebase_and_cherry_pick_merge_conversations(dataset: Dataset, git: Git) -> None:
    two_sides(dataset, git, ("She laughs.", "She smiles."), ("Dry enough.", "Dry as bone."))
    git("branch", "picked", "main")

    git("switch", "-q", "side")
    git("rebase", "-q", "main")
    assert contents(dataset, 1)[1] == "She smiles. Dry as bone."
    git("switch", "-q", "picked")
    git("cherry-pick", "side")
    assert contents(dataset, 1)[1] == "She smiles. Dry as bone."
    git("fsck", "--strict")
    assert dataset.upkeep.verify().problems == ()


def test_stash_merges_conversations_when_it_comes_back(dataset: Dataset, git: Git) -> None:
    rewrite(dataset, 1, "Dry enough.", "Dry as bone.")
    git("stash", "-q")
    rewrite(dataset, 1, "She laughs.", "She smiles.")
    git("commit", "-qam", "meanwhile")

    git("stash", "pop", "-q")

    assert contents(dataset, 1)[1] == "She smiles. Dry as bone."
    dataset.commit(Intent("commit", "commit"))
    assert git("status", "--porcelain").stdout == ""


# ---- worktree, gc


def test_a_worktree_of_stock_git_has_the_hooks_and_is_a_folder_copy(dataset: Dataset, git: Git, tmp_path: Path) -> None:
    git("worktree", "add", "-q", "-b", "release/1", str(tmp_path / "second"))
    second = Dataset.open(tmp_path / "second")
    rewrite(second, 1, "She laughs. Dry enough.", "")

    done = git("commit", "-qam", "an error", ok=False, folder=second.folder)

    assert "RT104 empty_message" in done.stderr
    git("checkout", "-q", ".", folder=second.folder)
    with dataset.edit("from the first folder", branch="release/1") as change:
        change.remove(dataset.snapshot().ids()[2])
    assert git("status", "--porcelain", folder=second.folder).stdout == ""
    assert len(second.snapshot()) == 2


def test_gc_takes_nothing_that_can_be_undone(dataset: Dataset, git: Git) -> None:
    rewrite(dataset, 1, "She laughs.", "She smiles.")
    git("commit", "-qam", "by plain git")
    dataset.remove([dataset.snapshot().ids()[1]], Intent("remove", "remove"))
    dataset.undo()
    dataset.undo()

    git("reflog", "expire", "--expire=now", "--all")
    git("gc", "-q", "--prune=now")
    dataset.redo()
    dataset.undo()

    assert dataset.upkeep.verify().problems == ()
    assert git("status", "--porcelain").stdout == ""
    git("fsck", "--strict")


@pytest.mark.parametrize("way", ["cherry-pick", "rebase"])
def test_no_way_of_git_puts_an_edit_into_an_entry_that_resembles_a_removed_one(
    dataset: Dataset, git: Git, way: str
) -> None:
    copy = a_copy_of_a_removed_entry(dataset, git)

    words = {"cherry-pick": ("cherry-pick", "side"), "rebase": ("rebase", "main", "side")}
    done = git(*words[way], ok=False)

    assert "CONFLICT (modify/delete)" in done.stdout
    assert "She laughs." in copy.read_text()


# ---- a check on a server


def test_a_full_clone_is_checked_against_the_main_branch(
    dataset: Dataset, git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git("switch", "-qc", "draft")
    rewrite(dataset, 1, "She laughs. Dry enough.", "")
    git("commit", "-qam", "an error")
    git("clone", "-q", str(dataset.folder), str(tmp_path / "full"), folder=tmp_path)
    git("checkout", "-q", "--detach", folder=tmp_path / "full")

    assert run(["-C", str(tmp_path / "full"), "check", "--new-since", "origin/main"]) == 30
    assert "RT104 empty_message" in capsys.readouterr().out


def test_a_shallow_clone_says_that_its_history_is_cut_off(
    dataset: Dataset, git: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git("clone", "-q", "--depth", "1", f"file://{dataset.folder}", str(tmp_path / "shallow"), folder=tmp_path)

    assert run(["-C", str(tmp_path / "shallow"), "check", "--new-since", "@~1"]) == 40
    said = capsys.readouterr().err
    assert "its history was cut off when the copy was made (a shallow clone)" in said
    assert "git fetch --unshallow" in said
