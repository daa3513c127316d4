"""Pages of entries."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_dataset import conversation, dataset_of

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.gate import Verdict
from rolethread_vcs.model.entry import Entry, preview
from rolethread_vcs.ops.select import ListedEntry, count_exchanges, page, row
from rolethread_vcs.store.objects import trees
from rolethread_vcs.transaction import ChangeSet, Counts, Intent, Planned, Session


def test_pages_follow_each_other_to_the_end(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", *(f"question {number}" for number in range(7)))

    seen: list[str] = []
    while True:
        part = page(dataset.repository, limit=3, after=seen[-1] if seen else None)
        seen += [each.id for each in part.rows]
        if not part.more:
            break

    assert seen == ids


@given(limit=st.integers(1, 9), after=st.integers(0, 6))
def test_a_page_of_a_query_is_a_slice_of_all_that_fit(
    limit: int, after: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    dataset = _shared(tmp_path_factory)
    fitting = [entry_id for entry_id, entry in dataset.snapshot() if "even" in str(entry.fields)]
    start = fitting[after - 1] if after else None

    part = page(dataset.repository, ["even"], limit=limit, after=start, count=True)

    assert [each.id for each in part.rows] == fitting[after : after + limit]
    assert part.more == (len(fitting) > after + limit)
    assert part.total == len(fitting)


_made: list[Dataset] = []


def _shared(factory: pytest.TempPathFactory) -> Dataset:
    if not _made:
        questions = (f"{'even' if number % 2 == 0 else 'odd'} {number}" for number in range(14))
        _made.append(dataset_of(factory.mktemp("pages") / "d", *questions)[0])
    return _made[0]


def test_a_page_that_holds_all_knows_the_total_for_nothing(tmp_path: Path) -> None:
    dataset, _ = dataset_of(tmp_path / "d", "one", "two")

    assert page(dataset.repository).total == 2
    assert page(dataset.repository, ["two"]).total == 1
    assert page(dataset.repository, limit=1).total is None
    assert page(dataset.repository, limit=1, count=True).total == 2


def test_words_and_where_must_both_fit(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one cellar", "two cellar", "three")

    assert [each.id for each in page(dataset.repository, ["cellar"], where="id:2..3").rows] == [ids[1]]
    assert [each.id for each in page(dataset.repository, ["id:2..3"], where="cellar").rows] == [ids[1]]


def test_a_row_tells_what_an_entry_is_about() -> None:
    entry = Entry.of(conversation("  Is the\ncellar dry?", tags=["b", "a"]))

    assert row("00000001-aaaaaaaa", entry) == ListedEntry("00000001-aaaaaaaa", 2, 1, ("a", "b"), "Is the\ncellar dry?")


@pytest.mark.parametrize(
    ("roles", "exchanges"),
    [("", 0), ("ua", 1), ("sua", 1), ("uaa", 1), ("uua", 1), ("uaua", 2), ("a", 0), ("u", 0), ("uuuta", 1)],
)
def test_an_exchange_is_a_user_message_that_is_answered(roles: str, exchanges: int) -> None:
    names = {"u": "user", "a": "assistant", "s": "system", "t": "tool"}
    entry = Entry.of({"messages": [{"role": names[role], "content": "x"} for role in roles]})

    assert count_exchanges(entry) == exchanges


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([{"role": "system", "content": "keep"}, {"role": "user", "content": "ask"}], "ask"),
        ([{"role": "system", "content": "keep"}, {"role": "assistant", "content": "say"}], "say"),
        ([{"role": "system", "content": "keep"}], "keep"),
        ([{"role": "user", "content": " "}, {"role": "user", "content": "ask"}], "ask"),
        ([{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "look"}]}], "look"),
        ([{"role": "user", "content": None}, "stray"], ""),
        ("no list", ""),
    ],
)
def test_the_preview_is_the_first_that_is_asked_or_said(messages: object, text: str) -> None:
    assert preview(Entry.of({"messages": messages})) == text


def test_a_file_that_does_not_read_is_shown_as_such(tmp_path: Path) -> None:
    dataset, ids = dataset_of(tmp_path / "d", "one", "two")
    path = f"entries/0000/00/{ids[0]}.json"
    with Session.open(dataset.repository, Intent("edit", "break it")) as session, dataset.repository.pack() as pack:
        blob = pack.add("blob", b"{ torn")
        session.commit(
            pack, {path: (trees.FILE, blob)}, Counts(changed=1), Planned(ChangeSet(summary="break it")), Verdict()
        )

    rows = page(dataset.repository).rows

    assert [each.reads for each in rows] == [False, True]
    assert [each.id for each in page(dataset.repository, ["two"]).rows] == [ids[1]]
