"""Exporting: the same commit and options give the same bytes, and no file is replaced that is not ours."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal
from rows_of_a_file import bring, edit_answer, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.formats import CannotCarryError, row_formats
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.ops.export.exporter import Exported
from rolethread_vcs.ops.export.losses import Lost, Uneven
from rolethread_vcs.ops.export.masks import Masks
from rolethread_vcs.ops.export.rows import ExportOptions, Masked
from rolethread_vcs.store.checkout import UnsavedEditsError
from rolethread_vcs.transaction import Intent

FIXTURES = Path(__file__).parents[3] / "fixtures" / "export"
GOLDEN: dict[str, str] = json.loads((FIXTURES / "sha256.json").read_text("utf-8"))

RTV = "from rolethread_vcs.cli.main import main; main()"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.init(tmp_path / "tavern")
    bring(made, FIXTURES / "entries.jsonl")
    return made


def golden_options(name: str) -> ExportOptions:
    format, kind, container = name.split()
    return ExportOptions(format, kind == "clean", None, container)


# ---- bytes


@pytest.mark.parametrize("name", GOLDEN)
def test_the_bytes_of_an_export_never_change(dataset: Dataset, tmp_path: Path, name: str) -> None:
    path = tmp_path / "out"

    done = dataset.export("@", golden_options(name), path=path)

    assert hashlib.sha256(path.read_bytes()).hexdigest() == done.sha256 == GOLDEN[name]
    assert (done.entries, done.size) == (5, path.stat().st_size)


def test_every_format_that_writes_has_golden_bytes() -> None:
    kinds = {f"{format.name} {kind}" for format in row_formats() for kind in ("full jsonl", "clean jsonl")}

    assert kinds <= GOLDEN.keys()


def test_a_packed_export_holds_the_same_bytes_and_no_time_or_name(dataset: Dataset, tmp_path: Path) -> None:
    one = dataset.export(path=tmp_path / "one.jsonl.gz")
    two = dataset.export(path=tmp_path / "two.jsonl.gz")

    packed = (tmp_path / "one.jsonl.gz").read_bytes()
    assert packed == (tmp_path / "two.jsonl.gz").read_bytes()
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == GOLDEN["messages full jsonl"]
    assert one.sha256 == two.sha256 == hashlib.sha256(packed).hexdigest()
    assert one.size == len(packed)


def test_a_packed_export_comes_back_however_the_ending_is_spelled(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "ONE.JSONL.GZ"

    dataset.export(path=path)

    assert hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest() == GOLDEN["messages full jsonl"]


@pytest.mark.parametrize("seed", ["0", "1", "4711"])
def test_another_process_writes_the_same_bytes(
    dataset: Dataset, environment: dict[str, str], seed: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", RTV, "-C", str(dataset.folder), "export", "--clean"]

    done = subprocess.run(command, capture_output=True, env={**environment, "PYTHONHASHSEED": seed})

    assert done.returncode == 0, done.stderr.decode()
    assert hashlib.sha256(done.stdout).hexdigest() == GOLDEN["messages clean jsonl"]


def test_an_old_revision_is_exported_as_it_was(dataset: Dataset, tmp_path: Path) -> None:
    before = dataset.snapshot().id
    edit_answer(dataset, dataset.snapshot().ids()[0], "Out.")
    dataset.remove(dataset.snapshot().ids()[1:], Intent("remove", "remove"))

    done = dataset.export(before[:10], path=tmp_path / "old.jsonl")

    assert done.sha256 == GOLDEN["messages full jsonl"]
    assert done.commit == before
    assert dataset.export("@~2", path=tmp_path / "same.jsonl").sha256 == done.sha256


def test_only_chosen_entries_are_exported(dataset: Dataset, tmp_path: Path) -> None:
    done = dataset.export("@", ExportOptions(where="tag:lighthouse"), path=tmp_path / "some.jsonl")

    assert done.entries == 1
    assert json.loads((tmp_path / "some.jsonl").read_bytes())["id"] == "draft-3"


def test_an_export_of_nothing_is_an_empty_file_or_array(dataset: Dataset, tmp_path: Path) -> None:
    dataset.export("@", ExportOptions(where="tag:none"), path=tmp_path / "x.jsonl")
    dataset.export("@", ExportOptions(where="tag:none", container="json"), path=tmp_path / "x.json")

    assert (tmp_path / "x.jsonl").read_bytes() == b""
    assert json.loads((tmp_path / "x.json").read_bytes()) == []


def test_a_stream_gets_the_same_bytes_as_a_file(dataset: Dataset) -> None:
    chunks: list[bytes] = []

    done = dataset.export(write=chunks.append)

    assert hashlib.sha256(b"".join(chunks)).hexdigest() == done.sha256 == GOLDEN["messages full jsonl"]
    assert done.path is None


texts = st.text(max_size=20)
conversations = st.lists(st.tuples(texts, texts), min_size=1, max_size=3)


@given(st.lists(conversations, min_size=1, max_size=5), st.sampled_from(["messages", "sharegpt", "alpaca"]))
@settings(max_examples=25)
def test_a_full_export_brings_equal_entries_and_ids_into_a_new_dataset(
    tmp_path_factory: pytest.TempPathFactory, drafts: list[list[tuple[str, str]]], format: str
) -> None:
    folder = tmp_path_factory.mktemp("round")
    one, two = Dataset.init(folder / "one"), Dataset.init(folder / "two")
    with one.edit() as change:
        for draft in drafts:
            turns = [turn for question, answer in draft for turn in (("user", question), ("assistant", answer))]
            change.add({"messages": [{"role": role, "content": f"{text}."} for role, text in turns]})

    one.export("@", ExportOptions(format), path=folder / "out.jsonl")
    bring(two, folder / "out.jsonl")

    assert list(two.snapshot()) == list(one.snapshot())


def test_an_entry_that_a_format_cannot_carry_is_named_and_nothing_is_written(dataset: Dataset, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}]
    path = write_rows(tmp_path / "odd.jsonl", {"messages": [*messages, {"role": "assistant", "content": "x"}]})
    (entry_id,) = bring(dataset, path).committed.ids

    with pytest.raises(CannotCarryError, match=entry_id):
        dataset.export("@", ExportOptions("alpaca"), path=tmp_path / "out.jsonl")

    assert sorted(item.name for item in tmp_path.iterdir()) == ["home", "odd.jsonl", "tavern"]


@pytest.mark.parametrize("options", [ExportOptions("nonsense"), ExportOptions(where="tag:(")])
def test_words_that_do_not_fit_are_refused_before_anything_is_written(
    dataset: Dataset, tmp_path: Path, options: ExportOptions
) -> None:
    with pytest.raises(UsageError):
        dataset.export("@", options, path=tmp_path / "out.jsonl")

    assert not (tmp_path / "out.jsonl").exists()


# ---- files in the way


def test_a_foreign_file_is_not_replaced(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"precious\n")

    with refusal(ConflictError, "file_in_the_way"):
        dataset.export(path=path)

    assert path.read_bytes() == b"precious\n"
    dataset.export(path=path, overwrite=True)
    assert path.read_bytes() != b"precious\n"


def test_an_export_left_as_it_was_is_replaced(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    dataset.export(path=path)
    dataset.remove(dataset.snapshot().ids()[:1], Intent("remove", "remove"))

    assert dataset.export(path=path).entries == 4


def test_an_export_that_somebody_changed_is_not_replaced(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    dataset.export(path=path)
    path.write_bytes(path.read_bytes() + b"\n")

    with refusal(ConflictError, "file_in_the_way"):
        dataset.export(path=path)


def test_a_link_is_followed_and_what_it_leads_to_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "precious.jsonl").write_bytes(b"precious\n")
    link = tmp_path / "train.jsonl"
    link.symlink_to("precious.jsonl")

    with refusal(ConflictError, "file_in_the_way"):
        dataset.export(path=link)

    assert link.is_symlink()
    assert link.read_bytes() == b"precious\n"
    dataset.export(path=link, overwrite=True)
    assert link.is_symlink()
    assert (tmp_path / "precious.jsonl").read_bytes() != b"precious\n"


def test_a_folder_is_no_place_to_write_to(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InvalidError):
        dataset.export(path=tmp_path, overwrite=True)


def test_a_folder_that_is_not_there_is_told(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"there is no folder .*nowhere"):
        dataset.export(path=tmp_path / "nowhere" / "out.jsonl")


# ---- hand edits


def test_hand_edits_are_not_exported_and_that_is_said(dataset: Dataset, tmp_path: Path) -> None:
    path = dataset.folder / entry_path(dataset.snapshot().ids()[0])
    path.write_bytes(path.read_bytes().replace(b"dusk", b"dawn"))

    done = dataset.export(path=tmp_path / "out.jsonl")

    assert done.sha256 == GOLDEN["messages full jsonl"]
    assert done.warnings == ("1 hand-edited file is not in this export, because not saved yet (rtv commit)",)
    with pytest.raises(UnsavedEditsError):
        dataset.export(path=tmp_path / "out.jsonl", fail_if_unsaved=True)


# ---- which


def test_a_file_tells_from_what_commit_and_how_it_was_exported(dataset: Dataset, tmp_path: Path) -> None:
    done = dataset.export("@", ExportOptions("sharegpt", clean=True, where="tag:lighthouse"), path=tmp_path / "a.jsonl")
    moved = (tmp_path / "a.jsonl").rename(tmp_path / "b.jsonl")

    details = dataset.which(moved).details

    assert (details["commit"], details["sha256"]) == (dataset.snapshot().id, done.sha256)
    assert (details["format"], details["clean"], details["where"]) == ("sharegpt", True, "tag:lighthouse")
    assert details["path"] == str(tmp_path / "a.jsonl")


def test_a_file_changed_since_its_export_is_told_apart(dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    dataset.export(path=path)
    path.write_bytes(b"other\n")

    with pytest.raises(NotFoundError, match="has been changed since"):
        dataset.which(path)


def test_a_file_that_no_export_wrote_is_unknown(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        dataset.which(write_rows(tmp_path / "x.jsonl", row("a")))
    with pytest.raises(NotFoundError):
        dataset.which(tmp_path / "nowhere.jsonl")


# ---- what a clean export cannot carry


def said(*turns: tuple[str, str], **more: object) -> dict[str, object]:
    """Return an entry; a role with `-` behind it is masked."""
    messages = [
        {"role": role.rstrip("-"), "content": text, **({"train": False} if role.endswith("-") else {})}
        for role, text in turns
    ]
    return {"messages": messages, **more}


CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": {}}}]}
MASKED = [
    said(("system", "s"), ("assistant-", "g"), ("user", "q"), ("assistant-", "a"), ("user", "r"), ("assistant", "b")),
    said(("user", "only"), ("assistant-", "bad")),
    said(("user", "plain"), ("assistant", "good")),
    {
        "messages": [
            {"role": "user", "content": "look"},
            {**CALL, "weight": 0},
            {"role": "tool", "content": "17", "tool_call_id": "c"},
            {"role": "assistant", "content": "Seventeen.", "speaker": "mara", "reasoning_content": "hm"},
        ],
        "tags": ["a"],
        "tools": [{"name": "f"}],
    },
]


@pytest.fixture
def masked(tmp_path: Path) -> tuple[Dataset, list[str]]:
    dataset = Dataset.init(tmp_path / "masked")
    with dataset.edit() as change:
        ids = [change.add(fields) for fields in MASKED]
    return dataset, ids


def exported(dataset: Dataset, path: Path, **options: Any) -> tuple[Exported, list[dict[str, Any]]]:
    done = dataset.export(path=path, clean=True, **options)
    return done, [json.loads(line) for line in path.read_bytes().splitlines()]


def test_masked_answers_have_weight_0_and_all_others_1(masked: tuple[Dataset, list[str]], tmp_path: Path) -> None:
    done, rows = exported(masked[0], tmp_path / "x.jsonl")

    weights = [[each.get("weight") for each in row["messages"]] for row in rows]
    assert weights == [[None, 0, None, 0, None, 1], [None, 0], [None, 1], [None, 0, None, 1]]
    assert done.masked == Masked(4, 3, Masks.WEIGHT, ())


def test_a_weight_that_an_answer_came_with_stays_unless_it_is_masked(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "weights")
    answers = [{"role": "assistant", "content": "a", **more} for more in ({"weight": 0.5}, {"weight": 1}, {})]
    with dataset.edit() as change:
        change.add({"messages": [{"role": "user", "content": "q", "train": False}, *answers]})

    _, rows = exported(dataset, tmp_path / "x.jsonl", masks="weight")

    assert [each.get("weight") for each in rows[0]["messages"]] == [None, 0.5, 1, 1]


def test_without_a_masked_answer_nothing_has_a_weight(masked: tuple[Dataset, list[str]], tmp_path: Path) -> None:
    done, rows = exported(masked[0], tmp_path / "x.jsonl", where="plain")

    assert (done.masked, rows) == (None, [said(("user", "plain"), ("assistant", "good"))])


def test_masks_can_be_left_out_of_account(masked: tuple[Dataset, list[str]], tmp_path: Path) -> None:
    done, rows = exported(masked[0], tmp_path / "x.jsonl", masks="train")

    assert not any("weight" in each or "train" in each for row in rows for each in row["messages"])
    assert done.masked == Masked(4, 3, Masks.TRAIN, ())


@pytest.mark.parametrize("format", ["messages", "sharegpt"])
def test_masked_answers_can_be_dropped_with_what_only_they_answered(
    masked: tuple[Dataset, list[str]], tmp_path: Path, format: str
) -> None:
    dataset, ids = masked

    done, rows = exported(dataset, tmp_path / "x.jsonl", masks="drop", format=format)

    texts = [[each.get("content", each.get("value")) for each in next(iter(row.values()))] for row in rows]
    assert texts == [["s", "r", "b"], ["plain", "good"], ["look", "Seventeen."]]
    assert done.masked == Masked(4, 3, Masks.DROP, (ids[1],))


def test_a_format_without_a_place_for_masks_says_how_many_it_trains_on(
    masked: tuple[Dataset, list[str]], tmp_path: Path
) -> None:
    done, _ = exported(masked[0], tmp_path / "x.jsonl", format="alpaca", where="only or plain")

    assert done.masked == Masked(1, 1, Masks.TRAIN, ())
    with pytest.raises(UsageError, match="no place for a weight"):
        exported(masked[0], tmp_path / "y.jsonl", format="alpaca", masks="weight")


def test_what_a_clean_row_loses_is_counted(masked: tuple[Dataset, list[str]], tmp_path: Path) -> None:
    done, _ = exported(masked[0], tmp_path / "x.jsonl")

    assert done.lost == (
        Lost("reasoning_content", "message", 1),
        Lost("speaker", "message", 1),
        Lost("tags", "entry", 1),
    )


def test_columns_that_are_not_in_all_rows_or_of_two_shapes_are_counted(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "uneven")
    with dataset.edit() as change:
        for number, content in enumerate(["a", "b", [{"type": "text", "text": "c"}]]):
            change.add({**said(("user", "q")), "messages": [{"role": "user", "content": content}, CALL]})
            change.add({**said(("user", f"q{number}"), ("assistant", "a")), "tools": [{"strict": number or "no"}]})

    done, _ = exported(dataset, tmp_path / "x.jsonl")

    assert set(done.uneven) == {
        Uneven("messages[].content", 6, 1),
        Uneven("messages[].tool_calls", 3, 0),
        Uneven("tools", 3, 1),
    }


def test_a_plain_clean_export_is_even_and_loses_nothing(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "even")
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("b")))

    done, rows = exported(dataset, tmp_path / "y.jsonl")

    assert (done.lost, done.uneven, done.masked, rows) == ((), (), None, [row("a"), row("b")])


# ---- entries that a format has no place for


def test_all_entries_that_do_not_fit_are_counted_and_nothing_is_written(
    masked: tuple[Dataset, list[str]], tmp_path: Path
) -> None:
    dataset, ids = masked
    written: list[bytes] = []

    with refusal(CannotCarryError, "cannot_carry") as caught:
        dataset.export(path=tmp_path / "x.jsonl", format="alpaca")
    with refusal(CannotCarryError, "cannot_carry"):
        dataset.export(write=written.append, format="alpaca")

    assert [line.split(":")[0] for line in caught.value.details] == [ids[0], ids[1], ids[3]]
    assert (written, (tmp_path / "x.jsonl").exists()) == ([], False)


def test_entries_that_do_not_fit_can_be_left_out(masked: tuple[Dataset, list[str]], tmp_path: Path) -> None:
    dataset, ids = masked

    done = dataset.export(path=tmp_path / "x.jsonl", format="alpaca", skip_unfit=True)

    assert ([each.id for each in done.unfit], done.entries) == ([ids[0], ids[1], ids[3]], 1)


@pytest.mark.parametrize("options", [{}, {"masks": "train"}, {"format": "sharegpt", "skip_unfit": True}])
def test_a_clean_export_imported_again_is_the_same_dataset(
    masked: tuple[Dataset, list[str]], tmp_path: Path, options: dict[str, Any]
) -> None:
    dataset, _ = masked
    before = dataset.snapshot().tree
    done, _ = exported(dataset, tmp_path / "x.jsonl", **options)

    again = bring(dataset, tmp_path / "x.jsonl")

    assert (again.committed.added, again.unchanged) == (0, done.entries)
    assert dataset.snapshot().tree == before
