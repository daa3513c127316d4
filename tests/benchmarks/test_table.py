"""The table that the benchmarks write, and where they write it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])


def test_a_missed_target_is_said() -> None:
    from measuring import Figure
    from table import render

    figures = [
        Figure("import", "9 s", "git 20 s", 0.45, 0.4, "ratio"),
        Figure("edit", "5 ms", "-", 5.0, 6, "ms"),
        Figure("checkout", "3 s", "git 2 s", None, None, ""),
    ]

    assert render(figures).splitlines()[2:] == [
        "| import | 9 s | git 20 s | 0.45 ratio | ≤ 0.4 | **missed** |",
        "| edit | 5 ms | - | 5 ms | ≤ 6 | holds |",
        "| checkout | 3 s | git 2 s |  |  |  |",
    ]


def test_only_what_stands_between_the_markers_is_replaced(tmp_path: Path) -> None:
    from table import BEGIN, END, put_into

    page = tmp_path / "README.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")

    put_into(page, "new")
    put_into(page, "newer")

    assert page.read_text() == f"before\n{BEGIN}\nnewer\n{END}\nafter\n"


def test_the_page_has_the_markers() -> None:
    from table import BEGIN, END

    page = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert page.count(BEGIN) == page.count(END) == 1
    assert page.index(BEGIN) < page.index(END)


def test_a_program_is_timed_and_its_memory_taken() -> None:
    from measuring import run

    done = run([sys.executable, "-c", "pass"])

    assert done.seconds > 0
    assert done.megabytes > 1


def test_a_program_that_fails_is_no_figure() -> None:
    from measuring import run

    with pytest.raises(RuntimeError, match="status 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"])
