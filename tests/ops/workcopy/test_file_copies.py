"""File copies: tied, edited, committed, refreshed; and whatever can go wrong with a file in somebody's hands."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusals import refusal
from scripted_edits import Script, make_dataset, sentence

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, DamagedError, InvalidError, NotFoundError, RefusedError, UsageError
from rolethread_vcs.formats import CannotCarryError, ChangedSourceError
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.matching.ladder import Doubt
from rolethread_vcs.ops.edit.field_edits import FieldEdit
from rolethread_vcs.ops.workcopy import links
from rolethread_vcs.ops.workcopy.commit import CommitOptions
from rolethread_vcs.ops.workcopy.edits import LineDecisions
from rolethread_vcs.ops.workcopy.file_copies import CopyOptions
from rolethread_vcs.ops.workcopy.links import DamagedLinkError, NotLinkedError
from rolethread_vcs.store import disk
from rolethread_vcs.transaction import Intent, NoSuchBranchError

SHAREGPT = CopyOptions(format="sharegpt", clean=True)
Bench = tuple[Dataset, Path, list[str]]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A dataset of twelve entries, a clean ShareGPT file of them, and their ids."""
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, SHAREGPT)
    return dataset, path, dataset.snapshot().ids()


def change(path: Path, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    """Edit the rows of a file."""
    script = Script.read(path, "sharegpt")
    edit(script.rows)
    script.write(path)


def set_text(row: int, text: str, turn: int = -1) -> Callable[[list[dict[str, Any]]], None]:
    def edit(rows: list[dict[str, Any]]) -> None:
        rows[row]["conversations"][turn]["value"] = text

    return edit


def retag(dataset: Dataset, entry_id: str, tag: str = "hot") -> None:
    dataset.edit_fields([entry_id], FieldEdit(add_tags=(tag,)), Intent("edit", "edit"))


def answer(dataset: Dataset, entry_id: str, text: str) -> None:
    """Change the last answer of an entry on the branch."""
    entry = dataset.snapshot()[entry_id]
    messages = [*entry.messages[:-1], {**entry.messages[-1], "content": text}]
    dataset.replace({entry_id: entry.with_fields(messages=messages)}, Intent("edit", "edit"))


def asked(folder: Path, questions: tuple[str, ...]) -> Bench:
    """Return a dataset of short questions with answers that have nothing in common, tied to a clean file."""
    dataset = Dataset.init(folder / "inn")
    rng = random.Random(3)
    entries = [
        {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": sentence(rng, 20)}]}
        for text in questions
    ]
    done = dataset.add([{**each, "tags": ["kept"]} for each in entries], Intent("add", "add"))
    path = folder / "train.jsonl"
    dataset.copies.add(path, SHAREGPT)
    return dataset, path, list(done.ids)


# ---- tying


def test_a_file_that_exists_is_left_alone_unless_it_shall_be_tied(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    path = tmp_path / "train.jsonl"
    path.write_text("mine\n")

    with refusal(ConflictError, "file_in_the_way"):
        dataset.copies.add(path)

    assert path.read_text() == "mine\n"
    assert dataset.copies.files() == ()


def test_a_file_that_is_tied_as_it_is_shows_what_it_has_differently(bench: Bench) -> None:
    dataset, path, ids = bench
    dataset.copies.remove(path)
    change(path, set_text(2, sentence(random.Random(9)), turn=0))

    dataset.copies.add(path, CopyOptions(format="sharegpt", clean=True, bind=True))

    found = dataset.copies.status(path).edits
    assert [found.entry_id(place) for place in found.edited] == [ids[2]]


def test_a_tied_file_is_not_tied_again_by_accident(bench: Bench) -> None:
    dataset, path, _ = bench

    with refusal(ConflictError, "already_bound"):
        dataset.copies.add(path, SHAREGPT)


@pytest.mark.parametrize("name", ["train.json", "train.jsonl.gz"])
def test_only_json_lines_can_be_a_working_copy(tmp_path: Path, name: str) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))

    with pytest.raises(UsageError):
        dataset.copies.add(tmp_path / name)


def test_a_name_that_cannot_be_remembered_is_refused_before_anything_is_written(bench: Bench) -> None:
    dataset, path, _ = bench
    name = path.with_name("tr\udcffin.jsonl")

    with pytest.raises(InvalidError, match="UTF-8"):
        dataset.copies.add(name)

    assert not name.exists()


def test_a_copy_of_some_entries_leaves_the_others_alone(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    path = tmp_path / "some.jsonl"
    dataset.copies.add(path, CopyOptions(format="sharegpt", clean=True, where="tag:tag0"))
    before = dataset.snapshot().ids()

    def edit(rows: list[dict[str, Any]]) -> None:
        rows.append({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]})
        rows.reverse()

    change(path, edit)
    dataset.copies.commit(path)

    after = dataset.snapshot().ids()
    mine = before[::3]
    assert [entry_id for entry_id in after if entry_id in mine] == mine[::-1]
    assert [entry_id for entry_id in after if entry_id in before and entry_id not in mine] == [
        entry_id for entry_id in before if entry_id not in mine
    ]
    assert dataset.copies.status(path).is_clean


# ---- what a commit keeps


def test_a_commit_keeps_speakers_tags_and_flags_and_follows_its_messages(bench: Bench) -> None:
    dataset, path, ids = bench
    before = dataset.snapshot()[ids[3]]

    def edit(rows: list[dict[str, Any]]) -> None:
        turns = rows[3]["conversations"]
        turns.insert(len(turns) - 2, {"from": "human", "value": "And you?"})
        turns.insert(len(turns) - 2, {"from": "gpt", "value": "Me too."})

    change(path, edit)
    done = dataset.copies.commit(path).committed

    after = dataset.snapshot()[ids[3]]
    assert (done.added, done.changed, done.removed) == (0, 1, 0)
    assert after.messages[:-4] + after.messages[-2:] == before.messages
    assert after.messages[-4:-2] == [
        {"role": "user", "content": "And you?"},
        {"role": "assistant", "content": "Me too."},
    ]
    assert (after.tags, after.extra) == (before.tags, before.extra)


def test_a_key_that_only_the_file_has_is_kept_and_can_be_taken_out_again(bench: Bench) -> None:
    dataset, path, ids = bench
    change(path, lambda rows: rows[0].update(stars=5))
    dataset.copies.commit(path)
    assert dataset.snapshot()[ids[0]].extra["stars"] == 5
    assert dataset.copies.status(path).is_clean

    change(path, lambda rows: rows[0].pop("stars"))
    dataset.copies.commit(path)

    assert "stars" not in dataset.snapshot()[ids[0]].extra


def test_a_full_copy_learns_the_ids_of_its_new_lines(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path)
    row = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")

    dataset.copies.commit(path)

    last = json.loads(path.read_text().splitlines()[-1])
    assert last["rolethread"]["id"] == dataset.snapshot().ids()[-1]
    assert dataset.copies.status(path).is_clean


def test_moves_in_the_file_become_moves_in_the_dataset(bench: Bench) -> None:
    dataset, path, ids = bench
    change(path, lambda rows: rows.insert(0, rows.pop()))

    done = dataset.copies.commit(path).committed

    assert dataset.snapshot().ids() == [ids[-1], *ids[:-1]]
    assert list(dataset.snapshot().order.ranks) == [ids[-1]]
    assert done.message.startswith("train.jsonl: 1 moved")


def test_a_shuffled_file_keeps_every_entry(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1), 900)
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, SHAREGPT)
    ids = dataset.snapshot().ids()
    numbers = list(range(len(ids)))
    random.Random(5).shuffle(numbers)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[number] for number in numbers))

    dataset.copies.commit(path)

    assert dataset.snapshot().ids() == [ids[number] for number in numbers]


