"""The answers of verbs that change something, of merges with their conflicts, and of the operation log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.model.entry import Entry, preview
from rolethread_vcs.views.envelopes import (
    Counted,
    Counts,
    Envelope,
    Joined,
    MaybeText,
    Message,
    Model,
    Number,
    Place,
    Side,
    Sourced,
    Text,
    Verb,
    of,
)


class Finding(Model):
    code: str
    name: str
    severity: Text
    id: str | None = of("entry_id")
    index: int | None
    message: str
    text: str
    repair: Text


class ChangedEntry(Model):
    id: str = Field(validation_alias=AliasChoices("id", "entry_id"))
    change: Literal["added", "changed", "removed"] = Field(validation_alias=AliasChoices("change", "kind"))


class Whereabouts(Model):
    branch: str | None
    commit: str
    entries: int
    note: str | None
    against: str | None
    ahead: int
    behind: int


class OutOfSight(Counted):
    branch: str
    commits: int


class Mutation(Counts):
    commit: str | None
    branch: str | None
    operation: int | None
    findings: list[Finding]
    dry_run: bool
    message: MaybeText
    entries: list[ChangedEntry] = of("touched")
    notes: list[str]


class Commit(
    Envelope,
    Mutation,
    name="commit",
    verbs=(
        "add",
        "edit",
        "remove",
        "restore",
        "commit",
        "workcopy commit",
        "branch NAME",
        "switch",
        "release NAME",
        "config set",
    ),
    sometimes={"where", "deleted", "out_of_sight"},
):
    """`switch` also says `where` one is, `branch --delete` what was `deleted` and is `out_of_sight`."""

    where: Whereabouts | None = None
    deleted: dict[str, str] | None = None
    out_of_sight: list[OutOfSight] | None = None


class Reject(Model):
    """A row that was not saved; lines and rows count from 1."""

    line: int = of("place", "line")
    code: str
    message: str = of("reason")
    row: int = of("place", "row")
    source: str = of("place", "source")


class Source(Model):
    name: str
    size: int
    sha256: str
    rows: int
    formats: list[str]


class Import(Envelope, Mutation, name="import", verbs=("import", "init --from")):
    """`format` and `source` are lists where there are several."""

    unchanged: int
    edited_since: int
    removed_before: int
    rejected: int
    rejects: list[Reject]
    rejects_file: Text | None
    repaired: dict[str, int]
    format: str | list[str] | None
    source: Source | list[Source]


class Conflict(Model):
    """What needs a decision; a side that is not there is null, and its name stands in `absent`."""

    id: str
    field: str
    reason: Text
    message: str
    base: Side
    ours: Side
    theirs: Side
    absent: list[str]
    suggestion: str | None
    place: int | None
    previous: list[Any]
    next: list[Any]

    @model_validator(mode="before")
    @classmethod
    def _absent_sides(cls, source: Any) -> Any:
        if isinstance(source, dict):
            return source
        sides = ("base", "ours", "theirs")
        return Joined({"absent": [side for side in sides if getattr(source, side) is ABSENT]}, source)


class LookAt(Sourced):
    id: str
    field: str
    sentence: str


class Merge(Envelope, Mutation, name="merge", verbs=("merge", "revert", "pick")):
    """`state` is `committed`, `fast_forward`, `nothing`, `waiting` (status 50) or `aborted`."""

    kind: str
    state: Text
    ours: str
    theirs: str
    taken: int
    merged: int
    left_out: int
    conflicts: list[Conflict]
    void: list[Place]
    look_at: list[LookAt]


class Conflicts(Envelope, name="conflicts", verbs=("conflicts",)):
    kind: str
    branch: str
    command: str
    ours: str
    theirs: str
    base: str
    conflicts: list[Conflict]
    decided: list[Place]
    void: list[Place]
    moved: bool = of("has_moved")


class Resolve(Envelope, name="resolve", verbs=("resolve",)):
    """`conflicts` are those that are left."""

    commit: str | None = None
    operation: int | None
    branch: str
    dry_run: bool
    decided: list[Place] = of("settled")
    conflicts: list[Conflict] = of("left")


class Error(Envelope, name="error", verbs=("every refusal",)):
    """`saved` says whether the change is saved all the same."""

    status: int
    code: str
    message: str
    saved: bool
    hint: str | None
    details: list[str]
    findings: list[Finding]


def _detail(name: str) -> BeforeValidator:
    return BeforeValidator(lambda details: details.get(name) if isinstance(details, Mapping) else details)


class Operation(Sourced, Counts):
    number: int
    command: str
    verb: str
    time: int
    branch: str
    undone: bool
    message: Annotated[str | None, _detail("message")] = of("details")
    because: Annotated[str | None, _detail("because")] = of("details")


class Operations(Envelope, name="ops", verbs=("ops", "undo", "redo"), sometimes={"operation", "dry_run"}):
    """`undo` and `redo` give the operations that they took back or brought again, and their own `operation`."""

    operations: list[Operation]
    operation: Number = None
    dry_run: bool = False


def _tags(entry: Any) -> Any:
    return entry.tags if isinstance(entry, Entry) else entry or ()


def _preview(entry: Any) -> Any:
    return preview(entry) if isinstance(entry, Entry) else entry


class RemovedEntry(Model):
    """An entry that was removed: by which commit, and the last commit that held it."""

    id: str
    commit: str = of("commit", "id")
    last_in: str
    time: int = of("commit", "time")
    message: Message = of("commit", "message")
    author: str = of("commit", "author", "name")
    operation: Number
    verb: Verb = of("operation")
    tags: Annotated[list[str], BeforeValidator(_tags)] = of("entry")
    preview: Annotated[str | None, BeforeValidator(_preview)] = of("entry")


class Removed(Envelope, name="removed", verbs=("restore --removed",)):
    """The newest first."""

    more: bool
    removed: list[RemovedEntry]
