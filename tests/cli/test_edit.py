"""`rtv edit`: one field at a time, or in the editor; typed text is never lost."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from editing_steps import Desk


def contents(desk: Desk, number: int) -> list[str]:
    return [message["content"] for message in desk.fields(number)["messages"]]


# ---- one field at a time


def test_one_message_is_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("edit", "1", "--message", "2", "--content", "Very dry.", "--speaker", "mara", "--no-train")

    assert answer.status == 0
    assert answer.out == f"changed 1 entry ({desk.ids[0]}) on main @ {desk.head()[:10]}\nundo with: rtv undo\n"
    assert desk.fields(1)["messages"][2] == {
        "role": "assistant",
        "content": "Very dry.",
        "speaker": "mara",
        "train": False,
    }
    assert desk.git("status", "--short") == ""


def test_a_speaker_goes_and_training_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.fields(1)

    desk.rtv("edit", "1", "--message", "2", "--no-train")
    answer = desk.rtv("edit", "1", "--message", "2", "--train", "--speaker", "")

    assert answer.status == 0
    assert desk.fields(1)["messages"][2] == {"role": "assistant", "content": before["messages"][2]["content"]}


def test_the_system_message_is_replaced_or_put_in_front(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("edit", "1", "2", "--system", "Be brief.")

    assert answer.status == 0
    assert contents(desk, 1)[0] == "Be brief."
    assert contents(desk, 2) == ["Be brief.", "Who goes there?", "A friend."]
    assert len(contents(desk, 1)) == 3


def test_tags_come_and_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("edit", "--where", "tag:tavern or id:2", "--tag", "+hall", "--tag", "-slow_burn", "--tag", "x")

    assert answer.status == 0
    assert desk.fields(1)["tags"] == ["hall", "tavern", "x"]
    assert desk.fields(2)["tags"] == ["hall", "x"]


def test_a_new_tag_that_looks_like_one_in_use_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("edit", "2", "--tag", "+Slow-Burn", "--tag", "+tavren", "--tag", "+garden")

    assert answer.status == 0
    assert answer.err == (
        "warning: Slow-Burn is a new tag; did you mean slow_burn?\nwarning: tavren is a new tag; did you mean tavern?\n"
    )
    assert desk.fields(2)["tags"] == ["Slow-Burn", "garden", "tavren"]


def test_a_tag_in_another_case_is_the_one_in_use_and_the_answer_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("edit", "1", "2", "--tag", "+Tavern", "--tag", "+TAVERN")

    assert answer.err.splitlines()[0] == "warning: TAVERN is tavern in another case; tavern is used"
    assert [desk.fields(number)["tags"].count("tavern") for number in (1, 2)] == [1, 1]
    assert not {"Tavern", "TAVERN"} & {*desk.fields(1)["tags"], *desk.fields(2)["tags"]}


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of its own")
@pytest.mark.parametrize(("reply", "tag"), [("\n", "tavern"), ("n\n", "tavren")])
def test_at_a_terminal_such_a_tag_is_asked_about(
    reply: str, tag: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import pty

    desk = Desk.with_entries(tmp_path, capsys)
    ours, theirs = pty.openpty()

    process = subprocess.Popen(
        [sys.executable, "-m", "rolethread_vcs.cli.main", "edit", "2", "--tag", "+tavren"],
        cwd=desk.folder,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, reply.encode())
    status = process.wait(60)
    asked = os.read(ours, 10_000).decode()
    os.close(ours)

    assert status == 0
    assert "There is no tag tavren yet. Use tavern instead (n makes tavren a new tag)? [Y/n]" in asked
    assert desk.fields(2)["tags"] == [tag]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("edit",), 2),
        (("edit", "1"), 2),
        (("edit", "99", "--system", "x"), 40),
        (("edit", "one", "--system", "x"), 2),
        (("edit", "1", "--where", "untagged", "--system", "x"), 2),
        (("edit", "--where", "tag:nowhere", "--system", "x"), 40),
        (("edit", "1", "--content", "x"), 2),
        (("edit", "1", "--message", "1"), 2),
        (("edit", "1", "--message", "x", "--content", "x"), 2),
        (("edit", "1", "--message", "3", "--content", "x"), 40),
        (("edit", "1", "--message", "-1", "--content", "x"), 40),
        (("edit", "1", "2", "--message", "2", "--content", "x"), 40),
        (("edit", "1", "--message", "1", "--content", ""), 30),
        (("edit", "1", "--message", "1", "--role", "bard"), 30),
        (("edit", "1", "--message", "1", "--content", "@nowhere"), 40),
        (("edit", "1", "--tag", "+"), 2),
        (("edit", "1", "--tag", " "), 2),
        (("edit", "1", "--tag", "+a", "--tag", "-a"), 2),
        (("edit", "--resume"), 40),
        (("edit", "--discard-draft"), 40),
        (("edit", "--resume", "--system", "x"), 2),
        (("edit", "--resume", "--discard-draft"), 2),
    ],
)
def test_words_that_do_not_fit_save_nothing(
    words: tuple[str, ...], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()

    answer = desk.rtv(*words)

    assert answer.status == status
    assert answer.err.startswith("error: ")
    assert desk.head() == before


def test_an_edit_that_changes_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()

    answer = desk.rtv("edit", "1", "--tag", "+tavern", "--message", "1", "--content", "Is the cellar dry?")

    assert (answer.status, answer.out) == (0, "nothing changed\n")
    assert desk.head() == before


def test_a_dry_run_says_what_would_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()

    answer = desk.rtv("edit", "1", "--message", "1", "--content", "Hm?", "--tag", "-slow_burn", "--dry-run")

    assert answer.status == 0
    assert answer.out.splitlines() == [
        f"would change 1 entry ({desk.ids[0]}) on main; nothing was changed",
        "",
        f"~ {desk.ids[0]}  [1] edited, tags -slow_burn",
        "    [0] system  You are the keeper of a tavern.",
        "  ~ [1] scott (user)",
        "  -     Is the cellar dry?",
        "  +     Hm?",
        '    [2] emma (assistant)  *She laughs.* "Dry enough."',
        "    tags -slow_burn",
    ]
    assert desk.head() == before


def test_hand_edits_on_the_entry_stand_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.path(1).write_bytes(b"typed by hand")

    answer = desk.rtv("edit", "1", "--system", "x")

    assert answer.status == 50
    assert desk.path(1).read_bytes() == b"typed by hand"


# ---- in the editor


@pytest.mark.parametrize("data", [b"typed by hand", None])
def test_an_entry_edited_by_hand_is_refused_before_anybody_types(
    data: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.path(1).unlink() if data is None else desk.path(1).write_bytes(data)
    desk.editor(monkeypatch, "raise SystemExit('the editor was opened')")

    answer = desk.rtv("edit", "1", "2")

    assert answer.status == 50
    assert "rtv commit" in answer.err
    assert desk.drafts() == []


def test_several_entries_are_edited_in_one_form_and_one_commit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()
    desk.editor(monkeypatch, "text = text.replace('Is the cellar', 'Is it').replace('A friend.', 'Nobody.')")

    answer = desk.rtv("edit", "1", "2", "3")

    assert answer.status == 0
    assert answer.out.startswith("changed 2 entries on main @ ")
    assert (contents(desk, 1)[1], contents(desk, 2)[1]) == ("Is it dry?", "Nobody.")
    assert desk.dataset.snapshot().commit.parents == (before,)
    assert desk.drafts() == []


def test_an_untouched_form_changes_nothing_to_the_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.git("ls-tree", "-r", "@")
    desk.editor(monkeypatch, "")

    answer = desk.rtv("edit", "1", "2", "3")

    assert (answer.status, answer.out) == (0, "nothing changed\n")
    assert desk.git("ls-tree", "-r", "@") == before
    assert desk.drafts() == []


def test_an_untouched_form_of_a_file_in_another_layout_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.path(2).write_bytes(b'{"tags": [], "messages": [{"content": "a", "role": "assistant"}]}')
    desk.git("commit", "-qam", "by plain git")
    before = desk.head()
    desk.editor(monkeypatch, "")

    assert desk.rtv("edit", "2").out == "nothing changed\n"
    assert desk.head() == before


@pytest.mark.parametrize("code", ["text = ''", "text = text[: text.index('=== entry')]"])
def test_a_form_emptied_by_its_author_changes_nothing(
    code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()
    desk.editor(monkeypatch, code)

    assert desk.rtv("edit", "1", "2").out == "nothing changed\n"
    assert desk.head() == before


def test_a_form_that_does_not_read_waits_as_a_draft_until_it_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "text = text.replace('A friend.', 'A foe.').replace('] user', '] usr')")

    refused = desk.rtv("edit", "2")
    (draft,) = desk.drafts()
    desk.editor(monkeypatch, "text = text.replace('] usr', '] user')")
    resumed = desk.rtv("edit", "--resume")

    assert refused.status == 20
    assert f"your text is kept in {draft}\nhint: rtv edit --resume\n" in refused.err
    assert resumed.status == 0
    assert contents(desk, 2)[1] == "A foe."
    assert desk.drafts() == []


def test_a_refused_text_is_saved_as_it_stands_with_an_allowance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "text = text.replace('A friend.', '')")

    refused = desk.rtv("edit", "2")
    resumed = desk.rtv("edit", "--resume", "--allow", "empty_message", "--because", "silence is an answer")

    assert refused.status == 30
    assert resumed.status == 0
    assert contents(desk, 2) == ["Who goes there?", ""]


def test_an_entry_that_changed_meanwhile_is_a_conflict_and_the_text_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    other = (
        f"[sys.executable, '-m', 'rolethread_vcs.cli.main', '-qC', {str(desk.folder)!r}, 'edit', '2', '--tag', 'other']"
    )
    desk.editor(monkeypatch, f"subprocess.run({other}, check=True)\ntext = text.replace('A friend.', 'A foe.')")

    answer = desk.rtv("edit", "2")

    (draft,) = desk.drafts()
    assert answer.status == 50
    assert "changed since this form was made; nothing was saved" in answer.err
    assert "A foe." in draft.read_text("utf-8")
    assert contents(desk, 2)[1] == "A friend."


def test_a_stale_draft_is_saved_when_its_author_says_so_in_the_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "text = text.replace('A friend.', 'A foe.').replace('] user', '] usr')")
    desk.rtv("edit", "2")
    desk.rtv("edit", "2", "--message", "0", "--content", "Halt!")
    desk.editor(monkeypatch, "import re\ntext = re.sub(' @ [0-9a-f]+', '', text).replace('] usr', '] user')")

    answer = desk.rtv("edit", "--resume")

    assert answer.status == 0
    assert contents(desk, 2) == ["Who goes there?", "A foe."]


def test_an_editor_that_fails_keeps_the_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "path.write_text(text + 'typed', 'utf-8'); sys.exit(7)")

    answer = desk.rtv("edit", "1")

    (draft,) = desk.drafts()
    assert answer.status == 20
    assert draft.read_text("utf-8").endswith("typed")


def test_a_full_disk_keeps_the_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()
    desk.editor(
        monkeypatch,
        "import random, resource\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "text = text.replace('A friend.', ''.join(chr(random.randrange(0x4e00, 0x9fff)) for _ in range(3000)))",
    )
    full = (2000, resource.RLIM_INFINITY)

    done = subprocess.run(
        [sys.executable, "-m", "rolethread_vcs.cli.main", "edit", "2"],
        cwd=desk.folder,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, full),
    )

    (draft,) = desk.drafts()
    assert done.returncode == 74
    assert f"your text is kept in {draft}\n" in done.stderr
    assert draft.stat().st_size > 9000
    assert desk.head() == before


def test_ctrl_c_after_the_editor_keeps_the_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "text = text.replace('A friend.', 'A foe.')")
    code = (
        "import os, signal, sys\n"
        "from rolethread_vcs.store import disk\n"
        "from rolethread_vcs.cli.main import main\n"
        "disk.fault_point = lambda what, path: what == 'write' and os.kill(os.getpid(), signal.SIGINT)\n"
        "main(['edit', '2'])\n"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=desk.folder, capture_output=True, text=True)

    (draft,) = desk.drafts()
    assert done.returncode == 130
    assert f"your text is kept in {draft}; go on with: rtv edit --resume" in done.stderr
    assert "A foe." in draft.read_text("utf-8")


def test_of_several_drafts_one_must_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "text = text.replace('.', '!').replace('] user', '] usr')")
    desk.rtv("edit", "2")
    desk.rtv("edit", "3")
    desk.editor(monkeypatch, "text = text.replace('] usr', '] user')")

    unclear = desk.rtv("edit", "--resume")
    wrong = desk.rtv("edit", "--resume", "1")
    third = desk.rtv("edit", "--resume", "3")
    thrown = desk.rtv("edit", "--discard-draft", f"edit-{desk.ids[1]}")

    assert (unclear.status, wrong.status, third.status, thrown.status) == (2, 40, 0, 0)
    assert f"edit-{desk.ids[1]}   {desk.ids[1]}\n" in unclear.err
    assert contents(desk, 3)[1] == "Under it!"
    assert contents(desk, 2)[1] == "A friend."
    assert desk.drafts() == []


def test_a_dry_run_keeps_the_typed_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "text = text.replace('A friend.', 'A foe.')")
    before = desk.head()

    answer = desk.rtv("edit", "2", "--dry-run")

    assert answer.status == 0
    assert answer.err.endswith("save it with: rtv edit --resume\n")
    assert desk.head() == before
    assert len(desk.drafts()) == 1


def test_a_bare_dataset_is_edited_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.git("config", "core.bare", "true")
    desk.editor(monkeypatch, "text = text.replace('A friend.', 'A foe.')")

    assert desk.rtv("edit", "2").status == 0
    assert contents(desk, 2)[1] == "A foe."


@pytest.mark.parametrize("command", ["true", "false", "no-such-editor", "cat"])
def test_an_editor_that_wrote_nothing_leaves_no_draft(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    monkeypatch.setenv("EDITOR", command)

    answer = desk.rtv("edit", "1")

    assert answer.status == 20
    assert "kept" not in answer.err
    assert desk.drafts() == []


def test_a_rescued_draft_is_saved_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "text = text.replace('A friend.', 'A foe.'); path.write_text(text, 'utf-8'); sys.exit(9)")
    desk.rtv("edit", "2")
    monkeypatch.setenv("EDITOR", "true")

    answer = desk.rtv("edit", "--resume")

    assert answer.status == 0
    assert contents(desk, 2)[1] == "A foe."
    assert desk.drafts() == []


def test_all_drafts_are_thrown_away_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "path.write_text('typed, and no head left', 'utf-8'); sys.exit(9)")
    desk.rtv("edit", "1")
    desk.rtv("edit", "2")

    waiting = desk.rtv("status").out
    unclear = desk.rtv("edit", "--resume")
    thrown = desk.rtv("edit", "--discard-draft", "--all")

    assert f"go on with: rtv edit --resume edit-{desk.ids[1]}\n" in waiting
    assert "a new entry" not in unclear.err
    assert thrown.out == "threw away 2 drafts; no entry was changed\n"
    assert desk.drafts() == []
    assert desk.rtv("edit", "--all").status == 2