# ---- another program wrote it


@pytest.mark.parametrize(
    ("how", "named"),
    [
        (lambda row: json.dumps(row, ensure_ascii=True, separators=(",", ":")), "escapes"),
        (lambda row: json.dumps(row, ensure_ascii=False), "spaces"),
        (lambda row: json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\r", "line ends"),
        (lambda row: json.dumps(row, ensure_ascii=False, indent=1), "spaces"),
    ],
    ids=["escapes", "spaces", "line ends", "pretty"],
)
def test_a_file_that_was_only_written_another_way_is_named_and_no_change(
    tmp_path: Path, how: Callable[[Any], str], named: str
) -> None:
    dataset = Dataset.init(tmp_path / "inn")
    texts = ["“Ach,” sagte sie. Für dich?", "“Gewiß doch.”"]
    roles = ("user", "assistant")
    entries = [
        {"messages": [{"role": role, "content": f"{text} {number}"} for role, text in zip(roles, texts, strict=True)]}
        for number in range(30)
    ]
    dataset.add(entries, Intent("add", "add"))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, SHAREGPT)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    with path.open("w", newline="") as file:
        file.write("".join(how(row) + "\n" for row in rows))

    found = dataset.copies.status(path)
    done = dataset.copies.commit(path).committed

    assert found.is_clean
    assert found.counts["respelled"] == 30
    assert named in found.respelled
    assert done.commit is None
    assert dataset.copies.status(path).counts["respelled"] == 0


