"""`rtv merge`, `rtv conflicts`, `rtv resolve`, and what `rtv status` says of them."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest
from editing_steps import Answer, Desk


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Three entries; on `warmer` the first has another answer and the third a tag."""
    desk = Desk.with_entries(tmp_path, capsys)
    desk.rtv("switch", "-c", "warmer")
    desk.rtv("edit", "1", "--message", "2", "--content", '*She sighs.* "Dry enough."')
    desk.rtv("edit", "3", "--tag", "warm")
    desk.rtv("switch", "main")
    return desk


def clash(desk: Desk) -> Answer:
    """Give the first entry another answer on main too, and merge."""
    desk.rtv("edit", "1", "--message", "2", "--content", '*She grins.* "Dry enough."')
    return desk.rtv("merge", "warmer")


def typing(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    text = "".join(f"{answer}\n" for answer in answers)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))


def contents(desk: Desk, number: int) -> list[Any]:
    return [message["content"] for message in desk.fields(number)["messages"]]


# ---- merge


def test_a_merge_says_what_it_did_and_how_to_undo_it(desk: Desk) -> None:
    desk.rtv("edit", "2", "--tag", "gate")

    answer = desk.rtv("merge", "warmer")

    assert (answer.status, answer.err) == (0, "")
    assert answer.out.splitlines() == [
        f"merged warmer into main: 2 changed @ {desk.head()[:10]}",
        "undo with: rtv undo",
    ]


def test_a_branch_that_moves_on_is_said_so(desk: Desk) -> None:
    assert desk.rtv("merge", "warmer").out.startswith("main moved on to warmer: 2 changed @ ")
    assert desk.rtv("merge", "warmer").out == "warmer is in main already; nothing changed\n"


def test_places_to_look_at_are_in_the_answer_for_programs(desk: Desk) -> None:
    for branch, text in (
        ("main", "Who rang the bell before dawn?"),
        ("warmer", "Is there fish tonight, by any chance?"),
    ):
        desk.rtv("switch", branch)
        turns = [{"role": "user", "content": text}, {"role": "assistant", "content": f"{text} Nobody knows."}]
        with desk.dataset.edit() as change:
            change.put(desk.ids[1], {**desk.fields(2), "messages": [*desk.fields(2)["messages"], *turns]})
    desk.rtv("switch", "main")

    for words in ("--dry-run", "-q"):
        value = desk.rtv("merge", "warmer", "--json", words).value()

        assert [(place["id"], place["field"]) for place in value["look_at"]] == [(desk.ids[1], "messages[2]")]
        assert value["notes"] == []


def test_a_dry_run_shows_what_goes_in_and_what_would_wait(desk: Desk) -> None:
    desk.rtv("edit", "1", "--message", "2", "--content", '*She grins.* "Dry enough."')
    head = desk.head()

    answer = desk.rtv("merge", "warmer", "--dry-run")

    assert (answer.status, desk.head()) == (50, head)
    assert "1 conflict of the merge of warmer would need your decision, in 1 place; main is unchanged" in answer.out
    assert f"~ {desk.ids[2]}  tags +warm" in answer.out
    assert desk.rtv("conflicts").status == 40


def test_a_clash_waits_with_status_50_and_the_next_steps(desk: Desk) -> None:
    answer = clash(desk)

    assert answer.status == 50
    assert answer.out.splitlines() == [
        "1 conflict of the merge of warmer needs your decision, in 1 place; main is unchanged",
        f"  {desk.ids[0]}  messages[2].content  both sides changed the same words, or adjacent words",
        "1 other change goes in without a question",
        "see both sides: rtv conflicts",
        "decide: rtv resolve ID --take warmer   (main, base or both do too; --edit, --file FILE; --all)",
        "then: rtv merge --continue   or abort: rtv merge --abort",
    ]


def test_the_envelope_lists_the_conflicts(desk: Desk) -> None:
    desk.rtv("edit", "1", "--message", "2", "--content", '*She grins.* "Dry enough."')

    answer = desk.rtv("merge", "warmer", "--json")

    value = answer.value()
    assert (answer.status, value["commit"], value["state"]) == (50, None, "waiting")
    (conflict,) = value["conflicts"]
    assert (conflict["id"], conflict["field"], conflict["reason"]) == (
        desk.ids[0],
        "messages[2].content",
        "both_edited",
    )
    assert conflict["theirs"] == '*She sighs.* "Dry enough."'


