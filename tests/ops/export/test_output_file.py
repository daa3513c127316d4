"""A page for people is written whole, and never over a file that is not ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from refusals import refusal

from rolethread_vcs.errors import ConflictError, InvalidError, NotFoundError, SystemRefusedError
from rolethread_vcs.ops.export.output_file import is_own_page, write_page


def test_a_page_is_written_and_known_again(tmp_path: Path) -> None:
    path = tmp_path / "diff.html"

    write_page(path, ["<p>one</p>\n", "<p>two…</p>\n"])

    assert path.read_text("utf-8").startswith("<p>one</p>\n<p>two…</p>\n<!-- written by rolethread-vcs; sha256 ")
    assert is_own_page(path)


def test_a_page_of_ours_is_replaced_and_an_edited_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "diff.html"
    write_page(path, ["one\n"])
    write_page(path, ["two\n"])
    path.write_text(path.read_text("utf-8").replace("two", "2"), encoding="utf-8")

    with refusal(ConflictError, "file_in_the_way", match="is not a page as rtv wrote it"):
        write_page(path, ["three\n"])

    assert path.read_text("utf-8").startswith("2\n")
    write_page(path, ["three\n"], overwrite=True)
    assert path.read_text("utf-8").startswith("three\n")


@pytest.mark.parametrize("data", [b"", b"my notes", b"x" * 500])
def test_somebody_elses_file_stays(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.html"
    path.write_bytes(data)

    with refusal(ConflictError, "file_in_the_way"):
        write_page(path, ["page"])

    assert path.read_bytes() == data


def test_a_folder_is_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="is a folder"):
        write_page(tmp_path, ["page"], overwrite=True)


def test_what_is_no_file_is_written_into_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    write_page(pipe, ["page\n"])

    assert os.read(reader, 100).startswith(b"page\n")
    os.close(reader)
    assert pipe.is_fifo()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no folder"):
        write_page(tmp_path / "no" / "diff.html", ["page"])


def test_a_page_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()

    def parts() -> Iterator[str]:
        yield "one"
        raise SystemRefusedError("the disk")

    with pytest.raises(SystemRefusedError):
        write_page(folder / "diff.html", parts())

    assert list(folder.iterdir()) == []


def test_a_link_leads_to_the_file_that_is_replaced(tmp_path: Path) -> None:
    path, link = tmp_path / "real.html", tmp_path / "link.html"
    write_page(path, ["one\n"])
    link.symlink_to(path)

    write_page(link, ["two\n"])

    assert link.is_symlink()
    assert path.read_text("utf-8").startswith("two\n")