# ---- bad input


def test_a_torn_last_line_is_an_error_and_nothing_is_saved(bench: Bench) -> None:
    dataset, path, _ = bench
    before = dataset.snapshot().id
    path.write_bytes(path.read_bytes()[:-40])

    with refusal(InvalidError, "torn_line"):
        dataset.copies.commit(path)

    assert dataset.snapshot().id == before


def test_lines_that_do_not_read_are_named(bench: Bench) -> None:
    dataset, path, _ = bench
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], "{broken}\n", '{"instruction": "x", "output": "y"}\n', *lines[2:]]))

    with refusal(InvalidError, "unreadable_line") as caught:
        dataset.copies.status(path)

    assert [detail.split(":")[0] for detail in caught.value.details] == ["line 3", "line 4"]


def test_an_answer_written_wholly_anew_under_its_question_is_an_edit_and_keeps_the_tags(tmp_path: Path) -> None:
    dataset, path, ids = asked(tmp_path, ("Is the cellar dry?", "Who mends the clock?", "Where is the key?"))
    change(path, set_text(1, "Old Jonas, when he is sober enough to climb the ladder, and that is seldom in winter."))

    done = dataset.copies.commit(path).committed

    assert (done.added, done.changed, done.removed) == (0, 1, 0)
    assert dataset.snapshot()[ids[1]].tags == ("kept",)


def test_a_question_that_the_line_next_to_it_asks_too_tells_nothing(tmp_path: Path) -> None:
    dataset, path, _ = asked(tmp_path, ("Go on.", "Go on.", "Where is the key?"))
    change(path, set_text(1, "Old Jonas, when he is sober enough to climb the ladder, and that is seldom in winter."))

    assert dataset.copies.status(path).counts["edited"] == 0


def test_a_file_that_lost_half_its_lines_is_refused_until_the_number_is_said(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1), 60)
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, SHAREGPT)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:30]))

    with refusal(RefusedError, "many_removed"):
        dataset.copies.commit(path)
    with pytest.raises(RefusedError):
        dataset.copies.commit(path, CommitOptions(removed=29))
    done = dataset.copies.commit(path, CommitOptions(removed=30)).committed

    assert done.removed == 30


def test_an_emptied_file_is_refused_however_small_it_was(bench: Bench) -> None:
    dataset, path, ids = bench
    path.write_bytes(b"")

    with refusal(RefusedError, "many_removed", match="is empty"):
        dataset.copies.commit(path)

    assert dataset.snapshot().ids() == ids
    assert dataset.copies.commit(path, CommitOptions(removed=12)).committed.removed == 12


