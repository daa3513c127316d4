"""`rolethread.toml` merges key by key and keeps its comments."""

from __future__ import annotations

import pytest

from rolethread_vcs.documents import UnreadableDocumentError
from rolethread_vcs.documents.settings import KIND
from rolethread_vcs.merge.conflict import Conflict, Merged, Reason
from rolethread_vcs.model.settings import new_settings_text, parse_settings, set_value

BASE = new_settings_text("tavern", "27f9be4a-ebca-43e9-a02b-3a912a4c5213")


def test_a_key_that_theirs_changed_is_put_into_ours_with_its_comments() -> None:
    ours = set_value(BASE, "name", "inn").replace(b"[gate]", b"# my own comment\n[gate]")
    theirs = set_value(BASE, "gate.rules.empty_message", "warning")

    merged = KIND.merge(BASE, ours, theirs)

    assert merged == Merged(set_value(ours, "gate.rules.empty_message", "warning"))
    assert b"# my own comment" in merged.value or b""


def test_patterns_of_branches_merge_as_a_set() -> None:
    ours = set_value(BASE, "gate.strict", "main,release/*,stable")
    theirs = set_value(BASE, "gate.strict", "main,beta/*")

    assert parse_settings(KIND.merge(BASE, ours, theirs).value or b"").strict == ("main", "beta/*", "stable")


def test_a_name_given_twice_clashes() -> None:
    ours, theirs = set_value(BASE, "name", "inn"), set_value(BASE, "name", "pub")
    conflict = Conflict("name", Reason.VALUE, "tavern", "inn", "pub")

    assert KIND.merge(BASE, ours, theirs) == Merged(ours, (conflict,))
    assert parse_settings(KIND.merge(BASE, ours, theirs, lambda _: "theirs").value or b"").name == "pub"


def test_a_rule_taken_back_to_its_default_goes() -> None:
    base = set_value(BASE, "gate.rules.empty_message", "off")
    ours = set_value(base, "name", "inn")

    assert parse_settings(KIND.merge(base, ours, BASE).value or b"").severities == {}


def test_a_key_unknown_here_comes_along() -> None:
    theirs = BASE + b"\n[future]\nkey = 1\n"

    assert b"[future]\nkey = 1" in KIND.merge(BASE, set_value(BASE, "name", "inn"), theirs).value or b""


def test_a_side_that_does_not_read_is_refused() -> None:
    with pytest.raises(UnreadableDocumentError):
        KIND.merge(BASE, BASE, b"name = ")
