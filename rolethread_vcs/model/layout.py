"""Where things lie inside a dataset: `entries/0001/23/00012345-k2x9m3ab.json` and its neighbours."""

from __future__ import annotations

import unicodedata

from rolethread_vcs.model.ids import is_id, suffix_of

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


def slug_of(name: str) -> str:
    """Return the slug of a display name, which is the name of its file in a registry: `slow_burn` of `Slow Burn!`."""
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    words = "".join(character if _stands_in_slug(character) else " " for character in text).split()
    slug = "_".join(words).encode()[:_SLUG_BYTES].decode("utf-8", "ignore")
    return f"{slug}_" if slug in _DEVICES else slug or f"t-{suffix_of(name.encode())}"


def _stands_in_slug(character: str) -> bool:
    category = unicodedata.category(character)
    return character in "_-" or category[0] in "LM" or category == "Nd"