def test_rows_in_an_array_of_one_line_are_counted_so_that_a_decision_means_one(bench: Bench) -> None:
    dataset, path, ids = bench
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[2] = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
    path.write_text(json.dumps(rows))

    done = dataset.copies.commit(path, CommitOptions(LineDecisions(entries=(f"3={ids[2]}",)))).committed

    assert (done.added, done.changed, done.removed) == (0, 1, 0)
    assert dataset.snapshot()[ids[2]].messages[-1]["content"] == "b"


def test_a_file_that_was_duplicated_brings_copies(bench: Bench) -> None:
    dataset, path, ids = bench
    path.write_text(path.read_text() * 2)

    done = dataset.copies.commit(path).committed

    assert done.added == len(ids)
    assert dataset.snapshot().ids()[: len(ids)] == ids


def test_a_file_that_changes_while_it_is_committed_saves_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from rolethread_vcs.ops.workcopy.rewrite import Rewrite

    dataset, path, _ = bench
    before = dataset.snapshot().id
    change(path, lambda rows: rows.pop())
    wait = Rewrite.refuse_unwritable

    def write_on(*given: Any) -> None:
        wait(*given)
        path.write_text(path.read_text() + "\n")

    monkeypatch.setattr(Rewrite, "refuse_unwritable", write_on)
    with pytest.raises(ChangedSourceError):
        dataset.copies.commit(path)

    assert dataset.snapshot().id == before


def test_a_file_that_is_gone_is_named_with_ways_on(bench: Bench) -> None:
    dataset, path, _ = bench
    path.unlink()

    with pytest.raises(NotFoundError, match="is gone"):
        dataset.copies.status(path)

    assert dataset.copies.files()[0].problem == "the file is gone"


def test_the_gate_judges_what_a_file_brings(bench: Bench) -> None:
    dataset, path, _ = bench
    change(path, set_text(0, ""))
    before = path.read_bytes()

    with pytest.raises(RefusedByGateError):
        dataset.copies.commit(path)

    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version":2}', b'{"version":1,"dataset":"another"}'])
def test_a_damaged_binding_is_named_and_the_file_can_be_tied_anew(bench: Bench, damage: bytes) -> None:
    dataset, path, _ = bench
    links.store_path(dataset.repository, path).write_bytes(damage)

    with pytest.raises(DamagedLinkError) as caught:
        dataset.copies.status(path)
    assert caught.value.hint is not None
    assert "--bind" in caught.value.hint
    assert dataset.copies.files()[0].problem
    dataset.copies.add(path, CopyOptions(format="sharegpt", clean=True, bind=True))

    assert dataset.copies.status(path).is_clean


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
@pytest.mark.parametrize("what", ["link", "pipe"])
def test_what_stands_in_the_place_of_a_binding_is_not_opened(bench: Bench, tmp_path: Path, what: str) -> None:
    dataset, path, _ = bench
    store, elsewhere = links.store_path(dataset.repository, path), tmp_path / "elsewhere"
    store.rename(elsewhere)
    before = elsewhere.read_bytes()
    if what == "link":
        store.symlink_to(elsewhere)
    else:
        os.mkfifo(store)

    with pytest.raises(DamagedLinkError, match="is damaged"):
        dataset.copies.status(path)
    dataset.copies.add(path, CopyOptions(format="sharegpt", clean=True, bind=True))

    assert dataset.copies.status(path).is_clean
    assert elsewhere.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="needs links and pipes")
