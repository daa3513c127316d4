"""`rtv commit`: hand edits go through the gate into one commit, and the folder is clean afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing_steps import Desk

from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry

NEW = "00000999-abcdefgh"
NEW_ENTRY = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}


def put(desk: Desk, path: str, data: bytes) -> Path:
    full = desk.folder / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_bytes(data)
    return full


def change_by_hand(desk: Desk, number: int, old: str, new: str) -> None:
    path = desk.path(number)
    data = path.read_bytes()
    assert old.encode() in data
    path.write_bytes(data.replace(old.encode(), new.encode()))


@pytest.mark.parametrize("staged", [False, True])
def test_changed_new_and_removed_files_are_one_commit(
    staged: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    first, second, third = desk.ids
    before = desk.head()
    change_by_hand(desk, 1, "Is the cellar dry?", "Is it dry?")
    desk.path(2).unlink()
    put(desk, f"entries/0000/09/{NEW}.json", encode_entry(Entry.of(NEW_ENTRY)))
    if staged:
        desk.git("add", "-A")

    answer = desk.rtv("commit")

    snapshot = desk.dataset.snapshot()
    assert answer.status == 0
    assert answer.out == f"added 1 entry, changed 1, removed 1 on main @ {desk.head()[:10]}\nundo with: rtv undo\n"
    assert snapshot.ids() == [first, third, NEW]
    assert snapshot[first].turns[1]["content"] == "Is it dry?"
    assert snapshot.commit.parents == (before,)
    assert snapshot.commit.message == f"add {NEW}, edit {first}, remove {second} by hand\n"
    assert desk.git("status", "--short") == ""


def test_without_hand_edits_it_explains_that_commands_save_by_themselves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()

    answer = desk.rtv("commit")

    assert answer.status == 0
    assert "every rtv command saves by itself" in answer.out
    assert desk.head() == before


def test_another_layout_is_saved_canonically_and_the_file_is_rewritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    path = desk.path(2)
    path.write_bytes(
        b'\xef\xbb\xbf{"tags": ["b", "a", "b"],\r\n "messages": [{"content": "a", "role": "assistant"}], "uuid": "u"}'
    )

    answer = desk.rtv("commit")

    canonical = encode_entry(
        Entry.of({"messages": [{"role": "assistant", "content": "a"}], "tags": ["a", "b"], "uuid": "u"})
    )
    assert answer.status == 0
    assert path.name not in answer.err
    assert path.read_bytes() == canonical
    assert desk.dataset.snapshot().raw(desk.ids[1]) == canonical
    assert desk.git("status", "--short") == ""


def test_a_file_that_only_looks_different_is_tidied_without_a_commit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before, data = desk.head(), desk.path(2).read_bytes()
    desk.path(2).write_bytes(data.replace(b"\n", b"\r\n"))
    desk.git("add", "-A")

    answer = desk.rtv("commit")

    assert answer.status == 0
    assert "nothing was edited by hand" in answer.out
    assert desk.path(2).read_bytes() == data
    assert desk.head() == before
    assert desk.git("status", "--short") == ""


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b'{"messages": [1,\n}', "1:16: trailing comma"),
        (b"", "1:1: the text is empty"),
        (b"[]", "1:1: an entry is an object with messages, not a list"),
        (b'{"messages": [], "messages": []}', ""),
        (b'{"messages": [], "a": NaN}', ""),
        (b'{"messages": [], "a": 99999999999999999999999}', ""),
        (b'{"messages": [], "a": "\\ud800"}', ""),
        (b'{"messages": [], "a": "\xff"}', ""),
        (b'{"messages": [], "a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ""),
        ('{"messages": []}'.encode("utf-16"), ""),
        (b'{"messages": [], "tags": 7}', "1:1: tags must be a list of text, not a number"),
    ],
)
def test_a_broken_file_is_named_with_line_and_column_and_nothing_is_saved(
    data: bytes, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()
    change_by_hand(desk, 1, "Is the cellar dry?", "Is it dry?")
    desk.path(2).write_bytes(data)
    name = desk.path(2).relative_to(desk.folder).as_posix()

    answer = desk.rtv("commit")

    assert answer.status == 20
    assert answer.err.startswith(f"error: 1 file cannot be read; nothing was saved\n  {name}:")
    assert f"  {name}:{place}" in answer.err
    assert desk.head() == before
    assert desk.path(2).read_bytes() == data


def test_what_the_gate_refuses_is_not_saved_and_stays_in_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()
    path = desk.path(2)
    path.write_bytes(b'{"messages": [{"role": "user", "content": ""}]}')

    refused = desk.rtv("commit")
    data = path.read_bytes()
    allowed = desk.rtv("commit", "--allow", "RT104", "--allow", "RT106", "--because", "a test")

    assert refused.status == 30
    assert data == b'{"messages": [{"role": "user", "content": ""}]}'
    assert allowed.status == 0
    assert desk.head() != before
    assert desk.git("status", "--short") == ""


def test_policy_is_that_of_before_the_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    settings = desk.folder / "rolethread.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("report_only = []", 'report_only = ["main"]'), "utf-8")
    desk.path(2).write_bytes(b'{"messages": [{"role": "user", "content": "q"}]}')

    together = desk.rtv("commit")
    desk.git("checkout", "--", "entries")
    settings_alone = desk.rtv("commit")
    desk.path(2).write_bytes(b'{"messages": [{"role": "user", "content": "q"}]}')
    afterwards = desk.rtv("commit")

    assert (together.status, settings_alone.status, afterwards.status) == (30, 0, 0)
    assert "this brings 1 finding: RT106 no_assistant" in afterwards.out


def test_settings_and_order_are_taken_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    first, second, third = desk.ids
    settings = desk.folder / "rolethread.toml"
    settings.write_text(settings.read_text("utf-8") + "\n# a remark\n", "utf-8")
    put(desk, "order.json", f'{{"{third}": ".8"}}'.encode())

    answer = desk.rtv("commit")

    snapshot = desk.dataset.snapshot()
    assert answer.status == 0
    assert answer.out.startswith("saved “change order.json, rolethread.toml by hand” on main @ ")
    assert snapshot.ids() == [third, first, second]
    assert (desk.folder / "order.json").read_bytes() == f'{{\n  "{third}": ".8"\n}}\n'.encode()
    assert desk.git("status", "--short") == ""


def test_an_order_that_moves_nothing_has_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    put(desk, "order.json", f'{{"{desk.ids[2]}": ".8"}}'.encode())
    desk.rtv("commit")
    put(desk, "order.json", b"{}")

    answer = desk.rtv("commit")

    assert answer.status == 0
    assert not (desk.folder / "order.json").exists()
    assert desk.git("status", "--short") == ""


def test_a_removed_entry_leaves_the_order_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    put(desk, "order.json", f'{{"{desk.ids[2]}": ".8"}}'.encode())
    desk.rtv("commit")
    desk.path(3).unlink()

    answer = desk.rtv("commit")

    assert answer.status == 0
    assert not (desk.folder / "order.json").exists()
    assert len(desk.dataset.snapshot()) == 2


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("rolethread.toml", b"junk"),
        ("rolethread.toml", None),
        ("rolethread.toml", b'name = "x"\nid = "27f9be4a-ebca-43e9-a02b-3a912a4c5213"\nformat = 1\n'),
        ("rolethread.toml", b'name = "x"\nid = "27f9be4a-ebca-43e9-a02b-3a912a4c5213"\nformat = 2\n'),
        ("order.json", b"[]"),
        ("order.json", b'{"00000001-abcdefgh": "front"}'),
        ("order.json", b"{"),
        ("tags/tavern.json", b"{"),
    ],
)
def test_settings_and_order_that_do_not_read_are_refused(
    path: str, data: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()
    if data is None:
        (desk.folder / path).unlink()
    else:
        put(desk, path, data)

    answer = desk.rtv("commit")

    assert answer.status == 20
    assert path in answer.err
    assert desk.head() == before


def test_files_that_are_no_entry_are_named_and_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    strange = ["entries/0000/00/chapter.json", "entries/0001/00/00000999-abcdefgh.json", "notes.txt", "tags/.x.json"]
    for path in strange:
        put(desk, path, b"{}")
    change_by_hand(desk, 1, "Is the cellar dry?", "Is it dry?")

    answer = desk.rtv("commit")

    assert answer.status == 0
    assert answer.err.splitlines() == [
        "left alone: entries/0000/00/chapter.json has no entry's name; to add what it holds, move it out of entries/"
        " and use rtv add",
        "left alone: entries/0001/00/00000999-abcdefgh.json lies in the wrong folder; an entry of this name lies at"
        " entries/0000/09/00000999-abcdefgh.json",
        "left alone: notes.txt is no part of the dataset",
        "left alone: tags/.x.json is no part of the dataset",
    ]
    assert all((desk.folder / path).read_bytes() == b"{}" for path in strange)
    assert len(desk.dataset.snapshot()) == 3


@pytest.mark.parametrize("where", ["new", "old", "folder"])
def test_a_symbolic_link_is_refused(where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()
    secret = tmp_path / "secret.json"
    secret.write_bytes(encode_entry(Entry.of(NEW_ENTRY)))
    if where == "folder":
        (desk.folder / "entries" / "0000").rename(tmp_path / "elsewhere")
        (desk.folder / "entries" / "0000").symlink_to(tmp_path / "elsewhere")
    else:
        path = desk.path(1) if where == "old" else desk.path(1).with_name("00000007-abcdefgh.json")
        path.unlink(missing_ok=True)
        path.symlink_to(secret)

    answer = desk.rtv("commit")

    assert answer.status == 20
    assert "is a symbolic link" in answer.err
    assert desk.head() == before


def test_a_link_that_is_no_part_of_the_dataset_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    (desk.folder / "note.lnk").symlink_to(desk.path(1))
    (desk.folder / "models").symlink_to(tmp_path)

    answer = desk.rtv("commit")

    assert answer.status == 0
    assert "left alone: note.lnk is no part of the dataset" in answer.err
    assert desk.dataset.status().unsaved == ()


def test_a_dry_run_changes_nothing_on_disk_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()
    desk.path(2).write_bytes(b'{"messages": [{"content": "a", "role": "assistant"}]}')

    answer = desk.rtv("commit", "--dry-run")

    assert answer.status == 0
    assert answer.out.splitlines() == [
        f"would change 1 entry ({desk.ids[1]}) on main; nothing was changed",
        "",
        f"~ {desk.ids[1]}  [0] added, [0] [1] removed",
        "  - [0] user",
        "  -     Who goes there?",
        "  - [1] assistant",
        "  -     A friend.",
        "  + [0] assistant",
        "  +     a",
    ]
    assert desk.head() == before
    assert desk.path(2).read_bytes() == b'{"messages": [{"content": "a", "role": "assistant"}]}'


def test_undo_takes_a_commit_of_hand_edits_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before, data = desk.head(), desk.path(1).read_bytes()
    change_by_hand(desk, 1, "Is the cellar dry?", "Is it dry?")
    desk.rtv("commit")

    answer = desk.rtv("undo")

    assert answer.status == 0
    assert desk.head() == before
    assert desk.path(1).read_bytes() == data
    assert desk.git("status", "--short") == ""


def test_a_bare_dataset_has_no_files_to_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.git("config", "core.bare", "true")

    answer = desk.rtv("commit")

    assert answer.status == 2
    assert "every command saves by itself" in answer.err


def test_a_broken_entry_that_plain_git_committed_can_be_repaired_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    good = desk.path(2).read_bytes()
    desk.path(2).write_bytes(b"{")
    desk.git("commit", "-qam", "break it")
    desk.path(2).write_bytes(good)

    answer = desk.rtv("commit")

    assert answer.status == 0
    assert desk.dataset.snapshot().raw(desk.ids[1]) == good
