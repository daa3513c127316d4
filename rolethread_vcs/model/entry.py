"""An entry: one training example, held as its canonical JSON document."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NoReturn

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.phrases import count

CONVERSATIONS = ("messages", "chosen", "rejected")
"""The keys of an entry that hold lists of messages."""
ENTRY_KEYS = (*CONVERSATIONS, "tags", "origin", "uuid", "extra")
MESSAGE_KEYS = ("role", "content", "speaker", "train", "alternatives")
SPOKEN_KEYS = frozenset({"role", "content"})
CLEAN_KEYS = ("name", "tool_call_id", "tool_calls")
"""What a clean export has of a message beside its role and content; a name only of what a tool says."""

_ENTRY_RANK = {key: rank for rank, key in enumerate(ENTRY_KEYS)}
_MESSAGE_RANK = {key: rank for rank, key in enumerate(MESSAGE_KEYS)}
_KEYS_IN_ORDER = frozenset(
    keys for size in (1, 2, 3, 4) for keys in combinations(("role", "content", "speaker", "train"), size)
)

_SHOWN = 40
"""Characters of an entry that a prompt shows."""

NOT_UTF8 = "is not UTF-8"
"""How the reason begins, behind the byte, why a text in another encoding is not JSON."""


class JsonProblemError(InvalidError):
    """A text that is not JSON, or JSON that could not be kept to the byte.

    `line` and `column` count from 1 inside the text that was parsed, columns in characters.
    """

    code = "not_json"

    def __init__(self, reason: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {reason}")
        self.reason = reason
        self.line = line
        self.column = column


class InvalidEntryError(InvalidError):
    """The fields cannot be an entry: tags that are no list of text, an extra that is no object …"""

    code = "invalid_entry"


def is_same(one: Any, other: Any) -> bool:
    """Return whether two canonical values are the same to the byte; 1, 1.0 and true are equal to Python."""
    if one is other:
        return True
    return bool(one == other) and (type(one) is str or repr(one) == repr(other))


def is_equal(one: Any, other: Any) -> bool:
    """Return whether two values are the same JSON, in whatever order the keys inside them stand."""
    return is_same(one, other) or (bool(one == other) and repr(sort_keys(one)) == repr(sort_keys(other)))


class Entry:
    """One training example: `Entry(fields)`; a value, never changed in place.

    `fields` holds the document of design section 3: keys in canonical order, tags NFC, unique and sorted,
    empty values absent. `messages` is whatever the creator brought, well-formed or not: strictness belongs to
    rules. What it hands out is frozen all the way down.

    `document` is the same with plain dicts and lists, for this package alone, which never changes it: to freeze every
    entry would make bulk reading half as fast. A plain class, since many are made.

    Raises:
        InvalidEntryError: the fields cannot be an entry.
    """

    __slots__ = ("_frozen", "document")
    document: dict[str, Any]
    _frozen: Mapping[str, Any]

    def __init__(self, fields: Mapping[str, Any]) -> None:
        _put_document(self, Entry.of(fields).document)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError("an entry is never changed in place; entry.with_fields(…) makes another one")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __reduce__(self) -> Any:
        return Entry, (self.document,)

    def __eq__(self, other: object) -> bool:
        return is_same(self.document, other.document) if isinstance(other, Entry) else NotImplemented

    def __repr__(self) -> str:
        number = len(self.messages) if isinstance(self.messages, (list, tuple)) else 0
        parts = [count(number, "message"), *(f"#{tag}" for tag in self.tags), repr(preview(self)[:_SHOWN])]
        return f"<Entry: {', '.join(parts)}>"

    __hash__ = None  # type: ignore[assignment]  # it holds a mapping

    @classmethod
    def of(cls, fields: Mapping[str, Any], *, is_owned: bool = False) -> Entry:
        """Return the entry of a mapping of fields, brought into canonical shape; nothing is shared with it.

        A key that is not an entry's own goes into `extra`, word for word. Fields that nobody else will touch, fresh
        from the parser, are `is_owned`: messages that need no change are then taken as they are.

        Raises:
            InvalidEntryError: a field has a type that the format cannot carry, or a foreign key stands both
                at the top and in `extra` with two different values.
        """
        if type(fields) is not dict and not isinstance(fields, Mapping):
            raise InvalidEntryError(f"an entry is made of a mapping of fields, not {kind_of(fields)}")
        document: dict[str, Any] = {}
        if "messages" in fields:
            document["messages"] = canonical_messages(fields["messages"], is_owned=is_owned)
            if len(fields) == 1:
                return trusted(document)
        for side in ("chosen", "rejected"):
            if fields.get(side) is not None:
                document[side] = canonical_messages(fields[side])
        if fields.get("tags") is not None and (tags := canonical_tags(fields["tags"])):
            document["tags"] = tags
        if fields.get("origin") is not None and (origin := _texts("origin", fields["origin"])):
            document["origin"] = origin
        uuid = fields.get("uuid")
        if uuid is not None:
            if not isinstance(uuid, str) or not uuid:
                found = "empty text" if uuid == "" else kind_of(uuid)
                raise InvalidEntryError(f"uuid must be text, not {found}")
            document["uuid"] = uuid
        if len(document) < len(fields) and (extra := _whole_extra(fields)):
            document["extra"] = {key: copy_value(extra[key]) for key in sorted(_text_keys(extra))}
        return trusted(document)

    @property
    def fields(self) -> Mapping[str, Any]:
        """The document."""
        try:
            return self._frozen
        except AttributeError:
            from rolethread_vcs.model.frozen import frozen

            _put_frozen(self, frozen(self.document))
            return self._frozen

    @property
    def messages(self) -> Any:
        """The messages as brought: usually a list of objects, None when the key is missing."""
        return self.fields.get("messages")

    @property
    def turns(self) -> Sequence[Mapping[str, Any]]:
        """The well-formed messages only, in order; empty when `messages` is not a list."""
        return well_formed(self.messages)

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags, sorted by code point."""
        return tuple(self.document.get("tags", ()))

    @property
    def uuid(self) -> str | None:
        """The identifier that the entry came with, or None."""
        return self.document.get("uuid")

    @property
    def origin(self) -> tuple[str, ...]:
        """The ids that this entry was split or joined from."""
        return tuple(self.document.get("origin", ()))

    @property
    def extra(self) -> Mapping[str, Any]:
        """Foreign top-level keys, word for word."""
        from rolethread_vcs.model.frozen import FrozenDict

        return self.fields.get("extra") or FrozenDict()

    def with_fields(self, **changes: Any) -> Entry:
        """Return a copy with some fields replaced; None removes a field."""
        fields = {**self.document, **changes}
        return Entry.of({key: value for key, value in fields.items() if value is not None})


