"""The verb `verify`: words, status, envelope."""

from __future__ import annotations

import json

import pytest

from rolethread_vcs.cli.main import run
from rolethread_vcs.dataset import Dataset


@pytest.fixture
def dataset(tmp_path):
    dataset = Dataset.init(tmp_path / "tavern")
    with dataset.edit() as change:
        change.add({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})
    return dataset


def test_a_whole_dataset_is_status_0(dataset, capsys):
    status = run(["-C", str(dataset.folder), "verify"])

    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    assert out.startswith("no damage found: ") and "1 version of entries, 2 commits, 2 operations" in out


def test_the_envelope_of_a_whole_dataset(dataset, capsys):
    status = run(["-C", str(dataset.folder), "verify", "--json"])

    answer = json.loads(capsys.readouterr().out)["rolethread.verify/v1"]
    assert status == 0
    assert (answer["ok"], answer["problems"], answer["entries"]) == (True, [], 1)


def test_damage_is_status_70_with_words_and_a_way_out(dataset, capsys):
    commit = dataset.repository.refs.head_commit()
    (dataset.repository.common_folder / "refs/heads/main").unlink()

    status = run(["-C", str(dataset.folder), "verify"])

    out, err = capsys.readouterr()
    assert status == 70
    assert f"error: the current branch main is missing; the operation log has it at {commit[:10]}\n" in out
    assert "1 thing is damaged" in out
    assert "rtv export" in err


def test_the_envelope_of_damage(dataset, capsys):
    (dataset.repository.common_folder / "refs/heads/main").unlink()

    status = run(["-C", str(dataset.folder), "verify", "--json"])

    answer = json.loads(capsys.readouterr().out)["rolethread.verify/v1"]
    assert status == 70
    assert not answer["ok"]
    assert [set(problem) for problem in answer["problems"]] == [{"kind", "object", "path", "message", "severity"}]


def test_outside_a_dataset_it_is_not_found(tmp_path, capsys):
    assert run(["-C", str(tmp_path), "verify"]) == 40
