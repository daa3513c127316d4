"""RoleThread VCS: version control for hand-crafted conversation datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.errors import RoleThreadError
    from rolethread_vcs.merge.conflict import Value
    from rolethread_vcs.model.entry import Entry
    from rolethread_vcs.ops.edit.field_edits import FieldEdit
    from rolethread_vcs.ops.export.exporter import ExportOptions
    from rolethread_vcs.ops.git_support.hooks import Hook, HookOptions
    from rolethread_vcs.ops.history.bisect import Search
    from rolethread_vcs.ops.history.log import LogFilter
    from rolethread_vcs.ops.history.show import ShownCommit, ShownEntry
    from rolethread_vcs.ops.import_.row_reader import ImportOptions
    from rolethread_vcs.ops.merge.decisions import Decision
    from rolethread_vcs.ops.merge.merge import MergeOptions
    from rolethread_vcs.ops.workcopy.commit import CommitOptions
    from rolethread_vcs.ops.workcopy.edits import LineDecisions
    from rolethread_vcs.ops.workcopy.file_copies import CopyOptions
    from rolethread_vcs.transaction import Committed, Intent

    __version__: str

_HOMES = {
    "CommitOptions": "ops.workcopy.commit",
    "Committed": "transaction",
    "CopyOptions": "ops.workcopy.file_copies",
    "Dataset": "dataset",
    "Decision": "ops.merge.decisions",
    "LineDecisions": "ops.workcopy.edits",
    "Entry": "model.entry",
    "ExportOptions": "ops.export.exporter",
    "FieldEdit": "ops.edit.field_edits",
    "Hook": "ops.git_support.hooks",
    "HookOptions": "ops.git_support.hooks",
    "ImportOptions": "ops.import_.row_reader",
    "Intent": "transaction",
    "MergeOptions": "ops.merge.merge",
    "LogFilter": "ops.history.log",
    "RoleThreadError": "errors",
    "Search": "ops.history.bisect",
    "ShownCommit": "ops.history.show",
    "ShownEntry": "ops.history.show",
    "Value": "merge.conflict",
}

__all__ = [
    "CommitOptions",
    "Committed",
    "CopyOptions",
    "Dataset",
    "Decision",
    "Entry",
    "ExportOptions",
    "FieldEdit",
    "Hook",
    "HookOptions",
    "ImportOptions",
    "Intent",
    "LineDecisions",
    "LogFilter",
    "MergeOptions",
    "RoleThreadError",
    "Search",
    "ShownCommit",
    "ShownEntry",
    "Value",
]


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
