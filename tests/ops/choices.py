"""Settles conflicts by their names."""

from __future__ import annotations

from collections.abc import Mapping

from rolethread_vcs.merge.conflict import Choice, Choose


def chosen(choices: Mapping[str, Choice]) -> Choose:
    """Return what answers the conflicts of these fields and leaves all others open."""
    return lambda conflict: choices.get(conflict.field)
