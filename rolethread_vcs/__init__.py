"""RoleThread VCS: version control for hand-crafted conversation datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset as Dataset
    from rolethread_vcs.errors import RoleThreadError as RoleThreadError
    from rolethread_vcs.merge.conflict import Value as Value
    from rolethread_vcs.model.entry import Entry as Entry
    from rolethread_vcs.ops.edit.field_edits import FieldEdit as FieldEdit
    from rolethread_vcs.ops.export.rows import ExportOptions as ExportOptions
    from rolethread_vcs.ops.git_support.hooks import Hook as Hook
    from rolethread_vcs.ops.git_support.hooks import HookOptions as HookOptions
    from rolethread_vcs.ops.history.bisect import Search as Search
    from rolethread_vcs.ops.history.log import LogFilter as LogFilter
    from rolethread_vcs.ops.history.show import ShownCommit as ShownCommit
    from rolethread_vcs.ops.history.show import ShownEntry as ShownEntry
    from rolethread_vcs.ops.import_.row_reader import ImportOptions as ImportOptions
    from rolethread_vcs.ops.merge.decisions import Decision as Decision
    from rolethread_vcs.ops.merge.merge import MergeOptions as MergeOptions
    from rolethread_vcs.ops.workcopy.commit import CommitOptions as CommitOptions
    from rolethread_vcs.ops.workcopy.edits import LineDecisions as LineDecisions
    from rolethread_vcs.ops.workcopy.file_copies import CopyOptions as CopyOptions
    from rolethread_vcs.store.snapshot import NoSuchEntryError as NoSuchEntryError
    from rolethread_vcs.transaction import Committed as Committed
    from rolethread_vcs.transaction import Intent as Intent

    __version__: str

_ROOMS = {
    "dataset": "Dataset",
    "errors": "RoleThreadError",
    "merge.conflict": "Value",
    "model.entry": "Entry",
    "ops.edit.field_edits": "FieldEdit",
    "ops.export.rows": "ExportOptions",
    "ops.git_support.hooks": "Hook HookOptions",
    "ops.history.bisect": "Search",
    "ops.history.log": "LogFilter",
    "ops.history.show": "ShownCommit ShownEntry",
    "ops.import_.row_reader": "ImportOptions",
    "ops.merge.decisions": "Decision",
    "ops.merge.merge": "MergeOptions",
    "ops.workcopy.commit": "CommitOptions",
    "ops.workcopy.edits": "LineDecisions",
    "ops.workcopy.file_copies": "CopyOptions",
    "store.snapshot": "NoSuchEntryError",
    "transaction": "Committed Intent",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that the command starts fast."""
    if name == "__version__":
        from importlib.metadata import version

        return version("rolethread-vcs")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
