"""Finds drop-in modules (rules, formats, commands) by listing their folder; a broken one raises."""

from __future__ import annotations

import importlib
import os
from types import ModuleType


def module_names(package: ModuleType) -> list[str]:
    """Return the names of the drop-in modules in a package folder, sorted, without `_private` ones."""
    # pkgutil takes a folder that cannot be listed for an empty one
    names = (name for folder in package.__path__ for name in os.listdir(folder))  # noqa: PTH208
    return sorted(name[:-3] for name in names if name.endswith(".py") and not name.startswith("_"))


def load_modules(package: ModuleType) -> list[ModuleType]:
    """Import every drop-in module of a package, in name order.

    Raises whatever the module raises: a plug-in that does not load must be seen, never skipped.
    """
    return [importlib.import_module(f"{package.__name__}.{name}") for name in module_names(package)]
