"""RoleThread VCS: version control for hand-crafted conversation datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.errors import RoleThreadError
    from rolethread_vcs.model.entry import Entry

__all__ = ["Dataset", "Entry", "RoleThreadError"]

_HOMES = {
    "Dataset": "rolethread_vcs.dataset",
    "Entry": "rolethread_vcs.model.entry",
    "RoleThreadError": "rolethread_vcs.errors",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that the command starts fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