@pytest.mark.parametrize(
    "words",
    [
        ("merge",),
        ("merge", "warmer", "--continue"),
        ("merge", "--continue", "--abort"),
        ("merge", "--continue", "--where", "untagged"),
        ("merge", "warmer", "--rest", "keep-mine"),
        ("resolve", "1"),
        ("resolve", "1", "--take", "main", "--edit"),
        ("resolve", "1", "--edit", "--field", "tags"),
    ],
)
def test_words_that_do_not_fit_are_refused(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.rtv(*words).status == 2


# ---- half a branch


def test_a_part_is_taken_by_a_query(desk: Desk) -> None:
    answer = desk.rtv("merge", "warmer", "--where", "tag:warm")

    assert answer.out.startswith("took 1 change of warmer into main: 1 changed @ ")
    assert "1 change was left out; a later merge offers it again" in answer.err
    assert contents(desk, 1)[2] == '*She laughs.* "Dry enough."'


def test_a_part_that_fits_nothing_is_not_said_to_be_in_already(desk: Desk) -> None:
    answer = desk.rtv("merge", "warmer", "--where", "tag:nowhere")
    would = desk.rtv("merge", "warmer", "--where", "tag:nowhere", "--dry-run")

    assert (answer.status, answer.out) == (0, "nothing was taken; nothing changed\n")
    assert would.out == "nothing would be taken; nothing was changed\n"
    assert "2 changes were left out" in answer.err


def test_entries_are_taken_and_skipped_one_by_one(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "what?", "s", "t")

    answer = desk.rtv("merge", "warmer", "-p", "--rest", "keep-mine")

    assert (answer.status, answer.out.splitlines()[0].startswith("merged warmer into main: 1 changed")) == (0, True)
    assert "(1/2) take it?" in answer.err
    assert "t takes it" in answer.err
    assert '*She [-laughs-]{+sighs+}.* "Dry enough."' in answer.err
    assert (contents(desk, 1)[2], desk.fields(3)["tags"]) == ('*She laughs.* "Dry enough."', ["warm"])
    assert "already" in desk.rtv("merge", "warmer").out


def test_an_entry_is_edited_on_the_way_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.rtv("edit", "1", "--message", "2", "--content", '*She grins.* "Dry enough."')
    desk.editor(monkeypatch, "text = text.replace('She sighs', 'She smiles')")
    typing(monkeypatch, "e", "a")

    answer = desk.rtv("merge", "warmer", "-p")

    assert (answer.status, contents(desk, 1)[2]) == (0, '*She smiles.* "Dry enough."')
    assert desk.drafts() == []


def test_a_text_typed_on_the_way_in_is_kept_when_somebody_else_was_faster(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.editor(
        monkeypatch, MEANWHILE.format(folder=str(desk.folder)) + "text = text.replace('She sighs', 'She smiles')"
    )
    typing(monkeypatch, "e", "a")

    answer = desk.rtv("merge", "warmer", "-p")

    (draft,) = desk.drafts()
    assert answer.status == 50
    assert f"{desk.ids[0]} was changed by another command since you looked at it; nothing was changed" in answer.err
    assert f"your text is kept in {draft}" in answer.err
    assert "rtv merge warmer -p" in answer.err
    assert "She smiles" in draft.read_text()
    assert contents(desk, 1)[1:] == ["Is the attic dry?", '*She laughs.* "Dry enough."']


@pytest.mark.parametrize("after", [("q",), (), ("e",)], ids=["quit", "end of input", "a text that cannot be read"])
def test_a_text_typed_on_the_way_in_is_kept_when_nothing_is_merged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, after: tuple[str, ...]
) -> None:
    code = "text = text.replace('She sighs', 'She smiles') if 'She sighs' in text else 'nothing that reads'"
    desk.editor(monkeypatch, code)
    typing(monkeypatch, "e", *after)

    answer = desk.rtv("merge", "warmer", "-p")

    draft = desk.drafts()[0]
    assert f"your text is kept in {draft}" in answer.err
    assert "She smiles" in draft.read_text()
    assert f"unfinished draft: {draft.name}   go on with: rtv merge BRANCH -p" in desk.rtv("status").out


def test_a_text_that_was_kept_is_taken_up_by_the_next_merge(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.editor(monkeypatch, "text = text.replace('She sighs', 'She smiles')")
    typing(monkeypatch, "e", "q")
    desk.rtv("merge", "warmer", "-p")
    desk.editor(monkeypatch, "")
    typing(monkeypatch, "e", "a")

    answer = desk.rtv("merge", "warmer", "-p")

    assert (answer.status, contents(desk, 1)[2], desk.drafts()) == (0, '*She smiles.* "Dry enough."', [])


@pytest.mark.parametrize("answers", [("t", "q"), ("t",)])
def test_to_quit_merges_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, ...]) -> None:
    head = desk.head()
    typing(monkeypatch, *answers)

    answer = desk.rtv("merge", "warmer", "-p")

    assert (answer.status, answer.out, desk.head()) == (0, "nothing was merged\n", head)