@pytest.mark.parametrize("what", ["link", "pipe", "a list", "no JSON", "another object"])
def test_verify_names_what_stands_in_the_place_of_a_binding(bench: Bench, tmp_path: Path, what: str) -> None:
    dataset, path, _ = bench
    store = links.store_path(dataset.repository, path)
    store.rename(tmp_path / "elsewhere")
    if what == "link":
        store.symlink_to(tmp_path / "elsewhere")
    elif what == "pipe":
        os.mkfifo(store)
    else:
        store.write_text({"a list": "[]", "no JSON": "{", "another object": "{}"}[what])

    found = dataset.upkeep.verify()

    assert [problem.kind for problem in found.problems] == ["misplaced" if what == "pipe" else "damaged_link"]
    assert dataset.upkeep.repair(dataset.folder).ok


def test_a_file_without_a_binding_is_named(bench: Bench) -> None:
    dataset, path, _ = bench
    dataset.copies.remove(path)

    with pytest.raises(NotLinkedError):
        dataset.copies.commit(path)


def test_a_commit_that_is_no_longer_in_the_store_is_named(bench: Bench) -> None:
    dataset, path, _ = bench
    binding = links.load(dataset.repository, path)
    store = links.store_path(dataset.repository, path)
    store.write_bytes(store.read_bytes().replace(binding.commit.encode(), b"0" * 40))

    with refusal(DamagedError, "copy_commit_gone"):
        dataset.copies.status(path)


def test_a_branch_deleted_meanwhile_is_named_and_nothing_is_lost(bench: Bench, tmp_path: Path) -> None:
    dataset, _, _ = bench
    dataset.branch("warmer")
    path = tmp_path / "warm.jsonl"
    dataset.copies.add(path, CopyOptions(branch="warmer", format="sharegpt", clean=True))
    change(path, lambda rows: rows.pop())
    before = path.read_bytes()
    subprocess.run(["git", "-C", dataset.folder, "branch", "-q", "-D", "warmer"], check=True)

    assert dataset.copies.status(path).tip is None
    for attempt in (dataset.copies.commit, dataset.copies.refresh):
        with pytest.raises(NoSuchBranchError, match="is gone"):
            attempt(path)

    assert path.read_bytes() == before


# ---- what a person decides


def ambiguous(bench: Bench) -> tuple[Dataset, Path, list[str]]:
    """Edit a line, and copy it edited another way: either could be the entry."""
    dataset, path, ids = bench

    def edit(rows: list[dict[str, Any]]) -> None:
        rows.insert(5, json.loads(json.dumps(rows[4])))
        rows[4]["conversations"][-1]["value"] += " one"
        rows[5]["conversations"][-1]["value"] += " two"

    change(path, edit)
    return dataset, path, ids


def test_an_ambiguous_line_stops_the_commit(bench: Bench) -> None:
    dataset, path, ids = ambiguous(bench)

    with refusal(ConflictError, "ambiguous_lines") as caught:
        dataset.copies.commit(path)

    found = dataset.copies.status(path).edits
    assert {place: each.doubt for place, each in found.unclear.items()} == {4: Doubt.ALIKE, 5: Doubt.ALIKE}
    assert [each.id for each in found.candidates(4)] == [ids[4]]
    assert "--as 5=" in (caught.value.hint or "")


def test_said_which_line_it_is_the_other_one_is_new(bench: Bench) -> None:
    dataset, path, ids = ambiguous(bench)

    done = dataset.copies.commit(path, CommitOptions(LineDecisions(entries=("6=5",)))).committed

    assert (done.added, done.changed, done.removed) == (1, 1, 0)
    assert dataset.snapshot()[ids[4]].messages[-1]["content"].endswith(" two")
    assert dataset.snapshot().ids()[5] == ids[4]


def test_all_ambiguous_lines_can_be_taken_as_new(bench: Bench) -> None:
    dataset, path, ids = ambiguous(bench)

    done = dataset.copies.commit(path, CommitOptions(LineDecisions(all_new=True))).committed

    assert (done.added, done.changed, done.removed) == (2, 0, 1)
    assert ids[4] not in dataset.snapshot()


