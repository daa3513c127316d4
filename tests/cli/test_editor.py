"""Editors: drafts are durable and survive every failure, and an editor that does not wait is noticed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from refusals import refusal

from rolethread_vcs.cli.drafts import edit_draft, editor_command, write_draft
from rolethread_vcs.errors import InvalidError, SystemRefusedError, UsageError


def editor(tmp_path: Path, code: str) -> str:
    script = tmp_path / "my editor.py"
    script.write_text(f"import sys, time, pathlib\npath = pathlib.Path(sys.argv[-1])\n{code}\n", "utf-8")
    return f"'{sys.executable}' '{script}'"


def test_visual_comes_before_editor() -> None:
    assert editor_command({"VISUAL": "code --wait", "EDITOR": "nano"}) == "code --wait"
    assert editor_command({"VISUAL": "", "EDITOR": "nano"}) == "nano"
    assert editor_command({}) in ("vi", "notepad")


def test_a_draft_never_overwrites_another(tmp_path: Path) -> None:
    first = write_draft(tmp_path / "drafts", "edit", "one")
    second = write_draft(tmp_path / "drafts", "edit", "two é")

    assert (first.name, first.read_bytes()) == ("edit.txt", b"one")
    assert (second.name, second.read_bytes()) == ("edit-2.txt", "two é".encode())


def test_a_draft_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "drafts").write_text("a file in the way", "utf-8")

    with pytest.raises(SystemRefusedError):
        write_draft(tmp_path / "drafts", "edit", "one")


def test_what_the_editor_wrote_is_returned(tmp_path: Path) -> None:
    draft = write_draft(tmp_path, "edit", "old")

    data = edit_draft(draft, editor(tmp_path, "path.write_bytes(b'new')"), wait=None)

    assert data == b"new"


def test_an_editor_that_fails_leaves_the_typed_text(tmp_path: Path) -> None:
    draft = write_draft(tmp_path, "edit", "old")

    with refusal(InvalidError, "editor") as caught:
        edit_draft(draft, editor(tmp_path, "path.write_bytes(b'typed'); sys.exit(3)"), wait=None)

    assert draft.read_bytes() == b"typed"
    assert "status 3" in caught.value.message


def test_an_editor_that_returns_at_once_needs_a_terminal(tmp_path: Path) -> None:
    draft = write_draft(tmp_path, "edit", "old")

    with refusal(InvalidError, "editor") as caught:
        edit_draft(draft, editor(tmp_path, ""), wait=None)

    assert 'EDITOR="code --wait"' in (caught.value.hint or "")
    assert draft.read_bytes() == b"old"


def test_an_editor_that_leaves_a_resumed_draft_as_it_is_has_done_its_work(tmp_path: Path) -> None:
    draft = write_draft(tmp_path, "edit", "typed before")

    data = edit_draft(draft, editor(tmp_path, ""), wait=None, is_resumed=True)

    assert data == b"typed before"


def test_an_editor_that_returns_at_once_is_waited_for_at_a_terminal(tmp_path: Path) -> None:
    draft = write_draft(tmp_path, "edit", "old")
    questions = []

    def save_in_the_other_window(question: str) -> None:
        questions.append(question)
        draft.write_bytes(b"new")

    data = edit_draft(draft, editor(tmp_path, ""), wait=save_in_the_other_window)

    assert data == b"new"
    assert len(questions) == 1


def test_an_editor_that_is_not_there_is_told(tmp_path: Path) -> None:
    draft = write_draft(tmp_path, "edit", "old")

    with refusal(InvalidError, "editor") as caught:
        edit_draft(draft, str(tmp_path / "nowhere"), wait=None)

    assert "does not start" in caught.value.message


@pytest.mark.parametrize("command", ["nano 'x", " "])
def test_an_editor_command_that_cannot_be_read_is_a_usage_error(tmp_path: Path, command: str) -> None:
    draft = write_draft(tmp_path, "edit", "old")

    with pytest.raises(UsageError):
        edit_draft(draft, command, wait=None)
