"""Facts of entries: the same with, without and with a broken cache, and nothing is read twice."""

from __future__ import annotations

import json
import os

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.gate import Verdict
from rolethread_vcs.model.layout import ORDER, entry_path, number_of
from rolethread_vcs.model.order import Order
from rolethread_vcs.rules.duplicate_uuid import RULE
from rolethread_vcs.store.derived import NAME, Table
from rolethread_vcs.store.facts import WORTH_IT, Fact, RuleKeys, read_facts
from rolethread_vcs.store.tree_reader import UnreadableEntryError
from rolethread_vcs.transaction import ChangeSet, Counts, Intent, Planned, Session

FOLDERS = WORTH_IT + 2


def raw(number, *, uuid=None):
    """Return the bytes of an entry; every third has a uuid, if none is given."""
    fields = {"messages": [{"role": "user", "content": f"question {number}"}]}
    uuid = f"27f9be4a-ebca-43e9-a02b-{number:012d}" if uuid is None and number % 3 == 0 else uuid
    return json.dumps({**fields, "uuid": uuid} if uuid else fields).encode()


def entry_id(number):
    return f"{number:08d}-00000000"


def save(dataset, files):
    """Commit raw files, as plain git would."""
    repository = dataset.repository
    with Session.open(repository, Intent("test", "test")) as session, repository.pack() as pack:
        paths = {path: None if data is None else (b"100644", pack.add("blob", data)) for path, data in files.items()}
        session.commit(pack, paths, Counts(), Planned(ChangeSet(), overwrite=True), Verdict())


class Counted:
    """Facts that count the entries they were asked about."""

    def __init__(self):
        self.asked = 0
        self.facts = [
            Fact(Table("number", 1), self.number),
            Fact(Table("uuid", 1), lambda entry: filter_none(entry.uuid)),
        ]

    def number(self, entry):
        self.asked += 1
        return (entry.messages[0]["content"].split()[1],)


def filter_none(text):
    return () if text is None else (text,)


@pytest.fixture
def numbers():
    return [folder * 100 + place for folder in range(FOLDERS) for place in (1, 5, 9)]


@pytest.fixture
def wide(dataset, numbers) -> Dataset:
    """Return a dataset whose entries lie in more folders than are read without the cache."""
    save(dataset, {entry_path(entry_id(number)): raw(number) for number in numbers})
    return dataset


@pytest.fixture
def cache_path(wide):
    return wide.repository.private_folder / "cache" / NAME


def expected(numbers):
    return [
        [[entry_id(number), str(number)] for number in numbers],
        [[entry_id(number), json.loads(raw(number))["uuid"]] for number in numbers if number % 3 == 0],
    ]


def test_what_was_told_is_remembered_and_nothing_is_read_again(wide, numbers):
    first, second = Counted(), Counted()

    assert read_facts(wide.snapshot(), first.facts) == expected(numbers)
    assert read_facts(Dataset.open(wide.folder).snapshot(), second.facts) == expected(numbers)
    assert (first.asked, second.asked) == (len(numbers), 0)


def test_a_changed_folder_alone_is_read_again(wide, numbers):
    read_facts(wide.snapshot(), Counted().facts)
    save(wide, {entry_path(entry_id(205)): raw(206), entry_path(entry_id(301)): None})
    counted = Counted()

    told = read_facts(wide.snapshot(), counted.facts)

    assert counted.asked == 3 + 2
    assert [entry_id(205), "206"] in told[0]
    assert entry_id(301) not in [row[0] for row in told[0]]
    assert len(told[0]) == len(numbers) - 1


def test_another_version_of_a_fact_is_told_anew(wide, numbers):
    read_facts(wide.snapshot(), Counted().facts)

    told = read_facts(wide.snapshot(), [Fact(Table("number", 2), lambda _: ("other",))])

    assert told == [[[entry_id(number), "other"] for number in numbers]]


@pytest.mark.parametrize("harm", ["gone", "garbage", "torn", "empty", "foreign folder"])
def test_a_harmed_cache_changes_no_answer(wide, numbers, cache_path, harm):
    read_facts(wide.snapshot(), Counted().facts)
    data = cache_path.read_bytes()
    cache_path.unlink()
    if harm == "foreign folder":
        cache_path.mkdir()
    elif harm != "gone":
        cache_path.write_bytes({"garbage": os.urandom(9000), "torn": data[: len(data) // 2], "empty": b""}[harm])

    assert [read_facts(wide.snapshot(), Counted().facts) for _ in range(3)] == [expected(numbers)] * 3


def test_what_was_told_comes_in_dataset_order(wide, numbers):
    read_facts(wide.snapshot(), Counted().facts)
    moved, first, second = entry_id(numbers[-1]), entry_id(numbers[0]), entry_id(numbers[1])
    save(wide, {ORDER: Order().move_after([moved], first, next_id=second).encode()})

    for _ in range(2):
        told = read_facts(wide.snapshot(), Counted().facts)
        assert [row[0] for row in told[0]] == wide.snapshot().ids()
        assert [row[0] for row in told[0]][:3] == [first, moved, second]


def test_an_entry_that_does_not_read_stops_or_is_skipped_and_is_looked_at_each_time(wide, numbers):
    save(wide, {entry_path(entry_id(205)): b"{"})
    for _ in range(2):
        with pytest.raises(UnreadableEntryError, match=entry_id(205)):
            read_facts(wide.snapshot(), Counted().facts)
        counted = Counted()
        (told, _) = read_facts(wide.snapshot(), counted.facts, skip_unreadable=True)
        assert [number_of(row[0]) for row in told] == [number for number in numbers if number != 205]
    assert counted.asked == 2  # the others of its folder


def test_a_small_dataset_leaves_no_cache(filled):
    (told,) = read_facts(filled.snapshot(), Counted().facts[1:])

    assert told == []
    assert not (filled.repository.private_folder / "cache" / NAME).exists()


def test_holders_are_the_same_from_the_cache(wide, numbers):
    uuids = [json.loads(raw(number)).get("uuid", "none") for number in numbers]

    answers = [RuleKeys(wide.snapshot()).holders(RULE, uuids) for _ in range(2)]

    assert (
        answers[0] == answers[1] == {uuid: [entry_id(n)] for n, uuid in zip(numbers, uuids, strict=True) if n % 3 == 0}
    )
