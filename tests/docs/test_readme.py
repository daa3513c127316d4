"""The README and the pages that show commands are run, in order, and print what they say they print."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRANSCRIPT = runpy.run_path(str(ROOT / "docs" / "transcript.py"))


@pytest.mark.parametrize("page", TRANSCRIPT["PAGES"])
def test_a_page_that_is_run_prints_what_it_says(page: str, tmp_path: Path, environment: dict[str, str]) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    folder = tmp_path / "reader"
    folder.mkdir()

    rerun = TRANSCRIPT["rerun"](text, folder, environment)

    assert TRANSCRIPT["steady"](rerun) == TRANSCRIPT["steady"](text), f"run: python docs/transcript.py {page}"
    same = set(zip(TRANSCRIPT["ids"](rerun), TRANSCRIPT["ids"](text), strict=True))
    assert len(same) == len(dict(same)), f"the ids are of several runs; delete an output, and: make docs ({page})"


@pytest.mark.filterwarnings("ignore")
def test_what_is_handed_to_other_libraries_is_taken_by_them(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for name in ("datasets", "pandas"):
        pytest.importorskip(name, reason=f"{name} is not installed here: pip install {name}")
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")

    blocks = (
        text.replace("```py\n", "```python\n")
        + "```python\nprint(len(train), len(texts), len(frame), len(rows))\n```\n```text\n```\n"
    )
    rerun = TRANSCRIPT["rerun"](blocks, tmp_path, environment)

    counts = [int(each) for each in rerun.splitlines()[-2].split()]
    assert counts[0] == counts[1] == counts[3] > 0


def test_every_command_that_the_readme_shows_is_a_verb() -> None:
    from rolethread_vcs.cli import VERBS

    shown = [line.split() for line in TRANSCRIPT["commands"]((ROOT / "README.md").read_text(encoding="utf-8"))]
    verbs = {words[3] if words[1] == "-C" else words[1] for words in shown if words[0] == "rtv"}

    assert verbs <= {verb for verb, _group, _line in VERBS}
    assert len(verbs) >= 12


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("changed 1 entry on main @ 962be9ea66", "changed 1 entry on main @ a1b2c3d4e5"),
        ("2 edits, 21:05-21:50", "2 edits, 21:05"),
        ("exported 2026-11-22 02:42 (operation 3)", "exported 2027-01-01 23:59 (operation 3)"),
    ],
)
def test_ids_and_times_do_not_count(one: str, two: str) -> None:
    assert TRANSCRIPT["steady"](one) == TRANSCRIPT["steady"](two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("added 3 entries", "added 4 entries"),
        ("00000002-487p8259", "00000003-487p8259"),
        ("decade", "facade"),
        ("(sha256 524c307552ce…)", "(sha256 0a4c307552c1…)"),
    ],
)
def test_everything_else_counts(one: str, two: str) -> None:
    assert TRANSCRIPT["steady"](one) != TRANSCRIPT["steady"](two)
