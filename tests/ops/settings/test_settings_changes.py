"""Settings, of the dataset and of this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of, hand_edit

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, UsageError
from rolethread_vcs.model.settings import InvalidSettingsError
from rolethread_vcs.ops.branches.branch_edits import create
from rolethread_vcs.ops.history.undo import redo, undo
from rolethread_vcs.store.checkout import UnsavedEditsError
from rolethread_vcs.transaction import Intent


def reopened(dataset: Dataset) -> Dataset:
    return Dataset.open(dataset.folder)


def files_of(dataset: Dataset) -> set[str]:
    folder = dataset.folder
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts}


def test_a_setting_that_travels_is_one_commit_and_keeps_comments(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    done = dataset.settings.set("gate.rules.empty_message", "warning")

    text = dataset.settings.text().decode()
    assert done.commit == dataset.snapshot().id
    assert dataset.snapshot().settings.severities == {"empty_message": "warning"}
    assert "# Branches that refuse" in text
    assert (dataset.folder / "rolethread.toml").read_text() == text


def test_a_rule_has_one_setting_by_its_code_and_by_its_name(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("gate.rules.empty_message", "warning")

    by_code = dataset.settings.get("gate.rules.RT104")
    dataset.settings.set("gate.rules.RT104", "info")

    assert by_code.value == "warning"
    assert dataset.snapshot().settings.severities == {"empty_message": "info"}


def test_a_rule_that_stands_under_code_and_name_is_one_setting(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    file = dataset.folder / "rolethread.toml"
    file.write_text(file.read_text() + 'rt104 = "info"\nEmpty-Message = "warning"\n')
    dataset.commit()

    read = [dataset.settings.get(f"gate.rules.{word}").value for word in ("RT104", "empty_message", "EMPTY-MESSAGE")]
    dataset.settings.set("gate.rules.empty_message", "error")

    assert read == ["info"] * 3
    assert dataset.snapshot().settings.severities == {"rt104": "error"}
    dataset.settings.set("gate.rules.RT104", "default")
    assert dataset.snapshot().settings.severities == {}


def test_it_is_said_when_a_branch_stops_being_strict(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    file = dataset.folder / "rolethread.toml"

    tried = dataset.settings.set("gate.strict", "draft", intent=Intent("config", "config", dry_run=True))
    by_command = dataset.settings.set("gate.strict", "draft")
    taken_back = dataset.undo()
    file.write_text(file.read_text().replace('strict = ["main", "release/*"]', "strict = []"))
    by_hand = dataset.commit()

    for done in (tried, by_command, by_hand):
        assert any(note.startswith("main and release/* are no longer strict") for note in done.notes)
    assert taken_back.committed.notes == ()


def test_a_word_that_is_no_branch_as_a_rule_is_one_where_a_branch_is_called_so(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    with pytest.raises(UsageError):
        dataset.settings.set("gate.strict", "main,all")
    dataset.branch("all")

    dataset.settings.set("gate.strict", "main,all")
    file = dataset.folder / "rolethread.toml"
    file.write_text("# by hand\n" + file.read_text())
    dataset.commit()

    assert dataset.snapshot().settings.strict == ("main", "all")


def test_a_branch_that_brings_a_weaker_gate_says_so_when_it_is_merged(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.branch("draft")
    dataset.switch("draft")
    dataset.settings.set("gate.report_only", "ma*")
    dataset.switch("main")

    merged = dataset.merge("draft")

    assert any(note.startswith("main is no longer strict") for note in merged.committed.notes)


@pytest.mark.parametrize(
    "line", ["strict = true", 'strict = ["true"]', "stict = []", 'strict = ["main"]\n[gate.rules]\nno_rule = "off"']
)
def test_settings_that_nobody_can_mean_are_not_saved_by_hand(tmp_path: Path, line: str) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    file = dataset.folder / "rolethread.toml"
    file.write_text(file.read_text().partition("[gate]")[0] + f"[gate]\n{line}\n")

    with pytest.raises(InvalidError):
        dataset.commit()

    assert dataset.status().unsaved[0].problem
    assert dataset.snapshot().settings.is_strict("main")


def test_a_setting_that_stays_as_it_is_makes_no_commit(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    assert dataset.settings.set("name", "d").is_empty
    assert dataset.settings.set("durability", "fast").operation is not None
    assert dataset.settings.set("durability", "fast").is_empty


@pytest.mark.parametrize("key", ["gate.options.RT104.limit", "gate.options.no_such_rule.limit", "gate.options.RT104"])
def test_an_option_that_no_rule_has_is_refused(tmp_path: Path, key: str) -> None:
    dataset = Dataset.init(tmp_path / "d")
    head = dataset.snapshot().id

    with pytest.raises((InvalidError, NotFoundError, UsageError)):
        dataset.settings.set(key, "3")

    assert dataset.snapshot().id == head


def test_a_severity_for_no_rule_is_refused(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with pytest.raises(NotFoundError) as caught:
        dataset.settings.set("gate.rules.emty_message", "off")

    assert caught.value.hint == "did you mean RT104 empty_message?"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("checkout", "sometimes"),
        ("durability", "slow"),
        ("user.name", " "),
        ("user.email", "a<b>"),
        ("user.name", "a\nb"),
        ("id", "x"),
        ("format", "2"),
        ("colour", "blue"),
        ("gate.strict", "true"),
    ],
)
def test_what_cannot_be_set_is_refused_and_changes_nothing(tmp_path: Path, key: str, value: str) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    config, log = (tmp_path / "d/.git/config").read_bytes(), dataset.repository.operations.head()

    with pytest.raises(UsageError):
        dataset.settings.set(key, value)

    assert (tmp_path / "d/.git/config").read_bytes() == config
    assert dataset.repository.operations.head() == log


def test_a_setting_of_this_machine_is_one_operation_and_no_commit(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    tip = dataset.snapshot().id

    done = dataset.settings.set("user.name", "Ann Writer")

    last = dataset.repository.operations.last()
    assert last is not None
    assert (done.commit, done.operation, dataset.snapshot().id) == (None, last.number, tip)
    assert last.config == {"user.name": (None, "Ann Writer")}
    assert reopened(dataset).repository.signature().name == "Ann Writer"


def test_machine_settings_are_undone_and_redone(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("user.name", "Ann")
    dataset.settings.set("user.name", "Bea")

    undo(dataset.repository)
    first = dataset.repository.config.own("user.name")
    undo(dataset.repository)
    second = dataset.repository.config.own("user.name")
    redo(dataset.repository)

    assert (first, second, dataset.repository.config.own("user.name")) == ("Ann", None, "Ann")


def test_default_takes_a_machine_setting_away(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("durability", "fast")

    dataset.settings.set("durability", "default")

    assert dataset.settings.get("durability").value == "safe"
    assert "fast" not in (tmp_path / "d/.git/config").read_text()


def test_going_bare_and_back_really_moves_the_files(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one", "two")
    before = files_of(dataset)

    dataset.settings.set("checkout", "never")
    bare = files_of(dataset)
    dataset = reopened(dataset)
    assert dataset.repository.is_bare
    dataset.settings.set("checkout", "always")

    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path / "d", capture_output=True, check=True)
    assert (bare, files_of(dataset), status.stdout) == (set(), before, b"")
    assert not reopened(dataset).repository.is_bare


def test_going_bare_is_undone_and_redone(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    before = files_of(dataset)
    dataset.settings.set("checkout", "never")

    undo(reopened(dataset).repository)
    back = files_of(dataset), reopened(dataset).settings.get("checkout").value
    redo(reopened(dataset).repository)

    assert back == (before, "auto")
    assert (files_of(dataset), reopened(dataset).settings.get("checkout").value) == (set(), "never")


def test_work_goes_on_while_bare_and_comes_back_with_the_files(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("checkout", "never")
    dataset = reopened(dataset)
    with dataset.edit() as change:
        change.put(ids[0], conversation("changed while bare"))

    dataset.settings.set("checkout", "always")

    path = tmp_path / "d" / f"entries/0000/00/{ids[0]}.json"
    assert path.read_bytes() == reopened(dataset).snapshot().raw(ids[0])


def test_hand_edits_stop_going_bare(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    path = hand_edit(dataset, ids[0])
    edited = path.read_bytes()

    with pytest.raises(UnsavedEditsError):
        dataset.settings.set("checkout", "never")
    with pytest.raises(UnsavedEditsError):
        dataset.settings.set("checkout", "never", intent=Intent("config", "config", dry_run=True))

    assert path.read_bytes() == edited
    assert not reopened(dataset).repository.is_bare
    assert reopened(dataset).settings.get("checkout").value == "auto"


def test_what_git_has_staged_alone_stops_going_bare(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    path = hand_edit(dataset, ids[0])
    subprocess.run(["git", "add", "."], cwd=dataset.folder, check=True)
    path.write_bytes(dataset.snapshot().raw(ids[0]))

    with pytest.raises(UnsavedEditsError):
        dataset.settings.set("checkout", "never")

    assert subprocess.run(["git", "diff", "--cached", "--quiet"], cwd=dataset.folder).returncode == 1


def test_a_branch_that_a_folder_copy_has_is_not_checked_out_a_second_time(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("checkout", "never")
    bare = reopened(dataset)
    bare.copies.add_folder(tmp_path / "copy", "main", Intent("workcopy", "workcopy add"))

    for intent in (None, Intent("config", "config", dry_run=True)):
        with refusal(ConflictError, "checked_out_elsewhere"):
            bare.settings.set("checkout", "always", intent=intent)

    assert files_of(dataset) == set()
    assert reopened(dataset).repository.is_bare
    assert reopened(dataset).settings.get("checkout").value == "never"


def test_a_folder_copy_cannot_go_bare_and_a_dry_run_says_so_too(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    create(dataset.repository, "try", Intent("branch", "branch try"))
    dataset.copies.add_folder(tmp_path / "copy", "try", Intent("workcopy", "workcopy add"))

    for intent in (None, Intent("config", "config", dry_run=True)):
        with pytest.raises(UsageError, match="this is a folder copy, which always has its files"):
            Dataset.open(tmp_path / "copy").settings.set("checkout", "never", intent=intent)


def test_a_stray_file_stays_where_it_is_when_going_bare(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    (tmp_path / "d" / "notes.txt").write_text("mine")

    dataset.settings.set("checkout", "never")

    assert files_of(dataset) == {"notes.txt"}


def test_a_file_in_the_way_stops_checking_out(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("checkout", "never")
    (tmp_path / "d" / "rolethread.toml").write_text("somebody else's")

    with pytest.raises(UnsavedEditsError):
        reopened(dataset).settings.set("checkout", "always")

    assert files_of(dataset) == {"rolethread.toml"}
    assert reopened(dataset).repository.is_bare
    assert reopened(dataset).settings.get("checkout").value == "never"


def test_a_dry_run_changes_no_setting(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    config, tip = (tmp_path / "d/.git/config").read_bytes(), dataset.snapshot().id
    log = dataset.repository.operations.head()
    dry = Intent("config", "config", dry_run=True)

    for key, value in (("checkout", "never"), ("user.name", "Ann"), ("name", "other")):
        assert dataset.settings.set(key, value, intent=dry).dry_run

    assert ((tmp_path / "d/.git/config").read_bytes(), dataset.snapshot().id) == (config, tip)
    assert dataset.repository.operations.head() == log


def test_settings_are_read_back_as_they_are_set(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("gate.strict", "main,tavern/*")

    settings = dataset.settings.list()

    values = {setting.key: setting.value for setting in settings if setting.travels}
    assert values["gate.strict"] == dataset.settings.get("gate.strict").value == "main,tavern/*"
    assert {setting.key: setting.value for setting in settings if not setting.travels} == {
        "checkout": "auto",
        "durability": "safe",
        "user.name": None,
        "user.email": None,
    }


def test_what_is_not_set_is_not_found(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")

    with pytest.raises(NotFoundError, match="commits say Dataset creator"):
        dataset.settings.get("user.name")
    with pytest.raises(NotFoundError):
        dataset.settings.get("gate.rules.empty_message")


def test_a_whole_new_text_is_one_commit(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    read = dataset.settings.text()

    dataset.settings.replace_text(
        read.replace(b'name = "d"', b'name = "e"  # better'), Intent("config", "edit"), read=read
    )

    assert dataset.snapshot().settings.name == "e"
    assert b"# better" in (tmp_path / "d" / "rolethread.toml").read_bytes()


def test_a_text_that_does_not_read_or_changes_the_id_is_refused(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    read = dataset.settings.text()
    identity = dataset.snapshot().settings.id.encode()
    other_id = read.replace(identity, b"27f9be4a-ebca-43e9-a02b-3a912a4c5213")

    with pytest.raises(InvalidSettingsError):
        dataset.settings.replace_text(b"name = ", Intent("config", "edit"), read=read)
    with pytest.raises(InvalidError, match="id cannot be changed"):
        dataset.settings.replace_text(other_id, Intent("config", "edit"), read=read)

    assert dataset.settings.text() == read


def test_a_stale_text_is_a_conflict(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    read = dataset.settings.text()
    dataset.settings.set("name", "meanwhile")

    with pytest.raises(ConflictError):
        dataset.settings.replace_text(read, Intent("config", "edit"), read=read)

    assert dataset.snapshot().settings.name == "meanwhile"


def test_a_dataset_that_is_open_elsewhere_follows_when_its_files_are_checked_out(tmp_path: Path) -> None:
    dataset, (entry_id,) = dataset_of(tmp_path / "d", "a")
    dataset.settings.set("checkout", "never")
    open_elsewhere = Dataset.open(tmp_path / "d")
    dataset.settings.set("checkout", "always")

    with open_elsewhere.edit() as change:
        change.put(entry_id, conversation("a", "Wet, by now."))

    assert dataset.status().unsaved == ()
    dataset.settings.set("checkout", "never")
    with open_elsewhere.edit() as change:
        change.add(conversation("b"))
    assert not (tmp_path / "d/entries").exists()


def test_a_dataset_that_is_open_elsewhere_sees_no_hand_edits_when_its_files_went(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "a")
    open_elsewhere = Dataset.open(tmp_path / "d")
    dataset.settings.set("checkout", "never")

    survey = open_elsewhere.status()
    with refusal(UsageError, "not_checked_out"):
        open_elsewhere.commit(Intent("commit", "commit"))
    with refusal(UsageError, "not_checked_out"):
        open_elsewhere.discard_edits(None, Intent("restore", "restore --all"))
    again = open_elsewhere.settings.set("checkout", "never")

    assert (survey.unsaved, survey.is_checked_out) == ((), False)
    assert again.is_empty
    assert files_of(dataset) == set()
