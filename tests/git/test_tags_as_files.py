"""A tag is a file: saved, compared, merged, restored and verified by what `documents/tag.py` says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from git_desk import Git, needs_git
from refusals import refusal

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.diff import ABSENT
from rolethread_vcs.diff.fields import ValueChange
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.ops.edit.hand_edits import save_hand_edits
from rolethread_vcs.ops.restore.restore import discard_edits
from rolethread_vcs.transaction import Intent

pytestmark = needs_git

TAVERN = "tags/tavern.json"


def put(dataset: Dataset, card: dict[str, Any] | bytes, path: str = TAVERN) -> None:
    """Write a file by hand."""
    file: Path = dataset.folder / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(card if isinstance(card, bytes) else json.dumps(card).encode())


def saved(dataset: Dataset, card: dict[str, Any]) -> None:
    put(dataset, card)
    save_hand_edits(dataset.repository, Intent("commit", "commit"))


def now(dataset: Dataset) -> Any:
    return json.loads(dataset.snapshot().file(TAVERN) or b"null")


def test_a_tag_written_by_hand_is_saved_in_canonical_form_with_keys_of_others(dataset: Dataset) -> None:
    put(dataset, {"name": "Tavern", "mood": {"b": 1, "a": [2]}})

    committed = save_hand_edits(dataset.repository, Intent("commit", "commit"))

    text = b'{\n  "mood": {\n    "a": [\n      2\n    ],\n    "b": 1\n  },\n  "name": "Tavern"\n}\n'
    assert dataset.snapshot().file(TAVERN) == (dataset.folder / TAVERN).read_bytes() == text
    assert committed.message == "change tags/tavern.json by hand\n"


@pytest.mark.parametrize(
    ("path", "card", "reason"),
    [
        (TAVERN, b"{", "tags/tavern.json:1:2: "),
        (TAVERN, b"[]", "tags/tavern.json:1:1: it holds no JSON object"),
        (TAVERN, {"color": "red"}, "tags/tavern.json:1:1: name: field required"),
        (TAVERN, {"name": "Tavern", "aliases": ["inn", 3]}, "tags/tavern.json:1:1: aliases.1: "),
        ("tags/inn.json", {"name": "Slow Burn"}, "tags/inn.json:1:1: the name 'Slow Burn' belongs at tags/slow_burn"),
    ],
)
def test_a_tag_that_cannot_be_one_is_not_saved(
    path: str, card: dict[str, Any] | bytes, reason: str, dataset: Dataset
) -> None:
    put(dataset, card, path)

    with refusal(InvalidError, "broken_file") as caught:
        save_hand_edits(dataset.repository, Intent("commit", "commit"))

    assert caught.value.details[0].startswith(reason)


def test_two_branches_that_changed_other_keys_of_a_tag_are_merged(dataset: Dataset, git: Git) -> None:
    saved(dataset, {"name": "Tavern", "aliases": ["Inn"]})
    git("branch", "side")
    saved(dataset, {"name": "Tavern", "aliases": ["Inn", "Pub"]})
    git("switch", "-q", "side")
    saved(dataset, {"name": "Tavern", "aliases": [], "color": "red"})
    git("switch", "-q", "main")

    dataset.merge("side")

    assert now(dataset) == {"name": "Tavern", "aliases": ["Pub"], "color": "red"}


def test_plain_git_merges_a_tag_with_our_driver(dataset: Dataset, git: Git) -> None:
    saved(dataset, {"name": "Tavern"})
    git("branch", "side")
    saved(dataset, {"name": "Tavern", "color": "red"})
    git("switch", "-q", "side")
    put(dataset, {"name": "Tavern", "description": "Where it begins"})
    git("commit", "-qam", "describe")

    git("merge", "-q", "--no-edit", "main")

    assert now(dataset) == {"name": "Tavern", "color": "red", "description": "Where it begins"}


def test_plain_git_shows_a_tag_as_text_and_logs_it_by_its_path(dataset: Dataset, git: Git) -> None:
    saved(dataset, {"name": "Tavern", "aliases": ["Inn"]})
    saved(dataset, {"name": "Tavern", "aliases": ["Inn", "Pub"], "color": "red"})

    shown = git("log", "-p", "-1", "--format=%s", "--", TAVERN).stdout.splitlines()

    assert shown[0] == "change tags/tavern.json by hand"
    assert shown[-5:] == [" aliases:", "     Inn", "+    Pub", "+color: red", " name: Tavern"]


def test_a_broken_tag_is_damage_on_a_branch_and_for_your_knowledge_in_history(dataset: Dataset, git: Git) -> None:
    put(dataset, {"color": "red"})
    git("add", TAVERN)
    git("commit", "-qm", "by hand", "--no-verify")
    broken = dataset.upkeep.verify().problems
    saved(dataset, {"name": "Tavern"})

    assert [(each.kind, each.severity.value, each.message) for each in broken] == [
        ("unreadable_file", "error", "tag tavern on main cannot be read: name: field required")
    ]
    assert [(each.kind, each.severity.value) for each in dataset.upkeep.verify().problems] == [
        ("unreadable_file", "info")
    ]


def test_a_hand_edit_of_a_tag_is_thrown_away_with_all_others_and_undo_brings_it_back(dataset: Dataset) -> None:
    saved(dataset, {"name": "Tavern"})
    put(dataset, {"name": "Tavern", "color": "red"})

    discard_edits(dataset.repository, None, Intent("restore", "restore --all"))
    thrown_away = json.loads((dataset.folder / TAVERN).read_bytes())
    dataset.undo()

    assert thrown_away == {"name": "Tavern"}
    assert json.loads((dataset.folder / TAVERN).read_bytes()) == {"name": "Tavern", "color": "red"}


def test_a_tag_is_compared_value_by_value(dataset: Dataset) -> None:
    saved(dataset, {"name": "Tavern", "aliases": ["Inn"], "category": "places"})
    saved(dataset, {"name": "Tavern", "aliases": ["Inn", "Pub"], "color": "red"})

    (file,) = dataset.diff("@~1", "@").files()

    assert (file.path, file.title) == (TAVERN, "tag Tavern")
    assert file.changes == (
        ValueChange(("aliases", 1), ABSENT, "Pub"),
        ValueChange(("category",), "places", ABSENT),
        ValueChange(("color",), ABSENT, "red", place=1),
    )
