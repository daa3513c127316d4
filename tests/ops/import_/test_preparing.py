"""Preparing a row: what is known of it without the dataset."""

from __future__ import annotations

import json
import marshal
from typing import Any

import pytest
from rows_of_a_file import row

from rolethread_vcs.errors import UsageError
from rolethread_vcs.formats import Lines
from rolethread_vcs.model.canonical import birth_suffix, encode_entry
from rolethread_vcs.ops.import_.preparing import Known, Preparation, Preparer, Row, Unfit
from rolethread_vcs.store.objects.pack_format import object_id


def prepared(value: Any, **options: Any) -> Row:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Row(Lines(3, raw + b"\n"), 0, 2, Preparer(Preparation(**options)))


def known(value: Any, **options: Any) -> Known:
    told = prepared(value, **options).told
    assert isinstance(told, Known)
    return told


def test_a_sound_row_is_known_down_to_its_blob() -> None:
    found = prepared(row("a", tags=["b", "a"]))

    told, entry = found.told, found.entry()
    assert isinstance(told, Known)
    assert (told.format, told.is_sound, told.shared, told.suffix) == (
        "messages",
        True,
        (),
        birth_suffix(entry.messages),
    )
    assert told.packed[0] == object_id("blob", encode_entry(entry))


def test_what_is_known_travels_between_processes() -> None:
    told = known(row("a", uuid="27f9be4a-ebca-43e9-a02b-3a912a4c5213", rolethread={"id": "00000007-k2x9m3ab"}, n=1))

    assert Known(*marshal.loads(marshal.dumps(tuple(told)))) == told


def test_a_row_that_was_prepared_elsewhere_still_has_its_entry() -> None:
    here = prepared(row("a"))
    assert isinstance(here.told, Known)

    elsewhere = Row(Lines(3, here.raw), 0, here.number, Preparer(Preparation()), here.told)

    assert elsewhere.entry() == here.entry()


def test_an_unfit_row_says_why_and_where() -> None:
    told = prepared(b'{"messages": ').told

    assert isinstance(told, Unfit)
    assert (told.format, told.bad.line, told.bad.number, told.bad.code) == ("", 3, 2, "not_json")


def test_a_row_in_which_a_rule_finds_something_is_known_and_not_sound() -> None:
    assert not known(row("a", "")).is_sound
    assert known(row("a", ""), severities={"empty_message": "warning"}).is_sound


def test_repairs_are_made_and_told() -> None:
    value = {"messages": [{"role": "user", "content": "a"}, {"role": "ASSISTANT", "content": "b", "name": "x"}]}

    told = known({"rolethread": {"id": "00000007-k2x9m3ab"}, **value}, fix=True)

    assert told.repaired == ('[1] role "ASSISTANT" became "assistant"',)
    assert told.is_sound


@pytest.mark.parametrize(("value", "key"), [("k1", "k1"), (7, "7"), (True, None), ("", None), (None, None)])
def test_the_value_of_the_key_tells_rows_apart(value: object, key: str | None) -> None:
    told = known(row("a", id=value), key="id")

    assert (told.has_key, told.key) == (True, key)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no format called"):
        Preparer(Preparation("mesages"))
