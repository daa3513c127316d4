"""Refuses to apply a difference to something else than what it was taken from."""

from __future__ import annotations

from rolethread_vcs.errors import ConflictError


def require(place: str, *, fits: bool) -> None:
    """Check that a place is what a difference starts from; `place` is spelled as people type it.

    Raises:
        ConflictError (difference_does_not_fit): it is not.
    """
    if not fits:
        raise ConflictError(
            f"{place} is not what this difference starts from; nothing was changed",
            hint="take the difference again, or merge the two changes",
            code="difference_does_not_fit",
        )
