"""The verbs that change something: their words, what comes before, and the datasets that they are tried on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workshop import Workshop


def _nothing(shop: Workshop) -> None:
    """Leave the dataset as it is."""


def _edit_by_hand(shop: Workshop) -> None:
    path = shop.path(1)
    path.write_bytes(path.read_bytes().replace(b"Dry enough.", b"By hand."))


def _empty_by_hand(shop: Workshop) -> None:
    path = shop.path(1)
    path.write_bytes(path.read_bytes().replace(b"Dry enough.", b""))


def _undo(shop: Workshop) -> None:
    shop.done("undo")


def _remove_two(shop: Workshop) -> None:
    shop.done("remove", "2", "3")


def _note_rough(shop: Workshop) -> None:
    shop.done("branch", "rough", "--note", "as it came in")


def _release_before(shop: Workshop) -> None:
    shop.done("release", "v1", "@~1", "-m", "first")


def _two_sides(shop: Workshop) -> None:
    """Change two entries on two branches: 2 on both, in different ways of the same words, and 3 on the other."""
    shop.done("switch", "-c", "warmer")
    shop.done("edit", "2", "--message", "1", "--content", "Warm and wet.")
    shop.done("edit", "3", "--tag", "+warm")
    shop.done("switch", "main")


def _two_sides_apart(shop: Workshop) -> None:
    _two_sides(shop)
    shop.done("edit", "1", "--tag", "+cold")


def _a_waiting_merge(shop: Workshop) -> None:
    _two_sides(shop)
    shop.done("edit", "2", "--message", "1", "--content", "Cold and wet.")
    assert shop.rtv("merge", "warmer").status == 50


def _a_decided_merge(shop: Workshop) -> None:
    _a_waiting_merge(shop)
    shop.done("resolve", "2", "--take", "warmer")


def _an_error_on_another_branch(shop: Workshop) -> None:
    here = shop.dataset.repository.branch()
    assert here is not None
    shop.done("switch", "-c", "poor")
    shop.done("edit", "2", "--message", "1", "--content", "")
    shop.done("switch", here)
    shop.done("edit", "3", "--tag", "+cold")


def _an_error_that_was_mended(shop: Workshop) -> None:
    shop.done("edit", "2", "--message", "1", "--content", "", "--allow", "RT104", "--because", "a draft")
    shop.done("edit", "2", "--message", "1", "--content", "Mended.")


def _a_decided_revert(shop: Workshop) -> None:
    shop.done("edit", "2", "3", "--message", "1", "--content", "Ruined.")
    shop.done("edit", "2", "--message", "1", "--content", "Ruined, as I said.")
    assert shop.rtv("revert", "@~1").status == 50
    shop.done("resolve", "2", "--take", "before")


def _say_in_a_file(shop: Workshop, before: bytes, after: bytes) -> None:
    """Write a file copy and edit it as any editor would."""
    path = shop.folder.parent / "train.jsonl"
    shop.done("workcopy", "add", str(path))
    path.write_bytes(path.read_bytes().replace(before, after))


def _edit_a_file_copy(shop: Workshop) -> None:
    """Edit the first answer, put the last line first, and write a new one."""
    _say_in_a_file(shop, b"Dry enough.", b"Dry enough, for a cellar.")
    path = shop.folder.parent / "train.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[-1], *lines[:-1], _row("four", "x").encode()]))


def _empty_in_a_file_copy(shop: Workshop) -> None:
    _say_in_a_file(shop, b"Dry enough.", b"")


@dataclass(frozen=True, slots=True)
class Mutator:
    """A verb: its words, the commits it makes, the words with which its gate says no, what comes before."""

    name: str
    words: tuple[str, ...]
    commits: int = 1
    envelope: str = "rolethread.commit/v1"
    refused: tuple[str, ...] = ()
    before: Callable[[Workshop], None] = _nothing
    before_refused: Callable[[Workshop], None] = _nothing
    back: tuple[str, ...] = ("undo",)
    needs_files: bool = False


MUTATORS = [
    Mutator("add", ("add", "--user", "u", "--assistant", "a"), refused=("add", "--user", "", "--assistant", "a")),
    Mutator(
        "edit a message",
        ("edit", "1", "--message", "1", "--content", "new"),
        refused=("edit", "1", "--message", "1", "--content", ""),
    ),
    Mutator("edit tags", ("edit", "1", "2", "--tag", "+tavern")),
    Mutator("remove", ("remove", "2")),
    Mutator("remove the last", ("remove", "3")),
    Mutator(
        "import",
        ("import", "../more.jsonl"),
        envelope="rolethread.import/v1",
        refused=("import", "../bad.jsonl"),
    ),
    Mutator("import to a new branch", ("import", "../bad.jsonl", "--to", "new"), envelope="rolethread.import/v1"),
    Mutator("import to a branch", ("import", "../bad.jsonl", "--to", "rough"), envelope="rolethread.import/v1"),
    Mutator(
        "commit",
        ("commit",),
        before=_edit_by_hand,
        refused=("commit",),
        before_refused=_empty_by_hand,
        needs_files=True,
    ),
    Mutator("restore", ("restore", "--all"), commits=0, before=_edit_by_hand, needs_files=True),
    Mutator("restore --from", ("restore", "1", "--from", "@~1"), refused=("restore", "1", "--from", "rough")),
    Mutator(
        "restore --all --from",
        ("restore", "--all", "--from", "@~2"),
        refused=("restore", "--all", "--from", "rough"),
    ),
    Mutator("config set name", ("config", "set", "name", "inn")),
    Mutator("config set checkout", ("config", "set", "checkout", "never"), commits=0, needs_files=True),
    Mutator("config set durability", ("config", "set", "durability", "fast"), commits=0),
    Mutator(
        "restore one message",
        ("restore", "1", "--from", "@~3", "--message", "1"),
        refused=("restore", "1", "--from", "rough", "--message", "1"),
    ),
    Mutator("restore --removed", ("restore", "--removed", "--all"), before=_remove_two),
    Mutator(
        "merge",
        ("merge", "warmer"),
        envelope="rolethread.merge/v1",
        before=_two_sides_apart,
        refused=("merge", "poor"),
        before_refused=_an_error_on_another_branch,
    ),
    Mutator("merge moves on", ("merge", "warmer"), commits=0, envelope="rolethread.merge/v1", before=_two_sides),
    Mutator(
        "merge a part",
        ("merge", "warmer", "--where", "id:3"),
        envelope="rolethread.merge/v1",
        before=_two_sides_apart,
    ),
    Mutator(
        "merge a part and finish",
        ("merge", "warmer", "--where", "id:3", "--rest", "keep-mine"),
        envelope="rolethread.merge/v1",
        before=_two_sides,
    ),
    Mutator("resolve", ("resolve", "2", "--take", "warmer"), envelope="rolethread.resolve/v1", before=_a_waiting_merge),
    Mutator("merge --continue", ("merge", "--continue"), envelope="rolethread.merge/v1", before=_a_decided_merge),
    Mutator("merge --abort", ("merge", "--abort"), commits=0, envelope="rolethread.merge/v1", before=_a_decided_merge),
    Mutator(
        "revert",
        ("revert", "@"),
        envelope="rolethread.merge/v1",
        refused=("revert", "@"),
        before_refused=_an_error_that_was_mended,
    ),
    Mutator("revert of one entry in a range", ("revert", "@~3..@", "1"), envelope="rolethread.merge/v1"),
    Mutator("revert --continue", ("revert", "--continue"), envelope="rolethread.merge/v1", before=_a_decided_revert),
    Mutator(
        "revert --abort", ("revert", "--abort"), commits=0, envelope="rolethread.merge/v1", before=_a_decided_revert
    ),
    Mutator(
        "pick",
        ("pick", "main..warmer"),
        envelope="rolethread.merge/v1",
        before=_two_sides_apart,
        refused=("pick", "poor"),
        before_refused=_an_error_on_another_branch,
    ),
    Mutator(
        "pick of some entries", ("pick", "main..warmer", "3"), envelope="rolethread.merge/v1", before=_two_sides_apart
    ),
    Mutator(
        "workcopy commit",
        ("workcopy", "commit"),
        before=_edit_a_file_copy,
        refused=("workcopy", "commit"),
        before_refused=_empty_in_a_file_copy,
    ),
    Mutator("branch", ("branch", "new"), commits=0),
    Mutator("branch with a note", ("branch", "new", "--note", "warmer"), commits=0),
    Mutator("branch --note", ("branch", "rough", "--note", "warmer"), commits=0),
    Mutator("branch --rename", ("branch", "--rename", "rough", "warm"), commits=0, before=_note_rough),
    Mutator("branch --rename the current one", ("branch", "--rename", "main", "trunk"), commits=0),
    Mutator("branch --delete", ("branch", "--delete", "rough"), commits=0, before=_note_rough),
    Mutator("release", ("release", "v1", "-m", "first"), commits=0),
    Mutator("release --force", ("release", "v1", "--force"), commits=0, before=_release_before),
    Mutator("release --delete", ("release", "--delete", "v1"), commits=0, before=_release_before),
    Mutator("switch", ("switch", "rough"), commits=0),
    Mutator("switch -c", ("switch", "-c", "new"), commits=0),
    Mutator("undo", ("undo",), commits=0, envelope="rolethread.ops/v1", back=("redo",)),
    Mutator("undo 2", ("undo", "2"), commits=0, envelope="rolethread.ops/v1", back=("redo",)),
    Mutator("redo", ("redo",), commits=0, envelope="rolethread.ops/v1", before=_undo),
]


def _row(question: str, answer: str) -> str:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}) + "\n"


def make_models(folder: Path) -> Path:
    """Make, in a folder, one dataset that is checked out and one that is bare, and files to import; return it."""
    (folder / "more.jsonl").write_text(_row("four", "x") + _row("five", "y"), "utf-8")
    (folder / "bad.jsonl").write_text(_row("four", "x") + _row("five", ""), "utf-8")
    shop = Workshop(folder / "files")
    Workshop(folder).done("init", "files")
    for question in ("one", "two"):
        shop.done("add", "--user", question, "--assistant", "Wet.")
    shop.done("switch", "-c", "rough")
    shop.done("edit", "1", "--message", "1", "--content", "")
    shop.done("switch", "main")
    shop.done("add", "--user", "three", "--assistant", "Wet.", "--tag", "late")
    shop.done("edit", "1", "--message", "1", "--content", "Dry enough.")
    shutil.copytree(shop.folder, folder / "bare", symlinks=True)
    Workshop(folder / "bare").done("config", "set", "checkout", "never")
    Workshop(folder / "bare").done("edit", "2", "--message", "1", "--content", "Dry enough.")
    Workshop(folder / "bare").done("edit", "1", "--message", "0", "--content", "one?")
    return folder
