"""Binds operations of `ops` to a dataset as its words, and lets them take what people pass.

    rename = Method(lambda: branch_edits.rename)     rename(repository, name, …)  ->  branches.rename(name, …)
    rules = Function(lambda: check.list_rules)       for what needs no dataset:  Dataset.gate.rules()

What a word takes stands in the signature of its operation. Where that wants several, one alone is one, and a text never
its letters; where it wants a path, a text will do, where a snapshot, a revision, and where an entry, its number.
"""

from __future__ import annotations

import operator
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, wraps
from inspect import Parameter, Signature, signature
from io import TextIOBase
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, cast, overload

from rolethread_vcs.errors import UsageError, changing, did_you_mean

if TYPE_CHECKING:
    from rolethread_vcs.store.repository import Repository

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

_SEVERAL = re.compile(r"(?:str \| )?(?:int \| )?(Sequence|Collection|Iterable)\[(.*)\]( \| None)?")
_OPTIONS = re.compile(r"(LogFilter|\w+Options) \| None")
_BY_KEYWORDS = re.compile(r"Intent \| None|FieldEdit|" + _OPTIONS.pattern)
_MAPPING = re.compile(r"Mapping\[.*\]( \| None)?")
_CHECKED = {"str", "int", "bool", "Path", "SourceFile", "Snapshot", "None"}
_NUMBERED = {"ids", "words", "word", "after", "value"}
"""Names of texts that a number will do for: entries, and the value of a setting."""


def _fits(wanted: Signature) -> dict[str, Fit]:
    return {each.name: fit for each in wanted.parameters.values() if (fit := _fit_of(each)) is not None}


