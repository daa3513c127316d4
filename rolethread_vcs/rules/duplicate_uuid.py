"""RT108 duplicate_uuid: two entries that carry one uuid.

What it does
Finds entries whose `uuid` another entry, that came before them, carries too. Upper and lower case are one.

Why it matters
The uuid is how an edited file finds its entries again. With two of them an import may change the wrong one,
and what other programs store by uuid (characters, mappings) falls to either.

Example
Two entries, both with "uuid": "27f9be4a-ebca-43e9-a02b-3a912a4c5213".

Instead
Each entry with its own uuid, or the copy with none: an entry does not need one.

Repair
None: which of the two is the copy, only the writer knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Scope, Severity
from rolethread_vcs.rules._contract import Found, Holders, Rule


def _keys(entry: Entry) -> tuple[str, ...]:
    uuid = entry.document.get("uuid")
    return (uuid.lower(),) if isinstance(uuid, str) else ()


def _check_dataset(holders: Holders) -> Iterator[Found]:
    for uuid, ids in holders.items():
        for entry_id in ids[1:]:
            yield Found(None, f"the uuid {uuid} is that of {ids[0]} already", uuid, entry_id=entry_id)


RULE = Rule(
    code="RT108",
    name="duplicate_uuid",
    severity=Severity.ERROR,
    scope=Scope.DATASET,
    reads=frozenset({"uuid"}),
    keys=_keys,
    check_dataset=_check_dataset,
)
