"""Merging branches and copies: what goes in, what waits, and what becomes of both."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, hand_edit
from two_branches import QUESTIONS, Branches

from rolethread_vcs import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError, UsageError
from rolethread_vcs.gate import Allowance, RefusedByGateError
from rolethread_vcs.merge.conflict import Reason, Value
from rolethread_vcs.model.layout import ORDER, SETTINGS, entry_path
from rolethread_vcs.ops.merge.completion import State
from rolethread_vcs.ops.merge.decisions import Decision
from rolethread_vcs.ops.merge.merge import merge
from rolethread_vcs.store import disk
from rolethread_vcs.store.checkout import UnsavedEditsError
from rolethread_vcs.store.libgit2 import NoDatasetError
from rolethread_vcs.store.refs import UnknownRevisionError
from rolethread_vcs.transaction import Intent, StaleEntryError


@pytest.fixture
def pair(tmp_path: Path) -> Branches:
    return Branches.in_folder(tmp_path / "inn")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=True, text=True)
    return done.stdout.strip()


def intent(words: str = "merge side", **more: object) -> Intent:
    return Intent("merge", words, **more)  # type: ignore[arg-type]


# ---- what becomes of the branch


def test_a_branch_that_alone_has_commits_moves_main_on_without_a_commit(pair: Branches) -> None:
    tip = pair.answer("side", 0, "Bone dry.")

    outcome = pair.merge()

    assert (outcome.state, outcome.committed.commit, outcome.committed.changed) == (State.FAST_FORWARD, tip, 1)
    assert pair.dataset.snapshot().id == tip
    assert [change.entry_id for change in outcome.committed.touched] == [pair.ids[0]]


def test_a_message_makes_a_commit_even_where_main_could_move_on(pair: Branches) -> None:
    tip = pair.answer("side", 0, "Bone dry.")
    before = pair.dataset.snapshot().id

    outcome = merge(pair.dataset.repository, "side", intent(message="take the dry answers"))

    commit = pair.dataset.snapshot().commit
    assert (outcome.state, commit.parents, commit.subject) == (State.COMMITTED, (before, tip), "take the dry answers")


def test_both_sides_are_joined_by_a_commit_with_two_parents(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    ours = pair.answer("main", 1, "Nobody.")
    added = pair.add("side", "Is there an echo?")
    theirs = pair.dataset.repository.resolve("side")

    outcome = pair.merge()

    snapshot = pair.dataset.snapshot()
    assert (outcome.state, snapshot.commit.parents, snapshot.commit.subject) == (
        State.COMMITTED,
        (ours, theirs),
        "merge side",
    )
    assert (pair.said(0), pair.said(1), added in snapshot) == ("Bone dry.", "Nobody.", True)
    assert (outcome.tree.taken, outcome.tree.merged, outcome.committed.added, outcome.committed.changed) == (2, 0, 1, 1)


def test_what_is_in_already_is_said_and_nothing_happens(pair: Branches) -> None:
    pair.answer("main", 1, "Nobody.")
    before = pair.dataset.repository.operations.head()

    outcome = pair.merge()

    assert (outcome.state, outcome.committed.is_empty) == (State.NOTHING, True)
    assert pair.dataset.repository.operations.head() == before


def test_two_branches_with_the_same_change_are_joined_though_no_file_changes(pair: Branches) -> None:
    pair.answer("side", 0, "Rather dry.")
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Bone dry.")

    outcome = pair.merge()

    assert (outcome.state, len(pair.dataset.snapshot().commit.parents)) == (State.COMMITTED, 2)
    assert (outcome.committed.changed, pair.merge().state) == (0, State.NOTHING)


def test_a_merge_is_undone_and_redone_like_anything_else(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    before = pair.answer("main", 1, "Nobody.")
    merged = pair.merge().committed.commit

    pair.dataset.undo()
    undone = pair.dataset.snapshot().id
    pair.dataset.redo()

    assert (undone, pair.dataset.snapshot().id) == (before, merged)


def test_the_same_entry_edited_in_different_messages_is_put_together(pair: Branches) -> None:
    pair.put("side", 0, conversation("Is the cellar dry tonight?"))
    pair.put("main", 0, {**conversation(QUESTIONS[0], "Bone dry."), "tags": ["tavern"]})

    outcome = pair.merge()

    assert outcome.tree.merged == 1
    assert [message["content"] for message in pair.entry(0).messages] == ["Is the cellar dry tonight?", "Bone dry."]
    assert pair.entry(0).tags == ("tavern",)


def test_a_release_and_a_commit_can_be_merged_too(pair: Branches) -> None:
    tip = pair.answer("side", 0, "Bone dry.")
    pair.dataset.releases.create("v1", "side")
    pair.answer("main", 1, "Nobody.")

    assert pair.merge("v1").state is State.COMMITTED
    assert pair.merge(tip[:10]).state is State.NOTHING


# ---- what waits


def test_a_conflict_leaves_the_branch_as_it_was_and_waits(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    before = pair.answer("main", 0, "Soaking wet.")
    pair.answer("side", 1, "Nobody.")

    outcome = pair.merge()

    assert (outcome.state, outcome.committed.commit, pair.dataset.snapshot().id) == (State.WAITING, None, before)
    (conflict,) = outcome.conflicts
    assert (conflict.id, conflict.field, conflict.reason) == (pair.ids[0], "messages[1].content", Reason.BOTH_EDITED)
    assert (conflict.base, conflict.ours, conflict.theirs) == ("Dry enough.", "Soaking wet.", "Bone dry.")
    assert pair.dataset.repository.has_unfinished_merge()
    assert pair.dataset.status().has_unfinished


def test_what_one_removed_and_the_other_edited_waits_with_both(pair: Branches) -> None:
    pair.remove("side", 0)
    pair.answer("main", 0, "Soaking wet.")

    (conflict,) = pair.merge().conflicts

    assert (conflict.field, conflict.reason, conflict.suggestion) == ("entry", Reason.DELETED_AND_EDITED, "ours")


def test_a_second_merge_has_to_wait_for_the_first(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    pair.merge()

    with refusal(ConflictError, "unfinished") as caught:
        pair.merge()

    assert caught.value.hint == "rtv conflicts   rtv merge --continue   rtv merge --abort"


def test_everything_else_goes_on_while_a_merge_waits_and_it_is_planned_anew(pair: Branches) -> None:
    theirs = pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    pair.merge()
    pair.dataset.merges.resolve([pair.ids[0]], "side")
    later = pair.answer("main", 1, "Nobody.")

    outcome = pair.dataset.merges.finish()

    assert (outcome.state, outcome.tree.void) == (State.COMMITTED, ())
    assert pair.dataset.snapshot().commit.parents == (later, theirs)
    assert (pair.said(0), pair.said(1)) == ("Bone dry.", "Nobody.")
    assert not pair.dataset.repository.has_unfinished_merge()


def test_a_decision_about_a_clash_that_changed_since_is_void_and_told(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    pair.merge()
    pair.dataset.merges.resolve([pair.ids[0]], "side")
    pair.answer("main", 0, "Under water.")

    with refusal(ConflictError, "open_conflicts") as caught:
        pair.dataset.merges.finish()

    assert "what was decided is void" in caught.value.details[0]
    found = pair.dataset.merges.conflicts()
    assert (found.has_moved, found.void, len(found.conflicts)) == (
        True,
        ((pair.ids[0], "messages[1].content"),),
        1,
    )


def test_a_merge_waits_through_a_garbage_collection(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    pair.merge()
    pair.dataset.merges.resolve([pair.ids[0]], "side")
    git(pair.dataset.folder, "branch", "-D", "side")
    git(pair.dataset.folder, "reflog", "expire", "--expire=now", "--all")
    git(pair.dataset.folder, "gc", "--prune=now", "--quiet")

    outcome = Dataset.open(pair.dataset.folder).merges.finish()

    assert (outcome.state, pair.said(0)) == (State.COMMITTED, "Bone dry.")


def test_giving_up_is_an_operation_that_undo_takes_back(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    pair.merge()
    pair.dataset.merges.resolve([pair.ids[0]], "side")

    given_up = pair.dataset.merges.abort()
    is_gone = not pair.dataset.repository.has_unfinished_merge()
    pair.dataset.undo()

    assert (given_up.state, is_gone) == (State.ABORTED, True)
    assert pair.dataset.merges.finish().state is State.COMMITTED


def test_undo_of_a_waiting_merge_takes_it_away(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    pair.merge()

    pair.dataset.undo()

    assert not pair.dataset.repository.has_unfinished_merge()
    assert pair.merge().state is State.WAITING


def test_it_never_looks_as_if_plain_git_had_moved_something(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    pair.merge()
    pair.dataset.merges.resolve([pair.ids[0]], "side")
    pair.answer("main", 1, "Nobody.")
    pair.dataset.merges.finish()

    assert [logged.operation.verb for logged in pair.dataset.operations.list()].count("external") == 0


# ---- the gate


def test_what_comes_from_the_other_side_and_breaks_a_rule_is_refused_by_the_gate(pair: Branches) -> None:
    pair.answer("side", 0, "")
    pair.answer("main", 1, "Nobody.")
    before = pair.dataset.snapshot().id

    with pytest.raises(RefusedByGateError):
        pair.merge()

    assert (pair.dataset.snapshot().id, pair.dataset.repository.has_unfinished_merge()) == (before, False)


def test_an_allowed_finding_makes_a_commit_even_where_main_could_move_on(pair: Branches) -> None:
    tip = pair.answer("side", 0, "")
    before = pair.dataset.snapshot().id
    with pytest.raises(RefusedByGateError):
        pair.merge()

    outcome = merge(pair.dataset.repository, "side", intent(allowances=(Allowance("RT104"),), because="it is meant so"))

    commit = pair.dataset.snapshot().commit
    assert (outcome.state, commit.parents) == (State.COMMITTED, (before, tip))
    assert commit.trailers == (("Allowed", "RT104=1"), ("Because", "it is meant so"))


def test_what_both_sides_break_together_is_a_conflict_and_not_the_gates(pair: Branches) -> None:
    uuid = "27f9be4a-ebca-43e9-a02b-3a912a4c5213"
    pair.put("side", 0, conversation(QUESTIONS[0], uuid=uuid))
    pair.put("main", 1, conversation(QUESTIONS[1], uuid=uuid))

    outcome = pair.merge()

    (conflict,) = outcome.conflicts
    assert (outcome.state, conflict.reason) == (State.WAITING, "duplicate_uuid")
    pair.dataset.merges.resolve([conflict.id], "main")
    assert pair.dataset.merges.finish().state is State.COMMITTED
    assert pair.entry(0).uuid is None


# ---- a part of a branch


def test_a_part_is_an_ordinary_commit_and_the_rest_is_offered_again(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    theirs = pair.answer("side", 1, "Nobody.")
    before = pair.dataset.snapshot().id

    outcome = pair.merge(where="id:1")

    commit = pair.dataset.snapshot().commit
    assert (outcome.is_partial, outcome.tree.left_out, commit.parents) == (True, 1, (before,))
    assert commit.trailers == (("Picked-From", theirs),)
    assert (pair.said(0), pair.said(1)) == ("Bone dry.", "Dry enough.")
    assert pair.merge().state is State.COMMITTED
    assert pair.said(1) == "Nobody."


def test_what_was_taken_earlier_does_not_count_as_left_out(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("side", 1, "Nobody.")
    pair.merge(where="id:1")
    pair.put("main", 0, conversation(QUESTIONS[0], "Bone dry.") | {"tags": ["cellar"]})

    again = pair.merge(where="id:1")
    rest = pair.merge(where="id:2")

    assert (again.state, again.tree.left_out) == (State.NOTHING, 1)
    assert (rest.tree.left_out, rest.is_partial, pair.merge().state) == (0, False, State.NOTHING)


def test_keeping_mine_in_the_rest_finishes_the_branch_for_good(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("side", 1, "Nobody.")
    pair.merge(ids=(pair.ids[0],), keeps_rest=True)
    pair.answer("side", 2, "Under the mat.")

    outcome = pair.merge()

    assert outcome.state is State.COMMITTED
    assert (pair.said(0), pair.said(1), pair.said(2)) == ("Bone dry.", "Dry enough.", "Under the mat.")


def test_a_whole_branch_can_be_refused_for_good(pair: Branches) -> None:
    theirs = pair.answer("side", 0, "Bone dry.")

    outcome = pair.merge(ids=(), keeps_rest=True)

    assert (outcome.state, pair.dataset.snapshot().commit.parents[1]) == (State.COMMITTED, theirs)
    assert (pair.said(0), pair.merge().state) == ("Dry enough.", State.NOTHING)


def test_a_part_that_is_everything_is_a_merge(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 1, "Nobody.")

    pair.merge(where="id:1")

    assert len(pair.dataset.snapshot().commit.parents) == 2


def test_a_conflict_outside_the_part_is_none(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    pair.answer("side", 1, "Nobody.")

    outcome = pair.merge(ids=(pair.ids[1],))

    assert (outcome.state, outcome.conflicts, pair.said(0), pair.said(1)) == (
        State.COMMITTED,
        (),
        "Soaking wet.",
        "Nobody.",
    )


def test_the_rest_is_only_spoken_of_where_there_is_a_part(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")

    with pytest.raises(UsageError):
        pair.merge(keeps_rest=True)


# ---- other files


def test_places_in_the_order_merge_and_those_of_removed_entries_go(pair: Branches) -> None:
    move(pair, "side", pair.ids[0], pair.ids[2], pair.ids[3])
    pair.remove("main", 0)
    pair.add("main", "Another?")

    outcome = pair.merge()

    assert (outcome.state, pair.dataset.snapshot().file(ORDER)) == (State.COMMITTED, None)


def test_an_entry_moved_by_one_side_is_moved(pair: Branches) -> None:
    move(pair, "side", pair.ids[0], pair.ids[2], pair.ids[3])
    pair.answer("main", 1, "Nobody.")

    pair.merge()

    assert pair.dataset.snapshot().ids() == [pair.ids[1], pair.ids[2], pair.ids[0], pair.ids[3]]


def test_an_entry_moved_to_two_places_waits(pair: Branches) -> None:
    move(pair, "side", pair.ids[0], pair.ids[2], pair.ids[3])
    move(pair, "main", pair.ids[0], pair.ids[3], None)

    (conflict,) = pair.merge().conflicts

    assert (conflict.id, conflict.reason) == (ORDER, Reason.BOTH_MOVED)
    pair.dataset.merges.resolve([ORDER], "side")
    assert pair.dataset.merges.finish().state is State.COMMITTED
    assert pair.dataset.snapshot().ids() == [pair.ids[1], pair.ids[2], pair.ids[0], pair.ids[3]]


def test_settings_merge_key_by_key_and_a_clash_waits(pair: Branches) -> None:
    pair.on("side").settings.set("gate.rules.RT104", "warning")
    pair.dataset.settings.set("name", "their inn")
    pair.on("main").settings.set("name", "our inn")

    (conflict,) = pair.merge().conflicts

    assert (conflict.id, conflict.field, conflict.ours, conflict.theirs) == (SETTINGS, "name", "our inn", "their inn")
    pair.dataset.merges.resolve([SETTINGS], "side")
    pair.dataset.merges.finish()
    settings = pair.dataset.snapshot().settings
    assert (settings.name, settings.severities["RT104"]) == ("their inn", "warning")


def test_registry_cards_merge_key_by_key_and_other_files_wait_as_a_whole(pair: Branches) -> None:
    commit_files(pair, "side", {"tags/inn.json": b'{\n  "aliases": [\n    "pub"\n  ]\n}\n', "notes.md": b"theirs\n"})
    commit_files(pair, "main", {"tags/inn.json": b'{\n  "aliases": [\n    "bar"\n  ]\n}\n', "notes.md": b"ours\n"})

    (conflict,) = pair.merge().conflicts

    assert (conflict.id, conflict.field, conflict.ours, conflict.theirs) == ("notes.md", "file", "ours\n", "theirs\n")
    with pytest.raises(InvalidError, match="no UTF-8 text"):
        pair.dataset.merges.give("notes.md", b"b\xffth\n")
    pair.dataset.merges.give("notes.md", b"both\n")
    pair.dataset.merges.finish()
    snapshot = pair.dataset.snapshot()
    assert (snapshot.file("notes.md"), snapshot.file("tags/inn.json")) == (
        b"both\n",
        b'{\n  "aliases": [\n    "bar",\n    "pub"\n  ]\n}\n',
    )


def test_an_entry_that_does_not_read_waits_and_never_crashes(pair: Branches) -> None:
    commit_files(pair, "side", {entry_path(pair.ids[0]): b"no entry\n"})
    pair.answer("main", 1, "Nobody.")

    (conflict,) = pair.merge().conflicts

    assert (conflict.id, conflict.reason) == (pair.ids[0], "unreadable")
    pair.dataset.merges.resolve([pair.ids[0]], "main")
    assert pair.dataset.merges.finish().state is State.COMMITTED
    assert pair.said(0) == "Dry enough."


def test_a_file_that_cannot_be_read_on_one_side_is_taken_from_the_other(pair: Branches) -> None:
    commit_files(pair, "side", {"tags/inn.json": b"[]\n"})
    commit_files(pair, "main", {"tags/inn.json": b'{\n  "name": "inn"\n}\n'})
    (conflict,) = pair.merge().conflicts
    assert (conflict.id, conflict.reason) == ("tags/inn.json", "unreadable")

    pair.dataset.merges.resolve(["tags/inn.json"], "main")

    assert pair.dataset.merges.finish().state is State.COMMITTED
    assert pair.dataset.snapshot().file("tags/inn.json") == b'{\n  "name": "inn"\n}\n'


def test_an_order_that_cannot_be_read_on_one_side_is_taken_from_the_other(pair: Branches) -> None:
    commit_files(pair, "side", {ORDER: b"[]\n"})
    pair.answer("main", 1, "Nobody.")
    (conflict,) = pair.merge().conflicts
    assert (conflict.id, conflict.reason) == (ORDER, "unreadable")

    pair.dataset.merges.resolve([ORDER], "main")

    assert pair.dataset.merges.finish().state is State.COMMITTED
    assert pair.dataset.snapshot().file(ORDER) is None


def test_a_file_that_cannot_be_read_is_not_taken(pair: Branches) -> None:
    commit_files(pair, "side", {"tags/inn.json": b"[]\n"})
    commit_files(pair, "main", {"tags/inn.json": b'{\n  "name": "inn"\n}\n'})
    pair.merge()

    with refusal(UsageError, "unreadable_side"):
        pair.dataset.merges.resolve(["tags/inn.json"], "side")

    assert [each.id for each in pair.dataset.merges.conflicts().conflicts] == ["tags/inn.json"]


# ---- histories


def test_after_branches_merged_each_other_both_bases_count(pair: Branches) -> None:
    pair.answer("main", 0, "Bone dry.")
    pair.answer("side", 1, "Nobody.")
    main, side = pair.dataset.repository.resolve("main"), pair.dataset.repository.resolve("side")
    pair.dataset.branch("old-main")
    pair.merge("side")
    pair.on("side")
    pair.dataset.merge("old-main")
    pair.on("main")
    pair.answer("main", 2, "Under the mat.")
    pair.answer("side", 3, "Stew.")

    assert set(bases(pair)) == {main, side}
    outcome = pair.merge("side")

    assert (outcome.state, outcome.conflicts) == (State.COMMITTED, ())
    assert [pair.said(number) for number in range(4)] == ["Bone dry.", "Nobody.", "Under the mat.", "Stew."]


def test_a_clash_that_was_settled_twice_in_different_ways_is_asked_again(pair: Branches) -> None:
    pair.answer("main", 0, "Bone dry.")
    pair.answer("side", 0, "Soaking wet.")
    pair.dataset.branch("old-main")
    pair.merge("side")
    pair.dataset.merges.resolve([pair.ids[0]], "main")
    pair.dataset.merges.finish()
    pair.on("side")
    pair.dataset.merge("old-main")
    pair.dataset.merges.resolve([pair.ids[0]], "side")
    pair.dataset.merges.finish()
    pair.on("main")

    (conflict,) = pair.merge("side").conflicts

    assert (conflict.base, conflict.ours, conflict.theirs) == ("Dry enough.", "Bone dry.", "Soaking wet.")


def test_unrelated_histories_are_named_and_refused(pair: Branches, tmp_path: Path) -> None:
    other = Dataset.init(tmp_path / "other", id=pair.dataset.snapshot().settings.id)
    git(pair.dataset.folder, "fetch", "--quiet", str(other.folder), "main:stranger")

    with refusal(InvalidError, "unrelated") as caught:
        pair.merge("stranger")

    assert "main and stranger have no commit in common" in caught.value.message


def test_a_shallow_copy_says_that_its_history_is_cut_off(pair: Branches, tmp_path: Path) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 1, "Nobody.")
    source = f"file://{pair.dataset.folder}"
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-single-branch", source, "shallow")
    shallow = Dataset.open(tmp_path / "shallow")

    with refusal(InvalidError, "unrelated") as caught:
        shallow.merge("origin/side")

    assert "as far as history is here" in caught.value.message
    assert caught.value.hint == "git fetch --unshallow   brings the rest of it"


def test_each_folder_has_a_merge_of_its_own(pair: Branches, tmp_path: Path) -> None:
    pair.answer("side", 0, "Bone dry.")
    pair.answer("main", 0, "Soaking wet.")
    git(pair.dataset.folder, "worktree", "add", "--quiet", "-b", "third", str(tmp_path / "desk"), "main")
    desk = Dataset.open(tmp_path / "desk")

    there = desk.merge("side")
    here = pair.merge()

    assert (there.state, here.state) == (State.WAITING, State.WAITING)
    desk.merges.resolve([pair.ids[0]], "side")
    assert desk.merges.finish().state is State.COMMITTED
    assert len(pair.dataset.merges.conflicts().conflicts) == 1
    assert (pair.said(0), pair.said(0, "third")) == ("Soaking wet.", "Bone dry.")
    assert [
        logged.operation.command for logged in pair.dataset.operations.list() if logged.operation.verb == "external"
    ] == ["plain git made third"]


def test_three_hundred_conflicts_are_decided_at_once(pair: Branches) -> None:
    done = pair.dataset.add([conversation(f"Question {number}?") for number in range(300)], Intent("add", "add"))
    pair.on("side").merge("main")
    for branch in ("main", "side"):
        with pair.on(branch).edit(f"all on {branch}") as change:
            for number, entry_id in enumerate(done.ids):
                change.put(entry_id, conversation(f"Question {number}?", f"Told on {branch}."))
    pair.on("main")
    found = pair.merge()

    resolved = pair.dataset.merges.resolve([conflict.id for conflict in found.conflicts], "side")

    assert (len(found.conflicts), len(resolved.settled), resolved.left) == (300, 300, ())
    pair.dataset.merges.finish()
    assert pair.dataset.snapshot()[done.ids[7]].messages[1]["content"] == "Told on side."


# ---- another copy of the dataset


def test_a_copy_on_a_stick_is_merged_by_its_path(pair: Branches, tmp_path: Path) -> None:
    stick = Dataset.clone(pair.dataset.folder, tmp_path / "stick")
    with stick.edit("at home") as change:
        change.put(pair.ids[0], conversation(QUESTIONS[0], "Bone dry."))
    pair.answer("main", 1, "Nobody.")

    outcome = pair.merge(str(stick.folder))

    assert (outcome.state, outcome.labels) == (State.COMMITTED, ("main", "stick#main", "base"))
    assert pair.said(0) == "Bone dry."
    git(pair.dataset.folder, "fsck", "--strict")
    assert sorted(pair.dataset.repository.refs.branches()) == ["main", "side"]


def test_a_branch_of_a_copy_is_named_behind_a_sharp_and_waits_without_the_stick(pair: Branches, tmp_path: Path) -> None:
    stick = Dataset.clone(pair.dataset.folder, tmp_path / "stick")
    stick.switch("side")
    with stick.edit("at home") as change:
        change.put(pair.ids[0], conversation(QUESTIONS[0], "Bone dry."))
    pair.answer("main", 0, "Soaking wet.")
    outcome = pair.merge(f"{stick.folder}#side")
    stick.folder.rename(tmp_path / "unplugged")

    assert outcome.state is State.WAITING
    pair.dataset.merges.resolve([pair.ids[0]], "stick#side")
    assert pair.dataset.merges.finish().state is State.COMMITTED
    assert pair.said(0) == "Bone dry."


def test_a_dry_run_copies_nothing_from_a_stick(pair: Branches, tmp_path: Path) -> None:
    stick = Dataset.clone(pair.dataset.folder, tmp_path / "stick")
    with stick.edit("at home") as change:
        change.put(pair.ids[0], conversation(QUESTIONS[0], "Bone dry."))
    before = git(pair.dataset.folder, "count-objects", "-v")

    outcome = merge(pair.dataset.repository, str(stick.folder), intent(dry_run=True))

    assert (outcome.state, outcome.committed.dry_run, outcome.committed.changed) == (State.FAST_FORWARD, True, 1)
    assert git(pair.dataset.folder, "count-objects", "-v") == before


def test_a_path_to_another_dataset_is_refused_in_words(pair: Branches, tmp_path: Path) -> None:
    Dataset.init(tmp_path / "shop", name="shop")

    with refusal(InvalidError, "another_dataset") as caught:
        pair.merge(str(tmp_path / "shop"))

    assert "is another dataset (shop), not a copy of this one (inn)" in caught.value.message


@pytest.mark.parametrize(
    ("word", "error"),
    [("./nothing", NoDatasetError), ("nobody", UnknownRevisionError), ("stick#nobody", UnknownRevisionError)],
)
def test_what_is_not_there_is_said(pair: Branches, tmp_path: Path, word: str, error: type[Exception]) -> None:
    Dataset.clone(pair.dataset.folder, tmp_path / "stick")

    with pytest.raises(error):
        pair.merge(word, folder=tmp_path)


def test_a_word_that_names_a_branch_and_a_folder_is_asked_about(pair: Branches, tmp_path: Path) -> None:
    Dataset.clone(pair.dataset.folder, tmp_path / "side")

    with pytest.raises(UsageError) as caught:
        pair.merge("side", folder=tmp_path)

    assert caught.value.hint is not None
    assert "rtv merge ./side" in caught.value.hint
    assert pair.merge("./side", folder=tmp_path).state is State.NOTHING


# ---- in the way


def test_hand_edits_stop_a_merge(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    hand_edit(pair.dataset, pair.ids[1])

    with pytest.raises(UnsavedEditsError):
        pair.merge()

    assert pair.said(0) == "Dry enough."


def test_there_must_be_a_branch_to_merge_into(pair: Branches) -> None:
    git(pair.dataset.folder, "checkout", "--quiet", "--detach")

    with refusal(InvalidError, "detached"):
        pair.merge()


def test_a_merge_of_plain_git_comes_first(pair: Branches) -> None:
    pair.answer("side", 0, "Bone dry.")
    (pair.dataset.repository.git_folder / "MERGE_HEAD").write_text(pair.dataset.snapshot().id + "\n")

    with refusal(ConflictError, "git_unfinished") as caught:
        pair.merge()

    assert "git merge --abort" in (caught.value.hint or "")


def test_a_branch_that_moves_while_the_merge_is_written_is_planned_again(
    pair: Branches, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = pair.answer("side", 0, "Bone dry.")
    other = pair.answer("main", 1, "Nobody.")
    git(pair.dataset.folder, "branch", "later", other)
    pair.dataset.undo()
    pair.answer("main", 2, "Under the mat.")
    pair.dataset.settings.set("checkout", "never")
    moved: list[str] = []

    def move_once(what: str, path: str) -> None:
        if (what, path) == ("ref", "refs/heads/main") and not moved:
            moved.append(path)
            git(pair.dataset.folder, "update-ref", "refs/heads/main", other)

    monkeypatch.setattr(disk, "fault_point", move_once)
    outcome = pair.merge()

    assert (outcome.state, pair.dataset.snapshot().commit.parents) == (State.COMMITTED, (other, theirs))
    assert (pair.said(0), pair.said(1), pair.said(2)) == ("Bone dry.", "Nobody.", "Dry enough.")


def move(pair: Branches, branch: str, entry_id: str, after: str, before: str | None) -> None:
    """Move an entry behind another on a branch."""
    order = pair.on(branch).snapshot().order.move_after([entry_id], after, next_id=before)
    data = order.encode()
    assert data is not None
    commit_files(pair, branch, {ORDER: data})


def commit_files(pair: Branches, branch: str, files: dict[str, bytes]) -> None:
    """Commit files on a branch with stock git, as they are."""
    folder = pair.on(branch).folder
    for path, data in files.items():
        (folder / path).parent.mkdir(exist_ok=True, parents=True)
        (folder / path).write_bytes(data)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", f"files on {branch}")
    pair.on("main")


def test_a_file_here_does_not_go_because_a_folder_of_its_name_comes(pair: Branches) -> None:
    commit_files(pair, "side", {"notes/a.md": b"theirs\n"})
    commit_files(pair, "main", {"notes": b"ours\n"})
    pair.dataset.settings.set("checkout", "never")

    with pytest.raises(InvalidError, match="notes is a file here"):
        pair.dataset.merge("side")

    assert git(pair.dataset.folder, "show", "main:notes") == "ours"


def bases(pair: Branches) -> tuple[str, ...]:
    repository = pair.dataset.repository
    return repository.graph.merge_bases(repository.resolve("main"), repository.resolve("side"))


def move_to_front(pair: Branches, branch: str, number: int) -> None:
    """Move an entry to the front of a branch, by hand."""
    dataset = pair.on(branch)
    (dataset.folder / ORDER).write_text(f'{{\n  "{pair.ids[number]}": ".x8"\n}}\n')
    dataset.commit(Intent("commit", "commit"))
    pair.on("main")


@pytest.mark.parametrize("has_own_work", [False, True])
def test_a_move_outside_the_part_is_left_out_and_offered_again(pair: Branches, *, has_own_work: bool) -> None:
    pair.answer("side", 0, "Wet.")
    move_to_front(pair, "side", 3)
    if has_own_work:
        pair.answer("main", 1, "The miller.")

    outcome = pair.merge(where="id:1")

    assert (outcome.tree.left_out, outcome.is_partial) == (1, True)
    assert pair.dataset.snapshot().ids()[0] == pair.ids[0]
    assert pair.merge().state is State.COMMITTED
    assert pair.dataset.snapshot().ids()[0] == pair.ids[3]


def test_an_entry_moved_before_stays_where_it_is_when_its_next_move_is_left_out(pair: Branches) -> None:
    move_to_front(pair, "main", 3)
    pair.on("side").merge("main")
    pair.answer("side", 0, "Wet.")
    move(pair, "side", pair.ids[3], pair.ids[0], pair.ids[1])
    before = pair.dataset.snapshot().order

    outcome = pair.merge(where="id:1")

    assert (outcome.tree.left_out, pair.said(0), pair.dataset.snapshot().order) == (1, "Wet.", before)


def test_a_move_that_was_refused_with_the_rest_does_not_come_back(pair: Branches) -> None:
    pair.answer("side", 0, "Wet.")
    move_to_front(pair, "side", 3)

    outcome = pair.merge(where="id:1", keeps_rest=True)

    assert outcome.tree.left_out == 1
    assert pair.merge().state is State.NOTHING
    assert pair.dataset.snapshot().ids()[0] == pair.ids[0]


def test_the_place_of_an_entry_that_is_left_out_counts_with_it(pair: Branches) -> None:
    pair.answer("side", 0, "Wet.")
    pair.answer("side", 3, "Soup.")
    move_to_front(pair, "side", 3)

    outcome = pair.merge(where="id:1")

    assert outcome.tree.left_out == 1


def test_an_entry_that_was_edited_on_the_way_in_stays_edited_where_the_branch_could_move_on(pair: Branches) -> None:
    pair.answer("side", 0, "Wet.")

    outcome = pair.merge(
        ids=(pair.ids[0],),
        decisions={pair.ids[0]: {"entry": Decision(Value(conversation(QUESTIONS[0], "Damp.")))}},
    )

    assert outcome.state is State.COMMITTED
    assert pair.said(0) == "Damp."
    assert pair.merge().state is State.NOTHING


def test_an_entry_given_beforehand_is_asked_again_when_it_changed_before_the_merge_goes_on(pair: Branches) -> None:
    pair.answer("side", 0, "Wet.")
    pair.answer("side", 1, "The miller.")
    pair.answer("main", 1, "The smith.")
    [offer, _] = pair.dataset.merges.preview("side").entries
    given = Decision(Value(conversation(QUESTIONS[0], "Damp.")), offer.about)
    pair.merge(ids=pair.ids[:2], decisions={pair.ids[0]: {"entry": given}})
    pair.answer("main", 0, "Dry as bone, since today.")

    pair.dataset.merges.resolve([pair.ids[1]], "side")

    with refusal(ConflictError, "open_conflicts"):
        pair.dataset.merges.finish("merge")
    assert pair.said(0) == "Dry as bone, since today."


def test_an_entry_given_beforehand_stops_the_merge_when_somebody_else_changed_it(pair: Branches) -> None:
    pair.answer("side", 0, "Wet.")
    [offer] = pair.dataset.merges.preview("side").entries
    pair.answer("main", 0, "Dry as bone, since today.")
    given = Decision(Value(conversation(QUESTIONS[0], "Damp.")), offer.about)

    with pytest.raises(StaleEntryError, match=pair.ids[0]):
        pair.merge(ids=(pair.ids[0],), decisions={pair.ids[0]: {"entry": given}})

    assert pair.said(0) == "Dry as bone, since today."
