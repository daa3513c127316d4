"""The answers about what is there: entries, branches, working copies, settings, rules, and how the dataset is."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from rolethread_vcs.views.envelopes import Envelope, MaybeText, Model, Number, Place, Sourced, Text, attribute, of
from rolethread_vcs.views.envelopes.changes import Finding
from rolethread_vcs.views.envelopes.history import Summary

Seconds = Annotated[int, BeforeValidator(int)]
Names = Annotated[list[str], BeforeValidator(lambda refs: [getattr(ref, "name", ref) for ref in refs])]
"""The names of refs."""
Paths = Annotated[list[str], BeforeValidator(lambda items: [str(getattr(item, "path", item)) for item in items])]


class Init(Envelope, name="init", verbs=("init",)):
    folder: Text
    name: str
    id: str
    commit: str


class Clone(Envelope, name="clone", verbs=("clone",)):
    folder: Text
    entries: int
    branches: int
    commit: str | None


class ListedEntry(Model):
    id: str
    messages: int
    exchanges: int
    tags: list[str]
    preview: str


class List(Envelope, name="list", verbs=("list",)):
    """`total` is null where it was not counted."""

    total: int | None
    more: bool
    entries: list[ListedEntry] = of("rows")


class Entry(Envelope, name="entry", verbs=("show ID",)):
    """And the entry's own fields."""

    model_config = ConfigDict(extra="allow")

    id: str
    rev: str
    commit: str


class Entries(Envelope, name="entries", verbs=("show ID ID",)):
    """And the own fields of each."""

    entries: list[Entry]


class UnsavedEdit(Model):
    """A file that was edited by hand; its `id` is null when it is no entry, `problem` says why it cannot be saved."""

    id: str | None
    change: Literal["new", "changed", "removed"]
    path: str
    problem: MaybeText = None


class OpenConflict(Place):
    reason: Text


class Upstream(Model):
    """The branch of another copy that this one follows, as fetched last; `commit` is null when it is gone."""

    name: str
    commit: str | None
    ahead: int
    behind: int
    fetched: Seconds | None


class GitState(Model):
    """What plain git is in the middle of: `kind` is its verb, or `conflicts`; two commands that end it."""

    kind: str
    branch: Text
    conflicts: Paths
    go_on: str
    abort: str


class Status(Envelope, name="status", verbs=("status",)):
    """`unfinished` is `{kind, branch, command}`, or `{problem}`."""

    name: str
    branch: str | None
    upstream: Upstream | None
    commit: str
    strict: bool = of("is_strict")
    entries: int
    checked_out: bool = of("is_checked_out")
    left_out: int
    partial: bool = of("is_partial")
    unsaved: list[UnsavedEdit]
    foreign: Paths
    staged: Paths
    drafts: list[str]
    conflicts: list[OpenConflict]
    unfinished: dict[str, str] | None
    git: GitState | None
    interrupted: Annotated[str | None, attribute("command")]
    why_read_only: str | None
    damaged_refs: Names
    last_operation: Number
    last_command: Annotated[str | None, attribute("command")] = of("last_operation")
    last_time: Annotated[int | None, attribute("time")] = of("last_operation")


class Check(Envelope, name="check", verbs=("check",)):
    """`counts` are findings by code."""

    ok: bool
    entries: int
    commit: str
    since: str | None
    counts: dict[str, int]
    findings: list[Finding]


class Branch(Model):
    """A branch; ahead and behind count commits against the one that you are on."""

    name: str
    commit: str
    current: bool = of("is_current")
    strict: bool = of("is_strict")
    ahead: int
    behind: int
    note: str | None
    time: int
    subject: str


class Branches(Envelope, name="branches", verbs=("branch",)):
    """`remote_branches` are those of other copies, as fetched last, that no branch here follows."""

    branches: list[Branch]
    remote_branches: list[Branch]
    damaged_refs: Names


class ListedRelease(Model):
    name: str
    commit: str
    time: int
    by: str
    entries: int
    subject: str
    message: str
    annotated: bool = of("is_annotated")


class Releases(Envelope, name="releases", verbs=("release",)):
    """The newest first."""

    releases: list[ListedRelease]


class Release(Envelope, ListedRelease, name="release", verbs=("release --show",)):
    """`changes` counts what is `added`, `removed`, `changed`, `moved` since the `previous` release."""

    previous: str | None
    changes: Summary | None


class Setting(Model):
    key: str
    value: str | None
    travels: bool
    remark: MaybeText


class Config(Envelope, name="config", verbs=("config list", "config get")):
    settings: list[Setting]


class Hooks(Envelope, name="hooks", verbs=("hooks install", "hooks remove")):
    """`chained` are hooks that were there before."""

    folder: Text
    hooks: list[str]
    chained: list[str]
    was_there: bool
    dry_run: bool


class Rule(Sourced, sometimes={"sections"}):
    """A rule, with its severity here and by default; `sections` explain one that was asked for."""

    code: str = of("rule", "code")
    name: str = of("rule", "name")
    severity: Text
    default: Text = of("rule", "severity")
    scope: Text = of("rule", "scope")
    repair: Text = of("rule", "repair_safety")
    summary: str
    sections: dict[str, str] | None = of("explained", default=None)


