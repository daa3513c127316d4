"""`rtv check` and `rtv rules`."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from reading_steps import Rtv, runner, said

from rolethread_vcs import Dataset, Entry
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.transaction import Intent


@pytest.fixture
def messy(dataset: Dataset) -> Dataset:
    """A report-only branch where 4 to 11 hold an empty message, and 12 has no assistant."""
    dataset.branch("work", switch=True)
    entries = [said(f"question {number}", "") for number in range(8)]
    entries.append({"messages": [{"role": "user", "content": "Nobody?"}]})
    dataset.add(entries, Intent("add", "add"))
    return dataset


def test_a_clean_dataset_passes(rtv: Rtv) -> None:
    answer = rtv("check")

    assert (answer.status, answer.out) == (0, "3 entries: no problems found\n")


def test_errors_are_grouped_and_end_with_thirty(rtv: Rtv, messy: Dataset) -> None:
    answer = rtv("check")

    assert answer.status == 30
    assert answer.out.splitlines() == [
        "error  RT104 empty_message  8 in 8 entries",
        "    4 [1]  is empty: the assistant says nothing",
        "    also 5 [1], 6 [1], 7 [1], 8 [1], 9 [1], and 2 more",
        "error  RT106 no_assistant   1 in 1 entry",
        f"    12  {_message(messy)}",
        "12 entries: 9 errors",
    ]
    assert answer.err.splitlines() == [
        "hint: rtv check --rule RT104   lists every place",
        "      rtv rules RT104   explains it",
    ]


def _message(messy: Dataset) -> str:
    (finding,) = messy.check(["12"]).findings
    return finding.message


def test_one_rule_lists_every_place(rtv: Rtv, messy: Dataset) -> None:
    answer = rtv("check", "--rule", "empty_message")

    assert sum(line.startswith("    ") for line in answer.out.splitlines()) == 8
    assert answer.status == 30


def test_chosen_entries_alone_are_checked(rtv: Rtv, messy: Dataset) -> None:
    assert rtv("check", "1", "2").status == 0
    assert rtv("check", "--where", "Nobody?").status == 30
    assert rtv("check", "--where", "tag:tavern").out == "1 entry: no problems found\n"
    assert rtv("check", "99").status == 40


def test_warnings_do_not_fail(rtv: Rtv, messy: Dataset) -> None:
    messy.settings.set("gate.rules.empty_message", "warning")
    messy.settings.set("gate.rules.no_assistant", "info")

    answer = rtv("check")

    assert answer.status == 0
    assert answer.out.splitlines()[-1] == "12 entries: 8 warnings, 1 info"


def test_only_what_is_new_counts_since_a_revision(rtv: Rtv, messy: Dataset) -> None:
    messy.add([said("one more", "")], Intent("add", "add"))

    new = rtv("check", "--new-since", "@~1", "--json").json("rolethread.check/v1")
    none = rtv("check", "--new-since", "@")
    many = rtv("check", "--new-since", "main")

    assert [finding["code"] for finding in new["findings"]] == ["RT104"]
    assert (none.status, none.out) == (
        0,
        f"0 changed entries since {messy.snapshot().id[:10]}: no new problems found\n",
    )
    assert many.status == 30


@pytest.mark.parametrize(
    "words",
    [
        ("--staged",),
        ("--new-since", "main...work"),
        ("--new-since", "main", "--rev", "work"),
        ("--rev", "work"),
        ("4", "5"),
        ("--where", "not tag:tavern question"),
    ],
)
def test_the_hint_says_again_what_was_checked(rtv: Rtv, messy: Dataset, words: tuple[str, ...]) -> None:
    if words == ("--staged",):
        file = next((messy.folder / "entries").rglob("00000001-*.json"))
        file.write_bytes(encode_entry(Entry(said("question", ""))))
        subprocess.run(["git", "add", "-A"], cwd=messy.folder, check=True)
    elif "--rev" in words:
        messy.switch("main")

    first = rtv("check", *words)
    hint = first.err.splitlines()[0].removeprefix("hint: rtv ").partition("   ")[0]
    pasted = rtv(*shlex.split(hint))

    found = [[line for line in each.out.splitlines() if "RT104" in line] for each in (first, pasted)]
    assert found[0] == found[1] != []
    assert (first.status, pasted.status) == (30, 30)


def test_many_findings_of_one_cause_are_said_first(rtv: Rtv, messy: Dataset) -> None:
    messy.add([said(f"more {number}", "") for number in range(20)], Intent("add", "add"))

    lines = rtv("check", "--new-since", "@~1").out.splitlines()

    assert lines[0] == "RT104 empty_message comes 20 times: likely one cause"


def test_the_envelope_has_every_finding(rtv: Rtv, messy: Dataset) -> None:
    value = rtv("check", "--json").json("rolethread.check/v1")

    assert (value["ok"], value["entries"], value["counts"]) == (False, 12, {"RT104": 8, "RT106": 1})
    assert value["findings"][0] == {
        "code": "RT104",
        "name": "empty_message",
        "severity": "error",
        "id": messy.snapshot().ids()[3],
        "index": 1,
        "message": "[1] is empty: the assistant says nothing",
        "text": "",
        "repair": "none",
    }


@pytest.mark.parametrize(
    "words",
    [("1", "--new-since", "@"), ("--where", "x", "--staged"), ("--staged", "--new-since", "@"), ("1", "--where", "x")],
)
def test_what_does_not_go_together_is_refused(rtv: Rtv, words: tuple[str, ...]) -> None:
    assert rtv("check", *words).status == 2


def test_a_setting_for_no_rule_is_warned_about(rtv: Rtv, dataset: Dataset) -> None:
    path = dataset.folder / "rolethread.toml"
    path.write_bytes(path.read_bytes() + b'no_such_rule = "off"\n')
    assert rtv("commit").status == 20
    subprocess.run(["git", "commit", "-qam", "past the gate"], cwd=dataset.folder, check=True)

    assert "rolethread.toml: there is no rule 'no_such_rule'" in rtv("check").err


def test_the_process_ends_with_thirty(messy: Dataset) -> None:
    command = [sys.executable, "-m", "rolethread_vcs.cli.main", "-C", str(messy.folder), "check", "-q"]

    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 30


# ---- rules


@pytest.mark.parametrize("severity", ["off", "warning"])
def test_rules_are_listed_with_their_severity_here(rtv: Rtv, dataset: Dataset, severity: str) -> None:
    dataset.settings.set("gate.rules.empty_message", severity)

    lines = rtv("rules").out.splitlines()

    assert any(line.startswith("RT104  empty_message") and f" {severity} " in line for line in lines)
    assert any("(by default error) a message that says nothing" in line for line in lines)


def test_a_rule_is_explained(rtv: Rtv) -> None:
    lines = rtv("rules", "empty_message").out.splitlines()

    assert lines[0] == "RT104 empty_message: a message that says nothing"
    assert lines[2] == "It weighs as error in this dataset, and is repaired by hand."
    headings = ("What it does", "Why it matters", "Example", "Instead", "Repair")
    assert [line for line in lines if line in headings] == list(headings)


def test_an_unknown_rule_names_the_nearest(rtv: Rtv) -> None:
    answer = rtv("rules", "emty_message")

    assert answer.status == 40
    assert "did you mean RT104 empty_message?" in answer.err


def test_rules_can_be_read_without_a_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = runner(tmp_path, capsys)("rules", "--json", "RT104")

    (rule,) = answer.json("rolethread.rules/v1")["rules"]
    assert (rule["code"], rule["severity"], rule["default"]) == ("RT104", "error", "error")
    assert rule["sections"]["Why it matters"]
