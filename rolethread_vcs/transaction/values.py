"""What a mutating verb says about itself, what it wants to be different, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, cast

from rolethread_vcs.gate import Allowance, EntryChange, parse_allowance
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.finding import Finding
from rolethread_vcs.model.layout import entry_path
from rolethread_vcs.phrases import counted_words
from rolethread_vcs.store.log import Moves
from rolethread_vcs.store.log.journal import SideEffects
from rolethread_vcs.store.objects.trees import FILE, Blob, ObjectWriter

TOUCHED_SHOWN = 200
"""Entries of one change that an answer may show."""

PathChange = tuple[bytes, bytes] | None
"""What happens to a path: (mode, 20-byte blob id), or None to remove it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a mutating verb says about itself.

    `verb` and `command` go into the operation log (`edit`, `edit 12`); `message` replaces the plan's default message;
    `branch` is the branch to commit to, None for the current one; `trailers` are added to the commit.
    """

    verb: str
    command: str
    message: str | None = None
    branch: str | None = None
    allowances: tuple[Allowance, ...] = ()
    because: str | None = None
    dry_run: bool = False
    trailers: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, verb: str, command: str, *, allow: str | Sequence[str] = (), **more: Any) -> Intent:
        """Return an intent whose allowances are given as words, one or several: `CODE`, `NAME`, `CODE=3`.

        Raises:
            UsageError: one of them names no rule.
        """
        words = (allow,) if isinstance(allow, str) else allow
        return cls(verb, command, allowances=tuple(map(parse_allowance, words)), **more)


class Said(TypedDict, total=False):
    """What a script says of an `Intent`, by keywords; `allow` is a rule or several: `CODE`, `NAME`, `CODE=COUNT`."""

    message: str | None
    branch: str | None
    allow: str | Sequence[str]
    because: str | None
    dry_run: bool


def intent_of(intent: Intent | None, said: Said, verb: str, command: str) -> Intent:
    """Return the intent of a word: the one that it was given, or its own verb and command with what keywords say."""
    if intent is not None and said:
        raise TypeError(f"{', '.join(said)} can be said by keywords or by an Intent, not by both")
    return intent or Intent.of(verb, command, **said)


def split_keywords(keywords: Mapping[str, Any]) -> tuple[Said, dict[str, Any]]:
    """Return what keywords say about the change, and the options among them."""
    said = {name: value for name, value in keywords.items() if name in Said.__annotations__}
    return cast("Said", said), {name: value for name, value in keywords.items() if name not in said}


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change against a base snapshot; a value, so that a lost race can plan again and compare.

    `puts` holds new and changed entries by id, `removes` the ids that go. `files` holds every other tracked
    path (`rolethread.toml`, `order.json`, `tags/slow_burn.json`) with its new bytes, None when it goes.
    `origin` names, for a new id, the ids whose content it took over (split, join, copy). `made_up` are the ids that
    the plan invented, in order: a refusal must not name them, since nobody will ever see them. `stored` gives, for
    puts that lie in the store already (the other side of a merge), the 20-byte blob ids: their bytes are taken as they
    are. `summary` is the commit's message when the user gave none.
    """

    puts: Mapping[str, Entry] = field(default_factory=dict)
    removes: frozenset[str] = frozenset()
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    origin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made_up: tuple[str, ...] = ()
    stored: Mapping[str, bytes] = field(default_factory=dict)
    summary: str = ""

    def __post_init__(self) -> None:
        both = self.removes & self.puts.keys()
        if both:
            raise ValueError(f"a change cannot both put and remove {', '.join(sorted(both))}")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is put, removed or written."""
        return not (self.puts or self.removes or self.files)

    def write(self, objects: ObjectWriter) -> Iterator[tuple[str, Blob | None]]:
        """Write what is put and yield each path with its blob, None for one that goes."""
        for entry_id in self.puts:
            oid = self.stored.get(entry_id) or objects.add("blob", encode_entry(self.puts[entry_id]))
            yield entry_path(entry_id), Blob(FILE, oid)
        for entry_id in self.removes:
            yield entry_path(entry_id), None
        for path, data in self.files.items():
            yield path, None if data is None else Blob(FILE, objects.add("blob", data))

    @property
    def touched(self) -> frozenset[str]:
        """The ids of all entries that are put or removed."""
        return self.removes | self.puts.keys()


@dataclass(frozen=True, slots=True)
class Planned:
    """A change of files, and what goes with it into one commit and one operation.

    `ids` are the entries to name in the answer, those that are put where there are none. `merges` are further parents
    of the commit (hex ids): then there is a commit even where no file changes. `also` are refs that move in the same
    operation, from and to: an unfinished merge that ends. Where there is nothing to commit, they move all the same;
    with `always` there is an operation even without them. `trailers` are added to the commit. `effects` are told its
    hex id. `remembers` are further fields of the `Operation`. With `overwrite`, hand edits on those paths are the
    change itself (verb `commit`) and do not stand in the way.
    """

    change: ChangeSet
    ids: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()
    also: Moves = field(default_factory=dict)
    always: bool = False
    trailers: tuple[tuple[str, str], ...] = ()
    effects: Callable[[str], SideEffects] = lambda _: SideEffects()
    remembers: Mapping[str, Any] = field(default_factory=dict)
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class Committed:
    """What a mutation did: counts are entries; `commit` is None when nothing was committed.

    `notes` are sentences for the user (a crash finished, moves by plain git recorded). `touched` shows, for a small
    change, the entries before and after; at most `TOUCHED_SHOWN`, the rest is only counted. An operation that is not
    `undoable` changed nothing that `undo` could take back: it only saved again what was damaged (`ids`).
    """

    branch: str
    commit: str | None
    operation: int | None
    added: int = 0
    changed: int = 0
    removed: int = 0
    findings: tuple[Finding, ...] = ()
    ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    dry_run: bool = False
    message: str = ""
    touched: tuple[EntryChange, ...] = ()
    undoable: bool = True

    def __repr__(self) -> str:
        parts = [self.branch if self.commit is None else f"{self.branch} @ {self.commit[:10]}"]
        parts += [] if self.operation is None else [f"operation {self.operation}"]
        parts.append(counted_words(self) or "no entry changed")
        return f"<Committed {', '.join(parts)}{' (only tried)' if self.dry_run else ''}>"

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to do."""
        return self.commit is None and self.operation is None
