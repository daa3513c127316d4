"""Every JSON answer as one typed model; the schemas in docs/schemas and the table in docs/cli.md come from them.

A model takes its keys from what a command found: `answer("rolethread.branches/v1", {"branches": branches})` reads
each `Branch` by the names, or the aliases, of the model's fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from importlib import import_module
from typing import Annotated, Any, ClassVar

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from rolethread_vcs.diff import ABSENT


def envelopes() -> Iterator[tuple[str, type[Envelope]]]:
    for name in ("changes", "history", "state"):
        module = import_module(f"{__name__}.{name}")
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, Envelope) and model.__module__ == module.__name__:
                yield f"rolethread.{model.NAME}/v1", model


def answer(name: str, *sources: Any) -> dict[str, Any]:
    """Return the JSON value of an envelope; a key is taken from the first of the sources that has it.

    A source is a mapping of values, or a result with attributes.
    """
    model = next(model for known, model in envelopes() if known == name)
    value: dict[str, Any] = plain(model.model_validate(sources[0] if len(sources) == 1 else Joined(*sources)))
    return value


# ---- how models read results, and how they become JSON


class Model(BaseModel):
    """One JSON object. Its keys stand in the order of its fields; all are there, and null where nothing is known.

    A field that is there only `sometimes` is left out where no source has it.
    """

    model_config = ConfigDict(from_attributes=True, populate_by_name=True, extra="forbid", defer_build=True)

    SOMETIMES: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, *, sometimes: Set[str] = frozenset(), **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.SOMETIMES = cls.SOMETIMES | sometimes

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(handler(core))
        schema["required"] = [key for key in schema.get("required", ()) if key not in cls.SOMETIMES]
        return schema


class Envelope(Model):
    """One JSON answer, called `rolethread.NAME/v1`, and the verbs that give it. The docstring of one is a remark."""

    NAME: ClassVar[str]
    VERBS: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, *, name: str, verbs: tuple[str, ...], **more: Any) -> None:
        super().__init_subclass__(**more)
        cls.NAME, cls.VERBS = name, verbs


class Joined:
    """Several results read as one: an attribute is that of the first that has it."""

    def __init__(self, *sources: Any) -> None:
        self._sources = sources

    def __getattr__(self, name: str) -> Any:
        for source in self._sources:
            if isinstance(source, Mapping):
                if name in source:
                    return source[name]
            elif hasattr(source, name):
                return getattr(source, name)
        raise AttributeError(name)


class Sourced(Model):
    """An object that may be given as a tuple of sources, read as one."""

    @model_validator(mode="before")
    @classmethod
    def _joined(cls, source: Any) -> Any:
        return Joined(*source) if type(source) is tuple else source


def plain(value: Any) -> Any:
    if isinstance(value, Model):
        fields = type(value).model_fields
        keys = {
            field.serialization_alias or name: plain(getattr(value, name))
            for name, field in fields.items()
            if name not in value.SOMETIMES or name in value.model_fields_set
        }
        return keys | (value.__pydantic_extra__ or {})
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def _text(value: Any) -> Any:
    return None if value is None else str(value)


def attribute(name: str) -> BeforeValidator:
    """Read a value from an attribute of what may be there: `attribute("number")` of an operation."""
    return BeforeValidator(lambda value: getattr(value, name, value))


Text = Annotated[str, BeforeValidator(_text)]
"""A text, a path, or a member of an enumeration."""
MaybeText = Annotated[str | None, BeforeValidator(lambda value: _text(value) or None)]
"""The same, and null for an empty one."""
Number = Annotated[int | None, attribute("number")]
"""The number of an operation."""
Verb = Annotated[str | None, attribute("verb")]
Id = Annotated[str | None, attribute("id")]
"""The id of a commit that may not be there."""
Message = Annotated[str, BeforeValidator(lambda text: text.rstrip("\n"))]
"""The message of a commit."""


Side = Annotated[Any, BeforeValidator(lambda value: None if value is ABSENT else value)]
"""A value that may not be there on one side; null then."""


def of(*path: str, **more: Any) -> Any:
    return Field(validation_alias=path[0] if len(path) == 1 else AliasPath(*path), **more)


class Place(Model):
    """Where a conflict is."""

    id: str
    field: str

    @model_validator(mode="before")
    @classmethod
    def _of_a_pair(cls, source: Any) -> Any:
        return dict(zip(("id", "field"), source, strict=True)) if isinstance(source, tuple) else source


class Counts(Model):
    """How many entries differ."""

    added: int
    changed: int
    removed: int


class Counted(Model):
    """The same, of a result that has `counts`."""

    added: int = of("counts", "added")
    changed: int = of("counts", "changed")
    removed: int = of("counts", "removed")


class OfCommit(Counted):
    """A commit and how many entries it changed."""

    id: str = of("commit", "id")
    message: Message = of("commit", "message")
    author: str = of("commit", "author", "name")
    email: str = of("commit", "author", "email")
    time: int = of("commit", "author", "time")
    parents: list[str] = of("commit", "parents")
    operation: Number
