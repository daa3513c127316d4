"""What a rule is: a stable code, what it reads, how it finds its problem, and whether it can repair it.

Rules share one pass over the messages of an entry, its outline, and the words to name a value with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import encode_line
from rolethread_vcs.model.entry import ENTRY_KEYS, KNOWN_ROLES, Entry
from rolethread_vcs.model.finding import Finding, RepairSafety, Scope, Severity


class _Absent:
    """Stands where a message has no role or no content; falsy, so that `all(roles)` sees it."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


class Outline:
    """What most rules ask first, gathered once per entry.

    `messages` is what the entry holds, of any type. `roles` and `contents` run beside it: one item a message,
    ABSENT where a message lacks the key or is no object; both are empty when `messages` is no list. `whole`
    is true when every message is an object with role and content, `roles_known` when every role is a known
    one.

    A plain class, not a frozen dataclass: it is built for every entry of every import, and a frozen one takes
    four times as long.
    """

    __slots__ = ("_text", "contents", "entry", "messages", "roles", "roles_known", "whole")

    entry: Entry
    messages: Any
    roles: list[Any]
    contents: list[Any]
    whole: bool
    roles_known: bool
    _text: str

    def __init__(self, entry: Entry) -> None:
        messages: Any = entry.document.get("messages")
        self.entry = entry
        self.messages = messages
        try:
            self.roles = roles = [message["role"] for message in messages]
            self.contents = [message["content"] for message in messages]
            self.whole = type(messages) is list
        except (KeyError, TypeError):  # the usual entry is whole; any other is gone through with care
            items = messages if type(messages) is list else ()
            self.roles = roles = [_value(message, "role") for message in items]
            self.contents = [_value(message, "content") for message in items]
            self.whole = False
        try:
            self.roles_known = KNOWN_ROLES.issuperset(roles)
        except TypeError:  # a role that is a list or an object cannot be looked up
            self.roles_known = False

    @property
    def text(self) -> str:
        """All text contents, lower case, one line break between; made once, for literal prefilters."""
        try:
            return self._text
        except AttributeError:
            self._text = "\n".join(content for content in self.contents if type(content) is str).lower()
            return self._text


def _value(message: Any, key: str) -> Any:
    return message.get(key, ABSENT) if isinstance(message, dict) else ABSENT


ENTRY_PARTS = frozenset(ENTRY_KEYS)
OUTSIDE_PARTS = frozenset({"registry"})
SECTIONS = ("What it does", "Why it matters", "Example", "Instead", "Repair")

_CODE = re.compile(r"RT[0-9]{3}")
_HEADING = re.compile(rf"^({'|'.join(SECTIONS)})$", re.MULTILINE)

Holders: TypeAlias = Mapping[str, Sequence[str]]
"""Key to the ids of the entries that hold it, oldest first."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check yields: light, because thousands may come; the rule's own data is added by `as_finding`.

    `message` is a sentence for the writer that names the message as `[n]`; `text` is the value pointed at,
    the part of a finding's identity that a rule decides: it must not change when something else in the entry
    does. `repair` is set where one finding is safer or less safe than the rule in general. A dataset rule
    says whose finding it is with `entry_id`.
    """

    index: int | None
    message: str
    text: str = ""
    repair: RepairSafety | None = None
    entry_id: str | None = None


