"""Checking: all that is wrong, or what is new."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from refusals import refusal
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import InvalidError, NotFoundError, UsageError
from rolethread_vcs.ops.check import check, check_since, check_staged
from rolethread_vcs.transaction import Intent

UUID = "27f9be4a-ebca-43e9-a02b-3a912a4c5213"


def messy(folder: Path) -> tuple[Dataset, list[str]]:
    """Return a dataset on a report-only branch: 1 is fine, 2 is empty, 3 and 4 share a uuid."""
    dataset, _ = dataset_of(folder, "fine")
    dataset.branch("work", switch=True)
    bad = [conversation("two", ""), conversation("three", uuid=UUID), conversation("four", uuid=UUID)]
    dataset.add(bad, Intent("add", "add"))
    return dataset, dataset.snapshot().ids()


def test_every_finding_is_told_also_old_ones(tmp_path: Path) -> None:
    dataset, ids = messy(tmp_path / "d")

    checked = check(dataset.repository)

    assert not checked.ok
    assert checked.entries == 4
    assert [(each.code, each.entry_id) for each in checked.findings] == [("RT104", ids[1]), ("RT108", ids[3])]


def test_only_chosen_entries_are_looked_at(tmp_path: Path) -> None:
    dataset, ids = messy(tmp_path / "d")

    assert check(dataset.repository, ["1"]).ok
    assert [each.entry_id for each in check(dataset.repository, where="two").findings] == [ids[1]]
    assert check(dataset.repository, where="id:1..2").entries == 2
    assert check(dataset.repository, where="nothing like it").entries == 0


def test_a_rule_of_the_dataset_knows_entries_that_were_not_chosen(tmp_path: Path) -> None:
    dataset, ids = messy(tmp_path / "d")

    checked = check(dataset.repository, ["4"])

    assert [(each.code, each.entry_id) for each in checked.findings] == [("RT108", ids[3])]


def test_one_rule_can_be_asked_alone_also_when_it_is_off(tmp_path: Path) -> None:
    dataset, _ = messy(tmp_path / "d")
    dataset.settings.set("gate.rules.empty_message", "off")

    assert [each.code for each in check(dataset.repository).findings] == ["RT108"]
    assert [each.code for each in check(dataset.repository, only=["empty_message"]).findings] == ["RT104"]
    with pytest.raises(NotFoundError):
        check(dataset.repository, only=["emty"])


def test_the_settings_decide_what_weighs(tmp_path: Path) -> None:
    dataset, _ = messy(tmp_path / "d")
    dataset.settings.set("gate.rules.empty_message", "warning")
    dataset.settings.set("gate.rules.duplicate_uuid", "info")

    checked = check(dataset.repository)

    assert checked.ok
    assert list(checked.by_code()) == ["RT104", "RT108"]


def test_new_since_takes_old_debt_away(tmp_path: Path) -> None:
    dataset, ids = messy(tmp_path / "d")
    before = dataset.snapshot().id
    with dataset.edit() as change:
        change.put(ids[1], {**dataset.snapshot()[ids[1]].fields, "tags": ["old_debt"]})
        change.put(ids[0], conversation("fine", ""))

    checked = check_since(dataset.repository, before)

    assert [(each.code, each.entry_id) for each in checked.findings] == [("RT104", ids[0])]
    assert (checked.entries, checked.since) == (2, before)
    assert check_since(dataset.repository, "@").findings == ()


def test_a_branch_is_not_blamed_for_what_its_start_mended_since(tmp_path: Path) -> None:
    dataset, ids = messy(tmp_path / "d")
    dataset.branch("try")
    debts = {each.entry_id for each in check(dataset.repository).findings if each.code == "RT104"}
    dataset.remove(sorted(filter(None, debts)))
    dataset.switch("try")
    with dataset.edit() as change:
        change.put(ids[0], conversation("fine", ""))

    blamed = {each.entry_id for each in check_since(dataset.repository, "work").findings}

    for since in ("work...try", "work...", "work...@"):
        checked = check_since(dataset.repository, since)
        assert [(each.code, each.entry_id) for each in checked.findings] == [("RT104", ids[0])]
    assert len(blamed) > 1
    with pytest.raises(UsageError):
        check_since(dataset.repository, "work...try", rev="main")


def test_new_since_finds_a_uuid_that_was_there_before(tmp_path: Path) -> None:
    dataset, _ = messy(tmp_path / "d")
    before = dataset.snapshot().id
    with dataset.edit() as change:
        new = change.add(conversation("five", uuid=UUID))

    assert [(each.code, each.entry_id) for each in check_since(dataset.repository, before).findings] == [("RT108", new)]


def test_staged_files_are_judged_and_others_are_not(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    paths = [tmp_path / "d" / f"entries/0000/00/{entry_id}.json" for entry_id in ids]
    for path in paths:
        path.write_bytes(path.read_bytes().replace(b"Dry enough.", b""))
    subprocess.run(["git", "add", str(paths[0])], cwd=tmp_path / "d", check=True)

    checked = check_staged(dataset.repository)

    assert [(each.code, each.entry_id) for each in checked.findings] == [("RT104", ids[0])]
    assert checked.entries == 1


def test_a_staged_removal_brings_nothing_in(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    subprocess.run(["git", "rm", "-q", f"entries/0000/00/{ids[0]}.json"], cwd=tmp_path / "d", check=True)

    checked = check_staged(dataset.repository)

    assert (checked.findings, checked.entries) == ((), 1)


def test_a_staged_file_that_does_not_read_is_named(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one")
    path = tmp_path / "d" / f"entries/0000/00/{ids[0]}.json"
    path.write_text("{ torn")
    subprocess.run(["git", "add", "."], cwd=tmp_path / "d", check=True)

    with refusal(InvalidError, "staged_entry", match=ids[0]):
        check_staged(dataset.repository)


def test_nothing_is_staged_where_no_files_are(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one")
    dataset.settings.set("checkout", "never")

    with pytest.raises(UsageError):
        check_staged(Dataset.open(tmp_path / "d").repository)