def test_one_of_two_equal_entries_that_differ_in_tags_is_not_guessed(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1), 4)
    first = dataset.snapshot().ids()[0]
    twin = dataset.snapshot()[first].with_fields(tags=["twin"])
    dataset.add([twin, twin.with_fields(tags=["other"])], Intent("add", "add"))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, SHAREGPT)
    ids = dataset.snapshot().ids()
    change(path, lambda rows: rows.pop())

    found = dataset.copies.status(path).edits

    assert found.unclear[4].doubt is Doubt.EQUAL
    assert {each.id for each in found.candidates(4)} == set(ids[4:])


@pytest.mark.parametrize("words", [("99=1",), ("1",), ("1=1", "2=1")])
def test_a_decision_that_makes_no_sense_is_refused(bench: Bench, words: tuple[str, ...]) -> None:
    dataset, path, _ = bench

    with pytest.raises(UsageError):
        dataset.copies.status(path, LineDecisions(entries=words))


def test_a_file_of_decisions_may_name_an_entry_by_its_number(bench: Bench, tmp_path: Path) -> None:
    dataset, path, ids = ambiguous(bench)
    found = dataset.copies.status(path)
    decisions = tmp_path / "decisions.json"
    digest = found.edits.lines.digests[5]
    decisions.write_text(json.dumps({"lines": [{"line": 6, "change": "ambiguous", "id": "5", "digest": digest}]}))

    done = dataset.copies.commit(path, CommitOptions(LineDecisions(file=decisions))).committed

    assert (done.added, done.changed, done.removed) == (1, 1, 0)
    assert dataset.snapshot().ids()[5] == ids[4]


def test_a_decision_about_a_line_that_changed_since_is_refused(bench: Bench, tmp_path: Path) -> None:
    dataset, path, ids = bench
    decisions = tmp_path / "decisions.json"
    decisions.write_text(json.dumps({"lines": [{"line": 2, "change": "edited", "id": ids[1], "digest": "00"}]}))

    with refusal(InvalidError, "stale_decision"):
        dataset.copies.status(path, LineDecisions(file=decisions))


# ---- the branch moves meanwhile


def test_a_commit_on_a_branch_that_moved_keeps_both(bench: Bench) -> None:
    dataset, path, ids = bench
    retag(dataset, ids[2])
    answer(dataset, ids[3], "The branch said so.")
    dataset.remove([ids[6]], Intent("remove", "remove"))
    change(path, set_text(2, "The file said so."))

    dataset.copies.commit(path)

    after = dataset.snapshot()
    assert "hot" in after[ids[2]].tags
    assert after[ids[2]].messages[-1]["content"] == "The file said so."
    assert after[ids[3]].messages[-1]["content"] == "The branch said so."
    assert "The branch said so." in path.read_text()
    assert len(path.read_text().splitlines()) == len(ids) - 1
    assert dataset.copies.status(path).is_clean


@pytest.mark.parametrize(("take", "said"), [("file", "from the file"), ("branch", "from the branch")])
def test_what_both_changed_is_a_conflict_until_somebody_says_who_wins(bench: Bench, take: Any, said: str) -> None:
    dataset, path, ids = bench
    answer(dataset, ids[3], "from the branch")
    change(path, set_text(3, "from the file"))
    before = path.read_bytes()

    with refusal(ConflictError, "copy_conflict") as caught:
        dataset.copies.commit(path)
    assert path.read_bytes() == before
    assert ids[3] in caught.value.details[0]
    dataset.copies.commit(path, CommitOptions(take=take))

    assert dataset.snapshot()[ids[3]].messages[-1]["content"] == said
    assert said in path.read_text()
    assert dataset.copies.status(path).is_clean


@pytest.mark.parametrize(("take", "is_there"), [("file", False), ("branch", True)])
def test_a_dropped_line_that_the_branch_edited_is_a_conflict(bench: Bench, take: Any, is_there: bool) -> None:
    dataset, path, ids = bench
    answer(dataset, ids[3], "from the branch")
    change(path, lambda rows: rows.pop(3))

    with refusal(ConflictError, "copy_conflict"):
        dataset.copies.commit(path)
    dataset.copies.commit(path, CommitOptions(take=take))

    assert (ids[3] in dataset.snapshot()) is is_there
    assert ("from the branch" in path.read_text()) is is_there


