"""Merges the files of a dataset that are no entries, as their kinds do, with the decisions that a person made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rolethread_vcs.documents import Kind, UnreadableDocumentError, kind_of
from rolethread_vcs.documents.order import merge_orders
from rolethread_vcs.errors import DamagedError, InvalidError, UsageError
from rolethread_vcs.merge.conflict import Choice, Merged, Value
from rolethread_vcs.model.order import Order
from rolethread_vcs.ops.merge.decisions import Decision, decide, digest_of_blobs
from rolethread_vcs.store.objects.trees import LINK, Blob, Readable, Triple


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

    @property
    def is_theirs_alone(self) -> bool:
        """Whether ours has the file as base has it."""
        return self._read(self._triple.base) == self.ours

    def merge(self, decisions: Mapping[str, Decision]) -> tuple[Merged[bytes | None], frozenset[str]]:
        """Return the merge, and the fields of decisions that fit no more.

        Raises:
            UnreadableDocumentError: a side cannot be read. UsageError (unusable_choice): a decision does not fit its
            conflict.
        """
        kind = kind_of(self.path)
        base, ours, theirs = map(self._read, self._triple[1:])
        if base == ours:
            if kind.is_needed:
                self._check_needed(kind, theirs)
            return Merged(theirs), frozenset(decisions)
        return decide(lambda choose: kind.merge(base, ours, theirs, choose), decisions)

    def side(self, choice: Choice) -> bytes | None:
        """Return the bytes of the side that was chosen for a file that cannot be merged.

        Raises:
            UsageError (unreadable_side): they are none that the dataset could do with, or no side was chosen.
        """
        if isinstance(choice, Value):
            return self._given(str(choice.value))
        number = {"base": 0, "ours": 1, "theirs": 2}.get(choice)
        hint = "take the other side, or mend the file on its branch first"
        if number is None:
            raise UsageError(f"{self.path} can only be taken from one side", hint=hint, code="unreadable_side")
        kind = kind_of(self.path)
        try:
            data = self._read(self._triple[1:][number])
            if choice != "ours" and (data is not None or kind.is_needed):
                self._check_needed(kind, data)
        except UnreadableDocumentError as error:
            raise UsageError(
                f"{self.path} cannot be read there ({error.message}), so it cannot be taken; nothing was changed",
                hint=hint,
                code="unreadable_side",
            ) from error
        return data

    def _given(self, text: str) -> bytes | None:
        kind = kind_of(self.path)
        try:
            return kind.encode(kind.parse(text.encode()))
        except InvalidError as error:
            raise UsageError(f"{self.path}: {error.message}; nothing was changed", code="unusable_choice") from error

    def merge_order(
        self, decisions: Mapping[str, Decision], wants: Callable[[str], bool]
    ) -> tuple[Merged[Order], frozenset[str]]:
        """Return the merge of `order.json`; theirs has a say about the entries that are wanted.

        `wants` is asked about the entries alone that theirs has at another rank.

        Raises:
            UnreadableDocumentError: a side cannot be read.
        """
        try:
            base, ours, theirs = (Order.parse(self._read(blob)) for blob in self._triple[1:])
        except InvalidError as error:
            raise UnreadableDocumentError(error.message) from error
        ranks = {each: rank for each, rank in theirs.ranks.items() if rank == base.ranks.get(each) or wants(each)}
        ranks |= {each: rank for each, rank in base.ranks.items() if each not in theirs.ranks and not wants(each)}
        wanted = theirs if ranks == theirs.ranks else Order(ranks)
        return decide(lambda choose: merge_orders(base, ours, wanted, choose), decisions)

    def _check_needed(self, kind: Kind[Any], theirs: bytes | None) -> None:
        """Refuse to take a file as it is without which, or with which, the dataset could not be read afterwards."""
        if theirs is None:
            raise UnreadableDocumentError(f"a dataset cannot be without {self.path}")
        try:
            kind.parse(theirs)
        except InvalidError as error:
            raise UnreadableDocumentError(error.message) from error

    def _read(self, blob: Blob | None) -> bytes | None:
        if blob is None:
            return None
        if blob.mode == LINK:
            raise UnreadableDocumentError("a symbolic link")
        try:
            return self._objects.blob(blob.oid)
        except DamagedError as error:
            raise UnreadableDocumentError("damaged") from error
