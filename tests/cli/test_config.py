"""`rtv config`."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading_steps import Rtv

from rolethread_vcs import Dataset


def test_a_setting_is_set_and_got(rtv: Rtv, dataset: Dataset) -> None:
    done = rtv("config", "set", "gate.strict", "main,tavern/*", "-m", "guard the tavern")

    assert done.out.splitlines() == [
        f"set gate.strict to main,tavern/* @ {dataset.snapshot().id[:10]}",
        "undo with: rtv undo",
    ]
    assert rtv("config", "get", "gate.strict").out == "main,tavern/*\n"
    assert dataset.snapshot().commit.subject == "guard the tavern"


def test_a_setting_that_is_so_already_says_it(rtv: Rtv) -> None:
    assert rtv("config", "set", "name", "inn").out == "name is inn already\n"


def test_settings_are_listed_by_where_they_live(rtv: Rtv) -> None:
    lines = [line.split() for line in rtv("config", "list").out.splitlines()]

    assert lines[0] == ["of", "the", "dataset"]
    assert ["name", "inn"] in lines
    assert ["of", "this", "machine"] in lines
    assert ["durability", "safe"] in lines


def test_the_envelope_lists_every_setting(rtv: Rtv) -> None:
    settings = rtv("config", "list", "--json").json("rolethread.config/v1")["settings"]

    assert {"key": "durability", "value": "safe", "travels": False, "remark": None} in settings
    assert {"key": "name", "value": "inn", "travels": True, "remark": None} in settings


def test_what_cannot_be_is_refused_with_a_hint(rtv: Rtv) -> None:
    assert rtv("config", "set", "colour", "blue").status == 2
    assert rtv("config", "set", "checkout", "sometimes").status == 2
    assert rtv("config", "get", "colour").status == 40
    assert rtv("config", "get", "user.name").status == 40


def test_going_bare_and_back_says_so_and_can_be_undone(rtv: Rtv, dataset: Dataset) -> None:
    gone = rtv("config", "set", "checkout", "never")
    is_gone = not (dataset.folder / "entries").exists()
    undone = rtv("undo")

    assert gone.out.splitlines() == ["set checkout to never", "undo with: rtv undo"]
    assert gone.err == "no files are checked out now\n"
    assert is_gone
    assert undone.status == 0
    assert (dataset.folder / "entries").exists()


def test_a_machine_setting_makes_no_commit(rtv: Rtv, dataset: Dataset) -> None:
    tip = dataset.snapshot().id

    value = rtv("config", "set", "user.name", "Ann", "--json").json("rolethread.commit/v1")

    assert (value["commit"], value["operation"] is None) == (None, False)
    assert dataset.snapshot().id == tip


# ---- the editor


def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let the editor be a shell script that is given the file as $1."""
    path = tmp_path / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(path))


RENAME = 'sed -i \'s/^name = .*/name = "harbour"/\' "$1"'
BREAK = 'echo "name = " > "$1"'


def drafts(dataset: Dataset) -> list[str]:
    folder = dataset.repository.drafts_folder
    return [path.name for path in folder.iterdir()] if folder.is_dir() else []


@pytest.mark.parametrize("checkout", ["always", "never"])
def test_the_editor_changes_the_settings_checked_out_or_not(
    rtv: Rtv, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkout: str
) -> None:
    rtv("config", "set", "checkout", checkout)
    editor(tmp_path, monkeypatch, RENAME)

    answer = rtv("config", "edit")

    assert answer.status == 0
    assert rtv("config", "get", "name").out == "harbour\n"
    assert drafts(dataset) == []


def test_a_text_that_does_not_read_is_kept_and_taken_up(
    rtv: Rtv, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = dataset.settings.text()
    editor(tmp_path, monkeypatch, BREAK)

    refused = rtv("config", "edit")
    (waiting,) = drafts(dataset)
    good = tmp_path / "good.toml"
    good.write_bytes(text.replace(b'name = "inn"', b'name = "cellar"'))
    editor(tmp_path, monkeypatch, f'cp "{good}" "$1"')
    resumed = rtv("config", "edit", "--resume")

    assert refused.status == 20
    assert "hint: rtv config edit --resume" in refused.err
    assert waiting in refused.err
    assert resumed.status == 0
    assert rtv("config", "get", "name").out == "cellar\n"
    assert drafts(dataset) == []


def test_a_failing_editor_changes_nothing_and_keeps_the_draft(
    rtv: Rtv, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = dataset.snapshot().id
    editor(tmp_path, monkeypatch, f"{RENAME}; exit 3")

    answer = rtv("config", "edit")

    assert (answer.status, dataset.snapshot().id) == (20, tip)
    assert len(drafts(dataset)) == 1


def test_resuming_over_newer_settings_warns(
    rtv: Rtv, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, f"{RENAME}; exit 3")
    rtv("config", "edit")
    rtv("config", "set", "gate.strict", "main")
    editor(tmp_path, monkeypatch, 'echo "# seen" >> "$1"')

    answer = rtv("config", "edit", "--resume")

    assert answer.status == 0
    assert "it replaces them as a whole" in answer.err


def test_a_draft_of_the_settings_can_be_thrown_away(
    rtv: Rtv, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, f"{RENAME}; exit 3")
    refused = rtv("config", "edit")

    thrown = rtv("config", "edit", "--discard-draft")

    assert refused.err.count("your text is") == 1
    assert thrown.status == 0
    assert drafts(dataset) == []
    assert rtv("config", "edit", "--discard-draft").status == 40


def test_nothing_waits_to_be_resumed(rtv: Rtv) -> None:
    assert rtv("config", "edit", "--resume").status == 40


def test_an_untouched_text_is_no_commit(
    rtv: Rtv, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(tmp_path, monkeypatch, "sleep 1.1")

    answer = rtv("config", "edit")

    assert answer.out == "the settings are as they were\n"
    assert drafts(dataset) == []


def test_no_editor_opens_for_settings_that_could_not_be_saved(
    rtv: Rtv, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    monkeypatch.setenv("EDITOR", f"touch {opened}; true")
    (dataset.folder / ".git" / "MERGE_HEAD").write_text(f"{dataset.snapshot().id}\n")

    answer = rtv("config", "edit")

    assert (answer.status, opened.exists()) == (50, False)
