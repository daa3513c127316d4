"""Safe repairs are made until nothing is left, and never run for ever."""

from __future__ import annotations

from dataclasses import replace

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import RepairSafety
from rolethread_vcs.rules import Repair, all_rules, find_rule, safe_repair

ENTRY = Entry.of({"messages": [{"role": "Human", "content": "Hi"}, {"role": "gpt", "content": "Ho"}]})


def test_every_repair_is_told() -> None:
    repaired, done = safe_repair(ENTRY, all_rules())

    assert [message["role"] for message in repaired.turns] == ["user", "assistant"]
    assert done == ('[0] role "Human" became "user"', '[1] role "gpt" became "assistant"')


def test_a_sound_entry_comes_back_as_the_same_object() -> None:
    sound = Entry.of({"messages": [{"role": "user", "content": "Hi"}]})

    assert safe_repair(sound, all_rules())[0] is sound


def test_a_suggested_repair_is_never_made_unasked() -> None:
    entry = Entry.of({"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]})

    assert safe_repair(entry, all_rules()) == (entry, ())


def test_repairs_that_undo_each_other_end() -> None:
    def flip(entry: Entry) -> tuple[Entry, tuple[str, ...]]:
        return entry.with_fields(tags=["b"] if entry.tags == ("a",) else ["a"]), ("flipped",)

    rule = replace(find_rule("RT104"), repair=Repair(RepairSafety.SAFE, flip))

    _, done = safe_repair(ENTRY, [rule])

    assert 0 < len(done) <= 20