class Rules(Envelope, name="rules", verbs=("rules",)):
    rules: list[Rule]


class ExportedFile(Model):
    entries: int
    commit: str
    revision: str
    sha256: str
    size: int
    format: str
    clean: bool
    where: str | None
    path: Text
    operation: Number


class UnfitEntry(Model):
    id: str
    reason: str


class MaskedAnswers(Model):
    """How many answers of how many entries are masked, and what became of them; `emptied` had no other answer."""

    messages: int
    entries: int
    masks: Literal["train", "weight", "drop"]
    emptied: list[str]


class LostKey(Model):
    key: str
    level: Literal["message", "entry"]
    count: int = of("number")


class UnevenColumn(Model):
    """A column that only `rows` of the rows have, or whose shape is `unlike` the most frequent one in some of them."""

    column: str
    rows: int
    unlike: int


class Export(Envelope, ExportedFile, name="export", verbs=("export -o FILE",)):
    """`left_out` are damaged entries, `unfit` those that the format has no place for.

    The rest is about clean exports: `masked` answers, null without any, keys that were `lost`, and `uneven` columns.
    """

    left_out: list[str]
    unfit: list[UnfitEntry]
    masked: MaskedAnswers | None
    lost: list[LostKey]
    uneven: list[UnevenColumn]


class Which(Envelope, ExportedFile, name="which", verbs=("which",)):
    container: str
    skip_damaged: bool = False
    skip_unfit: bool = False
    masks: str | None = None
    time: int


class Copy(Model):
    kind: Literal["file", "folder"]
    path: Text | None
    branch: MaybeText
    commit: MaybeText = None
    format: MaybeText = None
    clean: bool | None = None
    where: str | None = None


class WorkingCopy(Sourced, Copy):
    """A file copy or a folder copy; what only the other kind has is null.

    `masked` counts the masked answers of a clean file that was just written, which does not tell them; else null.
    """

    masked: int | None = None
    lines: int | None = None
    touched: bool = of("is_touched", default=False)
    problem: MaybeText = None


class WorkingCopies(Envelope, name="workcopies", verbs=("workcopy list", "workcopy add")):
    copies: list[WorkingCopy]


class Candidate(Model):
    id: str
    likeness: float


class CopyLine(Model):
    """A line that is not what it was; lines count from 1."""

    line: int | None
    was: int | None
    change: Text
    moved: bool = of("is_moved")
    id: str | None
    candidates: list[Candidate]
    reason: MaybeText
    digest: str | None
    preview: str


class CopyStatus(Envelope, Copy, name="workcopy", verbs=("workcopy status",)):
    """Lines count from 1, `candidates` are `{id, likeness}`, `id` may be filled in for `--decisions`."""

    path: Text
    commit: str
    tip: str | None = None
    newer: int | None = None
    apart: bool | None = None
    counts: dict[str, int] = Field(default_factory=dict)
    respelled: list[str] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    unsaved: int | None = None
    lines: list[CopyLine] = Field(default_factory=list)


class Refreshed(Envelope, name="workcopy_refresh", verbs=("workcopy refresh",)):
    """`set_aside` is the file that holds what was discarded."""

    path: Text
    before: str
    commit: str
    lines: int
    written: bool = of("is_written")
    set_aside: Text | None
    dry_run: bool


class RemovedCopy(Envelope, name="workcopy_removed", verbs=("workcopy remove",)):
    """`left` are files that stayed in a folder."""

    path: Text
    deleted: bool
    left: list[str]
    dry_run: bool


class Problem(Model):
    kind: str
    object: str | None
    path: str | None
    message: str
    severity: Text


class Verify(Envelope, name="verify", verbs=("verify",)):
    """After a repair, `repaired` are sentences on what it did, and `quarantine` is where it put what was in the way."""

    ok: bool
    problems: list[Problem]
    repaired: list[str]
    quarantine: Text | None
    objects: int
    commits: int
    entries: int
    operations: int


class Lock(Model):
    """A lock file of git, with its age in seconds."""

    path: Text
    age: Seconds


class Health(Model):
    checked_out: bool
    durability: Annotated[str, BeforeValidator(lambda value: {True: "safe", False: "fast"}.get(value, value))] = of(
        "durable"
    )
    identity: str | None
    holder: str | None
    pending: Annotated[str | None, attribute("command")]
    unwritable: Paths
    git_locks: list[Lock]
    leftovers: Paths
    damaged_refs: Names
    branch: str | None
    branches: int | None
    releases: int | None
    operations: int | None
    packs: int
    loose: int


class Unlocked(Model):
    removed: list[Lock]
    left: list[Lock]
    notes: list[str]


class Doctor(Envelope, name="doctor", verbs=("doctor",)):
    """`free` is in bytes; `dataset` is null where there is none."""

    versions: dict[str, str]
    system: str
    folder: Text
    filesystem: str | None
    free: int | None
    cloud: str | None
    trouble: str | None
    advice: list[str]
    dataset: Health | None = of("health")
    unlocked: Unlocked | None
