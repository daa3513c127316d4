"""A key that holds null says as much as no key, and a clean export says as much as the entries it was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rows_of_a_file import bring, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.export.exporter import ExportOptions
from rolethread_vcs.transaction import Intent

CALL = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": '{"at": null}'}}
PARTS = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": "file:a.png"}}]
ROWS = [
    row("plain"),
    {
        "messages": [
            {"role": "user", "content": "Is the tide in?", "speaker": "scott", "train": False},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "content": "high", "tool_call_id": "c1", "name": "tide"},
            {"role": "assistant", "content": "It is.", "train": False, "alternatives": ["Yes."]},
        ],
        "tools": [{"type": "function", "function": {"name": "tide", "parameters": {"type": "object"}}}],
        "tags": ["sea"],
    },
    {"messages": [{"role": "user", "content": "calls"}, {"role": "assistant", "tool_calls": [CALL]}]},
    {"messages": [{"role": "user", "content": PARTS, "speaker": "scott"}, {"role": "assistant", "content": "A bell."}]},
    {
        "messages": [
            {"role": "user", "content": "hm", "weight": 1},
            {"role": "assistant", "content": "?", "weight": 0},
            {"role": "assistant", "content": "!", "reasoning_content": "Loud.", "weight": 1},
        ]
    },
    row("a null that was brought", note=None, score=3),
]


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset.init(tmp_path / "d")
    dataset.branch("draft")
    dataset.switch("draft")
    bring(dataset, write_rows(tmp_path / "rows.jsonl", *ROWS))
    return dataset


def export(dataset: Dataset, path: Path, *, clean: bool) -> list[dict[str, Any]]:
    dataset.export(path=path, options=ExportOptions(clean=clean), overwrite=True)
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def padded(value: list[Any]) -> list[Any]:
    """Return objects of which each has the keys of all, null where it had none, as loaders of columns write them."""
    keys = list(dict.fromkeys(key for each in value for key in each))
    columns = {key: [each.get(key) for each in value] for key in keys}
    for column in columns.values():
        for place, cell in enumerate(column):
            if isinstance(cell, list) and cell and all(isinstance(item, dict) for item in cell):
                column[place] = padded(cell)
    return [{key: columns[key][place] for key in keys} for place in range(len(value))]


@pytest.mark.parametrize("is_padded", [False, True])
@pytest.mark.parametrize("clean", [False, True])
def test_an_export_that_comes_back_changes_nothing(
    dataset: Dataset, tmp_path: Path, clean: bool, is_padded: bool
) -> None:
    rows = export(dataset, tmp_path / "out.jsonl", clean=clean)
    path = write_rows(tmp_path / "back.jsonl", *(padded(rows) if is_padded else rows))

    assert list(dataset.diff("@", str(path)).entries()) == []
    done = bring(dataset, path)

    assert (done.committed.added, done.committed.changed, done.unchanged) == (0, 0, len(ROWS))


@pytest.mark.parametrize("is_padded", [False, True])
def test_a_clean_export_does_not_bring_back_what_was_removed(dataset: Dataset, tmp_path: Path, is_padded: bool) -> None:
    rows = export(dataset, tmp_path / "out.jsonl", clean=True)
    dataset.remove(dataset.snapshot().ids(), Intent("remove", "remove"))

    done = bring(dataset, write_rows(tmp_path / "back.jsonl", *(padded(rows) if is_padded else rows)))

    assert (done.committed.added, done.removed_before) == (0, len(ROWS))


@pytest.mark.parametrize("clean", [False, True])
def test_a_file_copy_that_was_padded_has_no_edits(dataset: Dataset, tmp_path: Path, clean: bool) -> None:
    from rolethread_vcs.ops.workcopy.file_copies import CopyOptions

    path = tmp_path / "copy.jsonl"
    dataset.copies.add(path, CopyOptions(clean=clean))
    write_rows(path, *padded([json.loads(line) for line in path.read_bytes().splitlines()]))

    assert dataset.copies.status(path).edits.is_empty


def test_a_name_that_no_clean_export_carries_does_not_make_a_new_entry(dataset: Dataset, tmp_path: Path) -> None:
    named = row("named")
    named["messages"][0]["name"] = "scott"
    bring(dataset, write_rows(tmp_path / "more.jsonl", named))

    done = bring(dataset, write_rows(tmp_path / "back.jsonl", row("named")))

    assert (done.committed.added, done.unchanged) == (0, 1)


def test_nulls_inside_arguments_and_schemas_are_values(dataset: Dataset, tmp_path: Path) -> None:
    schema = {"type": "function", "function": {"name": "tide", "parameters": {"default": None}}}
    rows = [{**ROWS[0], "tools": [schema]}, {**ROWS[0], "tools": [{**schema, "function": {"name": "tide"}}]}]
    for number, each in enumerate(rows):
        write_rows(tmp_path / f"{number}.jsonl", each)

    assert len(list(dataset.diff(str(tmp_path / "0.jsonl"), str(tmp_path / "1.jsonl")).entries())) == 1


@pytest.mark.parametrize("is_stale", [False, True])
def test_an_edit_in_a_padded_export_changes_nothing_else(dataset: Dataset, tmp_path: Path, is_stale: bool) -> None:
    rows = padded(export(dataset, tmp_path / "out.jsonl", clean=False))
    if is_stale:
        with dataset.edit() as change:
            for entry_id in dataset.snapshot().ids():
                change.put(entry_id, dataset.snapshot()[entry_id].with_fields(tags=["seen"]))
    before = {entry_id: entry.fields for entry_id, entry in dataset.snapshot()}
    for each in rows:
        each["messages"][0]["content"] = "Well?"

    done = bring(dataset, write_rows(tmp_path / "back.jsonl", *rows))

    assert done.committed.changed == len(ROWS)
    for entry_id, entry in dataset.snapshot():
        messages = [{**each} for each in before[entry_id]["messages"]]
        messages[0]["content"] = "Well?"
        assert entry.fields == {**before[entry_id], "messages": messages}


def test_an_edit_in_a_padded_row_that_is_known_by_its_uuid_changes_nothing_else(
    dataset: Dataset, tmp_path: Path
) -> None:
    named = [{**each, "uuid": f"27f9be4a-ebca-43e9-a02b-3a912a4c521{place}"} for place, each in enumerate(ROWS)]
    dataset.remove(dataset.snapshot().ids(), Intent("remove", "remove"))
    bring(dataset, write_rows(tmp_path / "named.jsonl", *named), again=True)
    before = {entry.fields["uuid"]: entry.fields for _, entry in dataset.snapshot() if entry.uuid}
    rows = padded(json.loads(json.dumps(named)))
    for each in rows:
        each["messages"][-1]["content"] = "Well?"

    done = bring(dataset, write_rows(tmp_path / "back.jsonl", *rows))

    assert done.committed.changed == len(ROWS)
    for _, entry in dataset.snapshot():
        messages = [{**each} for each in before[str(entry.uuid)]["messages"]]
        messages[-1]["content"] = "Well?"
        assert entry.fields == {**before[str(entry.uuid)], "messages": messages}
