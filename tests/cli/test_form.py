"""The editor form: what a person sees, every edit that must work, and the law that nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.cli.form import (
    FormError,
    blank_form,
    form_heads,
    form_text,
    parse_form,
    parse_new,
    render_form,
)
from rolethread_vcs.model.canonical import decode_entry, encode_entry
from rolethread_vcs.model.entry import Entry

FIXTURES = Path(__file__).parents[2] / "fixtures" / "form"
ID = "00000012-k2x9m3ab"
OTHER = "00000013-00000000"

NASTY = (
    "--- user",
    "=== entry x",
    "\\--- user",
    "\\\\=== y",
    "---",
    "--- ",
    "# a",
    "tags: a",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    " ",
    "\t",
    "\u2028",
    "\u2029",
    "\x85",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x00",
    "\x1b[31m",
    "\u3000",
    "\ufeff",
    "\u202e",
    "\\",
    "\\n",
    "\\x41",
    '"',
    "·",
    "|",
    ",",
    "does not train",
    "json",
    "escaped",
    "no content",
    "(message)",
    "+ x",
    "[2]",
    "mara",
    "é",
    "e\u0301",
    "😀",
)
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=4)), max_size=6).map("".join)
names = st.one_of(st.sampled_from(("user", "assistant", "system", "mara", *NASTY)), texts)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
messages = st.one_of(
    values,
    st.fixed_dictionaries(
        {"role": names},
        optional={
            "content": texts | values,
            "speaker": names | values,
            "train": st.just(False) | values,
            "alternatives": values,
            "name": values,
        },
    ),
)
entries = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(messages, max_size=4) | values,
        "tags": st.lists(names, max_size=3),
        "uuid": texts.filter(bool),
        "extra": st.dictionaries(texts, values, max_size=2),
        "chosen": values,
    },
).map(Entry.of)


def entry_of(*said: Any, **fields: Any) -> Entry:
    return Entry.of({"messages": list(said), **fields})


def says(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


TAVERN = entry_of(
    says("system", "You keep a tavern."),
    says("user", "Is the cellar dry?", speaker="scott"),
    says("assistant", "Dry enough.", speaker="emma", train=False, alternatives=["No."], name="e"),
    tags=["slow_burn", "tavern"],
    extra={"id": "draft-3"},
)


def edited(entry: Entry, old: str, new: str) -> Entry:
    form = render_form([(ID, entry)])
    assert form.count(old) == 1
    return parse_form(form.replace(old, new), {ID: entry})[ID]


@given(st.lists(entries, min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_what_is_rendered_is_read_back_to_the_byte(several: list[Entry]) -> None:
    originals = {f"{number:08d}-00000000": entry for number, entry in enumerate(several)}

    data = render_form(originals.items()).encode("utf-8")
    result = parse_form(form_text(data), originals)

    assert list(result) == list(originals)
    assert [encode_entry(entry) for entry in result.values()] == [encode_entry(entry) for entry in several]


@given(texts)
@settings(max_examples=100, deadline=None)
def test_any_text_survives_an_editor_that_writes_windows_line_ends(text: str) -> None:
    originals = {ID: entry_of(says("user", text), says("assistant", text))}

    data = render_form(originals.items()).replace("\n", "\r\n").encode("utf-8-sig")

    assert parse_form(form_text(data), originals) == originals


@given(texts)
@settings(max_examples=100, deadline=None)
def test_only_the_text_of_a_message_decides_the_message(text: str) -> None:
    originals = {ID: entry_of(says("user", text))}
    stranger = {ID: entry_of(says("user", "something else"))}

    result = parse_form(render_form(originals.items()), stranger)

    assert result == originals


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.json")))
def test_the_form_looks_as_it_always_did(name: str) -> None:
    entry = decode_entry((FIXTURES / f"{name}.json").read_bytes())

    form = render_form([(ID, entry)], revs={ID: "3fa9c1b2d4e5"})

    assert form == (FIXTURES / f"{name}.txt").read_bytes().decode("utf-8")
    assert parse_form(form, {ID: entry}) == {ID: entry}


def test_a_text_can_be_changed() -> None:
    result = edited(TAVERN, "Is the cellar dry?", "Is it\n\n# wet\n?")

    assert result.messages[1] == says("user", "Is it\n\n# wet\n?", speaker="scott")
    assert result.extra == {"id": "draft-3"}


def test_blank_lines_around_a_text_are_layout() -> None:
    result = edited(TAVERN, "Is the cellar dry?", "\n \nIs the cellar dry?\n\n\n")

    assert result == TAVERN


def test_a_block_without_a_number_is_a_new_message() -> None:
    result = edited(TAVERN, "\n--- [2]", "\n--- user | scott\nHello?\n--- [2]")

    assert [message["content"] for message in result.messages] == [
        "You keep a tavern.",
        "Is the cellar dry?",
        "Hello?",
        "Dry enough.",
    ]
    assert result.messages[2] == says("user", "Hello?", speaker="scott")


def test_a_deleted_block_is_a_deleted_message() -> None:
    result = edited(TAVERN, "--- [0] system\nYou keep a tavern.\n\n", "")

    assert result == TAVERN.with_fields(messages=TAVERN.messages[1:])


def test_deleting_every_block_leaves_no_messages() -> None:
    form = render_form([(ID, TAVERN)])

    result = parse_form(form[: form.index("--- [0]")], {ID: TAVERN})

    assert result[ID].messages == []


def test_blocks_can_be_reordered_and_hidden_keys_follow_their_number() -> None:
    form = render_form([(ID, TAVERN)])
    head, first, second, third = (form[: form.index("--- [0]")], *("--- " + part for part in form.split("\n--- ")[1:]))

    result = parse_form("\n".join((head, third, first, second)), {ID: TAVERN})

    assert result[ID].messages == [TAVERN.messages[2], TAVERN.messages[0], TAVERN.messages[1]]


def test_role_speaker_and_training_can_be_changed() -> None:
    result = edited(TAVERN, "assistant · emma · does not train", 'user · trains · "does not train"')

    assert result.messages[2] == says("user", "Dry enough.", speaker="does not train", alternatives=["No."], name="e")


def test_a_speaker_and_the_training_mark_can_be_taken_away() -> None:
    result = edited(TAVERN, "assistant · emma · does not train", "assistant")

    assert result.messages[2] == says("assistant", "Dry enough.", alternatives=["No."], name="e")


@pytest.mark.parametrize("words", ["does not train", "doesn't train", "no training", "Not Train"])
def test_training_can_be_switched_off_in_several_words(words: str) -> None:
    result = edited(TAVERN, "user · scott", f"user · {words} · scott")

    assert result.messages[1]["train"] is False
    assert result.messages[1]["speaker"] == "scott"


def test_tags_can_be_changed_and_removed() -> None:
    assert edited(TAVERN, "tags: slow_burn, tavern", 'tags: tavern, "a, b"').tags == ("a, b", "tavern")
    assert edited(TAVERN, "tags: slow_burn, tavern", "tags:").tags == ()
    assert edited(TAVERN, "tags: slow_burn, tavern\n", "").tags == TAVERN.tags


def test_content_of_parts_is_edited_as_json() -> None:
    entry = entry_of(says("user", [{"type": "text", "text": "hi"}]))

    assert edited(entry, '"hi"', '"ho"').messages[0]["content"] == [{"type": "text", "text": "ho"}]
    assert edited(entry, " · json", "").messages[0]["content"].startswith("[\n")


@pytest.mark.parametrize("content", ["", None, {"missing": True}])
def test_empty_null_and_missing_content_stay_apart(content: Any) -> None:
    entry = entry_of({"role": "assistant"} if content else says("assistant", content))

    assert parse_form(render_form([(ID, entry)]), {ID: entry}) == {ID: entry}


def test_a_text_typed_where_content_was_missing_becomes_the_content() -> None:
    entry = entry_of(says("assistant", None, tool_calls=[]))

    result = edited(entry, "null content · + tool_calls\n", "null content · + tool_calls\nLet me look.\n")

    assert result.messages == [says("assistant", "Let me look.", tool_calls=[])]


def test_an_escape_can_be_edited() -> None:
    entry = entry_of(says("user", "a\rb\n"))

    assert edited(entry, "a\\rb\\n", "a\\x09\\\\b").messages[0]["content"] == "a\t\\b"


def test_a_section_that_is_deleted_leaves_its_entry_alone() -> None:
    form = render_form([(ID, TAVERN), (OTHER, TAVERN)])

    result = parse_form(form[: form.index(f"=== entry {OTHER}")], {ID: TAVERN, OTHER: TAVERN})

    assert result == {ID: TAVERN}


def test_the_heads_name_the_entries_and_what_they_were_made_from() -> None:
    form = render_form([(ID, TAVERN), (OTHER, TAVERN)], revs={ID: "3fa9c1"})

    assert form_heads(form) == [(ID, "3fa9c1"), (OTHER, None)]


def test_a_blank_form_left_alone_is_no_entry() -> None:
    assert parse_new(blank_form()) == []


def test_a_blank_form_becomes_an_entry_without_its_blank_blocks() -> None:
    form = blank_form(tags=["tavern"]).replace("--- user\n", "--- user\nHello?\n")

    result = parse_new(form.replace("--- assistant\n", "--- assistant | emma\nYes.\n"))

    assert result == [entry_of(says("user", "Hello?"), says("assistant", "Yes.", speaker="emma"), tags=["tavern"])]


ANSWER = "--- [2] assistant · emma · does not train · + alternatives, name"


@pytest.mark.parametrize(
    ("old", "new", "line_of", "words"),
    [
        (f"=== entry {ID}", "=== entri", "=== entri", "no '=== entry ID'"),
        (f"=== entry {ID}", f"=== entry {OTHER}", "=== entry", "not among the entries"),
        (f"=== entry {ID}", "=== new entry", "=== new", "rtv add"),
        ("tags: slow_burn", "tag: slow_burn", "tag:", "a text needs a message"),
        ("tags: slow_burn", 'tags: "slow', "tags:", "the quotes"),
        ("--- [1] user · scott", "--- he said", "--- he said", "is no role"),
        ("--- [1] user · scott", "--- asistant", "--- asistant", "did you mean assistant"),
        ("--- [1] user · scott", "--- [7] user", "--- [7]", "there is no message [7]"),
        ("--- [1] user · scott", "--- [0] user", "--- [0] user", "a second time"),
        ("--- [1] user · scott", "--- [1] user · a · b", "--- [1]", "one speaker"),
        ("--- [1] user · scott", "--- [1]", "--- [1]", "needs a role"),
        ("--- [1] user · scott", "--- [1] user · json", "Is the", "this is not JSON"),
        ("Dry enough.", "a\\q", "a\\q", "means nothing"),
    ],
)
def test_a_form_that_does_not_fit_names_its_line(old: str, new: str, line_of: str, words: str) -> None:
    form = render_form([(ID, TAVERN)]).replace(ANSWER, "--- [2] assistant · emma · escaped").replace(old, new)

    with pytest.raises(FormError) as caught:
        parse_form(form, {ID: TAVERN})

    assert words in caught.value.message
    assert form.split("\n")[caught.value.line - 1].startswith(line_of)


def test_a_form_in_another_encoding_names_the_line() -> None:
    with pytest.raises(FormError) as caught:
        form_text("a\nb\ncaf\xe9".encode("latin-1"))

    assert caught.value.line == 3
    assert caught.value.status == 20
