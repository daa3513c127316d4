"""Finds drop-in modules (rules, formats, commands) by listing their folder; a broken one raises."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType


def module_names(package: ModuleType) -> list[str]:
    """Return the names of the drop-in modules in a package folder, sorted, without `_private` ones."""
    return sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))


def load_modules(package: ModuleType) -> list[ModuleType]:
    """Import every drop-in module of a package, in name order.

    Raises whatever the module raises: a plug-in that does not load must be seen, never skipped.
    """
    return [importlib.import_module(f"{package.__name__}.{name}") for name in module_names(package)]
