"""Nothing that changed looks the same before and after, in any rendering."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.diff.words import word_changes
from rolethread_vcs.merge.conflict import Conflict, Reason
from rolethread_vcs.model.entry import Entry, is_same
from rolethread_vcs.ops.compare.comparison import ComparedEntry, Comparison
from rolethread_vcs.store.log.unfinished import Labels
from rolethread_vcs.views.diff_html import html_page
from rolethread_vcs.views.diff_layout import BRACKETS, json_text, told_apart, value_lines
from rolethread_vcs.views.diff_markdown import markdown
from rolethread_vcs.views.diff_text import entry_diff_lines
from rolethread_vcs.views.merges import _conflict_block, conflict_lines
from rolethread_vcs.views.terminal_text import STYLES, TO_COLORS, TO_NOTHING, Look, exact_text, safe_text, seen

CAFE, DECOMPOSED = "The café is open.", unicodedata.normalize("NFD", "The café is open.")


def compared(before: dict[str, Any], after: dict[str, Any]) -> ComparedEntry:
    return ComparedEntry.of("00000012-k2x9m3ab", Entry.of(before), Entry.of(after))


def said(content: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": content, **more}]}


def text_lines(each: ComparedEntry, *, color: bool = False) -> list[str]:
    table = TO_COLORS if color else TO_NOTHING
    return [line.translate(table) for line in entry_diff_lines(each, Look(80, color))]


def renderings(each: ComparedEntry) -> dict[str, str]:
    page = Comparison("a", "b", None, None, (), lambda: iter([each]))
    return {
        "text": "\n".join(text_lines(each)),
        "markdown": "".join(markdown(page)),
        "html": unescape(re.sub(r"<(style|script)>.*?</\1>", "", "".join(html_page(page)), flags=re.DOTALL)),
    }


# ---- characters


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb", r"a\u200bb"),
        ("a\xa0b", r"a\xa0b"),
        ("fri\xadend", r"fri\xadend"),
        ("a\ufeffb\u2060c", r"a\ufeffb\u2060c"),
        ("a\u2003b", r"a\u2003b"),
        ("\U000e0041", r"\U000e0041"),
        ("a\u200db", r"a\u200db"),
        ("1\u200d2", r"1\u200d2"),
        ("👩\u200d👩\u200d👧 ☺\ufe0f 1\ufe0f\u20e3", "👩\u200d👩\u200d👧 ☺\ufe0f 1\ufe0f\u20e3"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Bonjour\u202f! «\xa0oui\xa0»", "Bonjour\u202f! «\xa0oui\xa0»"),
        ("日本\u3000語", "日本\u3000語"),
        ("café\ttab", "café\ttab"),
    ],
)
def test_what_is_not_seen_is_named_unless_it_does_what_it_is_for(text: str, shown: str) -> None:
    assert safe_text(text) == shown
    assert safe_text(shown) == shown


def test_spelled_out_every_character_that_looks_like_another_is_named() -> None:
    assert exact_text("e\u0301 \u212b a\tb \x1b ☺\ufe0f") == r"e\u0301 \u212b a\tb \x1b ☺\ufe0f"
    assert exact_text("café 한국 日本") == "café 한국 日本"
    assert seen(CAFE) == seen(DECOMPOSED) != seen("The cafe is open.")


tricky = st.text(
    st.sampled_from("ab é\u0301e\xa0\u200b\u200d\ufe0f☺👩\xad\u212bÅ\t한\u1112\u1161\u3000\u2003."), max_size=12
)


@given(tricky, tricky)
def test_two_texts_that_differ_do_not_look_alike(before: str, after: str) -> None:
    pieces = list(told_apart(word_changes(before, after)))

    one, other = (
        "".join(safe_text(text) for kind, text in pieces if kind in ("equal", side)) for side in ("delete", "insert")
    )

    assert (one == other) == (before == after)


scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-1, 1, width=16) | tricky
texts_like_values = st.sampled_from(["null", "true", "1", "-0.5", "", " ", '"a"', "[1]", "{}", "(nothing)", '" a"b"'])
values = st.recursive(
    scalars | texts_like_values, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(tricky, inner, max_size=2)
)


@given(values, values)
def test_two_values_that_differ_do_not_look_alike(before: Any, after: Any) -> None:
    changed = compared({"messages": [], "extra": {"a": before}}, {"messages": [], "extra": {"a": after}})

    lines = list(value_lines(changed.diff))

    assert bool(lines) == (not is_same(before, after))
    assert all(safe_text(one) != safe_text(other) for _, one, other in lines)


# ---- messages and fields


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (None, "", ("null", '""')),
        ("", "null", ("(empty)", "null")),
        (None, "null", ("null", '"null"')),
        (1, "1", ("1", '"1"')),
        (True, "true", ("true", '"true"')),
        ([{"type": "text", "text": "x"}], "x", ('[{"type":"text","text":"x"}]', "x")),
    ],
)
def test_a_content_of_another_type_is_seen(before: Any, after: Any, shown: tuple[str, str]) -> None:
    lines = text_lines(compared(said(before), said(after)))

    assert lines[3:] == [f"  -     {shown[0]}", f"  +     {shown[1]}"]


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("a b", "a\xa0b", r"\xa0"),
        ("Hello there", "Hello\u200b there", r"\u200b"),
        ("my friend is here", "my fri\xadend is here", r"fri\xadend"),
        ("ok, I go", "ok,  I go", "  "),
        ("a\tb", "a    b", r"\t"),
        (CAFE, DECOMPOSED, r"cafe\u0301"),
        ("Å", "\u212b", r"\u212b"),
        ("é", "e\u0301", r"e\u0301"),
        ("☺ family", "☺\ufe0f family", r"\ufe0f"),
    ],
)
def test_a_change_that_nobody_sees_is_seen_in_every_rendering(before: str, after: str, named: str) -> None:
    for changed in (
        compared(said(before), said(after)),
        compared(said("x", note=before), said("x", note=after)),
        compared({"messages": [], "note": before}, {"messages": [], "note": after}),
    ):
        for name, page in renderings(changed).items():
            assert named in page, (name, page)


def test_a_change_of_the_unicode_form_alone_says_so() -> None:
    changed = compared(said(CAFE), said(DECOMPOSED))

    assert text_lines(changed) == [
        "~ 00000012-k2x9m3ab  [1] edited in its Unicode form only",
        "    [0] user  q",
        "  ~ [1] assistant (only its Unicode form: NFC → NFD)",
        r"        The [-café-]{+cafe\u0301+} is open.",
    ]
    assert all("only its Unicode form: NFC → NFD" in page for page in renderings(changed).values())


def test_a_message_without_text_shows_what_it_has() -> None:
    calls = [{"id": "c1"}]
    empty = {"messages": [{"role": "user", "content": "q"}]}

    came = compared(empty, said(None, tool_calls=calls))

    assert text_lines(came)[2:] == ["  + [1] assistant", '        tool_calls: [{"id":"c1"}]']
    assert '+     tool_calls: [{"id":"c1"}]' in renderings(came)["markdown"]
    assert 'tool_calls: <ins>[{"id":"c1"}]</ins>' in renderings(came)["html"]
    assert text_lines(compared(empty, said(None)))[2:] == ["  + [1] assistant", "  +     (null)"]
    assert text_lines(compared(empty, said("")))[2:] == ["  + [1] assistant", "  +     (empty)"]
    beside = compared(said(None, tool_calls=calls), {**said(None, tool_calls=calls), "tags": ["a"]})
    assert "tags +a" in text_lines(beside)[0]


def test_a_message_that_comes_or_goes_shows_all_its_fields() -> None:
    empty = {"messages": [{"role": "user", "content": "q"}]}

    gone = compared(said("x", reasoning_content="why"), empty)

    assert text_lines(gone)[2:] == ["  - [1] assistant", "  -     x", "        reasoning_content: why"]


def test_a_message_that_others_passed_is_not_said_to_have_been_elsewhere() -> None:
    texts = [
        "You keep an inn.",
        "Is there a bed left?",
        "One. The window sticks.",
        "Has the ferry gone?",
        "An hour back. Sit.",
    ]
    roles = ["system", "user", "assistant", "user", "assistant"]
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
    swapped = [messages[place] for place in (0, 1, 4, 3, 2)]

    changed = compared({"messages": messages}, {"messages": swapped})

    moves = [line for line in text_lines(changed) if line.startswith("  >")]
    assert moves == ["  > [2] assistant (was [4])", "  > [3] user (others moved past it)"]
    assert all("others moved past it" in page and "was [3]" not in page for page in renderings(changed).values())


def test_a_long_value_shows_where_it_changed() -> None:
    before = "The rain had not stopped for nine days, and the river stood high under the old bridge. " * 2
    changed = compared({"messages": [], "note": before + "No."}, {"messages": [], "note": before + "Yes."})

    lines = text_lines(changed)

    assert lines[1] == "    extra.note:"
    assert lines[-1].endswith("[-No-]{+Yes+}.")


MESSAGE = {"role": "assistant", "content": "One."}


@pytest.mark.parametrize("base", [ABSENT, "the base", None, []])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (None, "null"),
        (1, "1"),
        ("a b", "a\xa0b"),
        (CAFE, DECOMPOSED),
        (["a"], '["a"]'),
        ([MESSAGE], [{**MESSAGE, "train": False}]),
        ([MESSAGE], [{**MESSAGE, "tool_calls": [{"id": "c"}]}]),
        ([{**MESSAGE, "content": None}], [{**MESSAGE, "content": ""}]),
    ],
)
def test_the_sides_of_a_conflict_do_not_look_alike(base: Any, ours: Any, theirs: Any) -> None:
    conflict = Conflict("extra.note", "value", base, ours, theirs)

    lines = [line.translate(TO_NOTHING) for line in _conflict_block(conflict, Labels("main", "warm", "base"), Look(80))]

    at = lines.index("    warm")
    one, other = (re.sub(r"\[-.*?-\]|\{\+|\+\}", "", "\n".join(side)) for side in (lines[2:at], lines[at + 1 :]))
    assert seen(one) != seen(other)
    assert "as it was" not in one + other or base is ours


def test_the_reasons_of_conflicts_are_cut_to_a_terminal_and_never_in_a_pipe() -> None:
    conflict = Conflict("messages[3]", Reason.BOTH_INSERTED, id="00000012-k2x9m3ab")

    (shown,), (piped,) = (
        conflict_lines([conflict], Look(60, is_terminal=is_terminal).room) for is_terminal in (True, False)
    )

    assert shown.endswith("…")
    assert piped.endswith(Reason.BOTH_INSERTED.sentence)


def test_a_text_that_reads_like_another_value_stands_in_quotes() -> None:
    shown = {json_text(value) for value in (None, "null", 1, "1", True, "true", "", " ", [], "[]", "a b", "(smiles)")}

    assert shown == {"null", '"null"', "1", '"1"', "true", '"true"', '""', '" "', "[]", '"[]"', "a b", "(smiles)"}


# ---- colours


def test_words_are_told_apart_without_their_colours() -> None:
    line = text_lines(compared(said("Is it the old one, then?"), said("Is it the new one, then?")), color=True)[-1]

    assert "the \x1b[9;31mold\x1b[0m\x1b[4;32mnew\x1b[0m one" in line


def test_what_came_and_went_has_no_speakers_colour() -> None:
    hue = {name: int(codes.split(";")[-1]) % 10 for name, codes in STYLES.items()}

    for style in ("added", "removed", "inserted", "deleted"):
        assert hue[style] not in {hue[role] for role in ("system", "user", "assistant", "tool", "role")}


def test_without_colours_words_stand_in_brackets() -> None:
    changed = compared(said("Is it the old one, then?"), said("Is it the new one, then?"))

    for words in ("auto", "color", "plain"):
        lines = [line.translate(TO_NOTHING) for line in entry_diff_lines(changed, Look(80), words)]
        assert lines[-1] == f"        Is it the {BRACKETS['delete'] % 'old'}{BRACKETS['insert'] % 'new'} one, then?"
