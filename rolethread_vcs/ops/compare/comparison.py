"""Compares two states of a dataset: which entries came, went, changed or moved, and which other files differ.

Nothing is read but what differs, and an entry only when its turn has come.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from rolethread_vcs.diff import ChangeKind
from rolethread_vcs.diff.chain import longest_chain
from rolethread_vcs.diff.entry import EntryDiff, Placed, count_changed_words, diff_entries
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ORDER, entry_path, id_of_path
from rolethread_vcs.ops.compare.sides import TreeSide
from rolethread_vcs.ops.select import EVERYTHING as EVERY_ENTRY
from rolethread_vcs.ops.select import Selection
from rolethread_vcs.phrases import counted_words
from rolethread_vcs.store.objects.trees import Blob, Difference, two_way
from rolethread_vcs.store.tree_reader import Unreadable, readable

if TYPE_CHECKING:
    from rolethread_vcs.diff.fields import ValueChange

T = TypeVar("T", bound=Hashable)

_KINDS_SAID = tuple(kind.value for kind in ChangeKind)
_NOTHING = Entry.of({"messages": []})


@dataclass(frozen=True, slots=True)
class ComparedEntry:
    """One entry that differs; `before` is None for an added one, `after` for a removed one.

    `id` is the entry's id, or `FILE:LINE` for a row of a file that is no entry of the dataset (`is_row`). `before_line`
    and `after_line` are the lines, from 1, of rows that came from a file. `moved` tells of another place in the order.
    `problem` says in a few words why a side that should be there does not read; that side is None then.
    """

    id: str
    change: ChangeKind
    before: Entry | None
    after: Entry | None
    moved: bool = False
    is_row: bool = False
    before_line: int | None = None
    after_line: int | None = None
    problem: str = ""

    @classmethod
    def of(cls, entry_id: str, before: Entry | None, after: Entry | None) -> ComparedEntry:
        """Return an entry before and after a change that is known otherwise (a dry run, a decision of a merge)."""
        return cls(entry_id, ChangeKind.between(before, after), before, after)

    @property
    def diff(self) -> EntryDiff:
        """What changed inside; an added entry is compared with one without messages, a removed one likewise."""
        return diff_entries(self.before or _NOTHING, self.after or _NOTHING)


@dataclass(frozen=True, slots=True)
class ComparedFile:
    """Another file of the dataset that differs: settings, a registry card …; None where it is absent or unreadable.

    `title` is what people call it, `changes` are its values that differ; without any it is compared line by line.
    """

    path: str
    change: ChangeKind
    before: bytes | None
    after: bytes | None
    title: str
    changes: tuple[ValueChange, ...] = ()


@dataclass(slots=True)
class ChangeCounts:
    """How many were added, removed, changed, and moved without a change: entries, messages, or words."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    moved: int = 0

    @classmethod
    def of(cls, kinds: Iterable[ChangeKind]) -> ChangeCounts:
        """Return how often each kind of change occurs."""
        counts = Counter(kinds)
        return cls(*(counts[kind] for kind in ChangeKind))

    def add(self, kind: ChangeKind) -> None:
        """Count one more of a kind."""
        setattr(self, kind.value, getattr(self, kind.value) + 1)

    @property
    def total(self) -> int:
        """How many differ."""
        return self.added + self.removed + self.changed + self.moved


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which differences are wanted: of these ids, of entries that fit a query before or after, of these kinds."""

    ids: frozenset[str] | None = None
    selection: Selection = EVERY_ENTRY
    only: frozenset[ChangeKind] = frozenset()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self.ids is None and self.selection.is_everything and not self.only

    def takes(self, compared: ComparedEntry, *sides: Entry | None) -> bool:
        """Return whether a difference is wanted; the query is asked of `sides`, or else of what is compared."""
        # a changed entry that moved is both
        is_of_kind = not self.only or compared.change in self.only or (compared.moved and ChangeKind.MOVED in self.only)
        if not is_of_kind or (self.ids is not None and compared.id not in self.ids):
            return False
        return self.selection.fits(compared.id, *(sides or (compared.before, compared.after)))


EVERYTHING = EntryFilter()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states and what differs between them.

    Labels are what messages call the sides; commits are hex ids, None for a side that is no commit. `notes` are
    sentences about the comparison itself.

    `entries()` yields the entries that differ, each time it is asked: by id between two trees, in order where a file is
    compared. `files()` are the other files that differ, by path; none where entries were selected or a file is
    compared. `kinds` are what happened to the entries, where that is known without reading them: of two trees that are
    compared as a whole. A file that plain git committed in another layout counts as changed there.
    """

    from_label: str
    to_label: str
    from_commit: str | None
    to_commit: str | None
    notes: tuple[str, ...]
    entries: Callable[[], Iterator[ComparedEntry]]
    files: Callable[[], tuple[ComparedFile, ...]] = tuple
    kinds: Sequence[ChangeKind] | None = None

    def summary(self) -> ChangeCounts:
        """Return how many entries differ."""
        return ChangeCounts.of(self.kinds if self.kinds is not None else (each.change for each in self.entries()))

    def __repr__(self) -> str:
        counts = "" if self.kinds is None else f": {counted_words(self.summary(), *_KINDS_SAID) or 'no entry differs'}"
        return f"<Comparison {self.from_label} → {self.to_label}{counts}>"

    def to_markdown(self) -> str:
        """Return what differs as a comment for a review: `rtv diff --markdown`."""
        from rolethread_vcs.views.diff_markdown import markdown

        return "\n".join(markdown(self))

    def to_html(self) -> str:
        """Return what differs as one page for a browser: `rtv diff --html`."""
        from rolethread_vcs.views.diff_html import html_page

        return "".join(html_page(self))

    def to_dicts(self) -> Iterator[dict[str, Any]]:
        """Yield the entries that differ, then the files, as `rtv diff --json-lines` writes them."""
        from rolethread_vcs.views.envelopes.history import difference_rows

        return difference_rows(self)

    def is_different(self) -> bool:
        """Return whether anything that was asked for differs."""
        return next(self.entries(), None) is not None or bool(self.files())