def test_a_refresh_brings_newer_commits_into_an_edited_file(bench: Bench) -> None:
    dataset, path, ids = bench
    lines = path.read_text().splitlines()
    answer(dataset, ids[3], "The branch said so.")
    dataset.remove([ids[6]], Intent("remove", "remove"))
    dataset.add(
        [{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}], Intent("a", "a")
    )
    change(path, set_text(1, "The file said so."))

    done = dataset.copies.refresh(path)

    now = path.read_text().splitlines()
    found = dataset.copies.status(path)
    assert done.lines == 2
    assert now[0] == lines[0]
    assert "The file said so." in now[1]
    assert "The branch said so." in now[3]
    assert '"Q"' in now[-1]
    assert len(now) == len(lines)
    assert found.newer == 0
    assert {key: number for key, number in found.counts.items() if number} == {"lines": len(lines), "edited": 1}


def test_a_refresh_with_a_conflict_leaves_the_file_as_it_is(bench: Bench) -> None:
    dataset, path, ids = bench
    answer(dataset, ids[3], "from the branch")
    change(path, set_text(3, "from the file"))
    before = path.read_bytes()

    with pytest.raises(ConflictError):
        dataset.copies.refresh(path)

    assert path.read_bytes() == before


def test_a_refresh_that_discards_sets_the_edits_aside(bench: Bench) -> None:
    dataset, path, ids = bench
    answer(dataset, ids[3], "from the branch")
    change(path, set_text(4, "from the file"))

    done = dataset.copies.refresh(path, discard=True)

    assert done.set_aside is not None
    assert "from the file" in done.set_aside.read_text()
    assert "from the branch" in path.read_text()
    assert "from the file" not in path.read_text()
    assert dataset.copies.status(path).is_clean


def test_a_refresh_that_cannot_write_brings_the_file_back(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, SHAREGPT)
    parts = [{"type": "text", "text": "Ho"}]  # ShareGPT has no place for parts
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": parts}]
    dataset.add([{"messages": messages}], Intent("add", "add"))
    before = path.read_bytes()

    for discard in (False, True):
        with pytest.raises(CannotCarryError):
            dataset.copies.refresh(path, discard=discard)

    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if "train" in each.name] == ["train.jsonl"]


def test_after_an_undo_the_file_is_told_apart_and_can_follow(bench: Bench) -> None:
    dataset, path, ids = bench
    before = path.read_bytes()
    change(path, set_text(4, "from the file"))
    dataset.copies.commit(path)
    dataset.undo()

    found = dataset.copies.status(path)
    dataset.copies.refresh(path)

    assert found.is_clean
    assert found.is_apart
    assert path.read_bytes() == before
    assert dataset.copies.status(path).is_apart is False
    assert ids == dataset.snapshot().ids()


def test_a_commit_cut_off_before_the_file_was_tied_is_not_made_twice(bench: Bench) -> None:
    dataset, path, _ = bench
    store = links.store_path(dataset.repository, path)
    binding = store.read_bytes()
    new = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}

    def edit(rows: list[dict[str, Any]]) -> None:
        rows.insert(3, new)
        set_text(1, "edited")(rows)
        rows.pop(8)

    change(path, edit)
    dataset.copies.commit(path)
    commit, ids = dataset.snapshot().id, dataset.snapshot().ids()
    store.write_bytes(binding)

    again = dataset.copies.commit(path).committed

    assert again.commit is None
    assert dataset.snapshot().id == commit
    assert dataset.snapshot().ids() == ids
    assert dataset.copies.status(path).is_clean


