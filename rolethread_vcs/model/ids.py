"""Entry ids: `00012345-k2x9m3ab`, a sequence number and the digest of the messages at birth."""

from __future__ import annotations

import hashlib
import re

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
"""The 32 digits of Douglas Crockford's base 32, lower case (no i, l, o, u)."""

NUMBER_DIGITS = 8
SUFFIX_DIGITS = 8
LAST_NUMBER = 10**NUMBER_DIGITS - 1
LAST_BROUGHT_NUMBER = 90_000_000
"""The highest number that a row may bring along: numbers only grow, and one row must not use them up."""

_ID = re.compile(rf"[0-9]{{{NUMBER_DIGITS}}}-[{CROCKFORD}]{{{SUFFIX_DIGITS}}}")
_PAIRS = [a + b for a in CROCKFORD for b in CROCKFORD]


def suffix_of(canonical_messages: bytes) -> str:
    """Return the birth suffix: 40 bits of the SHA-256 of the canonical bytes of `messages`."""
    bits = int.from_bytes(hashlib.sha256(canonical_messages).digest()[:5], "big")
    pairs = _PAIRS
    return pairs[bits >> 30] + pairs[bits >> 20 & 0x3FF] + pairs[bits >> 10 & 0x3FF] + pairs[bits & 0x3FF]


def make_id(number: int, suffix: str) -> str:
    """Return the id of a number (0 to 99,999,999) and a birth suffix."""
    if not 0 <= number <= LAST_NUMBER:
        raise ValueError(f"an entry number lies between 0 and {LAST_NUMBER}, not {number}")
    return f"{number:08d}-{suffix}"


def is_id(text: str) -> bool:
    """Return whether the text is a well-formed entry id."""
    return _ID.fullmatch(text) is not None


def number_of(entry_id: str) -> int:
    """Return the sequence number of a well-formed id."""
    return int(entry_id[:NUMBER_DIGITS])


def suffix_part(entry_id: str) -> str:
    """Return the birth suffix of a well-formed id."""
    return entry_id[NUMBER_DIGITS + 1 :]


def rev_of(blob: bytes) -> str:
    """Return how rows, forms and answers name the content of an entry: the first 12 hex digits of its blob id."""
    return blob[:6].hex()
