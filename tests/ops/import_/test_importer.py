"""Importing: rows become entries in one commit, and what cannot be saved is never lost."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from refusals import refusal
from rows_of_a_file import as_lines, bring, edit_answer, questions, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, SystemRefusedError, UsageError
from rolethread_vcs.formats import ChangedSourceError
from rolethread_vcs.gate import Allowance, RefusedByGateError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import entry_path, number_of
from rolethread_vcs.ops import import_ as importer
from rolethread_vcs.ops.import_.row_reader import ImportOptions
from rolethread_vcs.store.checkout import UnsavedEditsError
from rolethread_vcs.transaction import ChangeSet, Intent, run


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.init(tmp_path / "tavern")


def test_rows_become_entries_in_the_order_of_the_file(dataset: Dataset, tmp_path: Path) -> None:
    before = dataset.snapshot().id

    done = bring(dataset, write_rows(tmp_path / "chats.jsonl", row("b"), row("a", tags=["x"]), row("c", id=7)))

    snapshot = dataset.snapshot()
    assert (done.committed.added, done.committed.changed, done.committed.commit) == (3, 0, snapshot.id)
    assert questions(dataset) == ["b", "a", "c"]
    assert [number_of(entry_id) for entry_id in snapshot.ids()] == [1, 2, 3]
    assert snapshot[snapshot.ids()[1]].tags == ("x",)
    assert snapshot[snapshot.ids()[2]].extra == {"id": 7}
    assert dataset.repository.objects.commit(snapshot.id).parents == (before,)


def test_the_commit_names_its_source_by_size_and_digest(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"))

    bring(dataset, path)

    message = dataset.repository.objects.commit(dataset.snapshot().id).message
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert message.startswith("import 1 entry from chats.jsonl\n\n")
    assert f"Source: chats.jsonl\nSource-Size: {path.stat().st_size}\nSource-SHA256: {digest}" in message


def test_several_files_are_one_commit(dataset: Dataset, tmp_path: Path) -> None:
    one, two = write_rows(tmp_path / "one.jsonl", row("a")), write_rows(tmp_path / "two.jsonl", row("b"), row("a"))

    done = bring(dataset, one, two)

    assert questions(dataset) == ["a", "b", "a"]
    assert [source.rows for source in done.sources] == [1, 2]
    assert len(list(dataset.log())) == 2


def test_a_stream_is_read_once(dataset: Dataset) -> None:
    dataset.import_files([io.BytesIO(as_lines([row("a"), row("b")]))], names=["standard input"])

    assert questions(dataset) == ["a", "b"]


def test_formats_may_be_mixed_in_a_file(dataset: Dataset, tmp_path: Path) -> None:
    sharegpt = {"conversations": [{"from": "human", "value": "b"}, {"from": "gpt", "value": "x"}]}
    alpaca = {"instruction": "c", "input": "", "output": "x"}

    done = bring(dataset, write_rows(tmp_path / "mixed.jsonl", row("a"), sharegpt, alpaca))

    assert questions(dataset) == ["a", "b", "c"]
    assert done.sources[0].formats == ("alpaca", "messages", "sharegpt")


def test_what_a_row_holds_beside_its_conversation_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", score=1.5, note={"deep": [None]}, tools=[{"type": "f"}])))

    (entry,) = (entry for _, entry in dataset.snapshot())
    assert entry.extra == {"score": 1.5, "note": {"deep": [None]}, "tools": [{"type": "f"}]}


# ---- again


def test_importing_a_file_again_adds_nothing(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"), row("b"), row("a"))
    bring(dataset, path)
    before = dataset.snapshot().id

    done = bring(dataset, path)

    assert (done.committed.commit, done.committed.operation, done.unchanged) == (None, None, 3)
    assert dataset.snapshot().id == before


def test_importing_again_after_edits_here_keeps_the_edits(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"), row("b"), row("c"))
    ids = bring(dataset, path).committed.ids
    edit_answer(dataset, ids[1], "Wet, by now.")
    before = dataset.snapshot().id

    done = bring(dataset, path)

    assert dataset.snapshot().id == before
    assert (done.unchanged, done.edited_since, done.absent) == (3, 1, 0)


def test_importing_again_after_removals_here_brings_nothing_back(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"), row("b"), row("b"))
    ids = bring(dataset, path).committed.ids
    dataset.remove([ids[1]], Intent("remove", "remove"))

    done = bring(dataset, path)

    assert (done.committed.commit, done.unchanged, done.removed_before) == (None, 2, 1)
    assert questions(dataset) == ["a", "b"]


def test_an_entry_removed_after_an_edit_stays_away_too(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"), row("b"))
    ids = bring(dataset, path).committed.ids
    edit_answer(dataset, ids[0], "Wet, by now.")
    dataset.remove([ids[0]], Intent("remove", "remove"))

    done = bring(dataset, path)

    assert (done.committed.commit, done.removed_before) == (None, 1)


def test_again_brings_removed_entries_back_under_their_ids(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"), row("b"), row("c"))
    ids = bring(dataset, path).committed.ids
    dataset.remove(ids[:2], Intent("remove", "remove"))

    done = bring(dataset, path, again=True)

    assert done.committed.ids == ids[:2]
    assert dataset.snapshot().ids() == list(ids)


def test_an_undone_import_can_be_done_again(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"), row("b"))
    ids = bring(dataset, path).committed.ids
    dataset.undo()

    done = bring(dataset, path)

    assert done.committed.ids == ids


def test_a_longer_file_adds_only_what_is_new(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "one.jsonl", row("a"), row("b"), row("b")))

    done = bring(dataset, write_rows(tmp_path / "two.jsonl", row("b"), row("new"), row("b"), row("b"), row("a")))

    assert questions(dataset) == ["a", "b", "b", "new", "b"]
    assert (done.committed.added, done.unchanged, done.absent) == (2, 3, 0)


def test_a_shorter_file_removes_nothing_and_says_so(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "one.jsonl", row("a"), row("b"), row("c")))

    done = bring(dataset, write_rows(tmp_path / "two.jsonl", row("b")))

    assert (done.unchanged, done.absent) == (1, 2)
    assert len(dataset.snapshot()) == 3


# ---- numbers


def test_a_row_that_brings_its_own_id_keeps_it_and_new_rows_are_numbered_behind(
    dataset: Dataset, tmp_path: Path
) -> None:
    own = {"rolethread": {"id": "00000041-k2x9m3ab"}, **row("own")}

    done = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), own, row("b")))

    assert [number_of(entry_id) for entry_id in done.committed.ids] == [42, 41, 43]
    assert done.committed.ids[1] == "00000041-k2x9m3ab"


def test_an_id_of_ours_that_comes_twice_counts_once(dataset: Dataset, tmp_path: Path) -> None:
    own = {"rolethread": {"id": "00000007-k2x9m3ab"}}

    done = bring(dataset, write_rows(tmp_path / "x.jsonl", {**own, **row("a")}, {**own, **row("b")}))

    assert [number_of(entry_id) for entry_id in done.committed.ids] == [7, 8]
    assert sorted(questions(dataset)) == ["a", "b"]


@pytest.mark.parametrize("mark", [{"id": "../../../etc/passwd"}, {"id": "7"}, {"id": ""}, {"id": 7}, "x", None, []])
def test_a_mark_that_is_not_ours_is_kept_as_a_foreign_key(dataset: Dataset, tmp_path: Path, mark: object) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", {"rolethread": mark, **row("a")}))

    ((entry_id, entry),) = dataset.snapshot()
    assert number_of(entry_id) == 1
    assert entry.extra == {"rolethread": mark}


def test_a_row_whose_own_number_would_use_up_the_numbers_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    high = {"rolethread": {"id": "90000001-k2x9m3ab"}, **row("high")}
    last = {"rolethread": {"id": "90000000-k2x9m3ab"}, **row("last")}
    path = write_rows(tmp_path / "x.jsonl", high, last)
    before = dataset.snapshot().id

    with pytest.raises(RefusedByGateError):
        bring(dataset, path)
    untouched = dataset.snapshot().id == before
    done = bring(dataset, path, skip_invalid=True)

    assert untouched
    (reject,) = done.rejects
    assert (reject.place.row, reject.code) == (1, "number_too_high")
    assert reject.reason.endswith("its number is so high that it would use up the numbers")
    assert dataset.snapshot().ids() == ["90000000-k2x9m3ab"]


def test_numbers_that_are_used_up_are_told_and_nothing_is_saved(dataset: Dataset, tmp_path: Path) -> None:
    last = "99999999-k2x9m3ab"
    run(dataset.repository, Intent("add", "add"), lambda _: ChangeSet(puts={last: Entry.of(row("own"))}, summary="x"))
    before = dataset.snapshot().id

    with refusal(InvalidError, "full"):
        bring(dataset, write_rows(tmp_path / "x.jsonl", row("b")))

    assert dataset.snapshot().id == before


# ---- refusing, and the ways forward


def test_a_blocking_row_stops_the_whole_import(dataset: Dataset, tmp_path: Path) -> None:
    before = dataset.snapshot().id

    with pytest.raises(RefusedByGateError) as caught:
        bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row(""), b"{nope"))

    assert caught.value.message == "1 of 3 rows is fine, 2 are not"
    assert dataset.snapshot().id == before
    assert [operation.operation.verb for operation in dataset.operations.list()] == ["init"]


def test_rows_that_are_skipped_go_to_a_file_byte_for_byte(dataset: Dataset, tmp_path: Path) -> None:
    odd = b'  {"messages": [{"content": "", "role" : "user"}],\t"z":1e2}  \r'
    latin = b'{"messages": "Gr\xfc\xdfe"}'

    done = bring(dataset, write_rows(tmp_path / "chats.jsonl", row("a"), odd, row("b"), latin), skip_invalid=True)

    assert questions(dataset) == ["a", "b"]
    assert (tmp_path / "chats.rejects.jsonl").read_bytes() == odd + b"\n" + latin + b"\n"
    reasons = (tmp_path / "chats.rejects.txt").read_text("utf-8").splitlines()
    assert [line.partition(":")[0] for line in reasons] == ["chats.jsonl line 2, row 2", "chats.jsonl line 4, row 4"]
    assert [each.place.line for each in done.rejects] == [2, 4]
    assert "Rejected: 2" in dataset.repository.objects.commit(dataset.snapshot().id).message


def test_rejects_files_never_replace_one_another(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "chats.jsonl", row("a"), row("", "1")), skip_invalid=True)

    done = bring(dataset, write_rows(tmp_path / "chats.jsonl", row("b"), row("", "2")), skip_invalid=True)

    assert done.reject_files is not None
    assert done.reject_files.rows == tmp_path / "chats.rejects-2.jsonl"
    assert json.loads((tmp_path / "chats.rejects.jsonl").read_bytes()) == row("", "1")


def test_rejects_are_taken_back_when_the_import_fails(dataset: Dataset, tmp_path: Path) -> None:
    (entry_id,) = bring(dataset, write_rows(tmp_path / "one.jsonl", row("a"))).committed.ids
    dataset.export(path=tmp_path / "out.jsonl")
    changed = (tmp_path / "out.jsonl").read_bytes().replace(b"Dry enough.", b"Wet, by now.").rstrip()
    hand_edited = dataset.folder / entry_path(entry_id)
    hand_edited.write_bytes(hand_edited.read_bytes().replace(b"Dry enough.", b"By hand."))

    with pytest.raises(UnsavedEditsError):
        bring(dataset, write_rows(tmp_path / "two.jsonl", changed, row("")), skip_invalid=True)

    assert list(tmp_path.glob("*.rejects*")) == []
    assert b"By hand." in hand_edited.read_bytes()


def test_a_rejects_file_that_cannot_be_written_stops_the_import(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"), row(""))
    before = dataset.snapshot().id

    with pytest.raises(Exception, match="nothing was saved") as caught:
        bring(dataset, path, skip_invalid=True, rejects=Path("/proc/x.jsonl"))

    assert getattr(caught.value, "status", None) == 74
    assert dataset.snapshot().id == before


def test_a_folder_for_rejects_that_is_missing_is_said_before_anything_is_read(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "chats.jsonl", row("a"))

    with pytest.raises(NotFoundError, match="there is no folder"):
        bring(dataset, path, skip_invalid=True, rejects=tmp_path / "nowhere" / "x.jsonl")

    assert questions(dataset) == []


# ---- files that cannot be read among others


def broken_files(folder: Path) -> list[Path]:
    """Return files that cannot be read: from the start, after their last row, in the middle, at all."""
    (folder / "card.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    (folder / "wide.jsonl").write_bytes(as_lines([row("w")]).decode().encode("utf-16"))
    write_rows(folder / "meta.jsonl", {"foo": 1}, {"foo": 2})
    (folder / "torn.jsonl.gz").write_bytes(gzip.compress(as_lines([row(str(n)) for n in range(5000)]))[:-9])
    names = ("card.png", "wide.jsonl", "meta.jsonl", "torn.jsonl.gz", "none.jsonl", "folder")
    (folder / "folder").mkdir()
    return [folder / name for name in names]


def test_all_files_that_cannot_be_read_are_named_at_once(dataset: Dataset, tmp_path: Path) -> None:
    broken = broken_files(tmp_path)

    with refusal(InvalidError, "unread_files") as caught:
        bring(dataset, write_rows(tmp_path / "a.jsonl", row("a")), *broken)

    assert [path.name for path in broken if not any(path.name in line for line in caught.value.details)] == []
    assert caught.value.hint is not None and "--skip-invalid" in caught.value.hint
    assert questions(dataset) == []


def test_files_that_cannot_be_read_are_left_out_and_said(dataset: Dataset, tmp_path: Path) -> None:
    broken = broken_files(tmp_path)
    files = [write_rows(tmp_path / "a.jsonl", row("a")), *broken, write_rows(tmp_path / "b.jsonl", row("b"), row(""))]

    done = bring(dataset, *files, skip_invalid=True)

    assert questions(dataset) == ["a", "b"]
    assert [source.name for source in done.sources] == ["a.jsonl", "b.jsonl"]
    assert len(done.rejects) == 1
    assert [path.name for path in broken if not any(path.name in note for note in done.notes)] == []


@pytest.mark.parametrize("skip", [True, False])
def test_the_only_file_that_cannot_be_read_is_told_as_it_is_alone(dataset: Dataset, tmp_path: Path, skip: bool) -> None:
    path = tmp_path / "wide.jsonl"
    path.write_bytes(as_lines([row("w")]).decode().encode("utf-16"))

    with refusal(InvalidError, "not_utf8"):
        bring(dataset, path, skip_invalid=skip)


def test_an_editors_backup_beside_its_file_is_left_out(dataset: Dataset, tmp_path: Path) -> None:
    names = ("a.jsonl", "a.jsonl~", "#a.jsonl#", ".#a.jsonl", ".a.jsonl.swp", "a.jsonl.bak", "b.jsonl~")

    done = bring(dataset, *(write_rows(tmp_path / name, row(name)) for name in names))

    assert questions(dataset) == ["a.jsonl", "b.jsonl~"]
    assert len(done.notes) == 5


# ---- other encodings


@pytest.mark.parametrize("name", ["cp1252", "windows-1252", "latin1", "UTF-16", "utf-16-le", "utf_32", "cp437"])
def test_text_in_another_encoding_comes_in_as_it_reads(dataset: Dataset, tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(as_lines([row("Grüße"), row("äöü " * 300_000)]).decode().encode(name.replace("windows-", "cp")))

    done = bring(dataset, path, encoding=name)

    assert questions(dataset) == ["Grüße", "äöü " * 300_000]
    assert done.sources[0].sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_no_text_of_the_encoding_costs_its_row_and_is_written_as_utf_8(
    dataset: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    bad = as_lines([row("坏")]).decode().encode("gbk").replace("坏".encode("gbk"), b"\xff\xff")
    path.write_bytes(
        as_lines([row("你好")]).decode().encode("gbk") + bad + as_lines([row("再见")]).decode().encode("gbk")
    )

    done = bring(dataset, path, encoding="gbk", skip_invalid=True)

    assert questions(dataset) == ["你好", "再见"]
    assert [(each.place.line, each.raw + b"\n") for each in done.rejects] == [(2, bad)]
    assert "gbk" in done.rejects[0].reason


def test_utf_8_that_would_be_misread_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    with refusal(InvalidError, "not_utf8"):
        bring(dataset, write_rows(tmp_path / "x.jsonl", row("Grüße")), encoding="cp1252")

    assert questions(dataset) == []


@pytest.mark.parametrize("name", ["cp1253x", "ansi", "hex", "base64", "rot13", "idna", "", "\0"])
def test_a_name_of_no_encoding_is_a_wrong_word(dataset: Dataset, tmp_path: Path, name: str) -> None:
    with refusal(UsageError, "unknown_encoding"):
        bring(dataset, write_rows(tmp_path / "x.jsonl", row("a")), encoding=name)


# ---- labels of speakers


def told(question: str, speaker: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}, {"role": speaker, "content": "A bell."}]}


def test_labels_are_read_as_the_roles_that_are_said_or_remembered(dataset: Dataset, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "x.jsonl", told("a", "Narrator"), told("b", "Emma"))
    dataset.settings.set("import.roles.narrator", "gpt")

    done = bring(dataset, file, roles={"EMMA": "assistant"})

    said = [entry.messages[1] for _, entry in dataset.snapshot()]
    assert said == [{"role": "assistant", "content": "A bell.", "speaker": name} for name in ("Narrator", "Emma")]
    assert any("config set import.roles.EMMA assistant" in note for note in done.notes)
    assert bring(dataset, file, roles={"emma": "assistant"}).unchanged == 2


@pytest.mark.parametrize(
    ("labels", "offer"), [(["Emma"], "--map Emma=assistant"), (["Emma", "A B"], "--map 'A B=ROLE'")]
)
def test_a_label_that_is_no_role_leads_to_map(dataset: Dataset, tmp_path: Path, labels: list[str], offer: str) -> None:
    with pytest.raises(RefusedByGateError) as caught:
        bring(dataset, write_rows(tmp_path / "x.jsonl", *(told("a", label) for label in labels)))

    assert caught.value.hint is not None and offer in caught.value.hint.splitlines()[0]


def test_a_role_that_there_is_not_is_a_wrong_word(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown role 'asistent'"):
        bring(dataset, write_rows(tmp_path / "x.jsonl", row("a")), roles={"x": "asistent"})


def test_findings_that_are_allowed_are_saved_with_the_reason(dataset: Dataset, tmp_path: Path) -> None:
    done = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("")), allow="RT104")

    message = dataset.repository.objects.commit(dataset.snapshot().id).message
    assert len(dataset.snapshot()) == 2
    assert [finding.code for finding in done.committed.findings] == ["RT104"]
    assert message.endswith("Allowed: RT104=1\nBecause: a test\n")


def test_more_findings_than_allowed_are_refused_and_name_the_rows(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "x.jsonl", row("a"), row(""), row("", "2"))
    intent = Intent("import", "import", allowances=(Allowance("RT104", 1),), because="rough")

    with pytest.raises(RefusedByGateError) as caught:
        dataset.import_files([path], ImportOptions(), intent)

    assert caught.value.details == (
        "RT104 empty_message: 2 found, --allow RT104=1 lets 1 through",
        "RT104 empty_message  2 rows (2, 3)",
    )
    assert "--allow RT104=2 --because rough" in str(caught.value.hint)
    assert len(dataset.snapshot()) == 0


def test_another_branch_is_made_and_only_reports(dataset: Dataset, tmp_path: Path) -> None:
    done = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("")), to="work/x")

    assert (done.committed.branch, done.committed.added) == ("work/x", 2)
    assert len(done.committed.findings) == 1
    assert len(dataset.snapshot()) == 0
    assert questions(dataset, "work/x") == ["a", ""]
    assert dataset.repository.branch() == "main"


def test_undo_of_an_import_to_a_new_branch_takes_the_branch_away(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a")), to="work/x")

    dataset.undo()

    assert [branch.name for branch in dataset.branches.list()] == ["main"]


def test_a_dry_run_counts_and_changes_nothing(dataset: Dataset, tmp_path: Path) -> None:
    before = sorted(
        path for path in tmp_path.rglob("*") if path.parts[-2:-1] != ("cache",) and path.name not in ("cache", "lock")
    )
    path = write_rows(tmp_path / "x.jsonl", row("a"), row(""))

    done = bring(dataset, path, dry=True, skip_invalid=True)

    after = sorted(
        path for path in tmp_path.rglob("*") if path.parts[-2:-1] != ("cache",) and path.name not in ("cache", "lock")
    )
    assert (done.committed.added, done.committed.commit, len(done.rejects)) == (1, None, 1)
    assert [item for item in after if item not in before] == [path]


# ---- conflicts


def test_rows_edited_on_both_sides_are_told_and_nothing_is_overwritten(dataset: Dataset, tmp_path: Path) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("b"))).committed.ids
    dataset.export(path=tmp_path / "out.jsonl")
    edit_answer(dataset, ids[0], "here")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    rows[0]["messages"][1]["content"] = "there"
    rows[1]["messages"][1]["content"] = "changed there"
    path = write_rows(tmp_path / "back.jsonl", *rows)
    before = dataset.snapshot().id

    with refusal(ConflictError, "rows_in_conflict") as caught:
        bring(dataset, path)

    assert dataset.snapshot().id == before
    assert caught.value.status == 50
    assert caught.value.details == (
        f"back.jsonl line 1, row 1: {ids[0]} was edited here and in the file: "
        "messages[1].content: both sides changed the same words, or adjacent words",
    )
    done = bring(dataset, path, skip_invalid=True)
    assert (done.committed.changed, len(done.rejects)) == (1, 1)
    assert "import 1 changed entry from " in (done.committed.message or "")
    assert dataset.snapshot()[ids[0]].messages[1]["content"] == "here"
    assert dataset.snapshot()[ids[1]].messages[1]["content"] == "changed there"


# ---- bad files


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        ('{"messages": []}'.encode("utf-16"), "x.jsonl", "not_utf8"),
        (gzip.compress(as_lines([row("a")] * 50))[:-9], "x.jsonl.gz", "torn"),
        (b"no gzip at all", "x.jsonl.gz", "torn"),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_not_imported_in_part(
    dataset: Dataset, tmp_path: Path, data: bytes, name: str, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    before = dataset.snapshot().id

    with refusal(InvalidError, code):
        bring(dataset, path)

    assert dataset.snapshot().id == before


def test_a_missing_file_and_an_unknown_format_are_told(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        bring(dataset, tmp_path / "nowhere.jsonl")
    with pytest.raises(UsageError):
        bring(dataset, write_rows(tmp_path / "x.jsonl", row("a")), format="nonsense")


def test_a_file_that_changes_while_it_is_read_is_not_imported(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "x.jsonl", *(row(f"question {number} " + "x" * 500) for number in range(4000)))
    before = dataset.snapshot().id
    steps = iter([True])

    def shrink(_: int) -> None:
        if next(steps, False):
            with path.open("r+b") as file:
                file.truncate(1000)

    with pytest.raises((ChangedSourceError, RefusedByGateError)):
        dataset.import_files([path], step=shrink)

    assert dataset.snapshot().id == before


# ---- races


def test_an_entry_added_by_another_writer_meanwhile_keeps_its_number(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "x.jsonl", *(row(f"question {number}") for number in range(300)))
    other = Dataset.open(dataset.folder)
    steps = iter([True])

    def interfere(_: int) -> None:
        if next(steps, False):
            other.add([row("by another")], Intent("add", "add"))

    done = dataset.import_files([path], step=interfere)

    snapshot = dataset.snapshot()
    assert done.committed.added == 300
    assert [number_of(entry_id) for entry_id in snapshot.ids()] == list(range(1, 302))
    assert questions(dataset)[:2] == ["by another", "question 0"]


def test_the_same_rows_added_by_another_writer_meanwhile_are_not_added_twice(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "x.jsonl", *(row(f"question {number}") for number in range(300)))
    other = Dataset.open(dataset.folder)
    steps = iter([True])

    def interfere(_: int) -> None:
        if next(steps, False):
            bring(other, path)

    done = dataset.import_files([path], step=interfere)

    assert (done.committed.commit, done.unchanged) == (None, 300)
    assert len(dataset.snapshot()) == 300


def test_a_row_of_the_same_key_added_by_another_writer_meanwhile_is_not_added_twice(
    dataset: Dataset, tmp_path: Path
) -> None:
    path = write_rows(tmp_path / "x.jsonl", *(row(f"question {number}", id=number) for number in range(300)))
    other = Dataset.open(dataset.folder)
    steps = iter([True])

    def interfere(_: int) -> None:
        if next(steps, False):
            other.add([row("another wording", extra={"id": 7})], Intent("add", "add"))

    dataset.import_files([path], ImportOptions(key="id"), step=interfere)

    assert len(dataset.snapshot()) == 300


def test_a_switch_by_another_command_meanwhile_changes_neither_the_branch_nor_its_gate(
    dataset: Dataset, tmp_path: Path
) -> None:
    dataset.branch("draft", switch=True)
    bad = row("", "nobody asked")
    path = write_rows(tmp_path / "x.jsonl", *(row(f"question {number}") for number in range(300)), bad)
    other = Dataset.open(dataset.folder)
    steps = iter([True])

    def interfere(_: int) -> None:
        if next(steps, False):
            other.switch("main")

    done = dataset.import_files([path], step=interfere)

    assert done.committed.branch == "draft"
    assert (len(dataset.snapshot("main")), len(dataset.snapshot("draft"))) == (0, 301)


def test_a_row_edited_by_another_writer_meanwhile_is_matched_anew(dataset: Dataset, tmp_path: Path) -> None:
    rows = [row(f"question {number}") for number in range(300)]
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", *rows)).committed.ids
    other = Dataset.open(dataset.folder)
    steps = iter([True])

    def interfere(_: int) -> None:
        if next(steps, False):
            edit_answer(other, ids[0], "Wet, by now.")

    done = dataset.import_files([write_rows(tmp_path / "y.jsonl", *rows, row("new"))], step=interfere)

    assert (done.committed.added, done.unchanged, done.edited_since) == (1, 300, 1)
    assert dataset.snapshot()[ids[0]].messages[1]["content"] == "Wet, by now."


# ---- files or bare


def many_rows(path: Path) -> Path:
    return write_rows(path, *(row(f"question {number}") for number in range(20_001)))


@pytest.mark.slow
def test_a_large_first_import_goes_without_files_and_keeps_what_was_edited_by_hand(
    dataset: Dataset, tmp_path: Path
) -> None:
    settings = dataset.folder / "rolethread.toml"
    settings.write_bytes(settings.read_bytes() + b"# mine\n")

    done = bring(dataset, many_rows(tmp_path / "x.jsonl"))

    assert "no files are checked out" in " ".join(done.committed.notes)
    assert dataset.repository.worktree is None
    assert settings.read_bytes().endswith(b"# mine\n")
    dataset.undo()
    assert len(dataset.snapshot()) == 0


@pytest.mark.slow
def test_a_large_first_import_that_fails_leaves_the_files(dataset: Dataset, tmp_path: Path) -> None:
    path = many_rows(tmp_path / "x.jsonl")
    path.write_bytes(path.read_bytes() + b"{nope\n")

    with pytest.raises(SystemRefusedError):  # at the end: no disk takes a name of 300 letters
        bring(dataset, path, skip_invalid=True, rejects=tmp_path / f"{'x' * 300}.jsonl")

    again = Dataset.open(dataset.folder)
    assert again.repository.worktree is not None
    assert again.status().unsaved == ()
    assert (dataset.folder / "rolethread.toml").is_file()


def test_files_that_go_with_a_large_import_stay_where_they_were_edited_by_hand(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "CHECKOUT_LIMIT", 1)
    settings = dataset.folder / "rolethread.toml"
    settings.write_text(f"{settings.read_text()}# by hand\n")

    done = bring(dataset, write_rows(tmp_path / "chats.jsonl", row("a"), row("b")))

    assert Dataset.open(dataset.folder).repository.is_bare
    assert settings.read_text().endswith("# by hand\n")
    assert "left alone, because edited by hand or damaged: rolethread.toml" in done.committed.notes


def test_edits_and_removals_of_other_entries_meanwhile_stop_no_import_from_a_stream(
    dataset: Dataset, tmp_path: Path
) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", *(row(f"old {number}") for number in range(3)))).committed.ids
    rows = write_rows(tmp_path / "y.jsonl", *(row(f"question {number}") for number in range(300)))
    other = Dataset.open(dataset.folder)
    steps = iter([True])

    def interfere(_: int) -> None:
        if next(steps, False):
            edit_answer(other, ids[0], "Wet, by now.")
            other.remove([ids[1]])

    with rows.open("rb") as stream:
        done = dataset.import_files([stream], step=interfere)

    assert (done.committed.added, len(dataset.snapshot())) == (300, 302)


def test_an_entry_edited_meanwhile_to_say_what_a_row_says_is_that_row(dataset: Dataset, tmp_path: Path) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", row("old"))).committed.ids
    rows = write_rows(tmp_path / "y.jsonl", *(row(f"question {number}", "Dry.") for number in range(300)))
    other = Dataset.open(dataset.folder)
    steps = iter([True])

    def interfere(_: int) -> None:
        if next(steps, False):
            with other.edit("as the row") as change:
                change.put(ids[0], row("question 7", "Dry."))

    done = dataset.import_files([rows], step=interfere)

    assert (done.committed.added, done.unchanged, len(dataset.snapshot())) == (299, 1, 300)