def test_all_can_be_skipped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "r")

    answer = desk.rtv("merge", "warmer", "-p")

    assert answer.out == "nothing was taken; nothing changed\n"


# ---- conflicts and decisions


def test_both_sides_are_shown_side_by_side_where_there_is_room(desk: Desk) -> None:
    clash(desk)

    lines = desk.rtv("conflicts").out.splitlines()

    assert lines[:8] == [
        "merge warmer, on main: 1 conflict left, 0 decided",
        "",
        f"{desk.ids[0]}  Is the cellar dry?",
        "  messages[2].content: both sides changed the same words, or adjacent words",
        "    … system: You are the keeper of a tavern.",
        "    … scott (user): Is the cellar dry?",
        "    main                                           │ warmer",
        '    *She [-laughs-]{+grins+}.* "Dry enough."       │ *She [-laughs-]{+sighs+}.* "Dry enough."',
    ]


def test_they_stand_one_under_the_other_where_there_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clash(desk)
    monkeypatch.setenv("COLUMNS", "60")

    lines = desk.rtv("conflicts", "1").out.splitlines()

    assert lines[6:10] == [
        "    main",
        '      *She [-laughs-]{+grins+}.* "Dry enough."',
        "    warmer",
        '      *She [-laughs-]{+sighs+}.* "Dry enough."',
    ]


def test_what_one_side_removed_is_shown_with_a_suggestion(desk: Desk) -> None:
    desk.rtv("remove", "1")
    desk.rtv("merge", "warmer")

    out = desk.rtv("conflicts").out

    assert "entry: one side deleted what the other edited" in out
    assert "(removed here)" in out
    assert "suggested: --take warmer" in out


def test_the_whole_way_from_a_clash_to_a_commit(desk: Desk) -> None:
    clash(desk)

    left = desk.rtv("merge", "--continue")
    decided = desk.rtv("resolve", "1", "--take", "warmer")
    waiting = desk.rtv("status")
    done = desk.rtv("merge", "--continue")

    assert (left.status, left.err.splitlines()[0]) == (
        50,
        f"error: 1 conflict is left to decide ({desk.ids[0]}); nothing was changed",
    )
    assert decided.out == "decided 1 conflict; 0 left\nundo with: rtv undo\n"
    assert "unfinished: merge warmer on main; 0 conflicts are left to decide" in waiting.out
    assert done.out.startswith("merged warmer into main: 2 changed @ ")
    assert contents(desk, 1)[2] == '*She sighs.* "Dry enough."'
    assert "unfinished" not in desk.rtv("status").out


def test_status_tells_of_what_waits(desk: Desk) -> None:
    clash(desk)

    value = desk.rtv("status", "--json").value()

    assert value["conflicts"] == [{"id": desk.ids[0], "field": "messages[2].content", "reason": "both_edited"}]
    assert value["unfinished"] == {"kind": "merge", "branch": "main", "command": "merge warmer"}
    assert "1 conflict is left to decide" in desk.rtv("status").out


def test_status_works_when_the_branch_of_a_merge_has_gone(desk: Desk) -> None:
    clash(desk)
    desk.rtv("switch", "warmer")
    desk.git("update-ref", "-d", "refs/heads/main")

    answer = desk.rtv("status")

    assert answer.status == 0
    assert "the branch main of the unfinished merge has gone" in answer.out
    assert desk.rtv("merge", "--abort").status == 0


