"""What an entry is matched by: the form of its messages in which what says nothing is left out, and its digests.

A key that holds null says as much as no key, a weight of 0 as much as `train: false`, and the order of the keys inside
a value nothing. A clean export says less of a message than its entry; what it says has digests of its own.
"""

from __future__ import annotations

from typing import Any

from rolethread_vcs.model.canonical import encode_pretty
from rolethread_vcs.model.entry import (
    ANSWERING_ROLES,
    CLEAN_KEYS,
    CONVERSATIONS,
    SPOKEN_KEYS,
    TOOL_ROLES,
    Entry,
    canonical_message,
    canonical_messages,
    sort_keys,
    trusted,
)
from rolethread_vcs.model.layout import suffix_of

_SCALARS = frozenset({str, int, float, bool})


def are_plain(messages: Any) -> bool:
    """Return whether messages are objects that hold nothing but texts, a content among them: nearly all are."""
    if type(messages) is not list:
        return False
    for message in messages:
        if type(message) is not dict or "content" not in message:
            return False
        for value in message.values():
            if type(value) is not str:
                return False
    return True


def without_nulls(entry: Entry) -> Entry:
    """Return an entry without keys that hold null where a key is optional; no content is a null content."""
    document = entry.document
    extra = document.get("extra", {}).values()
    has_sides = "chosen" in document or "rejected" in document
    if not has_sides and are_plain(document.get("messages")) and _SCALARS.issuperset(map(type, extra)):
        return entry
    fields = {key: _without_nulls(value, 3) for key, value in document.items()}
    for side in CONVERSATIONS:
        if isinstance(fields.get(side), list):
            fields[side] = list(map(_with_content, fields[side]))
    return trusted({key: value for key, value in fields.items() if value != {}})


def _without_nulls(value: Any, levels: int) -> Any:
    """Return a value without keys that hold null in so many levels of objects; deeper lie arguments and schemas."""
    if isinstance(value, list):
        return [_without_nulls(item, levels) for item in value]
    if not isinstance(value, dict) or not levels:
        return value
    return {
        key: _without_nulls(item, levels - 1) for key, item in value.items() if item is not None or key == "content"
    }


def _with_content(message: Any) -> Any:
    if not isinstance(message, dict) or "content" in message:
        return message
    return canonical_message({**message, "content": None})


def with_mask(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message that says by `train` what it says by a weight of 0 or 1."""
    if message.get("weight") not in (0, 1):
        return message
    rest = {key: value for key, value in message.items() if key != "weight"}
    return {**rest, "train": False} if message["weight"] == 0 else rest


def matched_messages(messages: Any, *, clean: bool = False, masked: bool = True) -> Any:
    """Return messages in the form that is matched: what says nothing is left out, inner keys are sorted.

    A weight of 0 says that a message does not train, a weight of 1 nothing. `clean` leaves what a clean export has of
    them; unless `masked`, that is not which of them train.
    """
    if not isinstance(messages, list):
        return sort_keys(messages)
    rows = []
    for message in messages:
        row = sort_keys(_with_content(_without_nulls(message, 3)))
        if isinstance(row, dict):
            row = with_mask(row)
            if clean:
                role = row.get("role")
                keys = ("role", "content", *CLEAN_KEYS[0 if role in TOOL_ROLES else 1 :])
                keys += ("train", "weight") if masked and role in ANSWERING_ROLES else ()
                row = {key: row[key] for key in keys if key in row}
        rows.append(row)
    return canonical_messages(rows)


def match_digest(messages: Any) -> str:
    """Return what messages are matched by: the birth suffix of `matched_messages`."""
    data = encode_pretty(messages)
    return suffix_of(data if _is_matched_as_it_is(messages, data) else encode_pretty(matched_messages(messages)))


def _is_matched_as_it_is(messages: Any, data: bytes) -> bool:
    # of messages written on their own, only what is inside of one is indented by six spaces or more
    return are_plain(messages) or (
        isinstance(messages, list)
        and b"\n      " not in data
        and b"null" not in data
        and b'"weight"' not in data
        and all(isinstance(each, dict) and "content" in each for each in messages)
    )


def matched_by(entry: Entry) -> tuple[str, ...]:
    """Return what an entry is matched by: the digest of its messages, its uuid or nothing, those of its clean exports.

    A clean export that says as much as the messages has none of its own.
    """
    messages: Any = entry.document.get("messages")
    digest, uuid = match_digest(messages), (entry.uuid or "").lower()
    if not isinstance(messages, list) or all(type(each) is dict and each.keys() <= SPOKEN_KEYS for each in messages):
        return digest, uuid
    forms = (matched_messages(messages, clean=True, masked=masked) for masked in (True, False))
    return digest, uuid, *sorted({suffix_of(encode_pretty(form)) for form in forms} - {digest})


def encode_with_suffix(entry: Entry) -> tuple[bytes, str, str]:
    """Return `encode_entry`, and `birth_suffix` and `match_digest` of the messages, of an entry that was parsed.

    For the bulk path: what was parsed holds no NaN, and is not searched for one.

    Raises:
        UnkeepableValueError: nested too deep.
    """
    data = encode_pretty(entry.document, is_parsed=True)
    messages: Any = entry.document.get("messages")
    written = encode_pretty(messages, is_parsed=True)
    suffix = suffix_of(written)
    return data, suffix, suffix if _is_matched_as_it_is(messages, written) else match_digest(messages)