_put_document = vars(Entry)["document"].__set__
_put_frozen = vars(Entry)["_frozen"].__set__


def trusted(document: dict[str, Any], _new: Any = object.__new__) -> Entry:
    """Return the entry of a document that is canonical."""
    entry: Entry = _new(Entry)
    _put_document(entry, document)
    return entry


def well_formed(messages: Any) -> list[dict[str, Any]]:
    """Return the messages that are objects, in order; none when `messages` is not a list."""
    return [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []


def written_role(message: Any) -> Any:
    """Return the role of a message as it is written, None of what is no object."""
    return message.get("role") if isinstance(message, dict) else None


def questions(roles: Sequence[Any]) -> list[int]:
    """Return where an exchange begins, of the roles of messages: with the first of some user messages in a row."""
    return [place for place, role in enumerate(roles) if role == "user" and (not place or roles[place - 1] != "user")]


def turns_of(entry: Entry) -> list[dict[str, Any]]:
    """Return the well-formed messages of an entry, as its document holds them."""
    return well_formed(entry.document.get("messages"))


def canonical_messages(value: Any, *, is_owned: bool = False) -> Any:
    """Return messages in canonical shape: message keys in order, null speaker and `train: true` absent.

    A value that is no list, an item that is no object, and what is inside a message are kept as they are: templates
    print tools and arguments, so the order of their keys is text to train on. What needs no change is copied, unless
    it `is_owned`.
    """
    if type(value) is not list and not isinstance(value, list | tuple):
        return copy_value(value)
    messages = []
    for message in value:
        # Nearly every message: own keys in order, nothing but text in them, or `train: false`.
        if type(message) is dict and tuple(message) in _KEYS_IN_ORDER:
            for item in message.values():
                if type(item) is not str and (item is not False or message.get("train") is not False):
                    break
            else:
                messages.append(message if is_owned else message.copy())
                continue
        messages.append(canonical_message(message))
    return messages


def canonical_message(message: Any) -> Any:
    if not isinstance(message, Mapping):
        return copy_value(message)
    result: dict[str, Any] = {}
    for key in MESSAGE_KEYS:
        if key not in message:
            continue
        value = message[key]
        if (key == "speaker" and value is None) or (key == "train" and value is True):
            continue
        result[key] = copy_value(value)
    for key in sorted(_text_keys(message)):
        if key not in _MESSAGE_RANK:
            result[key] = copy_value(message[key])
    return result


def canonical_tags(value: Any) -> list[str]:
    """Return tags NFC, without white space around them, unique, sorted by code point, blank ones left out.

    Raises:
        InvalidEntryError: the value is no list of text.
    """
    tags = _texts("tags", value)
    if not all(map(str.isascii, tags)):
        tags = [unicodedata.normalize("NFC", tag) for tag in tags]
    return sorted({tag for tag in map(str.strip, tags) if tag})


def sort_keys(value: Any) -> Any:
    """Return a JSON value with the keys of its objects sorted by code point, at every depth; see `copy_value`."""
    return copy_value(value, sorted)


def copy_value(value: Any, in_order: Callable[[Iterable[str]], Iterable[str]] = iter) -> Any:
    """Return a JSON value that shares nothing with this one, the keys of its objects in an order.

    Raises:
        InvalidEntryError: a value that JSON does not know, or a key that is no text.
    """
    kind = type(value)
    if kind is str or value is None or kind is bool or kind is int or kind is float:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {key: copy_value(value[key], in_order) for key in in_order(_text_keys(value))}
    if isinstance(value, list | tuple):
        return [copy_value(item, in_order) for item in value]
    if isinstance(value, str | int | float):
        return value
    raise InvalidEntryError(f"{kind.__name__} is no JSON value")


def _text_keys(value: Mapping[Any, Any]) -> Mapping[str, Any]:
    for key in value:
        if not isinstance(key, str):
            raise InvalidEntryError(f"the names of fields are text, not {kind_of(key)}")
    return value


def _texts(field: str, value: Any) -> list[str]:
    if type(value) is not list and (not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping)):
        raise InvalidEntryError(f"{field} must be a list of text, not {kind_of(value)}")
    items = list(value)
    for item in items:
        if type(item) is not str and not isinstance(item, str):
            raise InvalidEntryError(f"{field} must be a list of text; it holds {kind_of(item)}")
    return items


