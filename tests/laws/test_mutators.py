"""Every verb that changes something, asked the same questions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from mutators import MUTATORS, Mutator, make_models
from workshop import Workshop

from rolethread_vcs.cli.main import rtv

_COMMIT_KEYS = {"commit", "branch", "operation", "added", "changed", "removed", "findings"}
_KEYS = {
    "rolethread.commit/v1": _COMMIT_KEYS,
    "rolethread.import/v1": {*_COMMIT_KEYS, "unchanged", "rejected", "rejects", "format", "source"},
    "rolethread.ops/v1": {"operations"},
    "rolethread.merge/v1": {*_COMMIT_KEYS, "conflicts", "state", "kind"},
    "rolethread.resolve/v1": {"commit", "operation", "decided", "conflicts"},
}
_OPERATION_KEYS = {"number", "command", "time", "branch", "added", "changed", "removed", "undone"}


ELSEWHERE = {
    "config edit": "config set, through an editor",
    "hooks install": "only the settings of git change: tests/git",
    "hooks remove": "as hooks install",
    "workcopy add": "a file or a folder beside the dataset: tests/ops/workcopy",
    "workcopy refresh": "as workcopy add",
    "workcopy remove": "as workcopy add",
}
"""Verbs with `--dry-run` that change no data or take another road to it, and where they are asked."""

CASES = [
    pytest.param(mutator, mode, id=f"{mutator.name} ({mode})")
    for mutator in MUTATORS
    for mode in ("files", "bare")
    if mode == "files" or not mutator.needs_files
]
GATED = [case for case in CASES if case.values[0].refused]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one dataset checked out and one bare, to be copied."""
    return make_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def shop(models: Path, tmp_path: Path, mode: str) -> Workshop:
    for name in ("more.jsonl", "bad.jsonl"):
        shutil.copy(models / name, tmp_path)
    shutil.copytree(models / mode, tmp_path / "tavern", symlinks=True)
    return Workshop(tmp_path / "tavern")


def _verbs_with_a_dry_run(group: click.Group, *path: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _verbs_with_a_dry_run(command, *path, name)
        if any("--dry-run" in parameter.opts for parameter in command.params):
            yield " ".join((*path, name))


def test_every_verb_that_changes_something_is_asked() -> None:
    asked = {" ".join(mutator.words[:length]) for mutator in MUTATORS for length in (1, 2)}

    assert set(_verbs_with_a_dry_run(rtv)) - asked == ELSEWHERE.keys()


@pytest.mark.parametrize(("mutator", "mode"), CASES)
def test_it_is_one_operation_and_as_many_commits_as_it_should_be(shop: Workshop, mutator: Mutator) -> None:
    mutator.before(shop)
    operations, commits = shop.operations(), shop.commit_objects()

    shop.done(*mutator.words)

    assert shop.operations() == operations + 1
    assert len(shop.commit_objects() - commits) == 1 + mutator.commits


@pytest.mark.parametrize(("mutator", "mode"), CASES)
def test_it_is_taken_back_to_the_same_refs_ids_and_bytes(shop: Workshop, mutator: Mutator) -> None:
    mutator.before(shop)
    refs, tree, ids = shop.refs(), shop.dataset.snapshot().tree, shop.dataset.snapshot().ids()
    content = shop.content()

    shop.done(*mutator.words)
    after = shop.refs(), shop.content()
    shop.done(*mutator.back)

    assert (shop.refs(), shop.dataset.snapshot().tree, shop.dataset.snapshot().ids()) == (refs, tree, ids)
    if mutator.name == "commit":
        # what was saved and taken back is saved: the folder is that of the branch
        assert shop.is_clean()
    else:
        assert shop.content() == content
    shop.done(*(mutator.words if mutator.back == ("redo",) else ("redo",)))
    assert (shop.refs(), shop.content()) == after


@pytest.mark.parametrize(("mutator", "mode"), CASES)
def test_it_leaves_a_folder_that_stock_git_calls_clean(shop: Workshop, mutator: Mutator) -> None:
    mutator.before(shop)

    shop.done(*mutator.words)

    assert shop.is_clean()
    shop.done(*mutator.back)
    assert shop.is_clean() or mutator.name == "restore"
    shop.git("fsck", "--strict")


@pytest.mark.parametrize(("mutator", "mode"), CASES)
def test_a_dry_run_changes_nothing(shop: Workshop, mutator: Mutator) -> None:
    mutator.before(shop)
    before = shop.everything()

    shop.done(*mutator.words, "--dry-run")

    assert shop.everything() == before


@pytest.mark.parametrize(("mutator", "mode"), CASES)
def test_its_envelope_has_the_keys_that_others_rely_on(shop: Workshop, mutator: Mutator) -> None:
    mutator.before(shop)

    name, value = shop.done(*mutator.words, "--json").envelope()

    assert name == mutator.envelope
    assert _KEYS[name] <= value.keys()
    if name == "rolethread.ops/v1":
        assert all(operation.keys() >= _OPERATION_KEYS for operation in value["operations"])
    else:
        # a decision is a commit of its own, but none of the data
        assert value["commit"] is not None or not mutator.commits or mutator.name == "resolve"
        assert value["operation"] == shop.operations()


@pytest.mark.parametrize(("mutator", "mode"), GATED)
def test_the_gate_refuses_an_error_on_a_strict_branch_and_nothing_is_saved(shop: Workshop, mutator: Mutator) -> None:
    mutator.before_refused(shop)
    before = shop.everything()

    answer = shop.rtv(*mutator.refused, "--json")

    name, value = answer.envelope()
    assert (answer.status, name, value["status"], value["saved"]) == (30, "rolethread.error/v1", 30, False)
    assert {"RT104"} == {finding["code"] for finding in value["findings"]}
    assert {path: data for path, data in shop.everything().items() if "drafts" not in path} == before
    allowed = shop.done(*mutator.refused, "--allow", "RT104", "--because", "a test", "--json").envelope()[1]
    assert allowed["commit"] is not None


@pytest.mark.parametrize(("mutator", "mode"), GATED)
def test_the_gate_only_tells_on_a_branch_that_only_reports(shop: Workshop, mutator: Mutator) -> None:
    shop.done("switch", "-c", "other")
    mutator.before_refused(shop)

    _, value = shop.done(*mutator.refused, "--json").envelope()

    assert {"RT104"} == {finding["code"] for finding in value["findings"]}
