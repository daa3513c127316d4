"""Edits of one field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal

from rolethread_vcs import Entry
from rolethread_vcs.errors import InvalidError, NotFoundError, UsageError
from rolethread_vcs.model.layout import fold
from rolethread_vcs.ops.edit.field_edits import FieldEdit

ID = "00000012-k2x9m3ab"
TALK = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "name": "kept"}]


def edited(fields: Any, **changes: Any) -> Any:
    return FieldEdit(**changes).apply(ID, Entry.of(fields)).fields


def test_what_is_not_named_stays() -> None:
    fields = {"messages": TALK, "tags": ["x"], "extra": {"id": 7}}

    assert edited(fields, message=1, content="b") == {
        **fields,
        "messages": [TALK[0], {"role": "assistant", "content": "b", "name": "kept"}],
    }


@pytest.mark.parametrize(
    ("messages", "text", "expected"),
    [
        (TALK, "s", [{"role": "system", "content": "s"}, *TALK]),
        (
            [{"role": "system", "content": "old", "x": 1}, *TALK],
            "s",
            [{"role": "system", "content": "s", "x": 1}, *TALK],
        ),
        ([TALK[0], {"role": "system", "content": "old"}], "s", [TALK[0], {"role": "system", "content": "s"}]),
        ([{"role": "system", "content": "old"}, *TALK], "", TALK),
        (TALK, "", TALK),
        ([], "s", [{"role": "system", "content": "s"}]),
    ],
)
def test_the_system_message(messages: Any, text: str, expected: Any) -> None:
    assert edited({"messages": messages}, system=text) == {"messages": expected}


def test_the_number_of_a_message_is_the_one_that_was_seen() -> None:
    assert edited({"messages": TALK}, message=0, content="new", system="s")["messages"][1]["content"] == "new"


@pytest.mark.parametrize("number", [-1, 2, 99])
def test_a_message_that_is_not_there_is_not_found(number: int) -> None:
    with refusal(NotFoundError, "no_such_message"):
        edited({"messages": TALK}, message=number, content="x")


@pytest.mark.parametrize("fields", [{"messages": "text"}, {"messages": ["text"]}, {"messages": {"role": "user"}}])
def test_messages_that_are_none_are_left_to_the_editor(fields: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        edited(fields, message=0, content="x")

    assert caught.value.hint == f"rtv edit {ID}   opens it in an editor"


@pytest.mark.parametrize(
    "changes",
    [
        {"content": "x"},
        {"train": False},
        {"message": 0},
        {"add_tags": ("a",), "remove_tags": ("a",)},
        {"add_tags": ("",)},
        {"remove_tags": (" ",)},
        {"add_tags": 5},
        {"add_tags": [None]},
    ],
)
def test_an_edit_that_means_nothing_is_a_usage_error(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        FieldEdit(**changes)


@pytest.mark.parametrize("one", ["x y", ["x y"], {"x y"}, ("x y",), (tag for tag in ["x y"])])
def test_one_tag_is_one_and_not_its_letters(one: Any) -> None:
    edit = FieldEdit(add_tags=one, remove_tags=None if one == "x y" else "y")  # type: ignore[arg-type]

    assert edit.apply(ID, Entry({"messages": TALK, "tags": ["x", "y"]})).tags == (
        ("x", "x y", "y") if one == "x y" else ("x", "x y")
    )


def test_tags_are_compared_as_they_are_stored() -> None:
    assert edited({"messages": [], "tags": ["caf\u00e9", "b"]}, remove_tags=("cafe\u0301",))["tags"] == ["b"]


@pytest.mark.parametrize(
    ("removed", "added", "left"),
    [
        ("inn", (), ["caf\u00e9"]),
        (" INN ", (), ["caf\u00e9"]),
        ("inn", ("Inn",), ["Inn", "caf\u00e9"]),
        ("CAFE\u0301", (), ["Inn", "inn"]),
        ("nowhere", (), ["Inn", "caf\u00e9", "inn"]),
    ],
)
def test_a_tag_is_removed_in_any_case(removed: str, added: tuple[str, ...], left: list[str]) -> None:
    fields = {"messages": TALK, "tags": ["Inn", "inn", "caf\u00e9"]}

    assert edited(fields, remove_tags=(removed,), add_tags=added)["tags"] == left


@pytest.mark.parametrize(
    ("added", "tags"),
    [
        (("INN",), ["Inn", "caf\u00e9", "inn"]),
        (("Cafe\u0301 ", "wet", "Wet"), ["Inn", "caf\u00e9", "inn", "wet"]),
        (("inns",), ["Inn", "caf\u00e9", "inn", "inns"]),
    ],
)
def test_a_tag_that_is_there_in_any_case_is_not_added_once_more(added: tuple[str, ...], tags: list[str]) -> None:
    assert edited({"messages": TALK, "tags": ["Inn", "inn", "caf\u00e9"]}, add_tags=added)["tags"] == tags


def test_tags_have_no_white_space_around_them() -> None:
    assert Entry({"tags": [" wet ", "wet", "\u00a0", "a b\n"]}).tags == ("a b", "wet")


@given(st.lists(st.text(min_size=1).filter(str.strip), max_size=5), st.lists(st.text(min_size=1).filter(str.strip)))
def test_adding_tags_and_taking_them_away_leaves_the_others(old: list[str], new: list[str]) -> None:
    entry = Entry.of({"messages": TALK, "tags": old})
    used = set(map(fold, entry.tags))
    by_fold = {fold(tag): tag for tag in Entry.of({"tags": new}).tags}  # of two that differ in case one is added
    fresh = tuple(tag for word, tag in by_fold.items() if word not in used)

    added = FieldEdit(add_tags=fresh).apply(ID, entry) if fresh else entry
    back = FieldEdit(remove_tags=fresh).apply(ID, added) if fresh else added

    assert back == entry
    assert set(added.tags) == {*entry.tags, *fresh}
