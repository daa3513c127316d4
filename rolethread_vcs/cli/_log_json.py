"""Shows commits, and the steps of an entry's life, as `rolethread.log/v1`."""

from __future__ import annotations

from typing import Any

from rolethread_vcs.cli._life_text import compared_in, step_words
from rolethread_vcs.ops.history.entry_history import Step
from rolethread_vcs.ops.history.log import Logged, counts_of
from rolethread_vcs.store.log.operations import Operation
from rolethread_vcs.store.repository import Repository


def logged_value(logged: Logged) -> dict[str, Any]:
    """Return a commit with the numbers of entries that it touched."""
    commit, operation = logged.commit, logged.operation
    return {
        "id": commit.id,
        "message": commit.message.rstrip("\n"),
        "author": commit.author.name,
        "email": commit.author.email,
        "time": commit.author.time,
        "parents": list(commit.parents),
        "operation": None if operation is None else operation.number,
        "verb": None if operation is None else operation.verb,
        "added": logged.added,
        "changed": logged.changed,
        "removed": logged.removed,
    }


def step_value(repository: Repository, step: Step, operation: Operation | None) -> dict[str, Any]:
    """Return a step of an entry's life: the commit, and what it did to the entry."""
    compared = compared_in(repository, step)
    return {
        **logged_value(Logged(step.commit, operation, *counts_of(repository, step.commit, operation))),
        "entry": step.entry_id,
        "change": str(step.kind),
        "moved": step.is_moved,
        "origin": list(step.origin.ids),
        "summary": None if compared is None else compared.diff.summary(),
        "text": step_words(repository, step),
    }