def _whole_extra(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return `extra` together with the foreign keys at the top."""
    extra = fields.get("extra")
    if extra is None:
        extra = {}
    elif not isinstance(extra, Mapping):
        raise InvalidEntryError(f"extra must be an object, not {kind_of(extra)}")
    foreign = [key for key in fields if key not in _ENTRY_RANK]
    if not foreign:
        return extra
    merged = dict(extra)
    for key in foreign:
        value = fields[key]
        if key in merged and not is_equal(merged[key], value):
            raise InvalidEntryError(f"{key!r} stands both at the top and in extra, with different values")
        merged[key] = value
    return merged


def kind_of(value: Any) -> str:
    """Return what a JSON value is, as a writer would say it."""
    words = {bool: "true or false", str: "text", int: "a number", float: "a number", type(None): "null"}
    return words.get(type(value)) or ("an object" if isinstance(value, Mapping) else "a list")


_PREVIEW = 400


def preview(entry: Entry) -> str:
    """Return the beginning of the first user message with text, else of the first message with any, else nothing."""
    texts = [(message.get("role"), text) for message in turns_of(entry) if (text := _text_of(message)).strip()]
    spoken = [text for role, text in texts if role == "user"] or [text for role, text in texts if role != "system"]
    chosen = spoken or [text for _, text in texts]
    return chosen[0].strip()[:_PREVIEW] if chosen else ""


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    parts = content if isinstance(content, list) else [content]
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return " ".join(text for text in texts if isinstance(text, str))


KNOWN_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function", "function_call", "tool_call"})
"""Roles that some trainer knows; `developer`, `function` and the two calls are kept as they are spelled."""

OPENING_ROLES = frozenset({"system", "developer"})
TOOL_ROLES = frozenset({"tool", "function"})
ANSWERING_ROLES = frozenset({"assistant", "function_call", "tool_call"})

SYNONYMS = {
    "system": "system sys sytem systm system_prompt context",
    "user": "user usr uesr useer human humans person player prompter input prompt instruction",
    "assistant": "assistant assistnt assitant assitstant asistant asst bot chatbot chatgpt gpt model ai char"
    " completion response output",
    "tool": "tool tool_response function_response observation observations ipython",
}
"""Labels by the role they mean, as other programs write them (RoleThread Lite, ShareGPT tools, trainers)."""
# Left out on purpose: `bard` and `bing` (old ShareGPT dumps use them for the assistant, but a bard is a character
# long before it is a product) and `function_call`/`tool_call` (a call is said by the assistant and answered by a tool:
# it is neither of them, so the label stays).

_ROLES = {role: role for role in KNOWN_ROLES} | {
    label: role for role, labels in SYNONYMS.items() for label in labels.split()
}


def fold_label(label: str) -> str:
    """Return a label of a speaker as labels are compared: without case and surrounding white space."""
    return " ".join(label.casefold().split())


def known_role(label: object) -> str | None:
    """Return the known role that a label plainly means, or None when it means none.

    Case, surrounding white space, and space or hyphen for underscore do not count: `" Human "` is a user.
    """
    if not isinstance(label, str):
        return None
    role = _ROLES.get(label)
    return role if role is not None else _ROLES.get("_".join(label.casefold().replace("-", " ").split()))


def read_role(label: str) -> str:
    """Return the role that a label plainly means, or the label itself, untouched: `Scott` stays `Scott`."""
    return known_role(label) or label
