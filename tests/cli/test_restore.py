"""`rtv restore`: hand edits thrown away and kept for undo; entries brought back from an earlier revision."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing_steps import Desk


def all_files(desk: Desk) -> dict[str, bytes]:
    return {
        path.relative_to(desk.folder).as_posix(): path.read_bytes()
        for path in desk.folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(desk.folder).parts
    }


def edit_by_hand(desk: Desk) -> None:
    desk.path(1).write_bytes(b"typed by hand")
    desk.path(2).unlink()
    desk.path(3).with_name("00000007-abcdefgh.json").write_bytes(b'{"messages": []}')
    (desk.folder / "rolethread.toml").write_bytes(b"junk")
    (desk.folder / "notes.txt").write_bytes(b"mine")


# ---- hand edits


@pytest.mark.parametrize("staged", [False, True])
def test_all_hand_edits_are_thrown_away_and_undo_brings_them_back(
    staged: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    saved, head = all_files(desk), desk.head()
    edit_by_hand(desk)
    edited = all_files(desk)
    if staged:
        desk.git("add", "-A", "--", "entries", "rolethread.toml")

    restored = desk.rtv("restore", "--all")
    after_restore = all_files(desk)
    status = desk.git("status", "--short")
    undone = desk.rtv("undo")
    after_undo = all_files(desk)
    redone = desk.rtv("redo")

    assert (restored.status, undone.status, redone.status) == (0, 0, 0)
    assert restored.out.startswith("threw away the hand edits of 4 files (")
    assert restored.out.endswith("undo with: rtv undo\n")
    assert after_restore == {**saved, "notes.txt": b"mine"}
    assert status == "?? notes.txt\n"
    assert after_undo == edited
    assert all_files(desk) == after_restore
    assert desk.head() == head


def test_one_entry_is_restored_and_the_others_keep_their_edits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    saved = all_files(desk)
    edit_by_hand(desk)
    edited = all_files(desk)

    answer = desk.rtv("restore", "1", "7", "3")

    first = desk.path(1).relative_to(desk.folder).as_posix()
    seventh = first.replace(desk.ids[0], "00000007-abcdefgh")
    assert answer.status == 0
    assert answer.out.startswith(f"threw away the hand edits of 2 files ({desk.ids[0]}, 00000007-abcdefgh)\n")
    assert all_files(desk) == {key: value for key, value in {**edited, first: saved[first]}.items() if key != seventh}


def test_entries_are_chosen_by_a_query_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.path(1).write_bytes(b"x")
    desk.path(2).write_bytes(b"y")

    assert desk.rtv("restore", "--where", "tag:tavern").status == 0
    assert desk.path(1).read_bytes() != b"x"
    assert desk.path(2).read_bytes() == b"y"


@pytest.mark.parametrize("words", [("--all",), ("1",)])
def test_without_hand_edits_nothing_happens(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    operations = len(list(desk.dataset.repository.operations))

    answer = desk.rtv("restore", *words)

    assert answer.status == 0
    assert answer.out.startswith("nothing to throw away: no hand edits here")
    assert len(list(desk.dataset.repository.operations)) == operations


def test_a_dry_run_throws_nothing_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    edit_by_hand(desk)
    edited = all_files(desk)

    answer = desk.rtv("restore", "--all", "--dry-run")

    assert answer.status == 0
    assert answer.out.startswith("would throw away the hand edits of 4 files (")
    assert answer.out.endswith("; nothing was changed\n")
    assert all_files(desk) == edited


def test_a_symbolic_link_is_named_and_nothing_is_thrown_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.path(1).write_bytes(b"x")
    link = desk.path(2)
    link.unlink()
    link.symlink_to(tmp_path / "nowhere")

    answer = desk.rtv("restore", "--all")

    assert answer.status == 20
    assert "is a symbolic link" in answer.err
    assert desk.path(1).read_bytes() == b"x"
    assert link.is_symlink()


def test_hand_edits_are_restored_while_looking_at_a_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.git("checkout", "-q", "--detach")
    data = desk.path(1).read_bytes()
    desk.path(1).write_bytes(b"x")

    assert desk.rtv("restore", "1").status == 0
    assert desk.path(1).read_bytes() == data


# ---- from a revision


def test_an_entry_comes_back_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.dataset.snapshot()
    desk.rtv("edit", "1", "2", "--system", "Later.")

    answer = desk.rtv("restore", "1", "--from", "@~1")

    after = desk.dataset.snapshot()
    assert answer.status == 0
    assert answer.out == f"changed 1 entry ({desk.ids[0]}) on main @ {desk.head()[:10]}\nundo with: rtv undo\n"
    assert after.raw(desk.ids[0]) == before.raw(desk.ids[0])
    assert after[desk.ids[1]].turns[0]["content"] == "Later."
    assert desk.git("status", "--short") == ""


def test_a_query_that_fits_today_and_nothing_of_then_says_what_it_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.rtv("edit", "1", "--tag", "+night")

    answer = desk.rtv("restore", "--where", "tag:night", "--from", "@~1")

    assert answer.status == 40
    assert "error: no entry of @~1 matches 'tag:night'; nothing was changed" in answer.err
    assert "rtv restore ID… --from @~1" in answer.err


def test_a_removed_entry_comes_back_with_its_id_and_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    (desk.folder / "order.json").write_text(f'{{"{desk.ids[2]}": ".8"}}', "utf-8")
    desk.rtv("commit")
    ids = desk.ids
    desk.rtv("remove", "3")

    answer = desk.rtv("restore", "3", "--from", "@~1")

    assert answer.status == 0
    assert desk.ids == ids


def test_all_entries_become_what_they_were_and_newer_ones_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.git("ls-tree", "-r", "@")
    desk.rtv("edit", "1", "--system", "Later.")
    desk.rtv("remove", "2")
    desk.rtv("add", "--user", "q", "--assistant", "a")

    answer = desk.rtv("restore", "--all", "--from", "@~3")
    again = desk.rtv("restore", "--all", "--from", "@~4")

    assert answer.status == 0
    assert answer.out.startswith("added 1 entry, changed 1, removed 1 on main @ ")
    assert desk.git("ls-tree", "-r", "@") == before
    assert again.out == "nothing changed: all entries are as in @~4\n"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("restore",), 2),
        (("restore", "--from", "@"), 2),
        (("restore", "1", "--all"), 2),
        (("restore", "1", "--where", "untagged"), 2),
        (("restore", "99"), 40),
        (("restore", "4", "--from", "@~1"), 40),
        (("restore", "1", "--from", "nowhere"), 40),
        (("restore", "1", "--from", "@~50"), 40),
        (("restore", "--where", "tag:nowhere", "--from", "@"), 40),
    ],
)
def test_words_that_do_not_fit_change_nothing(
    words: tuple[str, ...], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.rtv("add", "--user", "q", "--assistant", "a")
    before = desk.head()

    answer = desk.rtv(*words)

    assert answer.status == status
    assert desk.head() == before


def test_hand_edits_on_a_restored_entry_stand_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.rtv("edit", "1", "--system", "Later.")
    desk.path(1).write_bytes(b"typed by hand")

    answer = desk.rtv("restore", "1", "--from", "@~1")

    assert answer.status == 50
    assert desk.path(1).read_bytes() == b"typed by hand"


def test_an_entry_that_no_longer_reads_is_taken_back_from_an_earlier_revision(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    good = desk.path(2).read_bytes()
    desk.path(2).write_bytes(b"{")
    desk.git("commit", "-qam", "break it")

    answer = desk.rtv("restore", "2", "--from", "@~1")

    assert answer.status == 0
    assert desk.path(2).read_bytes() == good


def test_a_symbolic_link_that_plain_git_committed_goes_and_the_entry_comes_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    path = desk.path(2)
    good = path.read_bytes()
    path.unlink()
    path.symlink_to("/etc/hostname")
    desk.git("commit", "-qam", "a link")

    status = desk.rtv("status")
    listed = desk.rtv("list")
    restored = desk.rtv("restore", "2", "--from", "@~1")

    assert "hand-edited" not in status.out
    assert [line.split()[0] for line in listed.out.splitlines()] == ["1", "2", "3"]
    assert "cannot be read (a symbolic link or a folder)" in listed.err
    assert (listed.status, restored.status) == (0, 0)
    assert path.read_bytes() == good and not path.is_symlink()


@pytest.mark.parametrize("way_out", [["undo"], ["switch", "other"], ["remove", "2"]])
def test_a_committed_symbolic_link_is_no_hand_edit_in_the_way(
    way_out: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.rtv("branch", "other")
    path, target = desk.path(2), tmp_path / "precious"
    good = path.read_bytes()
    target.write_text("mine")
    path.unlink()
    path.symlink_to(target)
    desk.git("commit", "-qam", "a link")

    answer = desk.rtv(*way_out)

    assert answer.status == 0, answer.err
    assert not path.is_symlink()
    assert path.exists() == (way_out[0] != "remove") and (way_out[0] == "remove" or path.read_bytes() == good)
    assert target.read_text() == "mine"


def test_another_link_than_the_committed_one_stays_in_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    path = desk.path(2)
    path.unlink()
    path.symlink_to("/etc/hostname")
    desk.git("commit", "-qam", "a link")
    path.unlink()
    path.symlink_to("/etc/passwd")

    answer = desk.rtv("restore", "2", "--from", "@~1")

    assert answer.status == 50
    assert path.is_symlink()


# ---- one message, and what was removed


def test_one_message_comes_back_and_the_answer_says_where_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.fields(1)["messages"]
    desk.rtv("edit", "1", "--message", "2", "--content", '*She laughs aloud.* "Dry enough."')
    desk.rtv("edit", "1", "--system", "")

    planned = desk.rtv("restore", "1", "--from", "@~2", "--message", "2", "--dry-run")
    answer = desk.rtv("restore", "1", "--from", "@~2", "--message", "2")
    again = desk.rtv("restore", "1", "--from", "@~3", "--message", "2")

    assert desk.fields(1)["messages"] == before[1:]
    assert "would change 1 entry" in planned.out
    assert answer.out.startswith("changed 1 entry")
    assert f"what was [2] in @~2 is now [1] of {desk.ids[0]}" in answer.err
    assert again.out == "nothing changed: message [2] is as in @~3\n"


def test_a_message_needs_a_revision_and_entries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    assert desk.rtv("restore", "1", "--message", "2").status == 2
    assert desk.rtv("restore", "--all", "--from", "@~1", "--message", "2").status == 2
    assert desk.rtv("restore", "1", "--from", "@", "--message", "9").status == 2


def test_removed_entries_are_listed_and_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    ids, head = desk.ids, desk.head()
    desk.rtv("remove", "1", "2", "-m", "not good enough")

    listed = desk.rtv("restore", "--removed")
    value = desk.rtv("restore", "--removed", "--json").value()
    first = desk.rtv("restore", "--removed", "-n", "1")
    planned = desk.rtv("restore", "--removed", "--where", "tag:tavern", "--dry-run")
    back = desk.rtv("restore", "--removed", "1")
    rest = desk.rtv("restore", "--removed", "--all")

    lines = listed.out.splitlines()
    assert "not good enough" in lines[0]
    assert "remove)" in lines[0]
    assert lines[1:] == [f"  - {ids[0]}  Is the cellar dry?", f"  - {ids[1]}  Who goes there?"]
    assert "rtv restore --removed ID" in listed.err
    assert [each["id"] for each in value["removed"]] == ids[:2]
    assert (value["more"], value["removed"][0]["last_in"]) == (False, head)
    assert "rtv restore --removed -n 4" in first.err
    assert f"+ {ids[0]}" in planned.out
    assert back.out.startswith(f"added 1 entry ({ids[0]})")
    assert rest.out.startswith(f"added 1 entry ({ids[1]})")
    assert desk.ids == ids
    assert "no entry was removed" in desk.rtv("restore", "--removed").err


def test_what_does_not_go_with_removed_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    assert desk.rtv("restore", "--removed", "1", "--from", "@").status == 2
    assert desk.rtv("restore", "--removed", "-m", "x").status == 2
    assert desk.rtv("restore", "--removed", "1", "-n", "3").status == 2
    assert desk.rtv("restore", "1", "--since", "@").status == 2
    assert desk.rtv("restore", "--removed", "1").status == 40
    assert desk.rtv("restore", "--removed", "--since", "nowhere").status == 40


def test_a_tag_is_restored_by_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    file = desk.folder / "tags/tavern.json"
    file.parent.mkdir()
    texts = []
    for color in ("red", "blue"):
        file.write_text(f'{{"name": "Tavern", "color": "{color}"}}')
        desk.rtv("commit")
        texts.append(file.read_text())
    file.write_text("{")

    thrown_away = desk.rtv("restore", "tags/tavern.json")
    now = file.read_text()
    desk.rtv("restore", "tags/tavern.json", "--from", "@~1")
    then = file.read_text()
    missing = desk.rtv("restore", "tags/inn.json", "--from", "@~1")

    assert thrown_away.out.startswith("threw away the hand edits of 1 file (tavern)")
    assert [then, now] == texts
    assert missing.status == 40
    assert "there was no file tags/inn.json of the dataset" in missing.err
