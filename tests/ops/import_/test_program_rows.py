"""Rows that a program made: they are imported as those of a file are, and come out as dictionaries."""

from __future__ import annotations

from collections import UserDict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rolethread_vcs import Dataset
from rolethread_vcs.errors import RefusedError, UsageError

NAN = float("nan")


class Array:
    """What numpy and pandas have in common."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def tolist(self) -> Any:
        return self._value


def row(number: int, **more: Any) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": f"q{number}"}, {"role": "assistant", "content": f"a{number}"}],
        **more,
    }


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset.init(tmp_path / "inn")


def test_rows_of_a_generator_are_one_commit(dataset: Dataset) -> None:
    done = dataset.import_rows((row(number) for number in range(3000)), message="many")

    assert (done.committed.added, done.sources[0].rows) == (3000, 3000)
    assert done.committed.message.startswith("many\n")
    assert dataset.import_rows(map(row, range(3001))).unchanged == 3000


@pytest.mark.parametrize("rows", [row(1), [row(1)], (row(1),), UserDict(row(1)), {"a": row(1)}.values()])
def test_one_row_is_one_and_any_iterable_is_several(dataset: Dataset, rows: Any) -> None:
    assert dataset.import_rows(rows).committed.added == 1


def test_a_refusal_says_what_is_wrong_and_what_a_script_can_do(dataset: Dataset) -> None:
    with pytest.raises(RefusedError) as ruled:
        dataset.import_rows([{"messages": [{"role": "user", "content": "Anybody?"}]}])
    with pytest.raises(RefusedError) as unread:
        dataset.import_rows([row(1), {"foo": 1}])

    assert "RT106 no_assistant" in ruled.value.message
    assert "it has the key foo" in unread.value.message
    assert "allow=['RT106']" in str(ruled.value.hint)
    assert not any("rtv" in str(error.value.hint) for error in (ruled, unread))
    assert "allow" not in str(unread.value.hint)
    for error, code, row_number in ((ruled, "RT106", 1), (unread, "unknown_shape", 2)):
        [finding] = error.value.findings
        assert (finding.code, finding.entry_id) == (code, None)
        assert finding.message.startswith(f"rows line {row_number}, row {row_number}: ")


@pytest.mark.parametrize(("name", "said"), [("mian", 1), ("work/chats", 0), ("main", 0)])
def test_a_new_branch_that_may_be_a_typing_error_is_told(dataset: Dataset, name: str, said: int) -> None:
    first = dataset.import_rows([row(1)], branch=name)
    again = dataset.import_rows([row(2)], branch=name)

    assert (len(first.notes), len(again.notes)) == (said, 0)
    assert (first.committed.branch, len(dataset.snapshot(name))) == (name, 2)


def test_any_format_is_read_and_options_are_keywords(dataset: Dataset) -> None:
    rows = [{"instruction": "x", "output": "y"}, {"conversations": [{"from": "human", "value": "a"}]}]

    done = dataset.import_rows(rows, skip_invalid=False, dry_run=True, allow="no_assistant", because="a test")

    assert done.sources[0].formats == ("alpaca", "sharegpt")
    assert len(dataset.snapshot()) == 0


def test_what_data_frames_hold_becomes_json(dataset: Dataset) -> None:
    given = row(
        1, note=NAN, score=Array(0.5), made=date(2026, 11, 30), more=Array([1, NAN]), deep=UserDict(a={"b": NAN})
    )

    dataset.import_rows([given])

    assert dataset.snapshot()[1].extra == {"score": 0.5, "made": "2026-11-30", "more": [1, None], "deep": {"a": {}}}


@pytest.mark.parametrize(
    "rows", ["x.jsonl", [row(1), 3], [("1", row(1))], [row(1, x=object())], [row(1, x=b"")], [None]]
)
def test_what_is_no_row_is_refused_and_nothing_is_saved(dataset: Dataset, rows: Any) -> None:
    with pytest.raises(UsageError):
        dataset.import_rows(rows)

    assert len(dataset.snapshot()) == 0


def test_a_row_that_is_no_json_is_refused_as_that_of_a_file(dataset: Dataset) -> None:
    with pytest.raises(RefusedError):
        dataset.import_rows([row(1), row(2, x=float("inf"))])

    assert len(dataset.snapshot()) == 0


@pytest.mark.parametrize("note", [NAN, "NaN", 1])
def test_keys_that_are_the_same_in_json_are_refused(dataset: Dataset, note: Any) -> None:
    with pytest.raises((RefusedError, UsageError)):
        dataset.import_rows([row(1, note=note, scores={1: "a", "1": "b"})])

    assert len(dataset.snapshot()) == 0


def test_rows_come_out_as_an_export_writes_them_and_go_in_again(dataset: Dataset) -> None:
    dataset.add([row(number, tags=["tavern"] if number % 2 else []) for number in range(1, 8)])
    dataset.releases.create("v1")
    dataset.remove("1")

    assert list(dataset.to_dicts(clean=True, where="id:2")) == [row(2)]
    assert [each["rolethread"]["id"] for each in dataset.to_dicts("v1")] == dataset.snapshot("v1").ids()
    assert dataset.import_rows(dataset.to_dicts()).unchanged == 6
    edited = [{**each, "tags": ["ferry"]} for each in dataset.to_dicts(where="id:2")]
    assert dataset.import_rows(edited).committed.changed == 1
    assert dataset.tags() == {"ferry": 1, "tavern": 3}
    assert dataset.tags("v1") == {"tavern": 4}


def test_entries_of_another_dataset_are_rows(dataset: Dataset, tmp_path: Path) -> None:
    other = Dataset.init(tmp_path / "other")
    other.add([row(1, tags=["a"], note="x"), row(2)])

    dataset.import_rows(entry for _, entry in other.snapshot().items())

    assert [entry.extra.get("note") for _, entry in dataset.snapshot()] == ["x", None]
    assert dataset.snapshot()[1].tags == ("a",)
