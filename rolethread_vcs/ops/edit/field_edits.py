"""Edits of one field at a time: a message's text, role, speaker or training, the system message, the tags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Unpack

from rolethread_vcs.errors import InvalidError, NotFoundError, UsageError
from rolethread_vcs.model.entry import Entry, canonical_tags, written_role
from rolethread_vcs.model.layout import entry_path, fold
from rolethread_vcs.model.revision import Ids, words_of
from rolethread_vcs.ops.edit.change import message_list, replace
from rolethread_vcs.store.checkout import Unsaved
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import Committed, Intent, Said, current_branch, refuse_unsaved


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """What to change in an entry; None leaves a field alone.

    `content`, `role`, `speaker` and `train` are of the message with the number `message`, from 0; an empty `speaker`
    takes the speaker away. `system` is the text of the system message, which is put in front where there is none;
    an empty one takes it away.
    """

    message: int | None = None
    content: str | None = None
    role: str | None = None
    speaker: str | None = None
    train: bool | None = None
    system: str | None = None
    add_tags: str | Iterable[str] = ()
    remove_tags: str | Iterable[str] = ()

    def __post_init__(self) -> None:
        for name in ("add_tags", "remove_tags"):  # one tag alone is one, and not its letters
            tags = getattr(self, name) or ()
            is_several = isinstance(tags, Iterable) and not isinstance(tags, str)
            object.__setattr__(self, name, tuple(tags) if is_several else (tags,))
        of_message = (self.content, self.role, self.speaker, self.train)
        if self.message is None and any(value is not None for value in of_message):
            raise UsageError("which message?", hint="--message 2 names it; numbers are those of rtv show, from 0")
        if self.message is not None and all(value is None for value in of_message):
            raise UsageError(
                f"what should change in message [{self.message}]?",
                hint="--content TEXT, --role ROLE, --speaker NAME, --train or --no-train",
            )
        if not all(isinstance(tag, str) and tag.strip() for tag in (*self.add_tags, *self.remove_tags)):
            raise UsageError("a tag needs a name", hint="--tag +tavern   or: --tag -tavern")
        both = set(self.add_tags) & set(self.remove_tags)
        if both:
            raise UsageError(f"the tag {min(both)} is both added and taken away")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == FieldEdit()

    def apply(self, entry_id: str, entry: Entry) -> Entry:
        """Return the entry with the edit done; the id is for messages only.

        Raises:
            NotFoundError (no_such_message): there is no message of that number. InvalidError: messages that are no
            list.
        """
        fields = dict(entry.document)
        if self.message is not None or self.system is not None:
            messages = message_list(entry_id, entry)
            # The number is the one that the user saw, so the system message comes last.
            if self.message is not None:
                messages[self.message] = self._edited(entry_id, messages)
            if self.system is not None:
                roles = list(map(written_role, messages))
                place = roles.index("system") if "system" in roles else None
                system = {"role": "system"} if place is None else messages.pop(place)
                if self.system:
                    messages.insert(place or 0, {**system, "content": self.system})
            fields["messages"] = messages
        if self.add_tags or self.remove_tags:
            gone = set(map(fold, canonical_tags(self.remove_tags)))  # in any case, as a query finds them
            kept = [tag for tag in entry.tags if fold(tag) not in gone]
            added = {fold(tag.strip()): tag for tag in reversed([*self.add_tags])}
            fields["tags"] = [*kept, *(tag for key, tag in added.items() if key not in map(fold, kept))]
        return Entry.of(fields)

    def _edited(self, entry_id: str, messages: Sequence[Any]) -> dict[str, Any]:
        assert self.message is not None
        if not 0 <= self.message < len(messages):
            last = f"the last one is [{len(messages) - 1}]" if messages else "it has none"
            raise NotFoundError(
                f"entry {entry_id} has no message [{self.message}]; {last}",
                hint=f"rtv show {entry_id}",
                code="no_such_message",
            )
        message = messages[self.message]
        if not isinstance(message, dict):
            raise InvalidError(
                f"message [{self.message}] of entry {entry_id} is no message with fields",
                hint=f"rtv edit {entry_id}   opens it in an editor",
            )
        edited = dict(message)
        if self.content is not None:
            edited["content"] = self.content
        if self.role is not None:
            edited["role"] = self.role
        if self.speaker is not None:
            edited["speaker"] = self.speaker or None
        if self.train is not None:
            edited["train"] = self.train
        return edited


def edit_fields(
    repository: Repository, ids: Ids, edit: FieldEdit, intent: Intent | None = None, **said: Unpack[Said]
) -> Committed:
    """Do the same edit to entries, in one commit."""
    return replace(repository, {entry_id: partial(edit.apply, entry_id) for entry_id in words_of(ids)}, intent, **said)


def hand_edited(repository: Repository, snapshot: Snapshot, ids: Sequence[str]) -> list[Unsaved]:
    """Return which of some entries have a file that was edited by hand."""
    return [] if repository.worktree is None else repository.worktree.unsaved(snapshot.tree, map(entry_path, ids))


def refuse_to_type(repository: Repository, snapshot: Snapshot, ids: Sequence[str] = ()) -> None:
    """Refuse before somebody types new entries, or an edit of some, that could not be saved.

    Raises:
        InvalidError (detached), ConflictError (git_unfinished). UnsavedEditsError: their files were edited by hand.
    """
    current_branch(repository)
    refuse_unsaved(hand_edited(repository, snapshot, ids))
