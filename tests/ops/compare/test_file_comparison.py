"""A file against a dataset: rows and entries are recognised, and only what the file can carry is compared."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from refusals import refusal
from small_dataset import conversation

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.ops.compare.comparison import Comparison
from rolethread_vcs.ops.export.rows import ExportOptions

WORDS = [
    "tide",
    "lantern",
    "marsh",
    "ferry",
    "salt",
    "bell",
    "harbour",
    "gull",
    "rope",
    "oar",
    "fog",
    "pier",
    "chart",
    "storm",
    "anchor",
    "candle",
]
RULES = "You are Mara, keeper of the Drowned Lantern, dry and watchful. Stay in character whatever is asked of you. "


def scene(seed: int, **more: Any) -> dict[str, Any]:
    """Return an entry with a long system message that all share, and two exchanges of its own."""
    rng = random.Random(seed)
    turns = [("system", RULES * 3)] + [
        (role, " ".join(rng.choices(WORDS, k=12))) for role in ("user", "assistant", "user", "assistant")
    ]
    messages = [{"role": role, "content": text} for role, text in turns]
    messages[2]["speaker"] = "mara"
    return {"messages": messages, "tags": ["harbour"], **more}


@pytest.fixture
def harbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Dataset, list[str]]:
    monkeypatch.chdir(tmp_path)
    dataset = Dataset.init("harbour")
    with dataset.edit() as change:
        ids = [change.add(scene(seed)) for seed in range(8)]
    return dataset, ids


def told(comparison: Comparison) -> list[tuple[str, str]]:
    return [(each.id, each.change.value) for each in comparison.entries()]


def edit_message(dataset: Dataset, entry_id: str, place: int, **changes: Any) -> None:
    with dataset.edit() as change:
        entry = change[entry_id]
        messages = [dict(message) for message in entry.messages]
        messages[place] |= changes
        change.put(entry_id, entry.with_fields(messages=messages))


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()]


def write_rows(name: str, rows: list[dict[str, Any]]) -> None:
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.mark.parametrize("format_name", ["messages", "sharegpt"])
@pytest.mark.parametrize("clean", [True, False])
def test_a_fresh_export_does_not_differ(format_name: str, clean: bool, harbour: tuple[Dataset, list[str]]) -> None:
    dataset, _ = harbour
    dataset.export(path="train.jsonl", options=ExportOptions(format_name, clean))

    assert told(dataset.diff("train.jsonl", "@")) == []


def test_a_clean_alpaca_file_does_not_differ_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("alpaca.json").write_text(
        json.dumps([{"instruction": "Greet.", "input": "as Mara", "output": "Evening."}]), encoding="utf-8"
    )
    dataset = Dataset.init("inn")
    dataset.import_files(["alpaca.json"])
    dataset.export(path="clean.jsonl", options=ExportOptions("alpaca", clean=True))

    assert told(dataset.diff("clean.jsonl", "@")) == []


def test_what_a_file_cannot_carry_is_not_compared(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="clean.jsonl", options=ExportOptions(clean=True))
    dataset.export(path="full.jsonl")
    edit_message(dataset, ids[2], 2, speaker="iris", train=False)

    clean, full = dataset.diff("clean.jsonl", "@"), dataset.diff("full.jsonl", "@")

    assert told(clean) == []
    assert clean.notes == ("compared is what the file can carry: role, content",)
    (compared,) = full.entries()
    (change,) = compared.diff.messages
    assert (compared.id, change.op, change.attributes) == (ids[2], "attributes", ("speaker", "train"))


def test_a_field_counts_once_a_row_has_it(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    rows = [{"messages": dict(row)["messages"]} for row in map(scene, range(8))]
    for row in rows:
        for message in row["messages"]:
            message.pop("speaker", None)
    rows[0]["tags"] = ["harbour"]
    rows[1]["tags"] = ["harbour", "old"]
    for row in rows[2:]:
        row["tags"] = ["harbour"]
    write_rows("tagged.jsonl", rows)

    (compared,) = dataset.diff("tagged.jsonl", "@").entries()

    assert (compared.id, compared.diff.tags_removed, compared.diff.messages) == (ids[1], ("old",), ())


def test_entries_that_share_only_their_system_message_are_strangers(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="old.jsonl", options=ExportOptions(clean=True))
    with dataset.edit() as change:
        change.remove(ids[3])
        new = change.add(scene(99))

    assert told(dataset.diff("old.jsonl", "@")) == [("old.jsonl:4", "removed"), (new, "added")]


def test_an_edited_entry_is_known_again_without_an_id(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="old.jsonl", options=ExportOptions(clean=True))
    said = dataset.snapshot()[ids[4]].messages[4]["content"]
    edit_message(dataset, ids[4], 4, content=said + " and the sea")

    (compared,) = dataset.diff("old.jsonl", "@").entries()

    assert (compared.id, compared.change.value, compared.before_line) == (ids[4], "changed", 5)
    assert [word for word in compared.diff.messages[0].words if word[0] != "equal"] == [("insert", " and the sea")]


def test_an_entry_edited_beyond_recognition_is_known_by_its_birth(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "inn")
    with dataset.edit() as change:
        first = change.add(conversation("Is the cellar dry?"))
    with dataset.edit() as change:
        change.put(first, conversation("Nothing of this stayed.", "Not a word."))
    path = tmp_path / "old.jsonl"
    path.write_text(json.dumps(conversation("Is the cellar dry?")), encoding="utf-8")

    assert told(dataset.diff(str(path), "@")) == [(first, "changed")]


def test_rows_that_share_a_name_are_compared_with_what_says_the_same(tmp_path: Path) -> None:
    uuid, path = "27f9be4a-ebca-43e9-a02b-3a912a4c5213", tmp_path / "x.jsonl"
    texts = ("Is the cellar dry?", "Who rings the bell?", "Where are the ropes?")
    dataset = Dataset.init(tmp_path / "d")
    dataset.branch("draft")
    dataset.switch("draft")
    with dataset.edit() as change:
        first, *_ = (change.add(conversation(text, uuid=uuid)) for text in texts)
    rows = [conversation(text, uuid=uuid) for text in texts[1:]]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    assert told(dataset.diff("@", str(path))) == [(first, "removed")]


def test_labels_are_read_as_an_import_reads_them(tmp_path: Path) -> None:
    row, path = conversation("Is the cellar dry?", "Wholly."), tmp_path / "x.jsonl"
    row["messages"][-1]["role"] = "narrator"
    path.write_text(json.dumps(row), encoding="utf-8")
    dataset = Dataset.init(tmp_path / "d")
    dataset.settings.set("import.roles.narrator", "assistant")

    dataset.import_file(path)

    assert told(dataset.diff("@", str(path))) == []


def test_a_uuid_is_known_again(tmp_path: Path) -> None:
    uuid = "27f9be4a-ebca-43e9-a02b-3a912a4c5213"
    dataset = Dataset.init(tmp_path / "inn")
    with dataset.edit() as change:
        first = change.add(conversation("Is the cellar dry?", uuid=uuid))
    path = tmp_path / "new.jsonl"
    path.write_text(json.dumps(conversation("Other words.", "Wholly.", uuid=uuid.upper())), encoding="utf-8")

    (compared,) = dataset.diff("@", str(path)).entries()

    assert (compared.id, compared.change.value, compared.after_line) == (first, "changed", 1)


def test_equal_rows_pair_one_by_one(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "inn")
    with dataset.edit() as change:
        ids = [change.add(conversation("Twice.")) for _ in range(3)]
    path = tmp_path / "two.jsonl"
    path.write_text((json.dumps(conversation("Twice.")) + "\n") * 2, encoding="utf-8")

    assert told(dataset.diff(str(path), "@")) == [(ids[2], "added")]


def test_a_row_that_moved_is_told_and_a_shuffled_file_only_once(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="old.jsonl", options=ExportOptions(clean=True))
    rows = rows_of("old.jsonl")
    write_rows("moved.jsonl", [*rows[1:], rows[0]])

    assert told(dataset.diff("moved.jsonl", "@")) == [(ids[0], "moved")]


def test_in_a_shuffled_file_places_say_nothing(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "inn")
    rows = [conversation(f"Question {number}?") for number in range(60)]
    with dataset.edit() as change:
        for row in rows:
            change.add(row)
    path = tmp_path / "shuffled.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in reversed(rows)), encoding="utf-8")

    found = dataset.diff(str(path), "@")

    assert told(found) == []
    assert "most entries stand in another order; places were not compared" in found.notes


def test_what_went_stands_where_it_was(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="old.jsonl", options=ExportOptions(clean=True))
    said = dataset.snapshot()[ids[6]].messages[1]["content"]
    with dataset.edit() as change:
        change.remove(ids[0])
        change.remove(ids[3])
    edit_message(dataset, ids[1], 1, content="tide " + dataset.snapshot()[ids[1]].messages[1]["content"])
    edit_message(dataset, ids[6], 1, content=said + " tide")

    found = told(dataset.diff("old.jsonl", "@"))

    assert found == [
        ("old.jsonl:1", "removed"),
        (ids[1], "changed"),
        ("old.jsonl:4", "removed"),
        (ids[6], "changed"),
    ]


def test_two_files_are_compared_by_what_both_carry(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="full.jsonl")
    dataset.export(path="clean.jsonl", options=ExportOptions(clean=True))
    rows = rows_of("clean.jsonl")
    rows[2]["messages"][1]["content"] += " tide"
    write_rows("clean.jsonl", rows)

    found = dataset.diff("full.jsonl", "clean.jsonl")

    assert told(found) == [(ids[2], "changed")]
    assert [(each.before_line, each.after_line) for each in found.entries()] == [(3, 3)]


def test_a_file_in_another_format_is_the_same_data(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, _ = harbour
    dataset.export(path="one.jsonl", options=ExportOptions(clean=True))
    dataset.export(path="two.json", options=ExportOptions("sharegpt", clean=True, container="json"))

    assert told(dataset.diff("one.jsonl", "two.json")) == []


def test_rows_that_do_not_read_are_named_and_the_rest_is_compared(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="old.jsonl", options=ExportOptions(clean=True))
    lines = Path("old.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    Path("old.jsonl").write_text("".join([*lines[:7], '{"messages": [1,\n', "[]\n"]), encoding="utf-8")

    found = dataset.diff("old.jsonl", "@")

    assert told(found) == [(ids[7], "added")]
    assert found.notes[0].startswith("old.jsonl: 2 rows cannot be read and count for nothing (line 8: ")


def test_a_file_of_which_no_row_reads_is_refused(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, _ = harbour
    Path("broken.jsonl").write_text("nonsense\n", encoding="utf-8")
    Path("other.jsonl").write_text('{"a": 1}\n', encoding="utf-8")

    with refusal(InvalidError, "unknown_shape", match=r"broken.jsonl: no row reads; line 1"):
        dataset.diff("broken.jsonl", "@")
    with refusal(InvalidError, "unknown_shape", match="no row has the keys of a known format"):
        dataset.diff("other.jsonl", "@")


def test_an_empty_file_lacks_everything(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    Path("empty.jsonl").write_bytes(b"")

    assert told(dataset.diff("empty.jsonl", "@")) == [(entry_id, "added") for entry_id in ids]


def test_a_query_and_ids_choose_here_too(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    Path("empty.jsonl").write_bytes(b"")

    assert told(dataset.diff("empty.jsonl", "@", ids=["2"])) == [(ids[1], "added")]
    assert told(dataset.diff("empty.jsonl", "@", where="not tag:harbour")) == []
    assert dataset.diff("empty.jsonl", "@", where="id:1..3").summary().added == 3


def test_an_entry_that_does_not_read_is_noted(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="old.jsonl", options=ExportOptions(clean=True))
    next(dataset.folder.glob(f"entries/*/*/{ids[0]}.json")).write_bytes(b"{")

    found = dataset.diff("old.jsonl")

    assert found.notes[0] == "main with unsaved edits: 1 entry cannot be read and counts for nothing; see: rtv verify"
    assert told(found) == [("old.jsonl:1", "removed")]


def twice_written(dataset: Dataset, entry_id: str, answer: str) -> None:
    """Write all answers of an entry anew, export it for a training run, and write them anew once more."""
    edit_message(dataset, entry_id, 1, content="Evening.")
    edit_message(dataset, entry_id, 3, content="And then?")
    for text in ("It rained on the day the ferry sank, and nobody rowed.", answer):
        for place in (2, 4):
            edit_message(dataset, entry_id, place, content=text)
        if text != answer:
            dataset.export(path="train.jsonl", options=ExportOptions(clean=True))


def test_an_entry_with_answers_written_anew_is_known_where_only_one_opens_so(
    harbour: tuple[Dataset, list[str]],
) -> None:
    dataset, ids = harbour
    twice_written(dataset, ids[3], "Gone.")

    (compared,) = dataset.diff("train.jsonl", "@").entries()

    assert (compared.id, compared.change.value, compared.before_line) == (ids[3], "changed", 4)
    assert [change.op for change in compared.diff.messages] == ["remove", "insert"] * 2


def test_an_opening_that_two_have_tells_neither(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    twice_written(dataset, ids[3], "Gone.")
    rows = rows_of("train.jsonl")
    twin = [{"role": "user", "content": "Evening."}, {"role": "assistant", "content": "Ask the bell ringer instead."}]
    write_rows("train.jsonl", [*rows[:4], {"messages": twin}, *rows[4:]])

    assert [kind for _, kind in told(dataset.diff("train.jsonl", "@"))] == ["removed", "removed", "added"]


def test_an_opening_elsewhere_in_the_file_tells_nothing(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    twice_written(dataset, ids[3], "Gone.")
    rows = rows_of("train.jsonl")
    write_rows("train.jsonl", [rows[3], *rows[:3], *rows[4:]])

    assert told(dataset.diff("train.jsonl", "@")) == [("train.jsonl:1", "removed"), (ids[3], "added")]


def test_a_query_may_ask_for_what_a_file_has_no_place_for(harbour: tuple[Dataset, list[str]]) -> None:
    dataset, ids = harbour
    dataset.export(path="clean.jsonl", options=ExportOptions(clean=True))
    for entry_id in ids[:2]:
        edit_message(dataset, entry_id, 4, content="tide lantern marsh")
    with dataset.edit() as change:
        change.put(ids[0], change[ids[0]].with_fields(tags=["ghost"]))

    assert told(dataset.diff("clean.jsonl", "@", where="tag:ghost")) == [(ids[0], "changed")]
    assert told(dataset.diff("clean.jsonl", "@", where="not tag:ghost")) == [(ids[1], "changed")]


def test_a_row_with_its_inner_keys_in_another_order_differs_in_that_alone(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "cellar")
    tool = {"name": "look", "parameters": {"where": "text", "how": "text"}}
    with dataset.edit() as change:
        change.add({**conversation("Look."), "tools": [tool]})
    row = {**conversation("Look."), "tools": [dict(reversed(tool.items()))]}
    (tmp_path / "x.jsonl").write_text(json.dumps(row) + "\n")

    (compared,) = dataset.diff("@", str(tmp_path / "x.jsonl")).entries()

    (change_of_order,) = compared.diff.extra
    assert (change_of_order.path, change_of_order.reordered) == (("tools", 0), True)
    assert not compared.diff.messages