def test_a_refresh_cut_off_before_the_file_was_tied_brings_nothing_twice(bench: Bench) -> None:
    dataset, path, _ = bench
    store = links.store_path(dataset.repository, path)
    binding = store.read_bytes()
    messages = [{"role": "user", "content": "Ho?", "speaker": "Mara"}, {"role": "assistant", "content": "Hum."}]
    dataset.add([{"messages": messages, "tags": ["late"]}], Intent("add", "add"))
    commit = dataset.snapshot().id
    dataset.copies.refresh(path)
    store.write_bytes(binding)

    again = dataset.copies.commit(path).committed

    assert again.commit is None
    assert dataset.snapshot().id == commit
    assert dataset.copies.status(path).is_clean


def test_a_refresh_cut_off_after_it_wrote_a_key_that_no_line_had_makes_no_edit_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, CopyOptions(clean=True))
    messages = [
        {"role": "user", "content": "Ho?"},
        {"role": "assistant", "content": "Hum.", "tool_calls": [{"id": "1"}]},
    ]
    dataset.add([{"messages": messages, "extra": {"source": "harbour"}, "tags": ["late"]}], Intent("add", "add"))

    def cut_off(what: str, name: str) -> None:
        if what == "rename" and "workcopies" in name:
            raise KeyboardInterrupt

    monkeypatch.setattr(disk, "fault_point", cut_off)
    with pytest.raises(KeyboardInterrupt):
        dataset.copies.refresh(path)
    monkeypatch.undo()
    again = dataset.copies.commit(path).committed

    assert path.read_bytes().count(b"tool_calls") == 1
    assert again.commit is None
    assert dataset.copies.status(path).is_clean


def test_nulls_with_which_a_loader_fills_columns_are_no_edit(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "inn", random.Random(1))
    path = tmp_path / "train.jsonl"
    dataset.copies.add(path, CopyOptions(clean=True))
    rows = [json.loads(line) for line in path.read_bytes().splitlines()]
    padded = [{"messages": [{**each, "tool_calls": None} for each in row["messages"]], "tools": None} for row in rows]

    path.write_text("".join(json.dumps(row) + "\n" for row in padded))

    assert dataset.copies.commit(path).committed.commit is None


def test_a_discard_that_is_interrupted_leaves_the_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(what: str, _: str) -> None:
        if what == "fsync":
            raise KeyboardInterrupt

    dataset, path, _ = bench
    change(path, set_text(4, "from the file"))
    before = path.read_bytes()
    monkeypatch.setattr(disk, "fault_point", interrupted)

    with pytest.raises(KeyboardInterrupt):
        dataset.copies.refresh(path, discard=True)

    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir() if "train" in each.name] == ["train.jsonl"]


def test_a_commit_after_an_undo_says_how_many_lines_went(bench: Bench) -> None:
    dataset, path, _ = bench
    new = {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
    change(path, lambda rows: rows.insert(3, new))
    dataset.copies.commit(path)
    dataset.undo()
    change(path, set_text(0, "from the file"))

    note = dataset.copies.commit(path).note

    assert "1 line of train.jsonl went" in note


# ---- forgetting


def test_forgetting_leaves_the_file_and_deleting_refuses_to_lose_edits(bench: Bench) -> None:
    dataset, path, _ = bench
    change(path, set_text(4, "from the file"))

    with pytest.raises(ConflictError):
        dataset.copies.remove(path, delete=True)
    dataset.copies.remove(path)

    assert path.exists()
    assert dataset.copies.files() == ()


def test_all_entries_that_do_not_fit_the_format_are_counted(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "inn")
    said = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    with dataset.edit() as change:
        ids = [change.add({"messages": [*said[:number], *said]}) for number in (0, 1, 1)]

    with pytest.raises(CannotCarryError) as caught:
        dataset.copies.add(tmp_path / "train.jsonl", CopyOptions(format="alpaca", clean=True))

    assert [line.partition(":")[0] for line in caught.value.details] == ids[1:]
    assert not (tmp_path / "train.jsonl").exists()
