"""What kind of file a path of a dataset is, and how such a file is read, written, compared and merged.

A kind is one file of this folder with `KIND = …`, found by listing it; `_contract.Kind` says what a kind is asked.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from rolethread_vcs.discovery import load_modules
from rolethread_vcs.documents._contract import FILE as FILE
from rolethread_vcs.documents._contract import Kind as Kind
from rolethread_vcs.documents._contract import MergedDocument as MergedDocument
from rolethread_vcs.documents._contract import UnreadableDocumentError as UnreadableDocumentError
from rolethread_vcs.documents._contract import WholeFile
from rolethread_vcs.errors import RoleThreadError

FOREIGN = WholeFile("file", is_part=False)
"""The kind of a file that is no part of a dataset: kept, and merged as a whole."""


@cache
def all_kinds() -> tuple[Kind[Any], ...]:
    """Return every kind but `FOREIGN`, in the order in which they are asked about a path.

    Raises:
        RoleThreadError: a file of the folder is no kind, or its name is another kind's.
    """
    found: list[Kind[Any]] = []
    for module in load_modules(importlib.import_module(__name__)):
        kind = getattr(module, "KIND", None)
        if not isinstance(kind, Kind) or not module.__name__.endswith(f".{kind.name}"):
            raise RoleThreadError(f"{module.__name__} lies among the documents and has no KIND of its name")
        found.append(kind)
    return tuple(sorted(found, key=lambda kind: kind.is_last))


def kind_of(path: str) -> Kind[Any]:
    """Return the kind of the file at a path, `/`-separated, relative to the root of the dataset."""
    return next((kind for kind in all_kinds() if kind.owns(path)), FOREIGN)


def find_kind(name: str) -> Kind[Any]:
    """Return the kind of a name; one that is unknown, perhaps of a later program, is `FOREIGN`."""
    return next((kind for kind in all_kinds() if kind.name == name), FOREIGN)