def fitted(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that takes what people pass for what it wants; for one of a class, which needs no dataset."""
    wanted = signature(function)
    fits = _fits(wanted)

    @wraps(function)
    def call(*args: P.args, **keywords: P.kwargs) -> R:
        try:
            given = wanted.bind(*args, **keywords)
        except TypeError:
            return function(*args, **keywords)  # Python's own refusal names the function
        for name in fits.keys() & given.arguments.keys():
            given.arguments[name] = fits[name](None, given.arguments[name])
        return function(*given.args, **given.kwargs)

    return call


def obliging(function: Callable[..., R]) -> Callable[..., R]:
    """Return a function of what a word is bound to: the operation, but it takes what people pass for what it wants."""
    wanted = signature(function)
    fits = _fits(wanted)
    rest = next((each.name for each in wanted.parameters.values() if each.kind is Parameter.VAR_KEYWORD), "")
    taken = {each.name: _fit_of(each) for each in _keywords_of(function, wanted.parameters)}

    @wraps(function, updated=())
    def call(bound: Bound, *args: Any, **keywords: Any) -> R:
        given = wanted.bind_partial(bound.repository, *args, **keywords)
        for name in fits.keys() & given.arguments.keys():
            given.arguments[name] = fits[name](bound.repository, given.arguments[name])
        for name, value in given.arguments.get(rest, {}).items():
            if name not in taken:
                meant = did_you_mean(name, [*taken, *wanted.parameters], lead="; ", shown=repr)
                raise TypeError(f"{function.__name__}() got an unexpected keyword argument {name!r}{meant}")
            if (fit := taken[name]) is not None:
                given.arguments[rest][name] = fit(bound.repository, value)
        return function(*given.args, **given.kwargs)

    return call


def _keywords_of(function: Callable[..., Any], parameters: Mapping[str, Parameter]) -> Iterator[Parameter]:
    """Yield what may stand in the place of an intent, and of options."""
    kinds = [str(each.annotation) for each in parameters.values()]
    names = [match[1] for kind in kinds if (match := _OPTIONS.fullmatch(kind))]
    owners = [getattr(sys.modules[function.__module__], name) for name in names]
    if "Intent | None" in kinds or "Unpack[Said]" in kinds:
        from rolethread_vcs.transaction import Said

        owners.append(Said)
    for owner in owners:
        yield from _fields_of(owner)


def _fields_of(owner: type) -> Iterator[Parameter]:
    for name, kind in owner.__annotations__.items():
        yield Parameter(name, Parameter.KEYWORD_ONLY, annotation=getattr(kind, "__forward_arg__", kind))


Fit = Callable[[Any, Any], Any]
"""Makes a value that people pass the one that an operation wants; what it holds can be pickled (`dill` does)."""


def _fit_of(parameter: Parameter) -> Fit | None:
    name, wanted, default = parameter.name, str(parameter.annotation), parameter.default
    wanted = re.sub(r"^Ids\b", "Sequence[str]", wanted)
    several = _SEVERAL.fullmatch(wanted)
    fit = _fit_of_one(name, wanted if several is None else several[2])
    if several is None and parameter.kind is not Parameter.VAR_POSITIONAL:
        return fit
    is_list = several is None  # *names, and a list of them is them
    is_lazy, takes_none = (False, False) if several is None else (several[1] == "Iterable", several[3] is not None)

    def fit_several(repository: Repository, value: Any) -> Any:
        if value is None and (takes_none or default is not Parameter.empty):
            return None if takes_none else default
        is_one = isinstance(value, (str, bytes, os.PathLike, Mapping)) or hasattr(value, "read")  # an open file
        value = (value,) if is_one or not isinstance(value, Iterable) else value
        if is_list:
            value = [each for given in value for each in (given if isinstance(given, (list, tuple)) else (given,))]
        if fit is not None:
            value = (fit(repository, each) for each in value)
        return value if is_lazy or isinstance(value, (list, tuple)) else list(value)

    return fit_several


def _fit_of_one(name: str, wanted: str) -> Fit | None:
    takes = set(wanted.split(" | "))
    kept = _BY_KEYWORDS.fullmatch(wanted) is not None
    is_mapping = _MAPPING.fullmatch(wanted) is not None
    if not (kept or is_mapping) and takes.isdisjoint(_CHECKED - {"None"}):
        return None

    def fit(repository: Repository, value: Any) -> Any:
        if (value is None and "None" in takes) or (is_mapping and isinstance(value, Mapping)):
            return value
        is_name = isinstance(value, bytes) and takes & {"str", "Path"}
        if is_name or (isinstance(value, os.PathLike) and takes <= {"str", "None"}):
            value = os.fsdecode(value)
        if isinstance(value, str) and takes & {"str", "Path", "Snapshot"}:
            return value if "str" in takes else Path(value) if "Path" in takes else repository.snapshot(value)
        if "int" in takes and isinstance(value, str) and value.isdecimal():
            return int(value)
        if (
            ("int" in takes or ("str" in takes and name in _NUMBERED))
            and hasattr(value, "__index__")
            and not isinstance(value, bool)
        ):
            number = operator.index(value)
            if name in ("limit", "count") and number < 0:
                raise UsageError(f"{name} is a number from 0, and not {number}")
            return number if "int" in takes else str(number)
        is_path = isinstance(value, os.PathLike) and not takes.isdisjoint(("Path", "SourceFile"))
        is_stream = "SourceFile" in takes and hasattr(value, "read") and not isinstance(value, TextIOBase)
        if is_path or is_stream or type(value).__name__ in takes:
            for field in _fields_of(type(value)) if kept else ():
                check, held = _fit_of(field), getattr(value, field.name)
                if check is not None and not hasattr(held, "__next__"):  # a generator would be used up
                    check(repository, held)
            return value
        if not (takes <= _CHECKED or kept or is_mapping or value is None):
            return value
        hint = "a message is said with message='…', options by their names" if kept and "None" in takes else None
        kinds = "Mapping" if is_mapping else wanted.removesuffix(" | None").replace("bool", "True | False")
        kinds = kinds.replace("SourceFile", "open binary file").replace("str", "text").replace(" | ", " or ")
        raise UsageError(f"{name} is {kinds}, and not {type(value).__name__}", hint=hint)

    return fit


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


class Function(Generic[F]):
    """A word of the door that needs no dataset."""

    def __init__(self, find: Callable[[], F]) -> None:
        self._find = find

    def __get__(self, bound: object, owner: type) -> F:
        return self._word

    @cached_property
    def _word(self) -> F:
        return cast("F", fitted(self._find()))


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
