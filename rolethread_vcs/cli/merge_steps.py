"""What `merge`, `revert` and `pick` share: naming a change, going on, asking entry by entry, said what came of it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli.answers import print_outcome
from rolethread_vcs.cli.options import complete_branches, gathered, name_words
from rolethread_vcs.errors import UsageError

if TYPE_CHECKING:
    from rolethread_vcs import Decision
    from rolethread_vcs.cli.context import Context
    from rolethread_vcs.cli.options import Saving
    from rolethread_vcs.merge.conflict import Conflict
    from rolethread_vcs.model.entry import Entry
    from rolethread_vcs.ops.merge.completion import Outcome
    from rolethread_vcs.ops.merge.merge import MergePreview, PreviewedEntry
    from rolethread_vcs.store.log.unfinished import Kind, Labels
    from rolethread_vcs.transaction import Intent


@dataclass(frozen=True, slots=True)
class Change:
    """What the user said: a change of the past ("" for none), a part of it, or how to go on with one that waits."""

    rev_and_ids: tuple[str, ...]
    where: str | None
    skip_conflicts: bool
    go_on: bool
    abort: bool

    @property
    def rev(self) -> str:
        """The change, or range of changes."""
        return self.rev_and_ids[0] if self.rev_and_ids else ""

    @property
    def ids(self) -> tuple[str, ...]:
        """The entries that it is about, none for all."""
        return self.rev_and_ids[1:]

    @property
    def words(self) -> str:
        """What the operation log remembers behind the verb."""
        skips = " --skip-conflicts" if self.skip_conflicts else ""
        return f"{self.rev}{name_words(self.ids, self.where)}{skips}"


change_options = gathered(
    "change",
    Change,
    abort=click.option("--abort", is_flag=True, help="Abort what is unfinished."),
    go_on=click.option("--continue", "go_on", is_flag=True, help="Commit it when its conflicts are decided."),
    skip_conflicts=click.option(
        "--skip-conflicts", is_flag=True, help="Do what can be done at once; leave and list the rest."
    ),
    where=click.option("--where", metavar="QUERY", help="Only entries that match, as they are, were or would be."),
    rev_and_ids=click.argument("rev_and_ids", metavar="[REV|A..B] [ID]...", nargs=-1, shell_complete=complete_branches),
)
"""Gives a command a revision or range, entries of it, and the ways to go on, and its function a `change: Change`."""


def go_on_or_abort(
    context: Context, kind: Kind, saving: Saving, change: Change, *, has_part: bool = False
) -> int | None:
    """Finish or abort what is unfinished, if that was asked for, and return the exit status.

    `has_part` says that words beside the change choose a part of it.

    Raises:
        UsageError: the words do not go together, or nothing is named.
    """
    if bool(change.rev) + change.go_on + change.abort != 1:
        name, where = ("BRANCH", "branches: rtv branch") if kind == "merge" else ("REV", "commits: rtv log")
        raise UsageError(
            f"name what to {kind}, or go on with what is unfinished",
            hint=f"rtv {kind} {name}   rtv {kind} --continue   rtv {kind} --abort   ({where})",
        )
    if change.rev:
        return None
    if has_part or change.where is not None or (change.abort and change.skip_conflicts):
        raise UsageError("what is wanted was said when it began", hint=f"rtv {kind} --continue")
    merges = context.dataset.merges
    skips = " --skip-conflicts" if change.skip_conflicts else ""
    intent = saving.intent(f"{kind} {f'--continue{skips}' if change.go_on else '--abort'}")
    if change.abort:
        return print_outcome(context, merges.abort(kind, intent=intent))
    return print_outcome(context, merges.finish(kind, skip_conflicts=change.skip_conflicts, intent=intent))


def apply_change(
    context: Context,
    kind: Kind,
    saving: Saving,
    change: Change,
    apply: Callable[[Intent], Outcome | None],
    more: str = "",
) -> int:
    """Revert or pick a change of the past, or go on with one, and return the exit status.

    `apply` does it, or returns None where the user does not want it after all; `more` are words beyond the change.
    """
    ended = go_on_or_abort(context, kind, saving, change, has_part=bool(more))
    if ended is not None:
        return ended
    from rolethread_vcs.views.merges import applied_lines

    output = context.output
    # a name that goes on to mean the same when branches move
    commits = context.dataset.history.range(change.rev)
    fixed = f"{commits.before[:10]}..{commits.after[:10]}" if commits.is_range else commits.after[:10]
    outcome = apply(saving.intent(f"{kind} {change.words}{more}"))
    if outcome is None:
        output.report("nothing was taken; nothing changed")
        return 0
    is_part = change.where is not None
    lines = applied_lines(outcome, change.rev, fixed, output.look, is_part=is_part)
    return print_outcome(context, outcome, lines)


# ---- the editor


class Forms:
    """The forms of entries of a merge that one command opens, as a block: each is a draft until the block ends well.

    Drafts are called `<name>-<id>.txt`; `again` is the command that takes them up.
    """

    def __init__(self, context: Context, name: str, again: str) -> None:
        self._context = context
        self._name = name
        self._again = again
        self._texts = contextlib.ExitStack()
        self._drafts: list[Path] = []

    def __enter__(self) -> Forms:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._texts.__exit__(*raised)
        if raised[0] is None:
            from rolethread_vcs.cli.drafts import discard

            for draft in self._drafts:
                discard(draft, saved=True)

    def keep(self) -> None:
        """Leave what was typed so far in its drafts, although nothing failed: it was not saved."""
        for draft in self._drafts:
            self._context.output.note(f"your text is kept in {draft}; go on with: {self._again}")
        self._drafts.clear()

    def edit(
        self, entry_id: str, preview: Entry, about: str, labels: Labels, *, conflicts: Sequence[Conflict] = ()
    ) -> Entry:
        """Return the entry as the user wrote it. A text that was kept before is taken up again.

        `about` tells the three sides from others; it stands in the form, so that a draft knows what it was made from.

        Raises:
            UsageError: there is no editor. FormError: the text does not read. InvalidError (editor).
            ConflictError (stale_draft): a draft that was made from other sides.
        """
        from rolethread_vcs.cli.drafts import refuse_stale, refuse_without_editor, typed_text, write_draft
        from rolethread_vcs.cli.form import form_heads, form_text, parse_form, render_form
        from rolethread_vcs.views.merges import comment_lines

        refuse_without_editor(self._context, f"rtv resolve {entry_id} --take {labels.theirs}")
        folder = self._context.dataset.drafts_folder
        draft = folder / f"{self._name}-{entry_id}.txt"
        is_resumed = draft.exists()
        if not is_resumed:
            lines = ["#"] if conflicts else []
            for conflict in conflicts:
                lines.append(f"# {conflict.field}: {conflict.message}")
                for label, value in ((labels.ours, conflict.ours), (labels.theirs, conflict.theirs)):
                    lines += comment_lines(label, value)
            form = render_form([(entry_id, preview)], revs={entry_id: about[:12]})
            head, mark, rest = form.partition("\n=== entry ")
            draft = write_draft(folder, draft.stem, head + "".join(f"{line}\n" for line in lines) + mark + rest)
        text_kept = typed_text(self._context, draft, is_resumed=is_resumed, again=self._again)
        text = form_text(self._texts.enter_context(text_kept))
        self._drafts.append(draft)
        for head, rev in form_heads(text):
            refuse_stale(head, rev, about)
        return parse_form(text, {entry_id: preview}).get(entry_id, preview)


# ---- entry by entry


_QUESTION = "take it? [t]ake, [s]kip, [e]dit, take [a]ll that are left, skip the [r]est, [q]uit: "
_HELP = (
    "t takes it   s leaves it out   e opens it in your editor, and takes what you write\n"
    "a takes this and all that are left   r leaves this and all that are left out   q ends; nothing is changed"
)


Taken = tuple[tuple[str, ...], dict[str, dict[str, "Decision"]]]


def take_some(
    context: Context, offers: MergePreview, intent: Intent, apply: Callable[..., Outcome | None]
) -> Outcome | None:
    """Ask entry by entry, and apply what was taken: ids and paths, and decisions about what was edited.

    What was typed is kept when nothing came of it. Returns None when the user quits.
    """
    with Forms(context, intent.verb, f"rtv {intent.command}") as forms:
        taken = _ask(context, offers, forms)
        outcome = None if taken is None else apply(*taken)
        if outcome is None or outcome.committed.operation is None:
            forms.keep()
        return outcome


def _ask(context: Context, offers: MergePreview, forms: Forms) -> Taken | None:
    """Return the ids and paths that were taken, with decisions about those that were edited; None: the user quits.

    Answers are read from standard input, a line each; its end means quit.
    """
    from rolethread_vcs import Decision, Value
    from rolethread_vcs.views.merges import offer_lines

    taken: list[str] = []
    decisions: dict[str, dict[str, Decision]] = {}
    rest = ""
    places: tuple[PreviewedEntry | str, ...] = (*offers.entries, *offers.files)
    for number, offer in enumerate(places, start=1):
        if not rest:
            for line in offer_lines(offer, offers.labels, context.output.look):
                context.output.complain(line)
        answer = rest or _answer(context, f"({number}/{len(places)}) ", can_edit=not isinstance(offer, str))
        if answer == "q":
            return None
        if answer in "ar":
            rest = answer
        name = offer if isinstance(offer, str) else offer.compared.id
        if answer == "e" and not isinstance(offer, str):
            after = offer.compared.after or offer.compared.before
            assert after is not None
            edited = forms.edit(name, after, offer.about, offers.labels)
            decisions[name] = {"entry": Decision(Value(dict(edited.document)), offer.about)}
        if answer in "tea":
            taken.append(name)
    return tuple(taken), decisions


def _answer(context: Context, place: str, *, can_edit: bool = True) -> str:
    while True:
        sys.stderr.write(place + (_QUESTION if can_edit else _QUESTION.replace("[e]dit, ", "")))
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            sys.stderr.write("\n")
            return "q"
        word = line.strip().casefold()[:1]
        if word and word in ("tsearq" if can_edit else "tsarq"):
            return word
        context.output.complain(_HELP)
