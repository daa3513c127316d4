"""`rtv bisect`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from reading_steps import Rtv, change

from rolethread_vcs import Dataset


@pytest.fixture
def commits(dataset: Dataset) -> list[str]:
    """Return the commits of the dataset, the oldest first: the one that added entries, and six edits."""
    found = [dataset.snapshot().id]
    for number in range(1, 7):
        change(dataset, 1, f"version {number}")
        found.append(dataset.snapshot().id)
    return found


def script(folder: Path, text: str) -> tuple[str, str]:
    path = folder / "check.py"
    path.write_text("import os, sys\n" + text)
    return sys.executable, str(path)


def test_a_search_by_hand(rtv: Rtv, commits: list[str]) -> None:
    first = rtv("bisect", "start", "@~6", "main").out.splitlines()
    rtv("bisect", "good")
    end = rtv("bisect", "bad")

    assert first[0].startswith(f"test {commits[3][:10]}  ")
    assert first[1] == "6 suspects, about 3 tests to go"
    assert first[2] == f"  export it:   rtv export {commits[3][:10]} -o bisect-{commits[3][:10]}.jsonl"
    assert end.out.startswith(f"the first bad change is {commits[4][:10]}\n")
    assert "1 entry: 1 changed" in end.out
    assert f"rtv revert {commits[4][:10]}" in end.err


def test_the_export_that_is_told_can_be_pasted(rtv: Rtv, commits: list[str], tmp_path: Path) -> None:
    line = rtv("bisect", "start", "@~6").out.splitlines()[2]
    words = line.partition("rtv ")[2].split()

    assert rtv(*words[:-1], str(tmp_path / words[-1])).status == 0
    assert "version 3" in (tmp_path / words[-1]).read_text()


def test_a_program_searches_by_itself(rtv: Rtv, commits: list[str], tmp_path: Path) -> None:
    program = script(tmp_path, "sys.exit(any(f'version {n}' in open(sys.argv[1]).read() for n in (5, 6)))\n")
    rtv("bisect", "start", "@~6")

    answer = rtv("bisect", "run", *program, "{}")

    assert answer.status == 0
    assert f"the first bad change is {commits[5][:10]}" in answer.out
    assert f"good  {commits[3][:10]}  " in answer.err


def test_a_program_is_given_file_and_commit_by_name_and_the_format_it_wants(
    rtv: Rtv, commits: list[str], tmp_path: Path
) -> None:
    text = (
        "row = open(os.environ['ROLETHREAD_FILE']).readline()\n"
        f"open({str(tmp_path / 'seen')!r}, 'a').write(os.environ['ROLETHREAD_COMMIT'] + ' ' + row)\n"
    )
    rtv("bisect", "start", "@~2")
    rtv("bisect", "run", "--format", "sharegpt", "--clean", *script(tmp_path, text))

    assert (tmp_path / "seen").read_text().startswith(f'{commits[5]} {{"conversations":[')


def test_a_program_may_skip(rtv: Rtv, commits: list[str], tmp_path: Path) -> None:
    rtv("bisect", "start", "@~3")

    answer = rtv("bisect", "run", *script(tmp_path, "sys.exit(125)\n"))

    assert answer.out.startswith("the first bad change is one of 3;")
    assert rtv("bisect", "status").out == answer.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sys.exit(127)\n", "a program was not found"),
        ("sys.exit(200)\n", "ended with status 200"),
        ("os.kill(os.getpid(), 9)\n", "was ended by signal 9"),
    ],
)
def test_a_program_that_gives_no_answer_stops_the_search(
    rtv: Rtv, commits: list[str], tmp_path: Path, text: str, said: str
) -> None:
    before = rtv("bisect", "start", "@~6").out

    answer = rtv("bisect", "run", *script(tmp_path, text))

    assert answer.status == 20
    assert said in answer.err
    assert "the answers before are kept" in answer.err
    assert rtv("bisect", "status").out == before


def test_a_program_that_is_not_there_is_told(rtv: Rtv, commits: list[str]) -> None:
    rtv("bisect", "start", "@~6")

    missing, line = rtv("bisect", "run", "./no-such-program", "{}"), rtv("bisect", "run", "python check.py {}")

    assert missing.status == 20
    assert "cannot be run: no such file" in missing.err
    assert "without the quotes: rtv bisect run python check.py {}" in line.err


def test_the_answers_are_listed(rtv: Rtv, commits: list[str]) -> None:
    rtv("bisect", "start", "@~6")
    rtv("bisect", "skip")

    lines = rtv("bisect", "log").out.splitlines()

    assert [line.split()[:2] for line in lines] == [
        ["bad", commits[6][:10]],
        ["good", commits[0][:10]],
        ["skip", commits[3][:10]],
    ]


def test_the_envelope_tells_where_the_search_stands(rtv: Rtv, commits: list[str]) -> None:
    rtv("bisect", "start", "@~6")

    value = rtv("bisect", "good", "--json").json("rolethread.bisect/v1")

    assert value["running"] is True
    assert (value["bad"], value["good"], value["skipped"]) == (commits[6], [commits[0], commits[3]], [])
    assert value["suspects"] == [commits[6], commits[5], commits[4]]
    assert value["test"] == commits[4]
    assert (value["tests"], value["first_bad"]) == (2, None)
    assert [each["answer"] for each in value["answers"]] == ["bad", "good", "good"]


def test_the_envelope_of_a_run_is_alone_on_stdout(rtv: Rtv, commits: list[str], tmp_path: Path) -> None:
    rtv("bisect", "start", "@~6")

    answer = rtv("--json", "bisect", "run", *script(tmp_path, "print('noise'); sys.exit(1)\n"))

    assert answer.json("rolethread.bisect/v1")["first_bad"] == commits[1]


def test_a_search_is_ended(rtv: Rtv, commits: list[str]) -> None:
    rtv("bisect", "start", "@~6")

    assert rtv("bisect", "start", "@~5").status == 50
    assert rtv("bisect", "reset").out == "the search is ended\n"
    assert rtv("bisect", "reset").out == "no search was under way\n"
    assert rtv("bisect", "good").status == 40
    ended = rtv("bisect", "reset", "--json").json("rolethread.bisect/v1")
    assert (ended["running"], ended["was_running"], ended["test"]) == (False, False, None)
