"""Every case of fixtures/merge merges as it says there, and says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rolethread_vcs.merge.entry import merge_entries
from rolethread_vcs.model.entry import Entry, copy_value, is_equal

FOLDER = Path(__file__).parents[2] / "fixtures" / "merge"
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}


def entry(fields: dict[str, Any] | None) -> Entry | None:
    return None if fields is None else Entry.of(fields)


def three_sides(case: dict[str, Any]) -> tuple[Entry | None, Entry | None, Entry | None]:
    return entry(case["base"]), entry(case["ours"]), entry(case["theirs"])


def outcome(base: Entry | None, ours: Entry | None, theirs: Entry | None) -> dict[str, Any]:
    merged = merge_entries(base, ours, theirs)
    if merged.conflicts:
        return {
            "conflicts": [{"field": conflict.field, "reason": str(conflict.reason)} for conflict in merged.conflicts]
        }
    return {"result": None if merged.value is None else merged.value.fields}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_case_merges_as_it_says(case: dict[str, Any]) -> None:
    expected = case["expect"]
    if "result" in expected:
        wanted = entry(expected["result"])
        expected = {"result": None if wanted is None else wanted.fields}

    # repr, because the order of keys inside a value is a part of it
    assert repr(outcome(*three_sides(case))) == repr(expected)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_case_does_not_depend_on_who_merges_whom(case: dict[str, Any]) -> None:
    base, ours, theirs = three_sides(case)
    there, back = outcome(base, ours, theirs), outcome(base, theirs, ours)

    if "result" in there:
        assert repr(there) == repr(back)
    else:
        assert _reasons(there) == _reasons(back)


def _reasons(outcome: dict[str, Any]) -> list[str]:
    return [each["reason"] for each in outcome["conflicts"]]


def test_the_catalogue_is_large_and_every_case_says_why() -> None:
    assert len(CASES) >= 64
    assert [name for name, case in CASES.items() if not case["why"].endswith(".") or not case["title"]] == []
    assert len({case["title"] for case in CASES.values()}) == len(CASES)


@pytest.mark.parametrize("case", [case for case in CASES.values() if case["base"] is not None], ids=lambda _: "")
def test_an_order_of_keys_alone_is_in_the_way_of_nothing(case: dict[str, Any]) -> None:
    base = Entry.of(case["base"])
    turned = Entry.of(copy_value(case["base"], lambda keys: reversed([*keys])))

    for side in ("ours", "theirs"):
        edited = entry(case[side])
        for merged in (merge_entries(base, turned, edited), merge_entries(base, edited, turned)):
            assert merged.conflicts == ()
            assert merged.value is edited is None or is_equal(merged.value.document, edited.document)
