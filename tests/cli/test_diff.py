"""`rtv diff`: words in, text, figures, JSON or Markdown out."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from reading_steps import Rtv, change, edit_by_hand, said

from rolethread_vcs import Dataset
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.ops.compare.comparison import ComparedEntry
from rolethread_vcs.views.diff_layout import Words
from rolethread_vcs.views.diff_text import entry_diff_lines
from rolethread_vcs.views.terminal_text import Look

ID = "00000012-k2x9m3ab"
HOSTILE = "\x1b[31mred\x1b]0;title\x07 \u202etxt"


def talk(*texts: str, **more: Any) -> dict[str, Any]:
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)], **more}


def lines(before: Any, after: Any, *, width: int = 80, color: bool = False, words: Words = "auto") -> list[str]:
    """Return the lines about one entry, without their style marks."""
    sides = (None if side is None else Entry.of(side) for side in (before, after))
    marked = entry_diff_lines(ComparedEntry.of(ID, *sides), Look(width, color), words)
    return ["".join(each for each in line if not 0xFDD0 <= ord(each) < 0xFDF0) for line in marked]


# ---- one entry as text


def test_a_changed_word_stands_in_its_text_with_its_neighbours_around() -> None:
    before = talk("Hello.", "Evening.", "Is the old cellar dry?", "Dry enough for the barrels.", "Good.", "Yes.", "Oh.")
    after = talk("Hello.", "Evening.", "Is the old cellar dry?", "Dry enough for my barrels.", "Good.", "Yes.", "Oh.")

    assert lines(before, after) == [
        f"~ {ID}  [3] edited",
        "    … 2 unchanged",
        "    [2] user  Is the old cellar dry?",
        "  ~ [3] assistant",
        "        Dry enough for [-the-]{+my+} barrels.",
        "    [4] user  Good.",
        "    … 2 unchanged",
    ]


def test_a_text_that_hardly_stayed_is_shown_as_an_old_and_a_new_one() -> None:
    assert lines(talk("q", "Nobody comes here."), talk("q", "The ferry is late again, as ever.")) == [
        f"~ {ID}  [1] edited",
        "    [0] user  q",
        "  ~ [1] assistant",
        "  -     Nobody comes here.",
        "  +     The ferry is late again, as ever.",
    ]


def test_words_can_be_asked_for_in_brackets_or_not_at_all() -> None:
    before, after = talk("Is it dry?"), talk("Is it wet?")

    assert lines(before, after, words="plain")[-1] == "        Is it [-dry-]{+wet+}?"
    assert lines(before, after, words="none")[-2:] == ["  -     Is it dry?", "  +     Is it wet?"]
    assert lines("a b" and talk("a b"), talk("c d"), words="plain")[-1] == "        [-a b-]{+c d+}"


def test_an_order_of_keys_alone_is_told_as_that() -> None:
    calls = [{"function": {"name": "look", "arguments": {"where": 1, "how": 2}}}]
    turned = [{"function": {"name": "look", "arguments": {"how": 2, "where": 1}}}]
    before = {"messages": [{"role": "assistant", "content": "Wait.", "tool_calls": calls}], "tools": calls}
    after = {"messages": [{"role": "assistant", "content": "Wait.", "tool_calls": turned}], "tools": turned}

    assert lines(before, after, width=120) == [
        f"~ {ID}  [0] tool_calls (key order), extra.tools[0].function.arguments (key order)",
        "  ~ [0] assistant",
        "        Wait.",
        "        tool_calls[0].function.arguments (key order): where, how → how, where",
        "    extra.tools[0].function.arguments (key order): where, how → how, where",
    ]


def test_with_colours_there_are_no_brackets() -> None:
    assert lines(talk("Is it dry?"), talk("Is it wet?"), color=True)[-1] == "        Is it drywet?"
    assert lines(talk("Is it dry?"), talk("Is it wet?"), color=True, words="plain")[-1].endswith("[-dry-]{+wet+}?")


def test_insertions_removals_and_moves_are_told() -> None:
    one, two, three = "The first thing that is said.", "The second thing that is said here.", "A third one, at the end."
    before = {"messages": [{"role": "user", "content": text} for text in (one, two, three)]}
    after = {"messages": [{"role": "user", "content": text} for text in (three, one, two, "And one more?")]}

    shown = lines(before, after)

    assert shown[0] == f"~ {ID}  [3] added, [0] moved"
    assert shown[1:3] == ["  > [0] user (was [2])", "        A third one, at the end."]
    assert shown[-2:] == ["  + [3] user", "  +     And one more?"]


def test_attributes_tags_and_fields_are_told_with_both_values() -> None:
    before = talk("q", "a", tags=["draft", "inn"], extra={"rating": 3, "note": "old"}, uuid="u1")
    after = talk("q", "a", tags=["inn", "warm"], extra={"rating": 4, "new": None}, uuid="u2")
    after["messages"][1] |= {"speaker": "mara", "train": False}

    assert lines(before, after) == [
        f"~ {ID}  [1] speaker and train, tags +warm -draft, uuid, extra.new,…",
        "    [0] user  q",
        "  ~ [1] mara (assistant) (does not train)",
        "        a",
        "        speaker: (nothing) → mara",
        "        train: true → false",
        "    tags +warm -draft",
        "    uuid: u1 → u2",
        "    extra.new: (nothing) → null",
        "    extra.note: old → (nothing)",
        "    extra.rating: 3 → 4",
    ]


def test_the_sides_of_a_preference_are_told_under_their_name() -> None:
    reply = {"role": "assistant", "content": "Dry enough for the barrels."}
    before = talk("q", chosen=[reply])
    after = talk("q", chosen=[reply | {"content": "Dry enough for the old barrels."}])

    assert lines(before, after) == [
        f"~ {ID}  chosen [0] edited",
        "    chosen",
        "  ~ [0] assistant",
        "        Dry enough for the {+old +}barrels.",
    ]


def test_an_added_entry_is_shown_whole_and_a_removed_one_too() -> None:
    assert lines(None, talk("q", tags=["inn"], extra={"a": 1})) == [
        f"+ {ID}  1 message #inn",
        "  + [0] user",
        "  +     q",
        "    extra.a: 1",
    ]
    assert lines(talk("q\n\nr"), None) == [f"- {ID}  1 message", "  - [0] user", "  -     q", "  -", "  -     r"]


def test_a_long_text_is_shown_around_its_change() -> None:
    start, end = "begin " * 200, "finish " * 200

    (text,) = ["\n".join(lines(talk(start + "dry " + end), talk(start + "wet " + end))[2:])]

    assert "… begin" in text
    assert "finish …" in text.replace("\n", " ") or "finish\n" in text
    assert len(text) < 700


def test_no_line_is_wider_than_asked_for() -> None:
    wide = "日本語の文章。" * 30
    shown = lines(talk("word " * 80, wide), talk("word " * 40 + "dry " + "word " * 40, wide + "終"), width=50)

    from rolethread_vcs.views.terminal_text import width_of

    assert max(map(width_of, shown)) <= 50


@pytest.mark.parametrize("color", [True, False])
def test_content_never_steers_the_terminal(color: bool) -> None:
    before = talk("Is the cellar dry?", HOSTILE, tags=[HOSTILE], extra={HOSTILE: HOSTILE})
    after = talk("Is the cellar dry?", HOSTILE + " more", tags=["x"], extra={HOSTILE: 2})
    after["messages"][0]["speaker"] = HOSTILE

    text = "\n".join(lines(before, after, color=color) + lines(None, before) + lines(after, None))

    assert not any(each in text for each in "\x1b\x07\u202e")
    assert "\\x1b[31mred" in text


def test_messages_that_are_no_messages_are_shown() -> None:
    shown = lines({"messages": ["a", {"content": None}]}, {"messages": ["b", {"content": [{"type": "x"}]}]})

    assert shown[0].startswith(f"~ {ID}  [0] [1] added, [0] [1] removed")
    assert lines({"messages": []}, {"messages": "text"})[1:] == ["    messages: [] → text"]


# ---- the command


def test_hand_edits_are_shown_without_words(rtv: Rtv, dataset: Dataset) -> None:
    edit_by_hand(dataset, 2)
    first = dataset.snapshot().ids()[1]

    answer = rtv("diff")

    assert answer.status == 0
    assert answer.out.splitlines() == [
        f"~ {first}  [1] edited",
        "    [0] user  Who mends the clock?",
        "  ~ [1] assistant",
        "  -     Dry enough.",
        "  +     Wet, by now.",
    ]
    assert answer.err == "main → main with unsaved edits: 1 entry: 1 changed\n"


def test_the_status_tells_of_differences_when_asked_to(rtv: Rtv, dataset: Dataset) -> None:
    assert rtv("diff", "--exit-code").status == 0
    edit_by_hand(dataset, 2)

    statuses = [rtv("diff", "--exit-code", *more).status for more in ((), ("--json",), ("--stat",), ("--markdown",))]

    assert statuses == [1, 1, 1, 1]
    assert rtv("diff", "--exit-code", "--json-lines").status == 1
    assert rtv("diff", "--exit-code", "--only", "added").status == 0
    assert rtv("diff").status == 0


def test_words_behind_two_dashes_are_entries(rtv: Rtv, dataset: Dataset) -> None:
    one, two = (change(dataset, number, f"Question {number}?") for number in (1, 2))

    heads = rtv("diff", "@~2", "@", "--brief").out.splitlines()

    assert [head.split()[1] for head in heads] == [one, two]
    assert [line.split()[1] for line in rtv("diff", "@~2", "--brief", "--", "2").out.splitlines()] == [two]
    assert rtv("diff", "@~2", "--", "9").status == 40
    assert rtv("diff", "2").err.splitlines()[-1] == "hint: rtv diff -- 2"


def test_a_query_and_kinds_choose(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "Is the attic dry?")
    dataset.remove(dataset.snapshot().with_number(2), _intent())

    assert len(rtv("diff", "@~2", "@", "--brief", "--where", "attic").out.splitlines()) == 1
    assert rtv("diff", "@~2", "@", "--brief", "--only", "removed").out.startswith("- 00000002-")
    assert rtv("diff", "--only", "gone").status == 2


def _intent() -> Any:
    from rolethread_vcs.transaction import Intent

    return Intent("remove", "remove")


def test_the_envelope_has_what_the_design_promises(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = change(dataset, 1, "Is the old cellar dry?")

    value = rtv("diff", "@~1", "main", "--json").json("rolethread.diff/v1")

    assert (value["from"], value["to"]) == ("main~1", "main")
    assert value["to_commit"] == dataset.snapshot().id
    assert value["summary"] == {"added": 0, "removed": 0, "changed": 1, "moved": 0}
    (entry,) = value["entries"]
    assert (entry["id"], entry["change"], entry["tags"]) == (entry_id, "changed", {"added": [], "removed": ["tavern"]})
    assert entry["messages"] == [
        {
            "op": "edit",
            "before": {"index": 0, "message": {"role": "user", "content": "Is the cellar dry?"}},
            "after": {"index": 0, "message": {"role": "user", "content": "Is the old cellar dry?"}},
            "words": [["equal", "Is the "], ["insert", "old "], ["equal", "cellar dry?"]],
            "attributes": [],
            "reordered": [],
        }
    ]


def test_what_is_absent_is_null_in_json(rtv: Rtv, dataset: Dataset) -> None:
    with dataset.edit() as edit:
        (first,) = dataset.snapshot().with_number(1)
        edit.put(first, {**said("Is it dry?"), "extra": {"a": 1}, "uuid": "u"})
        edit.add(said("new"))

    changed, added = rtv("diff", "@~1", "--json").json("rolethread.diff/v1")["entries"]

    assert {"field": "uuid", "before": None, "after": "u"} in changed["fields"]
    assert changed["extra"] == [{"path": ["a"], "before": None, "after": 1, "reordered": False}]
    assert [each["before"] for each in added["messages"]] == [None, None]


def test_json_lines_give_one_entry_a_line(rtv: Rtv, dataset: Dataset) -> None:
    ids = [change(dataset, number, f"Question {number}?") for number in (1, 2)]
    dataset.settings.set("gate.rules.empty_message", "warning")

    rows = [json.loads(line) for line in rtv("diff", "@~3", "@", "--json-lines").out.splitlines()]

    assert [row.get("id", row.get("path")) for row in rows] == [*ids, "rolethread.toml"]


def test_rows_of_a_file_have_a_line_and_no_id(rtv: Rtv, dataset: Dataset) -> None:
    rows = [said("Is the cellar dry?"), said("Is there a ghost?"), said("Where is the key?")]
    (dataset.folder / "old.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    value = rtv("diff", "old.jsonl", "@", "--json").json("rolethread.diff/v1")

    assert value["from"] == "old.jsonl"
    assert [(each["id"], each["change"], each["lines"]["before"]) for each in value["entries"]] == [
        (None, "removed", 2),
        (dataset.snapshot().ids()[1], "added", None),
    ]


def test_standard_input_is_a_side(rtv: Rtv, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(json.dumps(said(q)) + "\n" for q in ("Is the cellar dry?", "Who mends the clock?"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(rows.encode())))

    answer = rtv("diff", "-", "@", "--brief")

    assert answer.out.startswith("+ 00000003-")
    assert answer.err.splitlines()[-1] == "standard input → main: 1 entry: 1 added"


def test_figures_are_told_by_tag_and_speaker(rtv: Rtv, dataset: Dataset) -> None:
    with dataset.edit() as edit:
        edit.add(said("Is there a ghost?", "Only in winter, and only one.", tags=["ghost"]))

    assert rtv("diff", "@~1", "--stat").out.splitlines() == [
        "entries    +1",
        "messages   +2",
        "words     +10",
        "",
        "entries by tag",
        "#ghost  +1",
        "",
        "messages by speaker",
        "assistant  +1",
        "user       +1",
        "",
        "words by speaker",
        "assistant  +6",
        "user       +4",
    ]
    stat = rtv("diff", "@~1", "--stat", "--json").json("rolethread.diff/v1")["stat"]
    assert stat["words"] == {"added": 10, "removed": 0}
    assert stat["tags"] == {"ghost": {"added": 1, "removed": 0, "changed": 0, "moved": 0}}


def test_other_files_are_told_line_by_line(rtv: Rtv, dataset: Dataset) -> None:
    dataset.settings.set("gate.rules.empty_message", "warning")

    answer = rtv("diff", "@~1", "@")

    assert answer.out.splitlines()[0] == "~ rolethread.toml"
    assert '  + empty_message = "warning"' in answer.out.splitlines()
    assert answer.err.splitlines()[-1] == "main~1 → main: no entry differs; 1 other file"


def test_a_tag_is_told_value_by_value(rtv: Rtv, dataset: Dataset) -> None:
    file = dataset.folder / "tags/tavern.json"
    file.parent.mkdir()
    file.write_text('{"name": "Tavern", "aliases": ["Inn"], "category": "places"}')
    rtv("commit")
    file.write_text('{"name": "Tavern", "aliases": ["Inn", "Pub"], "color": "red"}')

    answer = rtv("diff")
    (value,) = rtv("diff", "--json").json("rolethread.diff/v1")["files"]

    assert answer.out.splitlines() == [
        "~ tags/tavern.json  tag Tavern",
        "  + aliases[1]: Pub",
        "  - category: places",
        "  + color: red",
    ]
    assert (value["title"], value["changes"][1]) == (
        "tag Tavern",
        {"path": ["category"], "before": "places", "after": None, "reordered": False},
    )


def test_many_moves_are_folded(rtv: Rtv, dataset: Dataset) -> None:
    from rolethread_vcs.model.order import Order

    with dataset.edit() as edit:
        ids = [edit.add(said(f"Question {number}?")) for number in range(60)]
    order = Order().move_after(ids[:25][::-1], ids[-1], next_id=None).encode()
    assert order is not None
    (dataset.folder / "order.json").write_bytes(order)

    answer = rtv("diff")

    assert sum(line.startswith("> ") for line in answer.out.splitlines()) == 20
    assert "more that only moved" in answer.err
    assert answer.out.splitlines()[0].split("  ")[1].startswith("moved to another place in the order: Question")


def test_renderings_exclude_each_other(rtv: Rtv) -> None:
    answer = rtv("diff", "--markdown", "--json-lines")

    assert answer.status == 2
    assert "--json-lines and --markdown do not go together" in answer.err


def test_colours_mark_words_without_brackets(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "Is the old cellar dry?")

    assert "Is the \x1b[4;32mold \x1b[0mcellar dry?" in rtv("diff", "@~1", "--color", "always").out


def test_a_name_that_is_a_branch_and_a_file_is_status_2(rtv: Rtv, dataset: Dataset) -> None:
    (dataset.folder / "main").write_text(json.dumps(said("q")), encoding="utf-8")

    answer = rtv("diff", "main", "@")

    assert answer.status == 2
    assert "the file is ./main" in answer.err
    assert rtv("diff", "./main", "@").status == 0


# ---- Markdown


def test_markdown_is_a_comment_for_a_review(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = change(dataset, 1, "Is the old cellar dry?")

    assert rtv("diff", "@~1", "@", "--markdown").out.splitlines() == [
        "### `main~1` → `main`",
        "",
        "1 entry: 1 changed",
        "",
        f"**~** `{entry_id}` `[0] edited, tags -tavern`",
        "```diff",
        "! [0] user",
        "!     Is the {+old +}cellar dry?",
        "  [1] assistant Dry enough.",
        "- tag tavern",
        "```",
        "",
    ]


def test_content_does_not_escape_its_block_of_code(rtv: Rtv, dataset: Dataset) -> None:
    with dataset.edit() as edit:
        edit.add(said("```\n@everyone <img src=x>\n````js", tags=["`x` @you"]))

    out = rtv("diff", "@~1", "@", "--markdown").out.splitlines()

    assert "`````diff" in out
    assert out.count("`````") == 1
    assert any(line.endswith("`` 2 messages #`x` @you ``") for line in out)


def test_markdown_ends_before_it_is_too_long_for_a_comment(rtv: Rtv, dataset: Dataset) -> None:
    with dataset.edit() as edit:
        for number in range(40):
            edit.add(said(f"Question {number}? " * 200))

    out = rtv("diff", "@~1", "@", "--markdown").out

    assert len(out) < 65_536
    assert out.rstrip().endswith("more; a comment has room for no more")


def test_a_file_in_the_working_folder_is_found_from_there(rtv: Rtv, dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    path.write_text(json.dumps(said("Is the cellar dry?")), encoding="utf-8")

    assert rtv("diff", str(path), "@", "--brief").out.count("+ ") == 2
    assert rtv("diff", "../old.jsonl", "@", "--brief").out.count("+ ") == 2


def test_figures_of_nothing_are_a_sentence(rtv: Rtv, dataset: Dataset) -> None:
    answer = rtv("diff", "@", "@", "--stat")

    assert (answer.status, answer.out, answer.err) == (0, "", "main → main: no entry differs\n")


def test_without_hand_edits_a_bare_diff_says_that_there_are_none(rtv: Rtv, dataset: Dataset) -> None:
    sentence = "nothing is edited by hand on main; rtv diff REV compares with an earlier state\n"

    assert rtv("diff").err == sentence
    assert rtv("diff", "--stat").err == sentence
    edit_by_hand(dataset, 1)
    assert rtv("diff", "--", "2").err == "main with unsaved edits: no entry that was asked for differs\n"


def test_a_file_in_another_layout_is_said_to_hold_what_is_saved(rtv: Rtv, dataset: Dataset) -> None:
    path = edit_by_hand(dataset, 1)
    path.write_bytes(json.dumps(dataset.snapshot()[1].fields, indent=7).encode())

    assert rtv("diff").err == (
        "main with unsaved edits: hand-edited files hold what is saved, laid out differently; "
        "rtv commit brings them in shape\n"
    )
