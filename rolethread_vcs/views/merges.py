"""What came of a merge, a revert or a pick, as lines: a commit, a branch that moved on, or conflicts word by word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from rolethread_vcs.diff import ABSENT
from rolethread_vcs.ops.merge.completion import State
from rolethread_vcs.phrases import count, counted_words, rest_line
from rolethread_vcs.views.changes import UNDO, committed_lines
from rolethread_vcs.views.terminal_text import (
    Line,
    Lines,
    Look,
    change_head,
    exact_text,
    one_line,
    safe_text,
    seen,
    styled,
    width_of,
    wrap,
    wrap_styled,
)

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Conflict
    from rolethread_vcs.ops.merge.completion import Outcome
    from rolethread_vcs.ops.merge.merge import PreviewedEntry
    from rolethread_vcs.ops.merge.resolve import OpenMerge, Resolved
    from rolethread_vcs.store.log.unfinished import Labels

_SHOWN = 20
_COMMENT_WIDTH = 96


def outcome_lines(outcome: Outcome, look: Look, *, done: str | None = None, nothing: str | None = None) -> Lines:
    """Yield what came of it: a commit, a branch that moved on, or conflicts that need a decision.

    `done` and `nothing` replace the sentences about a commit, and about nothing to do.
    """
    committed = outcome.committed
    would = committed.dry_run
    if outcome.state is State.WAITING:
        conflicts, clean = outcome.conflicts, outcome.tree.taken + outcome.tree.merged
        what = f"merge of {outcome.labels.theirs}" if outcome.kind == "merge" else outcome.kind
        need = "would need" if would else "needs" if len(conflicts) == 1 else "need"
        places = count(len({conflict.id for conflict in conflicts}), "place")
        number = count(len(conflicts), "conflict")
        lines = [f"{number} of the {what} {need} your decision, in {places}; {committed.branch} is unchanged"]
        lines += conflict_lines(conflicts, look.room)
        lines += [f"{count(clean, 'other change goes', 'other changes go')} in without a question"] if clean else []
        lines += next_steps(outcome.kind, outcome.labels, conflicts) if not would else []
        yield from (Line("report", line) for line in lines)
        if would and committed.touched:
            done = "what goes in without a question would be this"
            yield from committed_lines(committed, look, done=done)
    elif outcome.state is State.ABORTED:
        gave = "would give" if would else "gave"
        yield Line("report", f"{gave} up the {outcome.kind}; what was decided goes, nothing else changes")
        if not would:
            yield Line("report", UNDO)
    else:
        if outcome.is_partial:
            here = "nothing was taken; nothing changed"
        else:
            here = f"{outcome.labels.theirs} is in {committed.branch} already; nothing changed"
        done, nothing = done or _done(outcome), nothing or here
        yield from committed_lines(committed, look, done=done, nothing=nothing)
        yield from (Line("note", line) for line in _after(outcome, look.room))


def applied_lines(outcome: Outcome, rev: str, fixed: str, look: Look, *, is_part: bool) -> Lines:
    """Yield what came of the revert or the pick of a change, and how to go on with conflicts that were left.

    `fixed` names the change when the branch has moved on, too; `is_part` where only some entries of it were asked for.
    """
    committed, kind = outcome.committed, outcome.kind
    would, did = ("pick", "picked") if kind == "pick" else ("take back", "took back")
    said = counted_words(committed) or "no entry changes"
    done = f"{f'would {would}' if committed.dry_run else did} {rev} on {committed.branch}: {said}"
    if outcome.conflicts:
        nothing = f"nothing of {rev} can go in without a decision; nothing changed"
    elif outcome.tree.left_out and is_part:
        nothing = f"{rev} did nothing to such entries that is left to {would}; nothing changed"
    elif kind == "pick":
        nothing = f"nothing to pick: what {rev} did is here already"
    else:
        nothing = f"nothing to take back: what {rev} did is not there any more"
    yield from outcome_lines(outcome, look, done=done, nothing=nothing)
    if outcome.conflicts and outcome.state is not State.WAITING:
        yield Line("hint", f"to decide about them: rtv {kind} {fixed}   (what is done already is passed over)")
    elif outcome.conflicts and not committed.dry_run:
        yield Line("report", f"or only what is clear: rtv {kind} --continue --skip-conflicts")


def conflict_lines(conflicts: Sequence[Conflict], room: int) -> Iterator[str]:
    shown = conflicts[:_SHOWN]
    ids = max((width_of(conflict.id) for conflict in shown), default=0)
    fields = min(max((width_of(conflict.field) for conflict in shown), default=0), 24)
    left = max(room - ids - fields - 6, 20)
    for conflict in shown:
        pad = " " * max(fields - width_of(conflict.field), 0)
        head = f"{styled(conflict.id, 'id')}{' ' * (ids - width_of(conflict.id))}"
        yield f"  {head}  {styled(conflict.field, 'heading')}{pad}  {one_line(conflict.message, left)}"
    yield from (f"  {line}" for line in rest_line(len(conflicts), _SHOWN))


def next_steps(kind: str, labels: Labels, conflicts: Sequence[Conflict]) -> Iterator[str]:
    if not conflicts:
        yield f"everything is decided; finish it with: rtv {kind} --continue"
        return
    yield "see both sides: rtv conflicts"
    ways = f"{labels.ours}, base or both do too; --edit, --file FILE; --all"
    yield f"decide: rtv resolve ID --take {labels.theirs}   ({ways})"
    yield f"then: rtv {kind} --continue   or abort: rtv {kind} --abort"


def _done(outcome: Outcome) -> str | None:
    committed, theirs = outcome.committed, outcome.labels.theirs
    if committed.is_empty and not committed.dry_run:
        return None
    if outcome.state is State.NOTHING:  # no commit, but what waited is over, and that is an operation
        return f"the {outcome.kind} is over, and changed no entry; {committed.branch} is unchanged"
    said = counted_words(committed) or "no entry changes"
    would = committed.dry_run
    if outcome.state is State.FAST_FORWARD:
        return f"{committed.branch} {'would move' if would else 'moved'} on to {theirs}: {said}"
    if outcome.kind != "merge":
        return f"{'would finish' if would else 'finished'} the {outcome.kind} on {committed.branch}: {said}"
    if outcome.is_partial and not outcome.tree.taken + outcome.tree.merged:
        return "nothing would be taken" if would else None
    if outcome.is_partial:
        number = count(outcome.tree.taken + outcome.tree.merged, "change")
        return f"{'would take' if would else 'took'} {number} of {theirs} into {committed.branch}: {said}"
    return f"{'would merge' if would else 'merged'} {theirs} into {committed.branch}: {said}"


def _after(outcome: Outcome, room: int) -> Iterator[str]:
    for name, note in outcome.tree.notes[:_SHOWN]:
        yield f"look at {name} {note.field}: {note.sentence}"
    if outcome.is_partial and outcome.kind == "merge":
        left = count(outcome.tree.left_out, "change was", "changes were")
        them = "it" if outcome.tree.left_out == 1 else "them"
        yield f"{left} left out; a later merge offers {them} again (--rest keep-mine would have finished the branch)"
    if outcome.conflicts:
        words = ("conflict was left as it is now", "conflicts were left as they are now")
        if outcome.committed.dry_run:
            words = ("conflict would be left as it is now", "conflicts would be left as they are now")
        yield f"{count(len(outcome.conflicts), *words)}:"
        yield from conflict_lines(outcome.conflicts, room)


def open_lines(found: OpenMerge, wanted: set[str] | None, look: Look) -> Iterator[str]:
    """Yield the conflicts of an unfinished merge, entry by entry, of `wanted` ids alone, and the next step."""
    from rolethread_vcs.model.entry import preview

    unfinished = found.unfinished
    labels = unfinished.labels
    left = count(len(found.conflicts), "conflict")
    yield f"{unfinished.command}, on {unfinished.branch}: {left} left, {len(found.decided):,} decided"
    if found.has_moved:
        yield f"{unfinished.branch} has moved on since; what you see is against {unfinished.branch} as it is now"
    for name, field in found.void:
        yield f"void: {name} {field} is another conflict by now, or none; what was decided does not count"
    last = ""
    for conflict in found.conflicts:
        if wanted is not None and conflict.id not in wanted:
            continue
        if conflict.id != last:
            last = conflict.id
            opened = found.entries.get(conflict.id)
            entry = None if opened is None else opened.preview or opened.theirs or opened.base
            yield ""
            title = one_line(preview(entry), max(look.width - width_of(conflict.id) - 2, 20)) if entry else ""
            yield f"{styled(conflict.id, 'id')}  {styled(title, 'faint')}".rstrip()
        yield from _conflict_block(conflict, labels, look)
    yield ""
    yield from next_steps(unfinished.kind, labels, found.conflicts)


def resolved_lines(resolved: Resolved, *, would: bool) -> Lines:
    number = count(len(resolved.settled), "conflict")
    decided = f"{'would decide' if would else 'decided'} {number}; {len(resolved.left):,} left"
    yield Line("report", decided if resolved.settled else "that was decided so already; nothing changed")
    if would:
        return
    if resolved.settled:
        yield Line("report", UNDO)
    for line in next_steps(resolved.unfinished.kind, resolved.unfinished.labels, resolved.left):
        yield Line("note", line)


def offer_lines(offer: PreviewedEntry | str, labels: Labels, look: Look) -> Iterator[str]:
    """Yield an entry that can be taken, or the path of a file, with what would need a decision then."""
    if isinstance(offer, str):
        yield f"{change_head('changed', offer)}   a file that is no entry"
        return
    from rolethread_vcs.views.diff_text import entry_diff_lines

    yield ""
    yield from entry_diff_lines(offer.compared, look)
    for conflict in offer.conflicts:
        yield from _conflict_block(conflict, labels, look)
    if offer.conflicts:
        yield "  when you take it, it needs your decision; when you edit it, it is decided"


# ---- one conflict


SIDE_BY_SIDE = 100
"""Columns from which the sides stand beside each other."""

_LONGEST = 20_000
"""Characters of a side that are compared; the rest is only counted."""


def _conflict_block(conflict: Conflict, labels: Labels, look: Look) -> Iterator[str]:
    yield f"  {styled(conflict.field, 'heading')}: {safe_text(conflict.message)}"
    if conflict.base is conflict.ours is conflict.theirs is ABSENT:
        return
    yield from _around(conflict.previous, look)
    values = [conflict.base, conflict.ours, conflict.theirs]
    if any(map(_are_messages, values)):
        values = [ABSENT if value == [] else value for value in values]
    is_typed = not all(isinstance(value, str) or value is ABSENT for value in values)
    texts = [_text_of_side(value, is_typed=is_typed) for value in values]
    if texts[1] != texts[2] and seen(texts[1]) == seen(texts[2]):
        texts = list(map(exact_text, texts))
    ours, theirs = (_side(values[side], texts[side], values[0], texts[0], color=look.color) for side in (1, 2))
    if look.width >= SIDE_BY_SIDE:
        half = (look.width - 4 - 3) // 2
        left = [styled(labels.ours, "faint"), *wrap_styled(ours, half)]
        right = [styled(labels.theirs, "faint"), *wrap_styled(theirs, half)]
        for one, other in zip_longest(left, right, fillvalue=""):
            yield f"    {one}{' ' * max(half - width_of(one), 0)} │ {other}".rstrip()
    else:
        for label, text in zip(labels, (ours, theirs), strict=False):
            yield f"    {styled(label, 'faint')}"
            yield from wrap_styled(text, look.width, "      ")
    yield from _around(conflict.next, look)
    if conflict.suggestion is not None:
        yield f"    suggested: --take {labels._asdict().get(conflict.suggestion, conflict.suggestion)}"


def _around(messages: Sequence[Any], look: Look) -> Iterator[str]:
    from rolethread_vcs.views.entries import gist_of, who_says

    for message in messages:
        yield "    " + styled(one_line(f"… {who_says(message)}: {gist_of(message)}", look.width - 4), "faint")


def _are_messages(value: Any) -> bool:
    is_list = isinstance(value, list) and bool(value)
    return is_list and all(isinstance(message, Mapping) and "role" in message for message in value)


def _text_of_side(value: Any, *, is_typed: bool) -> str:
    """Return a side as one text; with `is_typed` so that a text cannot be taken for another value."""
    if value is ABSENT:
        return ""
    from rolethread_vcs.views.entries import value_text, words_of

    if isinstance(value, Mapping) and "messages" in value:
        rest = {key: item for key, item in value.items() if key != "messages"}
        said = _text_of_side(value["messages"], is_typed=is_typed)
        return said + (f"\n{value_text(rest)}" if rest else "")
    messages = value if isinstance(value, list) else [value]
    if _are_messages(messages):
        return "\n".join(map(words_of, messages))
    return value_text(value) if is_typed or not isinstance(value, str) else value


def _side(value: Any, text: str, base: Any, was: str, *, color: bool) -> str:
    if value is ABSENT:
        return styled("(removed here)" if base is not ABSENT else "(not there)", "removed")
    more = ""
    if len(text) > _LONGEST:
        text, more = text[:_LONGEST], f" … and {len(text) - _LONGEST:,} more characters"
    was = was[:_LONGEST]
    if base is ABSENT or not was:
        return safe_text(text + more)
    from rolethread_vcs.diff.words import word_changes
    from rolethread_vcs.views.diff_layout import marked_words, shortened, told_apart

    changes = word_changes(was, text)
    if not changes or all(kind == "equal" for kind, _ in changes):
        return f"{safe_text(text + more)} {styled('(as it was)', 'faint')}"
    return marked_words(told_apart(tuple(shortened(changes))), color=color) + safe_text(more)


def comment_lines(label: str, value: Any) -> Iterator[str]:
    yield f"# {label}:"
    for line in wrap(
        "(removed here)" if value is ABSENT else _text_of_side(value, is_typed=False), _COMMENT_WIDTH, "#   "
    ):
        yield line or "#"
