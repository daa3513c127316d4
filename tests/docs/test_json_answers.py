"""The JSON that the page about the command promises is what the verbs print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from answers import check_answer
from generate_schemas import FOLDER, schemas

from rolethread_vcs.cli.main import run
from rolethread_vcs.views.envelopes import envelopes

MODELS = dict(envelopes())

ROWS = [
    {"messages": [{"role": "user", "content": "Is the cellar dry?"}, {"role": "assistant", "content": "Dry enough."}]},
    {"messages": [{"role": "user", "content": "And the attic?"}, {"role": "assistant", "content": ""}]},
]
ANSWERS = {
    "add --user Hi --assistant Ho": "commit",
    "edit 1 --tag +dry": "commit",
    "remove 1": "commit",
    "restore --all": "commit",
    "commit": "commit",
    "branch attempt": "commit",
    "switch -c attempt": "commit",
    "config set gate.rules.empty_message warning": "commit",
    "merge waits": "merge",
    "conflicts": "conflicts",
    "resolve 1 --take waits": "resolve",
    "import ../rows.jsonl --to work/rows": "import",
    "import ../bad.jsonl --skip-invalid --dry-run": "import",
    "import ../bad.jsonl --to work/bad": "import",
    "init ../fresh --from ../good.jsonl": "import",
    "show 99": "error",
    "add --user Hi": "error",
    "init ../fresh": "init",
    "clone . ../copy": "clone",
    "list": "list",
    "show 1": "entry",
    "show 1 2": "entries",
    "show main": "show",
    "log": "log",
    "log 1": "log",
    "blame 1": "blame",
    "bisect start @~1": "bisect",
    "diff @~1 @": "diff",
    "status": "status",
    "check": "check",
    "ops": "ops",
    "undo": "ops",
    "branch": "branches",
    "release v1": "commit",
    "release": "releases",
    "release --show v0": "release",
    "restore --removed": "removed",
    "config list": "config",
    "config get name": "config",
    "hooks install": "hooks",
    "hooks remove": "hooks",
    "rules": "rules",
    "rules RT104": "rules",
    "export -o ../out.jsonl": "export",
    "which ../first.jsonl": "which",
    "workcopy add ../copy.jsonl --clean": "workcopies",
    "workcopy list": "workcopies",
    "workcopy status": "workcopy",
    "workcopy status .": "workcopy",
    "workcopy commit": "commit",
    "workcopy refresh": "workcopy_refresh",
    "workcopy remove ../tied.jsonl": "workcopy_removed",
    "verify": "verify",
    "doctor": "doctor",
}


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """A dataset of two entries, one of them with a finding, and files beside it."""
    rows = [json.dumps(row) + "\n" for row in ROWS]
    (tmp_path / "rows.jsonl").write_text("".join(rows), encoding="utf-8")
    (tmp_path / "good.jsonl").write_text(rows[0], encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text(rows[1].replace("attic", "roof"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["init", "inn"]) == 0
    monkeypatch.chdir(tmp_path / "inn")
    assert run(["import", "../rows.jsonl", "--allow", "RT104", "--because", "a draft"]) == 0
    assert run(["export", "-o", "../first.jsonl"]) == 0
    assert run(["workcopy", "add", "../tied.jsonl"]) == 0
    assert run(["release", "v0", "-m", "the first"]) == 0
    capsys.readouterr()
    return tmp_path / "inn"


@pytest.fixture
def _waiting(dataset: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
    """Let a merge wait, for the answers that are about one; `merge waits` itself is still to be run."""
    words = request.node.callspec.params["words"]
    if not words.startswith(("merge", "conflicts", "resolve")):
        return
    for branch, text in (("waits", "Rather dry."), ("main", "Rather damp.")):
        run(["switch", *(() if branch == "main" else ("-c",)), branch])
        assert run(["edit", "1", "--message", "1", "--content", text]) == 0
    assert words.startswith("merge") or run(["merge", "waits"]) == 50
    capsys.readouterr()


def answer(words: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    run(["--json", *words.split()])
    text = capsys.readouterr().out
    check_answer(text)
    document: dict[str, Any] = json.loads(text)
    return document


@pytest.mark.usefixtures("_waiting")
@pytest.mark.parametrize("words", ANSWERS)
def test_an_answer_is_the_envelope_of_its_verb(words: str, dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = answer(words, capsys)

    assert list(document) == [f"rolethread.{ANSWERS[words]}/v1"]


def test_hand_edits_are_listed_in_the_status(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    next(dataset.glob("entries/0000/00/00000001-*")).write_text(json.dumps(ROWS[1]), encoding="utf-8")

    status = answer("status", capsys)["rolethread.status/v1"]

    assert [item["change"] for item in status["unsaved"]] == ["changed"]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("check", "findings"),
        ("import ../bad.jsonl --skip-invalid --dry-run", "rejects"),
        ("import ../bad.jsonl --to work/bad", "findings"),
        ("edit 1 --tag +dry", "entries"),
        ("diff @~1 @", "entries"),
    ],
)
def test_these_answers_have_something_in_their_lists(
    words: str, key: str, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (value,) = answer(words, capsys).values()

    assert value[key] != []


def test_every_envelope_is_tried() -> None:
    assert {f"rolethread.{name}/v1" for name in ANSWERS.values()} == set(MODELS)


@pytest.mark.parametrize("name", schemas())
def test_the_schemas_are_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == schemas()[name], "run: make docs"


def test_there_is_no_schema_of_anything_else() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(schemas())
