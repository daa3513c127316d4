"""Matching: which entry a row is, so that a file can come back without adding anything twice."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refusal
from rows_of_a_file import as_lines, bring, edit_answer, questions, row, write_rows

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.ops.import_ import Imported
from rolethread_vcs.transaction import Intent

UUID = "27f9be4a-ebca-43e9-a02b-3a912a4c5213"


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.init(tmp_path / "tavern")


def full_rows(dataset: Dataset, path: Path) -> list[dict[str, Any]]:
    dataset.export(path=path, overwrite=True)
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def outcome(done: Imported) -> tuple[int, int, int, int, int]:
    """Return added, changed, unchanged, of those edited since, removed before."""
    committed = done.committed
    return committed.added, committed.changed, done.unchanged, done.edited_since, done.removed_before


# ---- our own id


def test_a_full_export_comes_back_as_it_is(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("b")))
    full_rows(dataset, tmp_path / "out.jsonl")

    assert outcome(bring(dataset, tmp_path / "out.jsonl")) == (0, 0, 2, 0, 0)


def test_a_row_edited_elsewhere_changes_its_entry(dataset: Dataset, tmp_path: Path) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("b"))).committed.ids
    rows = full_rows(dataset, tmp_path / "out.jsonl")
    rows[1]["messages"][0]["content"] = "b, corrected"

    done = bring(dataset, write_rows(tmp_path / "back.jsonl", *rows))

    assert outcome(done) == (0, 1, 1, 0, 0)
    assert dataset.snapshot().ids() == list(ids)
    assert questions(dataset) == ["a", "b, corrected"]


def test_a_row_in_which_1_became_true_is_changed(dataset: Dataset, tmp_path: Path) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", flag=1))).committed.ids
    rows = full_rows(dataset, tmp_path / "out.jsonl")
    rows[0]["flag"] = True

    done = bring(dataset, write_rows(tmp_path / "back.jsonl", *rows))

    assert outcome(done) == (0, 1, 0, 0, 0)
    assert dataset.snapshot()[ids[0]].extra["flag"] is True


def test_a_stale_row_that_nobody_edited_leaves_the_edit_made_here(dataset: Dataset, tmp_path: Path) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"))).committed.ids
    rows = full_rows(dataset, tmp_path / "out.jsonl")
    edit_answer(dataset, ids[0], "here")

    assert outcome(bring(dataset, write_rows(tmp_path / "back.jsonl", *rows))) == (0, 0, 1, 1, 0)


def test_a_stale_row_is_merged_where_both_sides_go_together(dataset: Dataset, tmp_path: Path) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", tags=["old", "kept"], note=1))).committed.ids
    rows = full_rows(dataset, tmp_path / "out.jsonl")
    edit_answer(dataset, ids[0], "here")
    rows[0]["tags"] = ["kept", "there"]
    rows[0]["note"] = 2

    done = bring(dataset, write_rows(tmp_path / "back.jsonl", *rows))

    entry = dataset.snapshot()[ids[0]]
    assert outcome(done) == (0, 1, 0, 0, 0)
    assert (entry.messages[1]["content"], entry.tags, entry.extra) == ("here", ("kept", "there"), {"note": 2})


@pytest.mark.parametrize("rev", ["0123456789ab", "zz", "", "../../x", None, "e69de29bb2d1"])
def test_a_row_with_our_id_and_a_revision_that_was_never_here_is_a_conflict(
    dataset: Dataset, tmp_path: Path, rev: str | None
) -> None:
    (entry_id,) = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"))).committed.ids
    mark = {"id": entry_id} if rev is None else {"id": entry_id, "rev": rev}

    with refusal(ConflictError, "rows_in_conflict", match="the only row conflicts"):
        bring(dataset, write_rows(tmp_path / "back.jsonl", {"rolethread": mark, **row("something else")}))

    assert questions(dataset) == ["a"]


def test_the_revision_of_a_file_that_is_no_entry_is_none_of_ours(dataset: Dataset, tmp_path: Path) -> None:
    (entry_id,) = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"))).committed.ids
    blob = dataset.snapshot().find("rolethread.toml")
    assert blob is not None
    mark = {"id": entry_id, "rev": blob.oid.hex()[:12]}

    with refusal(ConflictError, "rows_in_conflict"):
        bring(dataset, write_rows(tmp_path / "back.jsonl", {"rolethread": mark, **row("something else")}))


def test_ids_come_along_into_an_empty_dataset(dataset: Dataset, tmp_path: Path) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("b"), row("c"))).committed.ids
    edit_answer(dataset, ids[0], "edited")
    dataset.remove([ids[1]], Intent("remove", "remove"))
    full_rows(dataset, tmp_path / "out.jsonl")
    other = Dataset.init(tmp_path / "other")

    bring(other, tmp_path / "out.jsonl")

    assert list(other.snapshot()) == list(dataset.snapshot())


def test_an_id_of_another_dataset_does_not_bring_the_same_conversation_twice(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("b")))
    other = Dataset.init(tmp_path / "other")
    bring(other, write_rows(tmp_path / "first.jsonl", row("something"), row("a"), row("b"), row("c")))
    full_rows(other, tmp_path / "out.jsonl")

    done = bring(dataset, tmp_path / "out.jsonl")

    assert outcome(done) == (2, 0, 2, 0, 0)
    assert sorted(questions(dataset)) == ["a", "b", "c", "something"]


def test_an_entry_removed_here_stays_away_though_its_row_brings_its_id(dataset: Dataset, tmp_path: Path) -> None:
    ids = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("b"))).committed.ids
    full_rows(dataset, tmp_path / "out.jsonl")
    dataset.remove([ids[0]], Intent("remove", "remove"))

    assert outcome(bring(dataset, tmp_path / "out.jsonl")) == (0, 0, 1, 0, 1)
    assert bring(dataset, tmp_path / "out.jsonl", again=True).committed.ids == (ids[0],)


# ---- uuid


def test_an_entry_that_came_back_was_edited_and_removed_again_stays_away(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "x.jsonl", row("a"), row("b"))
    (entry_id, _) = bring(dataset, path).committed.ids
    before = dataset.snapshot()
    dataset.remove([entry_id], Intent("remove", "remove"))
    bring(dataset, path)
    dataset.restore([entry_id], before, Intent("restore", "restore"))
    edit_answer(dataset, entry_id, "Wet, by now.")
    dataset.remove([entry_id], Intent("remove", "remove"))

    done = bring(dataset, write_rows(tmp_path / "y.jsonl", row("a", "Wet, by now.")))

    assert (done.committed.added, done.removed_before) == (0, 1)


def test_a_row_is_known_by_its_uuid(dataset: Dataset, tmp_path: Path) -> None:
    (entry_id,) = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", uuid=UUID))).committed.ids

    done = bring(dataset, write_rows(tmp_path / "y.jsonl", row("a, corrected", uuid=UUID.upper())))

    assert outcome(done) == (0, 1, 0, 0, 0)
    assert dataset.snapshot().ids() == [entry_id]
    assert questions(dataset) == ["a, corrected"]


def test_a_uuid_row_without_speakers_leaves_each_speaker_with_its_message(dataset: Dataset, tmp_path: Path) -> None:
    turns = [("user", "Who keeps the inn by the old mill?", "scott"), ("assistant", "Emma does, they say.", "emma")]
    messages = [{"role": role, "content": text, "speaker": name} for role, text, name in turns]
    (entry_id,) = bring(dataset, write_rows(tmp_path / "x.jsonl", {"messages": messages, "uuid": UUID})).committed.ids
    clean: list[dict[str, Any]] = [{"role": role, "content": text} for role, text, _ in turns]
    fresh = [{"role": "user", "content": "Good evening."}, {"role": "assistant", "content": "And to you, stranger."}]
    same, edited = ({"messages": rows, "uuid": UUID} for rows in (clean, [*fresh, *clean]))

    assert outcome(bring(dataset, write_rows(tmp_path / "same.jsonl", same))) == (0, 0, 1, 0, 0)
    assert outcome(bring(dataset, write_rows(tmp_path / "edited.jsonl", edited))) == (0, 1, 0, 0, 0)
    assert dataset.snapshot()[entry_id].messages == [*fresh, *messages]


def test_a_uuid_row_that_is_as_it_was_born_leaves_the_edit_made_here(dataset: Dataset, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "x.jsonl", row("a", uuid=UUID))
    (entry_id,) = bring(dataset, path).committed.ids
    edit_answer(dataset, entry_id, "here")

    assert outcome(bring(dataset, path)) == (0, 0, 1, 1, 0)


def test_a_uuid_row_edited_on_both_sides_is_a_conflict(dataset: Dataset, tmp_path: Path) -> None:
    (entry_id,) = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", uuid=UUID))).committed.ids
    edit_answer(dataset, entry_id, "here")

    with refusal(ConflictError, "rows_in_conflict"):
        bring(dataset, write_rows(tmp_path / "y.jsonl", row("a", "there", uuid=UUID)))


def test_what_is_no_uuid_tells_nothing(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", uuid="7")))

    assert outcome(bring(dataset, write_rows(tmp_path / "y.jsonl", row("b", uuid="7")))) == (1, 0, 0, 0, 0)


# ---- a key


def test_a_foreign_id_matches_nothing_by_itself(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", id="0")))

    assert outcome(bring(dataset, write_rows(tmp_path / "y.jsonl", row("b", id="0")))) == (1, 0, 0, 0, 0)


def test_a_key_that_is_named_tells_rows_apart(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", id="one"), row("b", id="two")))

    done = bring(dataset, write_rows(tmp_path / "y.jsonl", row("b2", id="two"), row("a", id="one")), key="id")

    assert outcome(done) == (0, 1, 1, 0, 0)
    assert questions(dataset) == ["a", "b2"]


# ---- names that several share: equal messages win, and nothing else is decided by them

NAMES = [("id", "0", "id"), ("uuid", UUID, None)]
ALLOWED: dict[str, Any] = {"allow": "duplicate_uuid"}


@pytest.mark.parametrize(("field", "name", "key"), NAMES)
def test_rows_whose_name_several_entries_share_are_known_by_their_messages(
    dataset: Dataset, tmp_path: Path, field: str, name: str, key: str | None
) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", *(row(each, **{field: name}) for each in "abc")), **ALLOWED)

    done = bring(dataset, write_rows(tmp_path / "y.jsonl", *(row(each, **{field: name}) for each in "cb")), key=key)

    assert outcome(done) == (0, 0, 2, 0, 0)
    assert questions(dataset) == ["a", "b", "c"]


def test_a_uuid_that_several_entries_share_does_not_name_one(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", uuid=UUID), row("b", uuid=UUID)), **ALLOWED)

    bring(dataset, write_rows(tmp_path / "y.jsonl", row("c", uuid=UUID), row("b", uuid=UUID)), **ALLOWED)

    assert questions(dataset) == ["a", "b", "c"]


@pytest.mark.parametrize("here", [(), ("a", "b"), ("a",), ("b", "a")])
@pytest.mark.parametrize("there", ["ac", "ca", "cd"])
def test_a_key_that_different_rows_share_is_refused_with_its_value(
    dataset: Dataset, tmp_path: Path, here: tuple[str, ...], there: str
) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", *(row(each, id="zero") for each in here), row("z", id="other")))

    with refusal(InvalidError, "name_is_shared") as caught:
        bring(dataset, write_rows(tmp_path / "y.jsonl", *(row(each, id="zero") for each in there)), key="id")

    assert [line.split("   ")[0] for line in caught.value.details] == ["id zero"]
    assert caught.value.hint is not None and "--key" not in caught.value.hint
    assert questions(dataset) == [*here, "z"]


def test_a_key_that_entries_share_is_refused_for_a_single_new_row(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", id="0"), row("b", id="0")))

    with refusal(InvalidError, "name_is_shared"):
        bring(dataset, write_rows(tmp_path / "y.jsonl", row("c", id="0")), key="id")


def test_a_key_that_equal_rows_share_tells_them_in_order(dataset: Dataset, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "x.jsonl", row("a", id="0"), row("a", id="0"))

    assert outcome(bring(dataset, file, key="id")) == (2, 0, 0, 0, 0)
    assert outcome(bring(dataset, file, key="id")) == (0, 0, 2, 0, 0)


@pytest.mark.parametrize("there", [("a2", "a"), ("a2", "a3")])
def test_a_uuid_that_different_rows_share_overwrites_nothing(
    dataset: Dataset, tmp_path: Path, there: tuple[str, ...]
) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", uuid=UUID)))
    file = write_rows(tmp_path / "y.jsonl", *(row(each, uuid=UUID.upper()) for each in there))

    with pytest.raises(RefusedByGateError):  # main holds no uuid twice
        bring(dataset, file)
    bring(dataset, file, **ALLOWED)
    assert questions(dataset) == ["a", *(each for each in there if each != "a")]
    assert bring(dataset, file).unchanged == 2

    assert len(dataset.snapshot()) == 1 + len({*there} - {"a"})


def test_a_uuid_that_different_rows_share_is_no_conflict_with_an_edit_made_here(
    dataset: Dataset, tmp_path: Path
) -> None:
    (entry_id,) = bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", uuid=UUID))).committed.ids
    edit_answer(dataset, entry_id, "here")

    bring(dataset, write_rows(tmp_path / "y.jsonl", row("b", "there", uuid=UUID), row("c", uuid=UUID)), **ALLOWED)

    assert questions(dataset) == ["a", "b", "c"]


def test_a_stream_in_which_different_rows_share_a_uuid_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", uuid=UUID)))

    with refusal(InvalidError, "name_is_shared"):
        dataset.import_file(io.BytesIO(as_lines([row("a2", uuid=UUID), row("a", uuid=UUID)])))

    assert questions(dataset) == ["a"]


def test_a_row_copied_with_our_id_is_new_behind_its_entry_and_refused_before_it(
    dataset: Dataset, tmp_path: Path
) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a"), row("b")))
    first, second = full_rows(dataset, tmp_path / "out.jsonl")
    copied = {**first, "messages": row("a copy")["messages"]}

    with refusal(InvalidError, "name_is_shared"):
        bring(dataset, write_rows(tmp_path / "back.jsonl", copied, first, second))
    assert questions(dataset) == ["a", "b"]
    bring(dataset, write_rows(tmp_path / "back.jsonl", first, copied, second))

    assert questions(dataset) == ["a", "b", "a copy"]


# ---- multisets


@given(
    first=st.lists(st.sampled_from("abc"), max_size=6),
    second=st.lists(st.sampled_from("abc"), max_size=6),
)
@settings(max_examples=25)
def test_equal_rows_match_as_multisets(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("multisets")
    dataset = Dataset.init(folder / "tavern")
    bring(dataset, write_rows(folder / "one.jsonl", *map(row, first)))

    done = bring(dataset, write_rows(folder / "two.jsonl", *map(row, second)))

    both = sum(min(first.count(each), second.count(each)) for each in "abc")
    assert outcome(done) == (len(second) - both, 0, both, 0, 0)
    expected = {each: max(first.count(each), second.count(each)) for each in "abc"}
    assert {each: questions(dataset).count(each) for each in "abc"} == expected


@given(data=st.data())
@settings(max_examples=25)
def test_a_file_imported_again_adds_nothing_whatever_was_edited_or_removed_here(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("again")
    dataset = Dataset.init(folder / "tavern")
    names = data.draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=6))
    (folder / "x.jsonl").write_bytes(as_lines(map(row, names)))
    bring(dataset, folder / "x.jsonl")
    for entry_id in dataset.snapshot().ids():
        done = data.draw(st.sampled_from(("leave", "edit", "remove", "edit and remove")))
        if "edit" in done:
            edit_answer(dataset, entry_id, data.draw(st.sampled_from(("yes", "no"))))
        if "remove" in done:
            dataset.remove([entry_id], Intent("remove", "remove"))
    before = dataset.snapshot().id

    again = bring(dataset, folder / "x.jsonl")

    assert again.committed.commit is None
    assert dataset.snapshot().id == before
    assert again.unchanged + again.removed_before == len(names)


# ---- what stands beside the messages


def test_a_known_row_with_other_tags_changes_nothing_and_that_is_said(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", tags=["x"]), row("b", id="7", score=1)))

    done = bring(dataset, write_rows(tmp_path / "y.jsonl", row("a", tags=["y"]), row("b", id="7", score=2)), key="id")

    assert outcome(done) == (0, 0, 2, 0, 0)
    assert done.notes == (
        "2 rows have the messages of an entry and other tags, keys or order of keys; the entries stay as they are "
        "(rows of a full export bring such changes back)",
    )


@pytest.mark.parametrize("value", [None, "", True, {"a": 1}, [], 1.5])
def test_a_key_that_says_nothing_matches_nothing(dataset: Dataset, tmp_path: Path, value: object) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", row("a", id=value)))

    done = bring(dataset, write_rows(tmp_path / "y.jsonl", row("b", id=value)), key="id")

    assert outcome(done) == (1, 0, 0, 0, 0)
    assert questions(dataset) == ["a", "b"]


# ---- the order of keys inside values


def calling(arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": arguments}}
    first, last = row("Look into the cellar.")["messages"]
    return {"messages": [first, {"role": "assistant", "content": None, "tool_calls": [call]}, last], **more}


def test_a_row_with_its_inner_keys_in_another_order_is_here_already(dataset: Dataset, tmp_path: Path) -> None:
    (entry_id,) = bring(dataset, write_rows(tmp_path / "x.jsonl", calling({"where": 1, "how": 2}))).committed.ids

    done = bring(dataset, write_rows(tmp_path / "y.jsonl", calling({"how": 2, "where": 1})))

    assert outcome(done) == (0, 0, 1, 0, 0)
    assert any("order of keys; the entries stay as they are" in note for note in done.notes)
    entry = dataset.snapshot()[entry_id]
    assert [*entry.messages[1]["tool_calls"][0]["function"]["arguments"]] == ["where", "how"]


def test_a_row_of_ours_brings_its_order_along_like_any_other_edit(dataset: Dataset, tmp_path: Path) -> None:
    bring(dataset, write_rows(tmp_path / "x.jsonl", calling({"where": 1, "how": 2})))
    (full,) = full_rows(dataset, tmp_path / "out.jsonl")
    full["messages"] = calling({"how": 2, "where": 1})["messages"]

    assert outcome(bring(dataset, write_rows(tmp_path / "back.jsonl", full))) == (0, 1, 0, 0, 0)
    (entry,) = (entry for _, entry in dataset.snapshot())
    assert [*entry.messages[1]["tool_calls"][0]["function"]["arguments"]] == ["how", "where"]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_a_row_is_known_by_its_order_at_birth_or_as_earlier_builds_sorted_it(
    dataset: Dataset, tmp_path: Path, order: tuple[str, str]
) -> None:
    def with_meta(*keys: str) -> dict[str, Any]:
        first, last = row("Look into the cellar.")["messages"]
        return {"messages": [{**first, "meta": dict.fromkeys(keys, 1)}, last]}

    source = write_rows(tmp_path / "x.jsonl", with_meta(*order))
    (entry_id,) = bring(dataset, source).committed.ids
    edit_answer(dataset, entry_id, "Wet.")

    assert outcome(bring(dataset, source)) == (0, 0, 1, 1, 0)
    later = bring(dataset, write_rows(tmp_path / "y.jsonl", with_meta("b", "a")))
    assert outcome(later) == (0, 0, 1, 1, 0)
