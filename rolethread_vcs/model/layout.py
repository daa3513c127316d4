"""Entry ids, `00012345-k2x9m3ab` (a sequence number and the digest of the messages at birth), and where things lie.

The id is the file name: `entries/0001/23/00012345-k2x9m3ab.json`.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from rolethread_vcs.errors import InvalidError

SETTINGS = "rolethread.toml"
ATTRIBUTES = ".gitattributes"
ORDER = "order.json"
ENTRIES = "entries"
SUFFIX = ".json"

ATTRIBUTES_TEXT = b"*.json -text -merge\n*.toml -text\n"
"""Keeps plain git from merging conversations line by line and from rewriting line ends."""

_SLUG_BYTES = 120
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
"""What Windows keeps for devices."""


def entry_path(entry_id: str) -> str:
    """Return the path of an entry, `/`-separated, relative to the root of the dataset."""
    return f"{ENTRIES}/{entry_id[:4]}/{entry_id[4:6]}/{entry_id}{SUFFIX}"


def entry_folder(entry_id: str) -> tuple[str, str]:
    """Return the two folder names that an entry lies in, below `entries/`."""
    return entry_id[:4], entry_id[4:6]


def id_of_path(path: str) -> str | None:
    """Return the entry id of a path, or None when the path is not exactly where an entry lies."""
    name = path.rpartition("/")[2]
    entry_id = name.removesuffix(SUFFIX)
    return entry_id if is_id(entry_id) and path == entry_path(entry_id) else None


def is_entry_folder(path: str) -> bool:
    """Return whether a path is that of a folder which entries lie in: `entries`, `entries/0001`, `entries/0001/23`."""
    return _FOLDER.fullmatch(path) is not None


def fold(text: str) -> str:
    """Return a text for comparing: without case, composed characters in one form."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def slug_of(name: str) -> str:
    """Return the slug of a display name, which is the name of its file in a registry: `slow_burn` of `Slow Burn!`."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    words = "".join(character if _stands_in_slug(character) else " " for character in text).split()
    slug = "_".join(words).encode()[:_SLUG_BYTES].decode("utf-8", "ignore")
    return f"{slug}_" if slug in _DEVICES else slug or f"t-{suffix_of(name.encode())}"


def _stands_in_slug(character: str) -> bool:
    category = unicodedata.category(character)
    return character in "_-" or category[0] in "LM" or category == "Nd"


CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
"""The 32 digits of Douglas Crockford's base 32, lower case (no i, l, o, u)."""

NUMBER_DIGITS = 8
SUFFIX_DIGITS = 8
LAST_NUMBER = 10**NUMBER_DIGITS - 1
LAST_BROUGHT_NUMBER = 90_000_000
"""The highest number that a row may bring along: numbers only grow, and one row must not use them up."""

_ID = re.compile(rf"[0-9]{{{NUMBER_DIGITS}}}-[{CROCKFORD}]{{{SUFFIX_DIGITS}}}")
_FOLDER = re.compile(rf"{ENTRIES}(/[0-9]{{4}}(/[0-9]{{2}})?)?")
_PAIRS = [a + b for a in CROCKFORD for b in CROCKFORD]


def suffix_of(canonical_messages: bytes) -> str:
    """Return the birth suffix: 40 bits of the SHA-256 of the canonical bytes of `messages`."""
    bits = int.from_bytes(hashlib.sha256(canonical_messages).digest()[:5], "big")
    pairs = _PAIRS
    return pairs[bits >> 30] + pairs[bits >> 20 & 0x3FF] + pairs[bits >> 10 & 0x3FF] + pairs[bits & 0x3FF]


def make_id(number: int, suffix: str) -> str:
    """Return the id of a number and a birth suffix.

    Raises:
        InvalidError (full): the numbers are used up.
    """
    if not 0 <= number <= LAST_NUMBER:
        raise InvalidError(f"a dataset holds numbers up to {LAST_NUMBER:,}, and the last one is taken", code="full")
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
