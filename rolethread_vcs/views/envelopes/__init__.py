"""Every JSON answer as one typed model; the schemas in docs/schemas and the table in docs/cli.md come from them.

A model takes its keys from what a command found: `answer("rolethread.branches/v1", {"branches": branches})` reads
each `Branch` by the names, or the aliases, of the model's fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from rolethread_vcs.views.envelopes._model import Envelope, Joined, plain

__all__ = ["answer", "envelopes", "plain"]


def envelopes() -> Iterator[tuple[str, type[Envelope]]]:
    for name in ("changes", "history", "state"):
        module = import_module(f"{__name__}.{name}")
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, Envelope) and model.__module__ == module.__name__:
                yield f"rolethread.{model.NAME}/v1", model


def answer(name: str, *sources: Any) -> dict[str, Any]:
    """Return the JSON value of an envelope; a key is taken from the first of the sources that has it.

    A source is a mapping of values, or a result with attributes.
    """
    model = next(model for known, model in envelopes() if known == name)
    value: dict[str, Any] = plain(model.model_validate(sources[0] if len(sources) == 1 else Joined(*sources)))
    return value
