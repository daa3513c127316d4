"""Merges three lists of messages into one conversation.

The pieces that `disputes` gives are laid down one by one. With the examples there: A1, edited by ours alone, becomes
a1, Roof Leaks Rats Two follow with a note (`messages[2] to [5] keep both`), then Q2. The dispute becomes the conflict
`messages[2]`, and until it is decided the preview has ours there: nothing. In the end the whole is read once more: two
neighbours that no side had, and that do not read as a conversation, are one conflict of the whole list, `messages`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any, NamedTuple

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.errors import UsageError
from rolethread_vcs.merge.calls import Calls
from rolethread_vcs.merge.conflict import Conflict, Note, Reason, SideChoice
from rolethread_vcs.merge.conversation import END, START, role_of
from rolethread_vcs.merge.disputes import Dispute, Joined, Piece, pieces_of
from rolethread_vcs.merge.gaps import Alignment
from rolethread_vcs.merge.lists import FIRST, SIDES, Lists, Side, Token
from rolethread_vcs.merge.message import merge_message
from rolethread_vcs.merge.resolver import Resolver
from rolethread_vcs.merge.speakers import rename_alike
from rolethread_vcs.merge.values import UNSETTLED, settle, settle_value
from rolethread_vcs.model.entry import ANSWERING_ROLES

_AROUND = 2  # messages before and behind a conflict by which a writer knows where it stands


class _Laid(NamedTuple):
    """A message in its place in the result. A person who was told how it breaks has accepted it."""

    message: Any
    token: Token
    is_accepted: bool = False


def merge_conversation(lists: Lists, field: str, resolver: Resolver) -> list[Any]:
    """Return the merged messages of a field (`messages`, `chosen`, `rejected`); what conflicts goes to `resolver`."""
    whole = settle(list(lists.base), list(lists.ours), list(lists.theirs))
    if whole is not UNSETTLED:
        return list(whole)
    lists, old_names = rename_alike(lists)
    alignment = Alignment(lists)
    return _Row(alignment, old_names, field, resolver).result(pieces_of(alignment))


def _as_messages(field: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError(f"{field} takes a list of messages", code="unusable_choice")
    return value


class _Row:
    """Lays the pieces of a merged conversation down one by one, and looks at the whole in the end."""

    def __init__(self, alignment: Alignment, old_names: Mapping[int, str], field: str, resolver: Resolver) -> None:
        lists = alignment.lists
        self._alignment = alignment
        self._lists = lists
        self._field = field
        self._resolver = resolver
        self._old_names = old_names
        self._laid: list[_Laid] = []
        self._calls = Calls(lists, ())
        self._over_moved = set(alignment.written_over_moved())
        self._along: list[Token] = []
        self._number = 0  # in the preview, which has ours in each dispute: names must not depend on choices

    def result(self, pieces: Sequence[Piece]) -> list[Any]:
        """Return the messages, ours where something conflicted."""
        open_before = len(self._resolver.conflicts)
        rows = ((*each.ours, *each.theirs) if isinstance(each, Dispute) else (each,) for each in pieces)
        self._calls = Calls(self._lists, (token for row in rows for token in row if isinstance(token, Token)))
        for place, piece in enumerate(pieces):
            first, start = len(self._resolver.conflicts), len(self._laid)
            if isinstance(piece, Dispute):
                self._lay_dispute(piece)
            elif isinstance(piece, Joined):
                joined = [each for each in pieces[place + 1 : place + 1 + piece.count] if isinstance(each, Token)]
                if not all(self._calls.has_call(self._lists.any_value(token)) for token in joined):
                    continue
                last = self._number + piece.count - 1
                sentence = f"both sides added messages here; {self._field}[{self._number}] to [{last}] keep both"
                self._resolver.notes.append(Note(f"{self._field}[{self._number}]", sentence))
            else:
                self._lay_message(piece)
            if found := self._resolver.conflicts[first:]:
                before = tuple(laid.message for laid in self._laid[max(0, start - _AROUND) : start])
                row = (each for each in pieces[place + 1 :] if isinstance(each, Token))
                behind = tuple(map(self._lists.any_value, islice(row, _AROUND)))
                self._resolver.conflicts[first:] = [replace(each, previous=before, next=behind) for each in found]
        self._send_along()
        messages = [laid.message for laid in self._laid]
        if len(self._resolver.conflicts) > open_before:
            return messages
        return self._whole(messages)

    def _name(self) -> str:
        return f"{self._field}[{self._number}]"

    def _lay_message(self, token: Token) -> None:
        if token in self._over_moved:
            sentence = "one side replaced what stood here, the other moved it; it stands replaced, where it was"
            self._resolver.notes.append(Note(self._name(), sentence))
        base, ours, theirs = self._lists.values(token)
        if ours is ABSENT or theirs is ABSENT:
            message = self._only(token)
        else:
            message = settle_value(base, ours, theirs)
        if message is UNSETTLED:
            if not (isinstance(ours, dict) and isinstance(theirs, dict) and (base is ABSENT or isinstance(base, dict))):
                # What is no object has no keys to be merged by.
                reason = Reason.VALUE if type(ours) is type(theirs) else Reason.KIND
                both = (Token(None, token.ours), Token(None, None, token.theirs))
                self._lay_dispute(
                    Dispute(reason, () if token.base is None else (token.base,), both[:1], both[1:], both)
                )
                return
            message = merge_message(None if base is ABSENT else base, ours, theirs, self._name(), self._resolver)
        self._lay(message, token, self._calls.has_call(message), self._calls.has_call(message, in_preview=True))
        for result, value, is_there, is_in_preview in self._calls.results_after(token, message):
            self._lay(value, result, is_there, is_in_preview)

    def _lay(self, message: Any, token: Token, is_there: bool, is_in_preview: bool) -> None:
        self._laid += [_Laid(message, token)] * is_there
        self._number += is_in_preview

    def _only(self, token: Token) -> Any:
        """Return a message that is not on both sides; one that came may have a speaker whom the other side renamed."""
        message = self._lists.any_value(token)
        old, is_ours = self._old_names.get(id(message)), token.theirs is None
        if old is None or token.base is not None:
            return message
        ours, theirs = (old, message["speaker"]) if is_ours else (message["speaker"], old)
        suggestion: SideChoice = "theirs" if is_ours else "ours"
        conflict = Conflict(f"{self._name()}.speaker", Reason.SPEAKER_RENAMED, ABSENT, ours, theirs, suggestion)
        named = {**message, "speaker": self._resolver.answer(conflict)}
        return {key: value for key, value in named.items() if value is not ABSENT}

    def _lay_dispute(self, dispute: Dispute) -> None:
        lists, name = self._lists, self._name()
        ours, theirs = ([*self._values_in(dispute, side)] for side in SIDES)
        both = [lists.any_value(token) for token in dispute.both]
        base = [lists.base[number] for number in dispute.base]
        conflict = Conflict(name, dispute.reason, base, ours, theirs, _suggested(dispute))
        choice = self._resolver.choose(conflict)
        answer = self._resolver.answer(conflict, both=ABSENT if dispute.reason is Reason.BOTH_MOVED else both)
        chosen = _as_messages(name, answer)
        tokens = {
            "ours": [token._replace(theirs=None) for token in dispute.ours],
            "theirs": [token._replace(ours=None) for token in dispute.theirs],
            "both": dispute.both,
        }.get("ours" if choice is None else str(choice), [Token()] * len(chosen))
        is_accepted = choice == "both"
        self._along += dispute.along * is_accepted
        new = [lists.any_value(token) for token in (*dispute.ours, *dispute.theirs) if token.base is None]
        for message in new:
            if (old := self._old_names.get(id(message))) and any(message is each for each in chosen):
                sentence = f"one side renamed {old} everywhere; what the other wrote here is {message['speaker']}'s now"
                self._resolver.notes.append(Note(name, sentence))
                break
        self._laid += [_Laid(message, token, is_accepted) for message, token in zip(chosen, tokens, strict=True)]
        self._number += len(ours)

    def _values_in(self, dispute: Dispute, side: Side) -> Iterator[Any]:
        """Yield the messages of a run as a side has them; where their order alone is disputed, as both edited them."""
        for token in dispute.ours if side == "ours" else dispute.theirs:
            number, alone = token.on(side), Resolver()
            value = own = self._lists.any_value(token) if number is None else self._lists.on(side)[number]
            if dispute.reason is Reason.BOTH_MOVED and None not in token:
                base, ours, theirs = self._lists.values(token)
                value = settle_value(base, ours, theirs)
                if value is UNSETTLED and all(isinstance(each, dict) for each in (base, ours, theirs)):
                    value = merge_message(base, ours, theirs, "", alone)
            yield own if value is UNSETTLED or alone.conflicts else value

    def _send_along(self) -> None:
        """Put what goes along with what the other side moved behind what it was written behind, if that is there."""
        for token in self._along:
            side: Side = "theirs" if token.ours is None else "ours"
            number = token.on(side) or 0
            sent = [laid for laid in self._laid if laid.token == token]
            row = [laid for laid in self._laid if laid.token != token]
            place = next((n for n, laid in enumerate(row, 1) if laid.token.on(side) == number - 1), None)
            if place is None:
                continue
            while place < len(row) and row[place].token.on(side) is None and role_of(row[place].message) != "user":
                place += 1
            self._laid = [*row[:place], *sent, *row[place:]]

    # ---- the whole

    def _whole(self, messages: list[Any]) -> list[Any]:
        """Return the messages unless the merge itself broke the conversation; that is for a person to see."""
        found = self._duplicate() or self._break() or self._without_answer()
        if found is None:
            return messages
        place, reason = found
        lists = self._alignment.original
        conflict = Conflict(self._field, reason, list(lists.base), list(lists.ours), list(lists.theirs), place=place)
        return _as_messages(self._field, self._resolver.answer(conflict, both=messages, preview=messages))

    def _break(self) -> tuple[int, Reason] | None:
        row = [_Laid(None, FIRST), *self._laid, _Laid(None, self._lists.last)]
        roles = [START, *(role_of(laid.message) for laid in self._laid), END]
        for number, (left, right) in enumerate(pairwise(row)):
            if left.is_accepted or right.is_accepted:
                continue
            reason = self._lists.new_break(left.token, right.token, (roles[number], roles[number + 1]))
            if reason is not None:
                return max(0, min(number, len(self._laid) - 1)), reason
        return None

    def _without_answer(self) -> tuple[int, Reason] | None:
        """Return the end of a conversation whose answers are all gone, some by one side and the rest by the other."""
        rows = (self._lists.ours, self._lists.theirs, [laid.message for laid in self._laid])
        has = [any(role_of(message) in ANSWERING_ROLES for message in row) for row in rows]
        return (max(0, len(self._laid) - 1), Reason.NO_ANSWER_LEFT) if has == [True, True, False] else None

    def _duplicate(self) -> tuple[int, Reason] | None:
        """Return the second of two messages that are one, which both sides added, each in another place."""
        places = {laid.token: number for number, laid in enumerate(self._laid) if not laid.is_accepted}
        both = (
            (places.get(Token(ours=ours)), places.get(Token(theirs=theirs)))
            for ours, theirs in self._alignment.added_by_both
        )
        found = [max(one, other) for one, other in both if one is not None and other is not None]
        return (min(found), Reason.DUPLICATE) if found else None


def _suggested(dispute: Dispute) -> SideChoice | None:
    """Suggest to keep what was edited rather than to delete it (it can be deleted again), and what belongs together."""
    is_deletion = dispute.reason in (Reason.DELETED_AND_EDITED, Reason.CONTINUES_DELETED)
    if is_deletion and bool(dispute.ours) is not bool(dispute.theirs):
        return "theirs" if dispute.theirs else "ours"
    if dispute.along:
        return "both"
    return None