def compare_trees(
    before: TreeSide, after: TreeSide, wanted: EntryFilter = EVERYTHING, *, notes: tuple[str, ...] = ()
) -> Comparison:
    """Return what differs between two trees, each perhaps with hand edits."""
    touched: dict[str, tuple[ChangeKind, Blob | None, Blob | None]] = {}
    others: list[Difference] = []
    for difference in two_way(before.tree, after.tree, after.objects.tree):
        path, old, new = difference
        entry_id = id_of_path(path)
        if entry_id is None:
            others.append(difference)
        elif old is None or new is None or old.oid != new.oid:
            touched[entry_id] = (ChangeKind.between(old, new), old, new)
    places = _moved(before, after) if any(path == ORDER for path, _, _ in others) else None
    if places is not None:
        others = [other for other in others if other.path != ORDER]
        for entry_id in places - touched.keys():
            blob = after.blob(entry_path(entry_id))
            touched[entry_id] = (ChangeKind.MOVED, blob, blob)

    def entries() -> Iterator[ComparedEntry]:
        for entry_id, (kind, old, new) in sorted(touched.items()):
            if wanted.ids is None or entry_id in wanted.ids:
                is_moved = places is not None and entry_id in places
                compared = _decoded(entry_id, kind, before.entry(old), after.entry(new), is_moved=is_moved)
                if compared is not None and wanted.takes(compared):
                    yield compared

    def files() -> tuple[ComparedFile, ...]:
        return tuple(_compared_file(each, before, after) for each in others) if wanted.is_everything else ()

    kinds = [kind for kind, _, _ in touched.values()] if wanted.is_everything else None
    return Comparison(before.label, after.label, before.commit, after.commit, notes, entries, files, kinds)


def _moved(before: TreeSide, after: TreeSide) -> frozenset[str] | None:
    """Return the entries that left their place among the others, or None when an order does not read."""
    try:
        old, new = before.order(), after.order()
    except InvalidError:
        return None
    ids = list(before.entries())
    fixed = {entry_id for entry_id in ids if old.rank_of(entry_id) == new.rank_of(entry_id)}
    return moved(ids, list(after.entries()), fixed=fixed)


def _decoded(
    entry_id: str,
    kind: ChangeKind,
    old: Entry | Unreadable | None,
    new: Entry | Unreadable | None,
    *,
    is_moved: bool,
) -> ComparedEntry | None:
    """Return what differs about an entry, or None when it only lies there in another layout."""
    problem = next((str(each) for each in (new, old) if isinstance(each, Unreadable)), "")
    before, after = readable(old), readable(new)
    if kind is ChangeKind.CHANGED and not problem and before == after:
        if not is_moved:
            return None
        kind = ChangeKind.MOVED
    return ComparedEntry(entry_id, kind, before, after, is_moved, problem=problem)


