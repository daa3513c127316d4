"""Takes the new name of a speaker, whom a side renamed everywhere, into all three lists before they are merged.

A rename is one thing said of the whole scene, and no edit of each message. What one side renamed is so no conflict with
what the other deleted, replaced or edited, and what it replaced it with has the new name, too:

    base     Oren: A  Oren: B            Orin: A  Orin: B
    ours     Orin: A  Orin: B       ->   Orin: A  Orin: B
    theirs   Oren: A  Oren: C            Orin: A  Orin: C, which was Oren's: a person is asked
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rolethread_vcs.diff.align import align
from rolethread_vcs.merge.lists import SIDES, Lists, Side, other_side
from rolethread_vcs.model.entry import is_equal

_RENAMES = 2
"""So many messages make a rename, or so many of a name that is new; one could be a correction of that message."""


def rename_alike(lists: Lists) -> tuple[Lists, Mapping[int, str]]:
    """Return the lists with the new names, and the old ones of messages that a side has under another name now, by the
    identity of each.

    Whom both renamed, each in another way, and whose new name is the old one of another keeps the names that they have.
    """
    found = {side: _renamed_speakers(lists.base, lists.on(side)) for side in SIDES}
    names: dict[Side, dict[str, str]] = {
        side: {
            old: new
            for old, new in found[side].items()
            if found["ours"] == found["theirs"]
            or (found[other_side(side)].get(old, new) == new and new not in found[other_side(side)])
        }
        for side in SIDES
    }
    if not any(names.values()):
        return lists, {}
    old_names: dict[int, str] = {}

    def renamed(messages: Sequence[Any], by: Mapping[str, str]) -> list[Any]:
        row = list(messages)
        for number, message in enumerate(messages):
            if (old := _speaker(message)) is not None and (new := by.get(old)) is not None:
                row[number] = {**message, "speaker": new}
                old_names[id(row[number])] = old
        return row

    ours, theirs = (
        renamed(
            lists.on(side),
            {  # but for whom it renamed itself, or to whom: it calls somebody so now
                old: new
                for old, new in names[other_side(side)].items()
                if old not in (*found[side], *found[side].values())
            },
        )
        for side in SIDES
    )
    base = renamed(lists.base, names["ours"] | names["theirs"])
    return Lists(base, ours, theirs), old_names


def _renamed_speakers(base: Sequence[Any], messages: Sequence[Any]) -> dict[str, str]:
    """Return the new names of speakers by their old ones, as far as a side changed each of their messages alike, but
    for those that say something else now."""
    known, here = ([*map(_speaker, row)] for row in (base, messages))
    rest = iter(here)
    if not any(known) or all(name in rest for name in known):
        return {}  # all speak as they did, whatever was added between
    texts = [message.get("content") if isinstance(message, dict) else message for message in base]
    said = list(zip(texts, known, strict=True))
    names: dict[str, list[tuple[str | None, bool]]] = defaultdict(list)
    for pair in align(base, messages):
        if not pair.loose and (before := known[pair.before]) is not None:
            was, name = texts[pair.before], here[pair.after]
            # of two who say the same, who knows which of them changed places
            if name == before or name not in known or (was, name) not in said:
                names[before].append((name, is_equal(was, messages[pair.after].get("content"))))
    renamed = {}
    for before, after in names.items():
        found = [name for name, is_same in after if is_same] or [name for name, _ in after]
        times = len(found) if found[0] in known else here.count(found[0])
        is_one = {*found} == {found[0]} and times >= _RENAMES and all(name != before for name, _ in after)
        if is_one and found[0] is not None:
            renamed[before] = found[0]
    return renamed


def _speaker(message: Any) -> str | None:
    speaker = message.get("speaker") if isinstance(message, dict) else None
    return speaker if isinstance(speaker, str) else None
