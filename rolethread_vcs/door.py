"""Binds operations of `ops` to a dataset as its words, and lets them take what people pass.

    rename = Method(lambda: branch_edits.rename)     rename(repository, name, …)  ->  branches.rename(name, …)
    rules = Function(lambda: check.list_rules)       for what needs no dataset:  Dataset.gate.rules()

What a word takes stands in the signature of its operation. Where that wants several, one alone is one, and a text never
its letters; where it wants text, a number will do, where a path, a text, and where a snapshot, a revision.
"""

from __future__ import annotations

import operator
import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property, wraps
from inspect import Parameter, signature
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, cast, overload

from rolethread_vcs.errors import UsageError, changing

if TYPE_CHECKING:
    from rolethread_vcs.store.repository import Repository

P = ParamSpec("P")
R = TypeVar("R")

_SEVERAL = re.compile(r"(Sequence|Collection|Iterable)\[(.*)\]( \| None)?")


def obliging(function: Callable[..., R]) -> Callable[..., R]:
    """Return a function of what a word is bound to: the operation, but it takes what people pass for what it wants."""
    _, *parameters = signature(function).parameters.values()
    fits = {each.name: fit for each in parameters if (fit := _fit_of(each)) is not None}
    positions = [each for each in parameters if each.kind is not Parameter.KEYWORD_ONLY]

    @wraps(function, updated=())
    def call(bound: Bound, *args: Any, **keywords: Any) -> Any:
        repository = bound.repository
        if fits:
            places = iter(positions)
            place: Parameter | None = None
            fitted: list[Any] = []
            for value in args:
                if place is None or place.kind is not Parameter.VAR_POSITIONAL:
                    place = next(places, None)
                fit = fits.get(place.name) if place else None
                if place is not None and place.kind is Parameter.VAR_POSITIONAL and isinstance(value, (list, tuple)):
                    fitted += [fit(repository, each) if fit else each for each in value]
                else:
                    fitted.append(fit(repository, value) if fit else value)
            args = tuple(fitted)
            keywords = {key: fits[key](repository, each) if key in fits else each for key, each in keywords.items()}
        return function(repository, *args, **keywords)

    return call


def _fit_of(parameter: Parameter) -> Callable[[Repository, Any], Any] | None:
    """Return what makes a value that people pass the one that a parameter wants, None where nothing is to be made."""
    name, wanted = parameter.name, str(parameter.annotation)
    several = _SEVERAL.fullmatch(wanted)
    fit = _fit_of_one(name, wanted if several is None else several[2])
    if several is None:
        return fit
    is_lazy, takes_none = several[1] == "Iterable", several[3] is not None
    default = parameter.default

    def fit_several(repository: Repository, value: Any) -> Any:
        if value is None and (takes_none or default is not Parameter.empty):
            return None if takes_none else default
        is_one = isinstance(value, (str, bytes, os.PathLike, Mapping)) or not isinstance(value, Iterable)
        if is_one:
            return (value if fit is None else fit(repository, value),)
        if is_lazy:
            return value if fit is None else (fit(repository, each) for each in value)
        if fit is None:
            return value if isinstance(value, Collection) and hasattr(value, "__getitem__") else list(value)
        return [fit(repository, each) for each in value]

    return fit_several


def _fit_of_one(name: str, wanted: str) -> Callable[[Repository, Any], Any] | None:
    takes = set(wanted.split(" | "))
    if "str" in takes:

        def text(_: Repository, value: Any) -> Any:
            if isinstance(value, bytes):
                return os.fsdecode(value)
            if isinstance(value, str) or not takes <= {"str", "None"} or (value is None and "None" in takes):
                return value
            if isinstance(value, os.PathLike):
                return os.fspath(value)
            if isinstance(value, bool) or not hasattr(value, "__index__"):
                raise UsageError(f"{name} is text, not {type(value).__name__}")
            return str(operator.index(value))

        return text
    if "Path" in takes:
        return lambda _, value: Path(os.fsdecode(value)) if isinstance(value, (str, bytes)) else value
    if "Snapshot" in takes:
        return lambda repository, value: repository.snapshot(value) if isinstance(value, str) else value
    return None


class Bound(Protocol):
    """What words are bound to: the dataset, or a group of it."""

    @property
    def repository(self) -> Repository:
        """The repository of the dataset."""


class Method(Generic[P, R]):
    """A word of the door: a function of `ops` that takes the repository first, bound to that of the dataset."""

    def __init__(self, find: Callable[[], Callable[Concatenate[Repository, P], R]]) -> None:
        self._find = find

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, bound: None, owner: type) -> Callable[Concatenate[Repository, P], R]: ...

    @overload
    def __get__(self, bound: Bound, owner: type) -> Callable[P, R]: ...

    def __get__(self, bound: Bound | None, owner: type) -> Callable[..., R]:
        return self._find() if bound is None else cast("Callable[..., R]", MethodType(self._word, bound))

    @cached_property
    def _word(self) -> Callable[..., R]:
        word = obliging(self._find())
        word.__name__ = self._name  # by it a word is found again that was pickled
        return word


class Change(Method[P, R]):
    """A word that changes something: its errors say that nothing was `saved`, `changed` or `made`."""

    def __init__(self, find: Callable[[], Callable[Concatenate[Repository, P], R]], what: str = "saved") -> None:
        super().__init__(find)
        self._what = what

    @cached_property
    def _word(self) -> Callable[..., R]:
        return changing(self._what)(super()._word)


class Function(Generic[R]):
    """A word of the door that needs no dataset."""

    def __init__(self, find: Callable[[], R]) -> None:
        self._find = find

    def __get__(self, bound: object, owner: type) -> R:
        return self._find()


class Group:
    """Words of one kind; an attribute of the dataset."""

    _bound: Bound | None = None

    def __repr__(self) -> str:
        words = (name for name in vars(type(self)) if not name.startswith("_"))
        return f"<{type(self).__name__}: {', '.join(words)}>"

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (self._bound, self._name)

    @property
    def repository(self) -> Repository:
        """The repository of the dataset."""
        assert self._bound is not None, "a group is reached through a dataset"
        return self._bound.repository

    @overload
    def __get__(self, bound: None, owner: type) -> type[Self]: ...

    @overload
    def __get__(self, bound: Bound, owner: type) -> Self: ...

    def __get__(self, bound: Bound | None, owner: type) -> Self | type[Self]:
        if bound is None:
            return type(self)
        group = type(self)()
        group._bound, group._name = bound, self._name
        return group
