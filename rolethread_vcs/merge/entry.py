"""Merges one entry, field by field, each the way its kind is merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rolethread_vcs.diff.absent import ABSENT
from rolethread_vcs.diff.align import Match, align
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.choices import Choosing
from rolethread_vcs.merge.conflict import Choice, Clash, Note, Reason
from rolethread_vcs.merge.lists import Lists
from rolethread_vcs.merge.maps import merge_maps, scalar_clash
from rolethread_vcs.merge.message import merge_content
from rolethread_vcs.merge.messages import merge_conversation
from rolethread_vcs.merge.scalars import CONFLICT, settle
from rolethread_vcs.merge.sets import merge_lists_as_sets, merge_sets
from rolethread_vcs.model.entry import ENTRY_KEYS, Entry, InvalidEntryError, is_same

_CONVERSATIONS = frozenset({"messages", "chosen", "rejected"})


@dataclass(frozen=True, slots=True)
class MergedEntry:
    """What a merge makes of one entry.

    `preview` has ours where something clashed, and the merged messages where the merge itself broke the conversation;
    None: the entry goes. `clashes` is empty when the merge is clean; then the preview is the result. `notes` name
    places that merged and deserve a look.
    """

    preview: Entry | None
    clashes: tuple[Clash, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left to be decided."""
        return not self.clashes

    @property
    def entry(self) -> Entry | None:
        """The result; None: the entry goes.

        Raises:
            ValueError: there are clashes, so there is no result yet.
        """
        if self.clashes:
            raise ValueError(f"not merged: {', '.join(clash.field for clash in self.clashes)}")
        return self.preview


def merge_entries(
    base: Entry | None,
    ours: Entry | None,
    theirs: Entry | None,
    choices: Mapping[str, Choice] | None = None,
) -> MergedEntry:
    """Return the merge of an entry; None stands for a side that has no such entry.

    `choices` settle clashes by their fields. The names of fields do not depend on choices; only a whole-list clash
    (`messages`) may come up when what clashed inside the list has been settled.

    Raises:
        NotFoundError (unknown_conflict): a choice names a field that is not in conflict.
        UsageError (unusable_choice): a choice does not fit its conflict, or the entry could not be one with it.
    """
    choosing = Choosing(choices)
    was, left, right = (ABSENT if side is None else side.fields for side in (base, ours, theirs))
    fields = _merge_whole(was, left, right, choosing)
    choosing.finish()
    try:
        preview = None if fields is ABSENT or fields is None else Entry.of(fields)
    except InvalidEntryError as error:
        raise UsageError(f"{error.message}; nothing was changed", code="unusable_choice") from error
    return MergedEntry(preview, tuple(choosing.clashes), tuple(choosing.notes))


def settle_all(base: Entry | None, ours: Entry | None, theirs: Entry | None, choice: Choice) -> MergedEntry:
    """Return the merge with one choice for every clash, those too that come up when others are settled.

    Raises:
        UsageError (unusable_choice): the choice fits not every clash.
    """
    made: dict[str, Choice] = {}
    merged = merge_entries(base, ours, theirs)
    while merged.clashes:
        made |= {clash.field: choice for clash in merged.clashes}
        merged = merge_entries(base, ours, theirs, made)
    return merged


def _merge_whole(base: Any, ours: Any, theirs: Any, choosing: Choosing) -> Any:
    """Return the merged fields, ABSENT when the entry goes."""
    whole = settle(base, ours, theirs)
    if whole is not CONFLICT:
        return whole
    if ours is ABSENT or theirs is ABSENT:
        return choosing.answer(scalar_clash("entry", base, ours, theirs))
    if base is ABSENT and not _are_one_conversation(ours.get("messages"), theirs.get("messages")):
        return choosing.answer(Clash("entry", Reason.SAME_ID, base, ours, theirs))
    was = {} if base is ABSENT else base
    merged: dict[str, Any] = {}
    for key in ENTRY_KEYS:
        value = _merge_field(key, was.get(key, ABSENT), ours.get(key, ABSENT), theirs.get(key, ABSENT), choosing)
        if value is not ABSENT:
            merged[key] = value
    _look_at_the_pair(merged, was, ours, theirs, choosing)
    return merged


def _are_one_conversation(ours: Any, theirs: Any) -> bool:
    """Whether two entries that both sides added are versions of one: message for message the same, or much alike."""
    if is_same(ours, theirs):
        return True
    if not isinstance(ours, list) or not isinstance(theirs, list) or len(ours) != len(theirs):
        return False
    pairs = align(ours, theirs)
    return len(pairs) == len(ours) and all(not pair.moved and pair.match is not Match.PLACED for pair in pairs)


def _merge_field(key: str, base: Any, ours: Any, theirs: Any, choosing: Choosing) -> Any:
    value = settle(base, ours, theirs)
    if value is not CONFLICT:
        return value
    if key == "tags":
        return merge_sets(*_lists(base, ours, theirs))
    if key == "origin":
        return merge_lists_as_sets(*_lists(base, ours, theirs))
    if key == "extra":
        was, left, right = ({} if side is ABSENT else side for side in (base, ours, theirs))
        return merge_maps(was, left, right, key, choosing)
    if key in _CONVERSATIONS:
        if isinstance(ours, list) and isinstance(theirs, list) and (base is ABSENT or isinstance(base, list)):
            return merge_conversation(Lists([] if base is ABSENT else base, ours, theirs), key, choosing)
        return merge_content(base, ours, theirs, key, choosing)
    return choosing.answer(scalar_clash(key, base, ours, theirs))


def _lists(*values: Any) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
    base, ours, theirs = ([] if value is ABSENT else value for value in values)
    return base, ours, theirs


def _look_at_the_pair(merged: dict[str, Any], base: Any, ours: Any, theirs: Any, choosing: Choosing) -> None:
    """Let a person look when the merge, and no side, made the two answers of a preference pair the same."""
    if any(clash.field.startswith(("chosen", "rejected")) for clash in choosing.clashes) or not _is_equal(merged):
        return
    if _is_equal(ours) or _is_equal(theirs):
        return
    was, left, right = (fields.get("chosen", ABSENT) for fields in (base, ours, theirs))
    clash = Clash("chosen", Reason.PAIR_EQUAL, was, left, right)
    merged["chosen"] = choosing.answer(clash, both=merged["chosen"], preview=merged["chosen"])


def _is_equal(fields: Mapping[str, Any]) -> bool:
    return "chosen" in fields and "rejected" in fields and is_same(fields["chosen"], fields["rejected"])
