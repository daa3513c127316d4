"""What kind of file a path of a dataset is, and how such a file is read, written, compared and merged.

A kind is one file of this folder with `KIND = …`, found by listing it; `Kind` says what a kind is asked.
"""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rolethread_vcs.discovery import load_modules
from rolethread_vcs.errors import InvalidError, RoleThreadError

if TYPE_CHECKING:
    from rolethread_vcs.diff.fields import ValueChange
    from rolethread_vcs.merge.conflict import Choose, Merged

T = TypeVar("T")

Data = bytes | None
"""A version of a file, None where there is none."""

FILE = "file"
"""The field of a conflict about a file as a whole."""


class UnreadableDocumentError(InvalidError):
    """A file cannot be read on one side of a merge."""

    code = "unreadable_file"


class Kind(ABC, Generic[T]):
    """One kind of file; `T` is what its bytes are read into.

    name        of the file in this folder, and what people read in front of a title
    is_part     false for a file that is no part of a dataset; `commit` leaves a new one where it is
    is_needed   whether a dataset cannot be without it
    is_last     whether kinds that know more of the same paths are asked first
    absent      the bytes that mean the same as no file; None where a missing file is a removed one
    patterns    where git asks our merge driver, as `info/attributes` writes paths
    has_text    whether git's diff shows it as text made of its value, and not its bytes
    """

    name: str
    is_part: bool = True
    is_needed: ClassVar[bool] = False
    is_last: bool = False
    absent: ClassVar[Data] = None
    patterns: tuple[str, ...] = ()
    has_text: ClassVar[bool] = False

    @abstractmethod
    def owns(self, path: str) -> bool:
        """Return whether the file at a path is of this kind."""

    @abstractmethod
    def parse(self, data: bytes) -> T:
        """Return what a file says, canonical or not.

        Raises:
            InvalidError: it cannot be read; a `JsonProblemError` knows line and column.
        """

    @abstractmethod
    def encode(self, value: T) -> Data:
        """Return the canonical bytes of what was read, None where there should be no file."""

    def title(self, path: str, data: Data = None) -> str:
        """Return what people call the file; `data`, where given, may be anything."""
        _ = data
        return path

    def check_by_hand(self, path: str, data: Data, before: Data) -> None:
        """Check that somebody may write this by hand in the place of `before`; None: the file is removed, or new.

        Raises:
            InvalidError: it may not be, or cannot be read.
        """
        _ = path, before
        if data is not None:
            self.parse(data)

    def compare(self, before: Data, after: Data) -> tuple[ValueChange, ...]:
        """Return what differs, value by value; nothing for a kind that is compared line by line, as this one."""
        _ = before, after
        return ()

    def merge(self, base: Data, ours: Data, theirs: Data, choose: Choose | None = None) -> Merged[Data]:
        """Return the bytes that three versions come to, None for a file that is removed.

        They are merged key by key where the kind can; a conflict is named by its key, or `file`.

        Raises:
            UnreadableDocumentError: a version, or what was chosen, cannot be read.
            UsageError (unusable_choice): a choice does not fit its conflict.
        """
        base, ours, theirs = (self.absent if side is None else side for side in (base, ours, theirs))
        try:
            if ours is None or theirs is None:
                return self._merge_whole(base, ours, theirs, choose)
            return self._merge_sides(base, ours, theirs, choose)
        except InvalidError as error:
            raise UnreadableDocumentError(error.message) from error

    def _merge_sides(self, base: Data, ours: bytes, theirs: bytes, choose: Choose | None) -> Merged[Data]:
        """Merge versions of which ours and theirs are there."""
        return self._merge_whole(base, ours, theirs, choose)

    def _merge_whole(self, base: Data, ours: Data, theirs: Data, choose: Choose | None) -> Merged[Data]:
        from rolethread_vcs.diff import ABSENT
        from rolethread_vcs.merge.resolver import Resolver
        from rolethread_vcs.merge.values import value_conflict

        was, left, right = map(self._tidied, (base, ours, theirs))
        resolver = Resolver(choose)
        data = left if right in (was, left) else right
        if left not in (was, data):
            texts = [ABSENT if side is None else side.decode("utf-8", "replace") for side in (was, left, right)]
            conflict = value_conflict(FILE, *texts)
            value = resolver.answer(conflict)
            chosen = resolver.choose(conflict) or "ours"
            if isinstance(chosen, str):
                data = {"base": was, "ours": left, "theirs": right}[chosen]
            else:
                data = None if value is ABSENT else self.encode(self.parse(str(value).encode()))
        return resolver.merged(data)

    def _tidied(self, data: Data) -> Data:
        """Return the canonical bytes of a version that is taken or left as a whole; its own where it cannot be read."""
        try:
            return None if data is None else self.encode(self.parse(data))
        except InvalidError:
            return data


class WholeFile(Kind[bytes]):
    """A file of which nothing is known but its bytes, and perhaps where it lies."""

    def __init__(self, name: str, path: str | None = None, *, is_part: bool = True) -> None:
        self.name = name
        self.is_part = is_part
        self._path = path

    def owns(self, path: str) -> bool:
        return path == self._path

    def parse(self, data: bytes) -> bytes:
        return data

    def encode(self, value: bytes) -> bytes:
        return value


FOREIGN = WholeFile("file", is_part=False)
"""The kind of a file that is no part of a dataset: kept, and merged as a whole."""


@cache
def all_kinds() -> tuple[Kind[Any], ...]:
    """Return every kind but `FOREIGN`, in the order in which they are asked about a path.

    Raises:
        RoleThreadError: a file of the folder is no kind, or its name is another kind's.
    """
    found: list[Kind[Any]] = []
    for module in load_modules(importlib.import_module(__name__)):
        kind = getattr(module, "KIND", None)
        if not isinstance(kind, Kind) or not module.__name__.endswith(f".{kind.name}"):
            raise RoleThreadError(f"{module.__name__} lies among the documents and has no KIND of its name")
        found.append(kind)
    return tuple(sorted(found, key=lambda kind: kind.is_last))


def kind_of(path: str) -> Kind[Any]:
    """Return the kind of the file at a path, `/`-separated, relative to the root of the dataset."""
    return next((kind for kind in all_kinds() if kind.owns(path)), FOREIGN)


def find_kind(name: str) -> Kind[Any]:
    """Return the kind of a name; one that is unknown, perhaps of a later program, is `FOREIGN`."""
    return next((kind for kind in all_kinds() if kind.name == name), FOREIGN)