def _compared_file(difference: Difference, before: TreeSide, after: TreeSide) -> ComparedFile:
    from rolethread_vcs.documents import kind_of

    path, old, new = difference
    kind, one, other = kind_of(path), before.file(path), after.file(path)
    title = kind.title(path, one if other is None else other)
    return ComparedFile(path, ChangeKind.between(old, new), one, other, title, kind.compare(one, other))


def moved(before: Sequence[T], after: Sequence[T], *, fixed: Collection[T] = ()) -> frozenset[T]:
    """Return the items of both orders that left their place among the others; removed and added ones do not count.

    `fixed` are items known to keep their order among each other: where it could be either of two that moved, it is
    the one that is not fixed.
    """
    places = {item: place for place, item in enumerate(after)}
    common = [item for item in before if item in places]
    shared = set(common)
    stays = {item for item in common if item in fixed}
    slots_after: dict[T, int] = {}
    met = 0
    for item in after:
        if item in stays:
            met += 1
        elif item in shared:
            slots_after[item] = met
    met = 0
    free = []
    for item in common:
        if item in stays:
            met += 1
        elif slots_after[item] == met:
            # it crossed none of the fixed ones
            free.append(item)
    kept = {free[number] for number, _ in longest_chain((number, places[item]) for number, item in enumerate(free))}
    return frozenset(item for item in common if item not in stays and item not in kept)


@dataclass(slots=True)
class Spoken:
    """What one speaker gained and lost: messages that came, went, changed; words that came and went."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    words_added: int = 0
    words_removed: int = 0


@dataclass(frozen=True, slots=True)
class DiffStat:
    """The figures of a comparison.

    `tags` counts entries that now have a tag and had not (`added`), had it (`removed`), or have it and changed.
    `speakers` is by speaker, and by role where a message names none. Marks are no words.
    """

    entries: ChangeCounts = field(default_factory=ChangeCounts)
    messages: ChangeCounts = field(default_factory=ChangeCounts)
    words: ChangeCounts = field(default_factory=ChangeCounts)
    tags: Mapping[str, ChangeCounts] = field(default_factory=dict)
    speakers: Mapping[str, Spoken] = field(default_factory=dict)


_KINDS = {"insert": ChangeKind.ADDED, "remove": ChangeKind.REMOVED, "move": ChangeKind.MOVED}
"""What happened to a message, by the `op` of its change; the rest is a change."""


def count_changes(compared: Iterable[ComparedEntry]) -> DiffStat:
    """Return the figures of what differs, reading it once."""
    tags: defaultdict[str, ChangeCounts] = defaultdict(ChangeCounts)
    speakers: defaultdict[str, Spoken] = defaultdict(Spoken)
    stat = DiffStat(tags=tags, speakers=speakers)
    for each in compared:
        stat.entries.add(each.change)
        old, new = (set() if entry is None else set(entry.tags) for entry in (each.before, each.after))
        for tag in old | new:
            tags[tag].add(ChangeKind.ADDED if tag not in old else ChangeKind.REMOVED if tag not in new else each.change)
        difference = each.diff
        for change in (*difference.messages, *difference.chosen, *difference.rejected):
            stat.messages.add(_KINDS.get(change.op, ChangeKind.CHANGED))
            came, went = count_changed_words(change, "insert"), count_changed_words(change, "delete")
            stat.words.added += came
            stat.words.removed += went
            if change.after is not None:
                spoken = speakers[_speaker_of(change.after)]
                spoken.added += change.op == "insert"
                spoken.changed += change.op != "insert"
                spoken.words_added += came
            if change.before is not None:
                spoken = speakers[_speaker_of(change.before)]
                spoken.removed += change.op == "remove"
                spoken.words_removed += went
    return stat


def _speaker_of(placed: Placed) -> str:
    """Return who speaks a message: the speaker, else the role."""
    message = placed.message
    if not isinstance(message, dict):
        return "(not a message)"
    for key in ("speaker", "role"):
        value = message.get(key)
        if isinstance(value, str) and value:
            return value
    return "(no role)"
