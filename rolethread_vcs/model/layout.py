"""Where things lie inside a dataset: `entries/0001/23/00012345-k2x9m3ab.json` and its neighbours."""

from __future__ import annotations

from rolethread_vcs.model.ids import is_id

SETTINGS = "rolethread.toml"
ATTRIBUTES = ".gitattributes"
ORDER = "order.json"
ENTRIES = "entries"
REGISTRIES = ("tags", "categories", "characters", "prompts")
SUFFIX = ".json"

ATTRIBUTES_TEXT = b"*.json -text -merge\n*.toml -text\n"
"""Keeps plain git from merging conversations line by line and from rewriting line ends."""


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


def is_dataset_path(path: str) -> bool:
    """Return whether a path is one of those that a dataset is made of: an entry, a registry card, its own files."""
    if path in (SETTINGS, ORDER, ATTRIBUTES) or id_of_path(path) is not None:
        return True
    folder, _, name = path.rpartition("/")
    return folder in REGISTRIES and name.endswith(SUFFIX) and not name.startswith(".")