class Facts(Protocol):
    """What a dataset rule may ask about the whole dataset as it was before the change."""

    def holders(self, rule: Rule, keys: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return, for each of these keys of a rule, the ids of the entries whose `rule.keys` held it.

        A key that nobody held may be absent. An index for it can be kept per (rule.name, rule.version).
        """


@dataclass(frozen=True, slots=True)
class Repair:
    """A deterministic repair and how far it can be trusted.

    `apply` returns the repaired entry and one sentence for each thing done, or None when there is nothing to
    do.
    """

    safety: RepairSafety
    apply: Callable[[Entry], tuple[Entry, tuple[str, ...]] | None]


Check: TypeAlias = Callable[[Outline], Iterable[Found]]
Suspects: TypeAlias = Callable[[Outline], bool]
Keys: TypeAlias = Callable[[Entry], Collection[str]]
DatasetCheck: TypeAlias = Callable[[Holders], Iterable[Found]]
Options: TypeAlias = Mapping[str, Any]
"""The values of options by name: true or false, whole numbers, numbers or text."""


_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _always(_outline: Outline) -> bool:
    return True


def _has_more_than_texts(outline: Outline) -> bool:
    fields, messages = outline.entry.document, outline.messages
    if (
        not outline.whole
        or not {str}.issuperset(map(type, outline.contents))
        or "chosen" in fields
        or "rejected" in fields
    ):
        return True
    return max(map(len, messages), default=0) > 2 and any("alternatives" in message for message in messages)


LACKING: Mapping[str, Suspects] = {
    "whole": lambda outline: not outline.whole,
    "roles": lambda outline: not outline.roles,
    "roles_known": lambda outline: not outline.roles_known,
    "is_answered": lambda outline: "assistant" not in outline.roles,
    "only_texts": _has_more_than_texts,
    "system_leads": lambda outline: "system" in outline.roles[1:],
}
"""What a sound entry has, and how to see that it is not so."""


class Parts(NamedTuple):
    """The parts of a rule of entries that depend on its options."""

    check: Check
    suspects: Suspects = _always
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One problem that data can have.

    A rule of entries has `check` and, where it can, a cheap `suspects`: `check` runs only when that says
    true, so a sound entry costs one short call. A rule of the dataset has `keys`, what an entry can share
    with others (its uuid …), and `check_dataset`, which is given all holders of the keys that a change
    touched.

    A rule of entries may say with `unless`, a word of `LACKING`, what makes an entry sound for it, in place of
    `suspects`. It is then imported when an entry comes that lacks this, which is seldom; until then what
    docs/generate_lists.py wrote of it stands for it.

    `severity` is the default, the settings may change it. `reads` names the parts of an entry the outcome
    depends on (`messages`, `tags` …, or `registry`); `version` goes up when the outcome changes; both are in
    the cache key. A rule with `options` (defaults by name, of which a creator sets others in the settings) has
    `build`, which makes its parts from them, or raises a ValueError that says why a value will not do; `check`,
    `suspects` and `repair` are then left out.
    """

    code: str
    name: str
    severity: Severity
    scope: Scope
    reads: frozenset[str]
    check: Check | None = None
    unless: str = ""
    suspects: Suspects = _always
    keys: Keys | None = None
    check_dataset: DatasetCheck | None = None
    repair: Repair | None = None
    version: int = 1
    options: Options = field(default_factory=dict)
    build: Callable[[Options], Parts] | None = None
    doc: str = ""

    def __post_init__(self) -> None:
        if bool(self.options) != (self.build is not None):
            raise ValueError(f"{self.code} has options and no build that makes its parts from them, or the reverse")
        if self.build is not None:
            for name, part in self.build(self.options)._asdict().items():
                object.__setattr__(self, name, part)
        if self.unless:
            object.__setattr__(self, "suspects", LACKING[self.unless])
        if not _CODE.fullmatch(self.code):
            raise ValueError(f"the code of a rule is RT and three digits, not {self.code!r}")
        if not self.reads or not self.reads <= ENTRY_PARTS | OUTSIDE_PARTS:
            raise ValueError(f"{self.code} reads {sorted(self.reads)}; a rule reads named parts of an entry")
        if self.scope is Scope.ENTRY and self.check is None:
            raise ValueError(f"{self.code} looks at entries and has no check")
        if self.scope is Scope.DATASET and (self.keys is None or self.check_dataset is None):
            raise ValueError(f"{self.code} looks at the dataset and lacks keys or check_dataset")

    def is_called(self, word: str) -> bool:
        """Return whether a word is the code or the name; case does not matter, nor does `-` for `_`."""
        return plain_word(word) in (plain_word(self.code), self.name)

    @property
    def title(self) -> str:
        """Code and name, as people see them: `RT104 empty_message`."""
        return f"{self.code} {self.name}"

    @property
    def repair_safety(self) -> RepairSafety:
        """How far the rule's repair can be trusted; none when it has no repair."""
        return RepairSafety.NONE if self.repair is None else self.repair.safety

    def sections(self) -> dict[str, str]:
        """Return the parts of the documentation by heading, in the order of `SECTIONS`.

        Raises:
            ValueError: a heading is missing or out of order.
        """
        pieces = _HEADING.split(self.doc)[1:]
        if tuple(pieces[::2]) != SECTIONS:
            raise ValueError(f"the docstring of {self.title} must have the sections {', '.join(SECTIONS)}")
        return {heading: text.strip() for heading, text in zip(pieces[::2], pieces[1::2], strict=True)}

    def why_not(self, option: str, value: object) -> str | None:
        """Return why an option cannot have a value, as a sentence; None where it can."""
        if option not in self.options:
            known = ", ".join(sorted(self.options)) or "none"
            return f"{self.title} has no option {option}; its options: {known}"
        default = self.options[option]
        if type(value) is not type(default) and not (isinstance(default, float) and type(value) is int):
            return (
                f"{option} of {self.title} must be {_KINDS[type(default)]} like its default {default!r}, not {value!r}"
            )
        try:
            assert self.build is not None
            self.build({**self.options, option: value})
        except ValueError as error:
            return f"{option} of {self.title} cannot be {value!r}: {error}"
        return None

    def configured(self, options: Options) -> Rule:
        """Return the rule with some of its options set.

        Raises:
            InvalidError: the rule has no such option, or it cannot have that value.
        """
        for option, value in options.items():
            why = self.why_not(option, value)
            if why is not None:
                raise InvalidError(why)
        return replace(self, options={**self.options, **options})

    def as_finding(self, entry_id: str | None, found: Found) -> Finding:
        """Return the full finding for something this rule found."""
        return Finding(
            self.code,
            self.name,
            self.severity,
            found.entry_id or entry_id,
            found.index,
            found.message,
            found.text,
            self.repair_safety if found.repair is None else found.repair,
        )


def plain_word(word: str) -> str:
    return word.strip().lower().replace("-", "_")


_LONGEST = 40


def quoted(text: str) -> str:
    """Return a text in quotes, cut short so that a sentence stays a sentence."""
    return f'"{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"}"'


def as_text(value: Any) -> str:
    """Return a value as the text of a finding: a text as it is, anything else as JSON on one line."""
    return value if isinstance(value, str) else encode_line(value).decode("utf-8")
