"""The contract of a rule: what it must declare, its options, and its cache key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules import Found, Outline, Parts, Rule, find_in_entry, find_rule


def longest(options: Any) -> Any:
    if options["characters"] < 0:
        raise ValueError("it counts characters")

    def check(outline: Outline) -> Iterator[Found]:
        for index, content in enumerate(outline.contents):
            if len(content) > options["characters"]:
                yield Found(index, f"[{index}] is long", content)

    return Parts(check)


LONG = Rule(
    code="RT999",
    name="long_message",
    severity=Severity.WARNING,
    scope=Scope.ENTRY,
    reads=frozenset({"messages"}),
    options={"characters": 10},
    build=longest,
)
ENTRY = Entry.of({"messages": [{"role": "user", "content": "twelve chars"}], "tags": ["a"]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "104"},
        {"reads": frozenset()},
        {"reads": frozenset({"weather"})},
        {"check": None},
        {"options": {"limit": 3}},
        {"scope": Scope.DATASET},
    ],
)
def test_a_rule_that_lacks_something_cannot_be_made(wrong: dict[str, Any]) -> None:
    parts: dict[str, Any] = {
        "code": "RT999",
        "name": "some_problem",
        "severity": Severity.ERROR,
        "scope": Scope.ENTRY,
        "reads": frozenset({"messages"}),
        "check": lambda outline: (),
    }

    with pytest.raises(ValueError, match=r"."):
        Rule(**{**parts, **wrong})


def test_options_change_what_is_found() -> None:
    patient = LONG.configured({"characters": 20})

    assert len(find_in_entry([LONG], "e", ENTRY)) == 1
    assert find_in_entry([patient], "e", ENTRY) == []


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(InvalidError, match="RT999 long_message has no option words"):
        LONG.configured({"words": 3})
    with pytest.raises(InvalidError, match="has no option words"):
        find_rule("RT104").configured({"words": 3})


@pytest.mark.parametrize("value", ["20", True, 1.5, -1])
def test_an_option_of_another_type_or_range_is_refused(value: Any) -> None:
    with pytest.raises(InvalidError, match="characters of RT999 long_message"):
        LONG.configured({"characters": value})


def test_sections_that_are_missing_are_noticed() -> None:
    with pytest.raises(ValueError, match="RT999 long_message must have the sections"):
        LONG.sections()
