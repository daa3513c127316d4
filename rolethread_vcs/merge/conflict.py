"""What a merge cannot decide: one conflict, why it is one, and what may be chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from rolethread_vcs.diff import ABSENT

T = TypeVar("T")

_PLAIN_KEY = re.compile(r"[^\W\d]\w*")


class Reason(StrEnum):
    """Why a place needs a person; the values are stable, the sentences are for reading."""

    BOTH_EDITED = "both_edited"
    REPLACED_AND_EDITED = "replaced_and_edited"
    DELETED_AND_EDITED = "deleted_and_edited"
    CONTINUES_DELETED = "continues_deleted"
    CONTINUES_MOVED = "continues_moved"
    BOTH_INSERTED = "both_inserted"
    BOTH_MOVED = "both_moved"
    VALUE = "value"
    KIND = "kind"
    SPEAKER_RENAMED = "speaker_renamed"
    TURNS_TOUCH = "turns_touch"
    STARTS_WITH_ANSWER = "starts_with_answer"
    NO_ANSWER_LEFT = "no_answer_left"
    OTHER_QUESTION = "other_question"
    SYSTEM_NOT_FIRST = "system_not_first"
    TOOL_WITHOUT_CALL = "tool_without_call"
    DUPLICATE = "duplicate"
    PAIR_EQUAL = "pair_equal"
    PAIR_SWAPPED = "pair_swapped"
    SAME_ID = "same_id"
    UNREADABLE = "unreadable"

    @property
    def sentence(self) -> str:
        """The reason in plain words, without a final period."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.BOTH_EDITED: "both sides changed the same words, or adjacent words",
    Reason.REPLACED_AND_EDITED: "one side replaced what the other edited",
    Reason.DELETED_AND_EDITED: "one side deleted what the other edited",
    Reason.CONTINUES_DELETED: "one side continues from a message that the other deleted",
    Reason.CONTINUES_MOVED: "one side continues from a message that the other moved away; both puts it behind that one",
    Reason.BOTH_INSERTED: "both sides added messages in one place, and together they do not read as a conversation",
    Reason.BOTH_MOVED: "both sides moved the same thing, each to a different place",
    Reason.VALUE: "both sides changed this, each to something else",
    Reason.KIND: "both sides changed this, each to another kind of value (text, a list, an object …)",
    Reason.SPEAKER_RENAMED: "one side renamed this speaker everywhere, the other added a message under the old name",
    Reason.TURNS_TOUCH: "the merge would put two messages of one role next to each other",
    Reason.STARTS_WITH_ANSWER: "the merged conversation would start with an answer",
    Reason.NO_ANSWER_LEFT: "the merged conversation would lose its last answer",
    Reason.OTHER_QUESTION: "the merge would put an answer under a question that it does not answer",
    Reason.SYSTEM_NOT_FIRST: "the merge would put a system message in the middle of the conversation",
    Reason.TOOL_WITHOUT_CALL: "the merge would separate the result of a tool from its call",
    Reason.DUPLICATE: "both sides added the same message, in different places",
    Reason.PAIR_EQUAL: "the merge would make chosen and rejected the same; take both from one side",
    Reason.PAIR_SWAPPED: "one side swapped chosen and rejected, the other edited them; take both from one side",
    Reason.SAME_ID: "both sides added an entry with this id, and they are different conversations",
    Reason.UNREADABLE: "one side cannot be read, so this cannot be merged",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A choice that is none of the sides: this value."""

    value: Any


SideChoice: TypeAlias = Literal["ours", "theirs", "base", "both"]
Choice: TypeAlias = SideChoice | Value
"""What settles a conflict. `both` is possible where messages can stand one after the other."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One place that both sides changed and only a person can settle.

    `field` is a name that a person can type, and no other conflict of the merge has it:

    - `messages[3]`: a run of messages that begins at [3] of the preview; the three values are lists of messages,
      empty where a side has none here;
    - `messages[3].content`, `messages[3].speaker`: one key of one message;
    - `messages`: the whole list; `place` then says at which message of the preview to look;
    - `tags`, `uuid`, `extra.rating`, `entry` …: one field, or all of the entry.

    Values are JSON, or `ABSENT`. `suggestion` is what most would choose, where there is such a thing. `previous` and
    `next` are the messages of the preview, two at most, between which a conflict inside a list of them stands.

    A merge of whole datasets adds what the merge of one entry or file does not know: `id`, the entry's or the path of
    another file, and `about`, a digest that tells this conflict from another one at the same place. Then `reason` may
    be the name of a rule that both sides break together, and `detail` says more than the reason does.
    """

    field: str
    reason: Reason | str
    base: Any = ABSENT
    ours: Any = ABSENT
    theirs: Any = ABSENT
    suggestion: SideChoice | None = None
    place: int | None = None
    previous: tuple[Any, ...] = ()
    next: tuple[Any, ...] = ()
    id: str = ""
    about: str = ""
    detail: str = ""

    @property
    def message(self) -> str:
        """Why a person has to decide, in plain words, without a final period."""
        if not isinstance(self.reason, Reason):
            return self.detail
        return f"{self.reason.sentence}: {self.detail}" if self.detail else self.reason.sentence


@dataclass(frozen=True, slots=True)
class Note:
    """Something that merged cleanly and that a person should look at all the same."""

    field: str
    sentence: str


Choose: TypeAlias = Callable[[Conflict], Choice | None]
"""Answers a conflict with what is chosen for it; None leaves it open."""


@dataclass(frozen=True, slots=True)
class Merged(Generic[T]):
    """What a merge comes to: with conflicts a preview, which has ours wherever nothing was chosen."""

    value: T
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[Note, ...] = ()


def field_name(parent: str, key: str) -> str:
    """Return the name of a key below a field: `extra.rating`, or `extra["a.b"]` where a dot would mislead."""
    if not _PLAIN_KEY.fullmatch(key):
        return f"{parent}[{json.dumps(key, ensure_ascii=False)}]"
    return f"{parent}.{key}" if parent else key
