"""The answers about history: commits, the life of an entry, differences, blame, bisect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from rolethread_vcs.views.envelopes import (
    Counts,
    Envelope,
    Id,
    Joined,
    MaybeText,
    Model,
    OfCommit,
    Side,
    Sourced,
    Text,
    Verb,
    of,
    plain,
)
from rolethread_vcs.views.envelopes.changes import ChangedEntry

if TYPE_CHECKING:
    from rolethread_vcs.ops.compare.comparison import Comparison


def _decoded(data: Any) -> Any:
    return data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data


def _sorted(table: Any) -> dict[str, Any]:
    return dict(sorted(table.items()))


Content = Annotated[str | None, BeforeValidator(_decoded)]
"""The text of a file that is no entry."""


class LoggedCommit(Sourced, OfCommit, sometimes={"entry", "change", "moved", "origin", "summary", "text"}):
    """A commit; in the life of an entry also what it did to the entry."""

    verb: Verb = of("operation")
    entry: str | None = of("entry_id", default=None)
    change: MaybeText = of("kind", default=None)
    moved: bool = of("is_moved", default=False)
    origin: list[str] = of("origin", "ids", default=[])
    summary: dict[str, int] | None = None
    text: str | None = None


class Log(Envelope, name="log", verbs=("log", "log ID"), sometimes={"entry"}):
    """Of a life also `entry`, and with each commit `entry`, `change`, `moved`, `origin`, `summary`, `text`."""

    entry: str | None = None
    commits: list[LoggedCommit]


class Placed(Model):
    index: int
    message: Any


class ChangedMessage(Model):
    """A message that came, went, moved, or changed: its words, or the attributes beside its content.

    Of what differs, `reordered` are the keys whose values differ only in the order of the keys inside them.
    """

    op: Literal["insert", "remove", "edit", "move", "attributes"]
    before: Placed | None
    after: Placed | None
    words: list[tuple[Literal["equal", "delete", "insert"], str]]
    attributes: list[str]
    reordered: list[str]


class ChangedTags(Model):
    added: list[str]
    removed: list[str]


class ChangedField(Model):
    field: str = of("key")
    before: Side
    after: Side


class ChangedValue(Model):
    """A value inside of `extra`, or of another file, by the keys and places that lead to it.

    Where it is `reordered`, an object has its keys in another order, and `before` and `after` are these keys.
    """

    path: list[str | int]
    before: Side
    after: Side
    reordered: bool


class Lines(Model):
    """The lines of an entry in the files that were compared; null where a side is no file."""

    before: int | None
    after: int | None


class EntryDifference(Model):
    """An entry that differs; its `id` is null for a row of a file that is no known entry."""

    id: str | None
    change: Literal["added", "removed", "changed", "moved"]
    moved: bool
    lines: Lines
    problem: MaybeText
    messages: list[ChangedMessage]
    chosen: list[ChangedMessage]
    rejected: list[ChangedMessage]
    tags: ChangedTags
    fields: list[ChangedField]
    extra: list[ChangedValue]

    @model_validator(mode="before")
    @classmethod
    def _of_a_comparison(cls, source: Any) -> Any:
        difference = getattr(source, "diff", None)
        if difference is None:
            return source
        own = {
            "id": None if source.is_row else source.id,
            "lines": {"before": source.before_line, "after": source.after_line},
            "tags": {"added": difference.tags_added, "removed": difference.tags_removed},
        }
        return Joined(own, source, difference)


class FileDifference(Model):
    path: str
    title: str
    change: Literal["added", "removed", "changed", "moved"]
    before: Content
    after: Content
    changes: list[ChangedValue]


def difference_rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """Yield all that differs as JSON objects: the entries, then the other files."""
    for model, rows in ((EntryDifference, comparison.entries()), (FileDifference, comparison.files())):
        yield from (plain(model.model_validate(row)) for row in rows)


class Summary(Counts):
    moved: int


class Words(Model):
    added: int
    removed: int


class Spoken(Counts):
    words_added: int
    words_removed: int


class Figures(Model):
    entries: Summary
    messages: Summary
    words: Words
    tags: Annotated[dict[str, Summary], BeforeValidator(_sorted)]
    speakers: Annotated[dict[str, Spoken], BeforeValidator(_sorted)]


class Diff(Envelope, name="diff", verbs=("diff",), sometimes={"stat"}):
    """What stands in an entry is told in [diff.md](diff.md)."""

    from_: str = Field(alias="from")
    to: str
    from_commit: str | None
    to_commit: str | None
    summary: Summary
    notes: list[str]
    entries: list[EntryDifference]
    files: list[FileDifference]
    stat: Figures | None = None


class TouchedFile(Model):
    path: str
    change: Literal["added", "changed", "removed"]


class Show(Envelope, OfCommit, name="show", verbs=("show REV",)):
    """With `details` an entry has the keys of `rolethread.diff/v1`."""

    message: str = of("commit", "message")
    trailers: list[tuple[str, str]] = of("commit", "trailers")
    details: bool
    entries: list[EntryDifference] | list[ChangedEntry] = Field(union_mode="left_to_right")
    files: list[FileDifference] | list[TouchedFile] = Field(union_mode="left_to_right")


class BlamedCommit(Model):
    id: str
    author: str = of("author", "name")
    email: str = of("author", "email")
    time: int = of("author", "time")
    subject: str


class BlamedMessage(Model):
    side: str
    index: int
    message: Any
    changed: BlamedCommit
    brought: BlamedCommit
    older: bool = of("is_older")


class Blame(Envelope, name="blame", verbs=("blame",)):
    """`changed` and `brought` are `{id, author, email, time, subject}`; `older` was not changed in the range."""

    id: str
    commit: str
    messages: list[BlamedMessage]
    ends: list[str]


class Answer(Model):
    answer: Text
    commit: str
    time: int


class Bisect(Envelope, name="bisect", verbs=("bisect",), sometimes={"was_running"}):
    """`bisect reset` says whether a search `was_running`."""

    running: bool
    bad: str | None
    good: list[str]
    skipped: list[str]
    suspects: list[str]
    test: Id
    tests: int
    first_bad: Id
    answers: list[Answer] = of("marks")
    was_running: bool | None = None