def test_an_entry_is_written_in_the_editor_with_both_sides_above(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clash(desk)
    seen = desk.folder.parent / "seen"
    desk.editor(
        monkeypatch, f"pathlib.Path({str(seen)!r}).write_text(text); text = text.replace('She grins', 'She nods')"
    )

    answer = desk.rtv("resolve", "1", "--edit")

    form = seen.read_text()
    assert answer.out.startswith("decided 1 conflict; 0 left")
    assert '# main:\n#   *She grins.* "Dry enough."\n# warmer:\n#   *She sighs.* "Dry enough."' in form
    desk.rtv("merge", "--continue")
    assert contents(desk, 1)[2] == '*She nods.* "Dry enough."'
    assert desk.drafts() == []


def test_a_text_that_does_not_read_is_kept_and_taken_up_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clash(desk)
    desk.editor(monkeypatch, "text = text.replace('--- [2]', '--- [7]').replace('She grins', 'She nods')")
    failed = desk.rtv("resolve", "1", "--edit")
    status = desk.rtv("status").out
    desk.editor(monkeypatch, "text = text.replace('--- [7]', '--- [2]')")

    answer = desk.rtv("resolve", "1", "--edit")

    assert failed.status == 20
    assert f"rtv resolve {desk.ids[0]} --edit" in failed.err
    assert f"go on with: rtv resolve {desk.ids[0]} --edit" in status
    assert answer.out.startswith("decided 1 conflict; 0 left")
    desk.rtv("merge", "--continue")
    assert contents(desk, 1)[2] == '*She nods.* "Dry enough."'


MEANWHILE = """subprocess.run(
    [sys.executable, '-m', 'rolethread_vcs.cli.main', '-C', {folder!r},
     'edit', '1', '--message', '1', '--content', 'Is the attic dry?'], check=True, capture_output=True)
"""
"""What another command does to the first entry while the editor is open."""


def test_what_somebody_else_did_while_the_editor_was_open_is_not_overwritten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clash(desk)
    desk.editor(monkeypatch, MEANWHILE.format(folder=str(desk.folder)) + "text = text.replace('She grins', 'She nods')")

    answer = desk.rtv("resolve", "1", "--edit")
    (draft,) = desk.drafts()
    desk.editor(monkeypatch, "")
    again = desk.rtv("resolve", "1", "--edit")

    assert (answer.status, again.status) == (50, 50)
    assert "was changed by another command since you looked at it; nothing was changed" in answer.err
    assert f"your text is kept in {draft}" in answer.err
    assert "changed since this form was made; nothing was changed" in again.err
    assert "She nods" in draft.read_text()
    assert contents(desk, 1)[1] == "Is the attic dry?"


def test_a_stale_text_is_taken_all_the_same_by_somebody_who_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clash(desk)
    desk.editor(monkeypatch, MEANWHILE.format(folder=str(desk.folder)) + "text += '\\nMore.'")
    desk.rtv("resolve", "1", "--edit")
    desk.editor(monkeypatch, "import re; text = re.sub(r'(=== entry \\S+) @ \\w+', r'\\1', text)")

    answer = desk.rtv("resolve", "1", "--edit")

    assert (answer.status, desk.drafts()) == (0, [])
    desk.rtv("merge", "--continue")
    assert contents(desk, 1)[1:] == ["Is the cellar dry?", '*She grins.* "Dry enough."\n\n\nMore.']


def test_a_dry_run_of_an_edit_keeps_the_text(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clash(desk)
    desk.editor(monkeypatch, "text = text.replace('She grins', 'She nods')")

    answer = desk.rtv("resolve", "1", "--edit", "--dry-run")

    (draft,) = desk.drafts()
    assert answer.out == "would decide 1 conflict; 0 left\n"
    assert f"your text is kept in {draft}; go on with: rtv resolve {desk.ids[0]} --edit" in answer.err
    assert "She nods" in draft.read_text()


def test_an_entry_is_given_as_a_file(desk: Desk) -> None:
    clash(desk)
    path = desk.folder.parent / "entry.json"
    path.write_text('{"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}')

    answer = desk.rtv("resolve", "1", "--file", str(path))

    assert answer.status == 0
    desk.rtv("merge", "--continue")
    assert contents(desk, 1) == ["u", "a"]


@pytest.mark.parametrize(("data", "status"), [(None, 40), ("no entry", 20)])
def test_a_file_that_is_no_entry_decides_nothing(desk: Desk, data: str | None, status: int) -> None:
    clash(desk)
    path = desk.folder.parent / "entry.json"
    if data is not None:
        path.write_text(data)

    assert desk.rtv("resolve", "1", "--file", str(path)).status == status
    assert desk.rtv("merge", "--continue").status == 50


def test_all_are_decided_at_once(desk: Desk) -> None:
    clash(desk)

    value = desk.rtv("resolve", "--all", "--take", "main", "--json").value()

    assert value["decided"] == [{"id": desk.ids[0], "field": "messages[2].content"}]
    assert value["conflicts"] == []


def test_a_path_is_relative_to_the_folder_of_the_command(desk: Desk) -> None:
    stick = desk.folder.parent / "stick"
    desk.rtv("clone", str(desk.folder), str(stick))
    Desk(stick, desk.capsys).rtv("edit", "2", "--tag", "gate")

    answer = desk.rtv("merge", "../stick#main")

    assert answer.out.startswith("main moved on to stick#main: 1 changed")
    assert desk.fields(2)["tags"] == ["gate"]
