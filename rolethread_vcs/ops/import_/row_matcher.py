"""Finds, for each row of a source, the entry that it already is: so that importing a file again adds nothing.

Rows are matched as they come, by `STEPS`; what a match means (unchanged, edited since, a conflict) is decided here.

A name (our id, a uuid, a key) that entries with different messages share names none of them: rows of theirs are matched
by their messages. Where rows with different messages share one, it may have decided about the first of them before the
second came; that is found out at the end (`Matcher.misleading`). Then all is read again without that uuid (`unnamed`);
what a key or an id of ours decided so is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from itertools import takewhile
from typing import Any, NamedTuple

from rolethread_vcs.errors import MovedError, UsageError
from rolethread_vcs.formats import Draft, FileFormat, RowPlace
from rolethread_vcs.matching import PARTS, Index, Signature, Step
from rolethread_vcs.model.canonical import birth_suffix
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import suffix_part
from rolethread_vcs.model.matched import match_digest, matched_by, without_nulls
from rolethread_vcs.store.derived import Derived, Table
from rolethread_vcs.store.facts import Fact, RuleKeys, keys_fact, read_facts
from rolethread_vcs.store.removals import removed_by, removed_entries, removed_entry
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.store.tree_reader import entry_of_blob, readable

STEPS = (Step.OWN_ID, Step.UUID, Step.KEY, Step.MESSAGES, Step.SPOKEN, Step.BIRTH)
_NAMES = (Step.OWN_ID, Step.UUID, Step.KEY)


class Row(NamedTuple):
    """A draft made into an entry, and what is told of it without the dataset; a plain tuple: there are 100,000.

    `data` are the canonical bytes of the entry, `suffix` is the one it is born with if it is new, `digest` is what its
    messages are matched by, `blob` is its 20-byte id. `repaired` has a sentence for each repair made.
    """

    draft: Draft
    entry: Entry
    data: bytes
    suffix: str
    digest: str
    blob: bytes
    repaired: tuple[str, ...]


class Outcome(StrEnum):
    """What a row is to the dataset; `OTHER_FIELDS` has the messages of an entry, and other tags, keys or order."""

    NEW = "new"
    UNCHANGED = "unchanged"
    EDITED_SINCE = "edited since"
    OTHER_FIELDS = "other fields"
    CHANGED = "changed"
    REMOVED = "removed here before"
    CONFLICT = "conflict"


_HERE = frozenset({Outcome.UNCHANGED, Outcome.EDITED_SINCE, Outcome.OTHER_FIELDS, Outcome.CHANGED, Outcome.CONFLICT})
"""Outcomes that name an entry of the dataset as it is."""


@dataclass(frozen=True, slots=True)
class Match:
    """What a row is, and to which entry; `entry` is what to save when it is `CHANGED`: a new one is saved as it is.

    `entry_id` of a new row is set when the row brings its own id along. `reason` explains a conflict.
    """

    outcome: Outcome
    entry_id: str | None = None
    entry: Entry | None = None
    reason: str = ""


_NEW = Match(Outcome.NEW)


class ReadAgainError(MovedError):
    """What rows were matched with is not what the dataset holds: another writer was faster, or a cache was wrong."""


def _wrong_cache(repository: Repository) -> ReadAgainError:
    Derived(repository.cache_folder).forget()
    hint = "run the same command again"
    return ReadAgainError("what was remembered of the entries is wrong, and was removed", hint=hint)


class Matcher:
    """Matches rows against one snapshot, and answers what dataset rules ask about it.

    Looking through the snapshot happens once, here; an empty one costs nothing.
    """

    def __init__(
        self,
        repository: Repository,
        base: Snapshot,
        *,
        key: str | None = None,
        again: bool = False,
        rules: Iterable[Any] = (),
    ) -> None:
        self._repository = repository
        self._base = base
        self._key = key
        self._again = again
        self.unnamed: Collection[str] = ()
        self._matched = 0
        self._index: Index[str] = Index()
        self._met: dict[tuple[Step, str], tuple[str | None, RowPlace]] = {}
        self._sharing: dict[tuple[Step, str], list[RowPlace | str]] = {}
        self._deciding: set[tuple[Step, str]] = set()
        self.rule_keys = RuleKeys(base)
        self._read([rule for rule in rules if rule.keys is not None])

    def match(self, row: Row) -> Match:
        """Return what a row is."""
        if row.draft.rolethread is None and self._key is None and self._is_blank:
            return _NEW
        rev = "" if row.draft.rolethread is None else row.draft.rolethread.get("rev", "")
        key = None if self._key is None else key_value(row.entry, self._key)
        known = {"rev": rev, "key": key, "messages": row.digest, "spoken": row.digest, "birth": row.suffix}
        signature = Signature.of(row.entry, row.draft.own_id, STEPS, **known)
        if signature.uuid in self.unnamed:
            signature = signature._replace(uuid=None)
        match = self._match(signature, row)
        for step in _NAMES:
            if (name := getattr(signature, PARTS[step])) is not None:
                messages, place = self._met.setdefault((step, name), (signature.messages, row.draft.place))
                if messages != signature.messages:
                    self._sharing.setdefault((step, name), [place]).append(row.draft.place)
        if key is not None and match.outcome is Outcome.NEW:
            self._deciding.add((Step.KEY, key))
        if match.entry_id is not None:
            self._index.taken.add(match.entry_id)
            self._matched += match.outcome in _HERE
        return match

    def _match(self, signature: Signature, row: Row) -> Match:
        """Match a row; its id may come from another dataset, which holds the same conversation under another one."""
        own_id = signature.id
        is_foreign = own_id is not None and own_id not in self._base and own_id not in self._index.taken
        if own_id is not None and is_foreign and not self._again and self._removed.has_id(own_id):
            return Match(Outcome.REMOVED, own_id)
        if self._is_blank:
            return Match(Outcome.NEW, own_id) if is_foreign else _NEW
        found = self._index.find(signature, STEPS)
        if found is None and row.digest != row.suffix:  # earlier programs sorted all keys at birth
            found = self._index.find(Signature(birth=row.digest), (Step.BIRTH,))
        if found is None:
            match = self._match_removed(signature, row.blob)
            if match is _NEW and isinstance(row.draft.format, FileFormat):
                match = self._match_grown(row.entry)
                match = self._match_edited(row.entry, row.draft.format) if match is _NEW else match
            return Match(Outcome.NEW, own_id) if is_foreign and match is _NEW else match
        entry_id, step = found
        if step is Step.BIRTH:
            if row.digest in matched_by(self._base[entry_id]):
                raise _wrong_cache(self._repository)
            return Match(Outcome.EDITED_SINCE, entry_id)
        if self._blobs[entry_id] != row.blob:
            self._confirm(entry_id, step, getattr(signature, PARTS[step]), row.entry.document.get("messages"))
        if step in (Step.UUID, Step.KEY):
            match = self._compare(entry_id, row)
        # a file that was written by hand holds the same entry in other bytes
        elif self._blobs[entry_id] == row.blob or without_nulls(self._base[entry_id]) == without_nulls(row.entry):
            return Match(Outcome.UNCHANGED, entry_id)
        elif step is Step.OWN_ID:
            match = self._compare_own(entry_id, signature.rev, row.entry)
        else:
            return Match(Outcome.OTHER_FIELDS, entry_id)
        if match.outcome is Outcome.CHANGED or (match.outcome is Outcome.CONFLICT and step is Step.UUID):
            self._deciding.add((step, getattr(signature, PARTS[step])))
        return match

    def _confirm(self, entry_id: str, step: Step, value: str, messages: Any) -> None:
        """Raise unless an entry has what a row with some messages was matched by: it may have been remembered."""
        entry = self._base[entry_id]
        if step is Step.UUID:
            is_held = (entry.uuid or "").lower() == value
        elif step is Step.KEY:
            is_held = self._key is not None and key_value(entry, self._key) == value
        else:  # our id and that at birth come from the tree
            is_same = step in (Step.OWN_ID, Step.BIRTH) or entry.document.get("messages") == messages
            is_held = is_same or value in matched_by(entry)
        if not is_held:
            raise _wrong_cache(self._repository)

    @cached_property
    def _is_blank(self) -> bool:
        """Whether there is nothing to match with, here or among what was removed."""
        return not self._base and not len(self._removed)

    @cached_property
    def _blobs(self) -> dict[str, bytes]:
        """The blob id of each entry: a file that comes again asks for nearly all of them."""
        return dict(self._base.blobs())

    def misleading(self) -> dict[tuple[Step, str], list[RowPlace | str]]:
        """Return the names that decided what a row is, though others with different messages have them: rows, ids."""
        return {name: self._sharing[name] for name in self._met if name in self._deciding and name in self._sharing}

    def unmatched(self) -> int:
        """Return how many entries of the snapshot no row was matched with."""
        return len(self._base) - self._matched

    def _compare_own(self, own_id: str, rev: str, theirs: Entry) -> Match:
        """Decide about a row that carries our id and differs, against the very content that it was exported from."""
        if rev and self._base.blob_id(own_id).hex().startswith(rev):
            return Match(Outcome.CHANGED, own_id, _without_padding(theirs, self._base[own_id]))
        before = _old_entry(self._repository, rev) if rev else None
        if before is None:
            return Match(
                Outcome.CONFLICT,
                own_id,
                reason=f"it says that it is {own_id}, but comes from content that this dataset never had (same_id)",
            )
        theirs = _without_padding(theirs, before)
        if before == theirs:
            return Match(Outcome.EDITED_SINCE, own_id)
        return self._merge(own_id, before, self._base[own_id], theirs)

    def _merge(self, entry_id: str, before: Entry, ours: Entry, theirs: Entry) -> Match:
        from rolethread_vcs.merge.entry import merge_entries

        merged = merge_entries(before, ours, theirs)
        if merged.conflicts:
            said = "; ".join(f"{conflict.field}: {conflict.message}" for conflict in merged.conflicts)
            return Match(Outcome.CONFLICT, entry_id, reason=f"{entry_id} was edited here and in the file: {said}")
        assert merged.value is not None  # all three are there, so none can go
        return Match(Outcome.UNCHANGED if merged.value == ours else Outcome.CHANGED, entry_id, merged.value)

    def _match_grown(self, theirs: Entry) -> Match:
        """Match a chat log that went on since it was imported, by the most messages that were here before."""
        messages = theirs.messages
        for count in range(len(messages) - 1, 0, -1):
            before = messages[:count]
            signature = Signature(messages=match_digest(before), birth=birth_suffix(before))
            found = self._index.find(signature, (Step.MESSAGES, Step.BIRTH))
            if found is None:
                match = self._match_removed(signature)
                if match.outcome is Outcome.REMOVED:
                    return match
                continue
            entry_id, step = found
            ours = self._base[entry_id]
            self._confirm(entry_id, step, getattr(signature, PARTS[step]), before)
            grown = ours.with_fields(messages=messages, extra={**ours.extra, **theirs.extra} or None)
            if ours.messages != before:
                return self._merge(entry_id, ours.with_fields(messages=before), ours, grown)
            return Match(Outcome.CHANGED, entry_id, grown)
        return _NEW

    def _match_edited(self, theirs: Entry, format: FileFormat) -> Match:
        """Match a chat log of which fewer than half of the messages were edited since it was imported.

        It is known by when each of them was said.
        """
        moments = format.moments(theirs)
        fact = Fact(Table(f"first moment {format.name}", 1), lambda entry: format.moments(entry)[:1])
        for entry_id, *first in read_facts(self._base, [fact])[0] if moments else ():
            if first == [moments[0]] and entry_id not in self._index.taken:
                before = self._as_imported(entry_id)
                known = () if before is None else format.moments(before)
                if before is None or not known or known != moments[: len(known)]:
                    continue
                pairs = zip(before.turns, theirs.turns, strict=False)
                # converters count such moments on from one start: then other chats have the same
                if 2 * sum(ours.get("content") == each.get("content") for ours, each in pairs) > len(known):
                    extra = {**before.extra, **theirs.extra} or None
                    edited = before.with_fields(messages=theirs.messages, extra=extra)
                    return self._merge(entry_id, before, self._base[entry_id], edited)
        return _NEW

    def _as_imported(self, entry_id: str) -> Entry | None:
        """Return an entry as the last import left it that came before any edit here: as its file was then."""
        from rolethread_vcs.ops.history.entry_history import entry_history, entry_of
        from rolethread_vcs.ops.history.log import OperationsByCommit

        makers = OperationsByCommit(self._repository)
        steps = [(step, makers.find(step.commit)) for step in entry_history(self._repository, entry_id, self._base.id)]
        imports = takewhile(lambda each: each[1] is not None and each[1].verb == "import", reversed(steps))
        return entry_of(self._repository, [None, *(step.after for step, _ in imports)][-1])

    def _compare(self, entry_id: str, row: Row) -> Match:
        """Decide about a row matched by uuid or key; without a revision only birth tells who edited what."""
        ours, theirs = self._base[entry_id], row.entry
        if match_digest(ours.messages) == row.digest:
            is_same = without_nulls(ours) == without_nulls(theirs)
            return Match(Outcome.UNCHANGED if is_same else Outcome.OTHER_FIELDS, entry_id)
        born = suffix_part(entry_id)
        if born in (row.suffix, row.digest):
            return Match(Outcome.EDITED_SINCE, entry_id)
        merged = _edited_by(theirs, ours)
        if merged == ours:
            is_all = theirs.with_fields(messages=ours.messages) == ours
            return Match(Outcome.UNCHANGED if is_all else Outcome.OTHER_FIELDS, entry_id)
        if birth_suffix(ours.messages) == born:
            return Match(Outcome.CHANGED, entry_id, merged)
        return Match(Outcome.CONFLICT, entry_id, reason=f"the messages of {entry_id} were edited here and in the file")

    def _match_removed(self, row: Signature, blob: bytes = b"") -> Match:
        removed = self._removed.take(row, blob)
        if removed is None:
            return _NEW
        return Match(Outcome.NEW if self._again else Outcome.REMOVED, removed)

    @cached_property
    def _removed(self) -> _Removed:
        return _Removed(self._repository, self._base)

    def _read(self, rules: list[Any]) -> None:
        """Look through the snapshot: what its entries are matched by, and the keys that rules hold."""
        key = self._key
        facts = [Fact(Table("matching", 2), matched_by, 2), *map(keys_fact, rules)]
        if key is not None:
            facts.append(Fact(Table(f"key {key!a}", 1), lambda entry: tuple(filter(None, [key_value(entry, key)]))))
        matching, *others = read_facts(self._base, facts)
        self._index.add(Step.OWN_ID, ((entry_id, entry_id) for entry_id, *_ in matching))
        uuids = ((uuid, entry_id) for entry_id, _, uuid, *_ in matching if uuid)
        self._index.add(Step.UUID, self._telling(Step.UUID, uuids, matching))
        self._index.add(Step.MESSAGES, ((digest, entry_id) for entry_id, digest, *_ in matching))
        self._index.add(Step.SPOKEN, ((digest, entry_id) for entry_id, _, _, *clean in matching for digest in clean))
        self._index.add(Step.BIRTH, ((suffix_part(entry_id), entry_id) for entry_id, *_ in matching))
        keys = [] if key is None else others[-1]
        held = ((value, entry_id) for entry_id, *values in keys for value in values)
        self._index.add(Step.KEY, self._telling(Step.KEY, held, matching))
        for rule, told in zip(rules, others, strict=False):
            self.rule_keys.learn(rule, told)

    def _telling(
        self, step: Step, named: Iterable[tuple[str, str]], matching: Iterable[Sequence[str]]
    ) -> Iterator[tuple[str, str]]:
        """Yield the names that no two entries with different messages share, each with who holds it."""
        digests = {entry_id: digest for entry_id, digest, *_ in matching}
        held = list(named)
        first: dict[str, str] = {}
        for name, entry_id in held:
            if digests[first.setdefault(name, entry_id)] != digests[entry_id]:
                self._sharing.setdefault((step, name), [first[name]]).append(entry_id)
        yield from (each for each in held if (step, each[0]) not in self._sharing)


class _Removed:
    """Entries that history holds and the snapshot does not; what leaves a row out is confirmed by the commit."""

    def __init__(self, repository: Repository, base: Snapshot) -> None:
        gone = [entry for entry in removed_entries(repository, base.id) if entry.entry_id not in base]
        self._gone = {entry.entry_id: entry for entry in gone}
        self._repository = repository
        self._removed_by = cache(lambda commit: removed_by(repository, commit, base.id))
        self._index: Index[str] = Index()
        self._index.add(Step.UUID, ((entry.uuid or None, entry.entry_id) for entry in gone))
        suffixes = ((entry, suffix) for entry in gone for suffix in (suffix_part(entry.entry_id), *entry.digests))
        self._index.add(Step.MESSAGES, ((suffix, entry.entry_id) for entry, suffix in suffixes))
        self._index.add(Step.BIRTH, ((suffix_part(entry.entry_id), entry.entry_id) for entry in gone))

    def __len__(self) -> int:
        return len(self._gone)

    def has_id(self, entry_id: str) -> bool:
        return entry_id in self._gone and entry_id not in self._index.taken and self._is_confirmed(entry_id)

    def take(self, row: Signature, blob: bytes) -> str | None:
        found = self._index.find(row, (Step.UUID, Step.MESSAGES, Step.BIRTH))
        return None if found is None or not self._is_confirmed(found[0], blob) else found[0]

    def _is_confirmed(self, entry_id: str, blob: bytes = b"") -> bool:
        """Return whether an entry was removed; one of another blob than the row is read."""
        entry = self._gone[entry_id]
        removal = self._removed_by(entry.commit).get(entry_id)
        if removal is None or (removal.blob != blob and removed_entry(self._repository.objects, removal) != entry):
            raise _wrong_cache(self._repository)
        return True


def key_value(entry: Entry, key: str) -> str | None:
    """Return what tells a row apart; null, true and empty text tell nothing."""
    value = entry.extra.get(key)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _edited_by(row: Entry, ours: Entry) -> Entry:
    """Return an entry with the messages of a row that has no revision: what no message of it says follows ours."""
    from rolethread_vcs.merge.line_edit import apply_edit

    row, line = without_nulls(row), without_nulls(ours)
    said = {"role", "content"}.union(*(turn.keys() for turn in row.turns))
    known = [
        {key: value for key, value in message.items() if key in said} if isinstance(message, dict) else message
        for message in line.messages
    ]
    return apply_edit(ours, line.with_fields(messages=known), line.with_fields(messages=row.messages)).entry


def _without_padding(row: Entry, before: Entry) -> Entry:
    """Return what a row says of the entry that it was made from, of whose nulls none is new."""
    from rolethread_vcs.merge.line_edit import apply_edit

    said = without_nulls(row)
    return row if said == row else apply_edit(before, without_nulls(before), said).entry


def _old_entry(repository: Repository, prefix: str) -> Entry | None:
    """Return the entry that an export was made from, by the first digits of its blob id, if it was ever here."""
    try:
        found = repository.objects.expand(prefix, "blob")
    except UsageError:
        return None
    # of a file that holds no entry: the row's revision is not one of ours
    return None if found is None else readable(entry_of_blob(repository.objects, bytes.fromhex(found)))
