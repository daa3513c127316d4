"""Two edits of one text: words that do not touch merge, all else is for a person."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.merge.text import merge_text

BASE = 'She lifts the old, heavy lantern from its hook. "Mind the step."'
TEXTS = st.lists(st.sampled_from(["a", "rain", "  ", " ", "\n", ".", '"', "“", "é", "酒"]), max_size=10).map("".join)


def edit(old: str, new: str, text: str = BASE) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("lifts", "takes"), ("step", "stair")),
        (("old", "new"), ("heavy", "light")),
        (("hook", "nail"), ("Mind", "Watch")),
        (("She lifts", "Slowly she lifts"), ('step."', 'step." She smiles.')),
        (("old, heavy ", ""), ("step", "stair")),
    ],
    ids=["far apart", "across a comma", "across a full stop", "first and last sentence", "deletion and edit"],
)
def test_edits_with_something_between_them_merge(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    both = edit(*theirs, text=edit(*ours))

    assert merge_text(BASE, edit(*ours), edit(*theirs)) == both
    assert merge_text(BASE, edit(*theirs), edit(*ours)) == both


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("heavy", "light"), ("heavy", "bright")),
        (("heavy", "light"), ("lantern", "torch")),
        (("heavy lantern", "torch"), ("lantern", "lamp")),
        (('step."', 'step." She smiles.'), ('step."', 'step." She nods.')),
        (("heavy ", ""), ("lantern", "torch")),
    ],
    ids=["one word", "two words that touch", "overlapping", "two endings", "deletion beside an edit"],
)
def test_edits_that_touch_do_not_merge(ours: tuple[str, str], theirs: tuple[str, str]) -> None:
    assert merge_text(BASE, edit(*ours), edit(*theirs)) is None
    assert merge_text(BASE, edit(*theirs), edit(*ours)) is None


def test_an_edit_that_both_made_counts_once() -> None:
    ours, theirs = edit("lantern", "torch"), edit("step", "stair", edit("lantern", "torch"))

    assert merge_text(BASE, ours, theirs) == theirs


def test_what_both_changed_alike_keeps_no_two_edits_apart() -> None:
    base = "one two three and the rest of a long enough sentence"

    assert merge_text(base, edit("one two", "1 2", base), edit("two three", "2 3", base)) is None


def test_a_side_that_wrote_the_text_anew_merges_with_no_edit() -> None:
    anew = "He points at the door and says nothing of the cellar."

    assert merge_text(BASE, anew, edit("lantern", "torch")) is None


@pytest.mark.parametrize(
    ("re_encode", "old", "new"),
    [
        (lambda text: text.replace("\n", "\r\n"), "Mind", "Watch"),
        (lambda text: text.replace(' "', " “").replace('"', "”"), "Mind", "Watch"),
        (lambda text: unicodedata.normalize("NFD", text), "old", "dear"),
        (lambda text: text.replace("  ", " "), "hook", "nail"),
    ],
    ids=["line ends", "quotes", "composed letters", "spaces"],
)
def test_a_text_re_encoded_on_one_side_takes_the_words_of_the_other(re_encode, old: str, new: str) -> None:
    base = 'Où est mon old frère?  He  hangs it on the  hook.\n"Mind the step."\nHe goes.'

    assert merge_text(base, re_encode(base), edit(old, new, base)) == re_encode(edit(old, new, base))


def test_an_edit_of_form_gives_way_to_an_edit_of_words_in_the_same_place() -> None:
    base = "He asks his “frère” for a light, then leaves by the door."

    assert merge_text(base, edit("frère", "fre\u0300re", base), edit("frère", "sister", base)) == edit(
        "frère", "sister", base
    )


@given(TEXTS, TEXTS, TEXTS)
def test_the_sides_can_be_swapped(base: str, ours: str, theirs: str) -> None:
    assert merge_text(base, ours, theirs) == merge_text(base, theirs, ours)


@given(TEXTS, TEXTS)
def test_one_edit_alone_is_taken_as_it_is(base: str, other: str) -> None:
    assert merge_text(base, base, other) == merge_text(base, other, base) == merge_text(base, other, other) == other


SCENE = [
    "The miller sold the lamp.",
    "The miller sold the black horse.",
    '"Nobody asked her."',
    "*It rains on the yard.*",
]
SCENE_IN_CHINESE = [
    "磨坊主昨夜卖掉了那盏灯。",
    "磨坊主昨夜卖掉了黑马。",
    "没有人问过她的兄弟。",
    "院子里下着一场大雨。",
]


@pytest.mark.parametrize("scene", [SCENE, SCENE_IN_CHINESE], ids=["English", "Chinese"])
@pytest.mark.parametrize("space", [" ", "\n\n"], ids=["sentences", "paragraphs"])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([1, 0, 2, 3], [0, 2, 3]),
        ([1, 2, 3, 0], [1, 2, 3]),
        ([1, 2, 3, 0], [1, 2, 0, 3]),
        ([3, 0, 1, 2], [0, 3, 1, 2]),
    ],
    ids=["swapped, deleted", "moved, deleted", "moved down by both", "moved up by both"],
)
def test_a_sentence_moved_by_one_side_and_touched_by_the_other_is_a_conflict(
    scene: list[str], space: str, ours: list[int], theirs: list[int]
) -> None:
    base, one, other = (space.join(scene[n] for n in order) for order in (range(4), ours, theirs))

    assert merge_text(base, one, other) is None
    assert merge_text(base, other, one) is None


@pytest.mark.parametrize(("scene", "is_known"), [(SCENE, True), (SCENE_IN_CHINESE, False)], ids=["English", "Chinese"])
def test_an_edit_stays_in_its_sentence_when_the_next_one_begins_alike(scene: list[str], is_known: bool) -> None:
    base = "".join(scene)
    last = scene[1].replace("miller", "abbot").replace("昨夜", "清晨")
    ours, theirs = "".join([scene[1], scene[0], *scene[2:]]), "".join([scene[0], last, *scene[2:]])
    moved = "".join([*scene[:2], scene[3], scene[2]])

    assert merge_text(base, ours, theirs) == ("".join([last, scene[0], *scene[2:]]) if is_known else None)
    assert merge_text(base, moved, theirs) == "".join([scene[0], last, scene[3], scene[2]])


def test_a_sentence_that_both_moved_stands_once_or_asks() -> None:
    laugh = "*She laughs.* the widow burned a red scarf?"
    scene = [laugh, "*She laughs.* he dreamed of a mirror.", "Her brother never forgot it.", "They slept till noon."]
    one, other = [*scene[1:3], laugh, scene[3]], [*scene[1:], laugh]

    assert merge_text("\n\n".join(scene), "\n\n".join(one), "\n\n".join(other)) is None
    assert merge_text("\n\n".join(scene), "\n\n".join(one), "\n\n".join(one)) == "\n\n".join(one)


def test_what_one_side_deleted_does_not_come_back_where_the_other_moved_and_edited_it() -> None:
    base = "The widow burned a red scarf last night. Her brother never forgot it. They slept till noon."
    ours = "Her brother never forgot it. They slept till noon."
    theirs = "Her brother never forgot it. The widow burned a blue scarf last night. They slept till noon."

    assert merge_text(base, ours, theirs) is None


def test_an_edit_does_not_go_over_to_an_inserted_sentence_that_begins_alike() -> None:
    base = "It rains. *She laughs.* that liar Osric mended the coat?"
    ours = (
        "It rains. *She laughs.* that liar Osric lost a crooked knife? *She laughs.* that liar Osric mended the coat?"
    )
    theirs = base.replace("She laughs", "She always laughs")

    assert merge_text(base, ours, theirs) == ours[:61] + " *She always laughs.* that liar Osric mended the coat?"


def test_a_sentence_that_says_little_of_what_it_said_still_takes_a_word() -> None:
    base = "She took the lamp from the wall and walked into the yard. It rained, and the miller waited for her there."
    ours = base.replace("took the lamp from the wall and walked", "ran like never before and stumbled")

    assert merge_text(base, ours, base.replace("yard", "garden")) == ours.replace("yard", "garden")
