"""The result of a tool goes with its call, whichever side is taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.model.entry import Entry


def call(name: str, arguments: str = "{}") -> dict[str, Any]:
    return {"id": name, "function": {"name": "look", "arguments": arguments}}


def result(name: str, text: str = "") -> dict[str, Any]:
    return {"role": "tool", "content": text or f"what {name} saw", "tool_call_id": name}


def entry(calls: list[dict[str, Any]], *results: dict[str, Any], tail: str = "A chapel, roofless.") -> Entry:
    asked = {"role": "assistant", "content": "", **({"tool_calls": calls} if calls else {})}
    messages = [{"role": "user", "content": "What is there?"}, asked, *results, {"role": "assistant", "content": tail}]
    return Entry.of({"messages": messages})


BASE = entry([call("c1")], result("c1"))
OURS = entry([call("c1"), call("c3")], result("c1"), result("c3"))
THEIRS = entry([call("c1"), call("c2")], result("c1"), result("c2"))


@pytest.mark.parametrize(("choice", "expected"), [("ours", OURS), ("theirs", THEIRS), ("base", BASE)])
def test_a_call_is_taken_with_its_result(choice: Any, expected: Entry) -> None:
    assert merge_entries(BASE, OURS, THEIRS, lambda _: choice).value == expected


def test_the_preview_has_the_calls_and_results_of_ours() -> None:
    merged = merge_entries(BASE, OURS, THEIRS)

    assert [each.field for each in merged.conflicts] == ["messages[1].tool_calls"]
    assert (merged.value, merged.notes) == (OURS, ())


def test_conflicts_behind_results_keep_their_names() -> None:
    ours = entry([call("c1"), call("c3")], result("c1"), result("c3"), tail="A chapel, burned.")
    theirs = entry([call("c1"), call("c2")], result("c1"), result("c2"), tail="A chapel, flooded.")
    names = ["messages[1].tool_calls", "messages[4].content"]

    assert [each.field for each in merge_entries(BASE, ours, theirs).conflicts] == names
    met = []
    for choice in ("theirs", "base"):
        merge_entries(BASE, ours, theirs, lambda conflict, choice=choice: met.append(conflict.field) or choice)
    assert met == names * 2


def test_what_nobody_disputed_stays_with_the_calls_of_one_side() -> None:
    theirs = entry([call("c1"), call("c2")], result("c1", "what c1 saw, and heard"), result("c2"))

    expected = entry([call("c1"), call("c3")], result("c1", "what c1 saw, and heard"), result("c3"))
    assert merge_entries(BASE, OURS, theirs, lambda _: "ours").value == expected


@pytest.mark.parametrize("choice", ["ours", "theirs", "base"])
def test_a_call_that_is_kept_has_its_result_again(choice: Any) -> None:
    base = entry([call("c1"), call("c2")], result("c1"), result("c2"))
    ours = entry([call("c2")], result("c2"))
    theirs = entry([call("c1", '{"at":"hill"}'), call("c2")], result("c1"), result("c2"))

    expected = {"ours": ours, "theirs": theirs, "base": base}
    assert merge_entries(base, ours, theirs, lambda _: choice).value == expected[choice]


def test_the_case_of_the_catalogue_is_taken_whole() -> None:
    path = Path(__file__).parents[2] / "fixtures" / "merge" / "both-add-a-call-with-its-result.json"
    base, ours, theirs = (Entry.of(json.loads(path.read_text("utf-8"))[side]) for side in ("base", "ours", "theirs"))

    assert merge_entries(base, ours, theirs, lambda _: "ours").value == ours
    assert merge_entries(base, ours, theirs, lambda _: "theirs").value == theirs
