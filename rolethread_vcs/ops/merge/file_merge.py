"""Merges the files of a dataset that are no entries: its settings, its order, its registries, and foreign ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.merge.conflict import Choice, Conflict, Reason, Value
from rolethread_vcs.merge.order import MergedOrder, merge_order
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.settings import merge_settings
from rolethread_vcs.merge.values import merge_documents
from rolethread_vcs.model.canonical import JsonProblemError, encode_value, parse
from rolethread_vcs.model.layout import REGISTRIES, SETTINGS, SUFFIX
from rolethread_vcs.model.order import Order
from rolethread_vcs.model.settings import parse_settings
from rolethread_vcs.ops.merge.decisions import Decision, decide, digest_of_blobs
from rolethread_vcs.store.objects.trees import LINK, Readable
from rolethread_vcs.store.objects.walk import Blob, Triple

FILE = "file"
"""The field of a file that is merged as a whole."""

T = TypeVar("T")


class UnreadableFileError(InvalidError):
    """A file of the dataset does not read on one side."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class MergedFile:
    """A merged file, None when it goes; with conflicts ours stays. `is_taken`: theirs as it is."""

    data: bytes | None
    conflicts: tuple[Conflict, ...] = ()
    is_taken: bool = False


class FileMerger:
    """One file on its three sides."""

    def __init__(self, objects: Readable, triple: Triple) -> None:
        self._objects = objects
        self._triple = triple
        self.path = triple.path

    @property
    def ours(self) -> bytes | None:
        """The bytes of ours."""
        return self._read(self._triple.ours)

    @property
    def about(self) -> str:
        """What tells a conflict of these three from another of the same file."""
        return digest_of_blobs(*(None if blob is None else blob.oid for blob in self._triple[1:]))

    def merge(self, decisions: Mapping[str, Decision]) -> tuple[MergedFile, frozenset[str]]:
        """Return the merge, and the fields of decisions that fit no more.

        Raises:
            UnreadableFileError: a side does not read. UsageError (unusable_choice): a decision does not fit its
            conflict.
        """
        base, ours, theirs = map(self._read, self._triple[1:])
        if base == ours:
            self._check(theirs)
            return MergedFile(theirs, is_taken=True), frozenset(decisions)
        if self.path == SETTINGS and ours is not None and theirs is not None:
            return self._merge_settings(base, ours, theirs, decisions)
        if self._is_registry():
            return self._merge_document(base, ours, theirs, decisions)
        return decide(lambda choices: _merge_whole(base, ours, theirs, choices), decisions)

    def merge_order(
        self, decisions: Mapping[str, Decision], wants: Callable[[str], bool]
    ) -> tuple[MergedOrder, frozenset[str]]:
        """Return the merge of `order.json`; theirs has a say about the entries that are wanted.

        `wants` is asked about the entries alone that theirs has at another rank.

        Raises:
            UnreadableFileError: a side does not read.
        """
        base, ours, theirs = (self._parse(blob, Order.parse) or Order() for blob in self._triple[1:])
        ranks = {each: rank for each, rank in theirs.ranks.items() if rank == base.ranks.get(each) or wants(each)}
        ranks |= {each: rank for each, rank in base.ranks.items() if each not in theirs.ranks and not wants(each)}
        wanted = theirs if ranks == theirs.ranks else Order(ranks)
        return decide(lambda choices: merge_order(base, ours, wanted, choices), decisions)

    def _merge_settings(
        self, base: bytes | None, ours: bytes, theirs: bytes, decisions: Mapping[str, Decision]
    ) -> tuple[MergedFile, frozenset[str]]:
        try:
            merged, void = decide(lambda choices: merge_settings(base, ours, theirs, choices), decisions)
        except InvalidError as error:
            raise UnreadableFileError(error.message) from error
        return MergedFile(merged.text, merged.conflicts), void

    def _merge_document(
        self, base: bytes | None, ours: bytes | None, theirs: bytes | None, decisions: Mapping[str, Decision]
    ) -> tuple[MergedFile, frozenset[str]]:
        was, left, right = (None if data is None else self._document(data) for data in (base, ours, theirs))
        merged, void = decide(lambda choices: merge_documents(was, left, right, choices), decisions)
        return MergedFile(None if merged.value is None else encode_value(merged.value), merged.conflicts), void

    def _document(self, data: bytes) -> Mapping[str, Any]:
        try:
            value = parse(data)
        except JsonProblemError as error:
            raise UnreadableFileError(error.message) from error
        if not isinstance(value, dict):
            raise UnreadableFileError("it holds no object")
        return value

    def _is_registry(self) -> bool:
        folder, _, name = self.path.rpartition("/")
        return folder in REGISTRIES and name.endswith(SUFFIX)

    def _check(self, theirs: bytes | None) -> None:
        """Refuse to take a file that this program could not read afterwards."""
        if self.path == SETTINGS:
            if theirs is None:
                raise UnreadableFileError("a dataset cannot be without its settings")
            self._parse(self._triple.theirs, parse_settings)

    def _parse(self, blob: Blob | None, reader: Callable[[bytes], T]) -> T | None:
        data = self._read(blob)
        if data is None:
            return None
        try:
            return reader(data)
        except InvalidError as error:
            raise UnreadableFileError(error.message) from error

    def _read(self, blob: Blob | None) -> bytes | None:
        if blob is None:
            return None
        if blob.mode == LINK:
            raise UnreadableFileError("a symbolic link")
        try:
            return self._objects.blob(blob.oid)
        except DamagedError as error:
            raise UnreadableFileError("damaged") from error


def _merge_whole(
    base: bytes | None, ours: bytes | None, theirs: bytes | None, choices: Mapping[str, Choice]
) -> MergedFile:
    """Return the merge of a file of which nothing is known: a side, or what was given."""
    was, left, right = (_as_text(data) for data in (base, ours, theirs))
    reason = Reason.DELETED_AND_EDITED if ours is None or theirs is None else Reason.VALUE
    resolver = Resolver(choices)
    value = resolver.answer(Conflict(FILE, reason, was, left, right))
    resolver.finish()
    chosen = choices.get(FILE)
    if chosen is None or isinstance(chosen, Value):
        return MergedFile(None if value is ABSENT else str(value).encode(), tuple(resolver.conflicts))
    return MergedFile({"base": base, "ours": ours, "theirs": theirs}[chosen])


def _as_text(data: bytes | None) -> Any:
    return ABSENT if data is None else data.decode("utf-8", "replace")
