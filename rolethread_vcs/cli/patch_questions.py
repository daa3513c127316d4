"""Asks about each entry that a merge or a pick would bring: take it, skip it, edit it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rolethread_vcs.merge.conflict import Value
from rolethread_vcs.ops.merge.decisions import Decision
from rolethread_vcs.ops.merge.tree_merge import ENTRY
from rolethread_vcs.views.conflicts import conflict_block
from rolethread_vcs.views.diff_text import entry_diff_lines
from rolethread_vcs.views.terminal_text import styled

if TYPE_CHECKING:
    from rolethread_vcs.cli.context import Context
    from rolethread_vcs.cli.forms import Forms
    from rolethread_vcs.ops.merge.merge import MergePreview, PreviewedEntry

_QUESTION = "take it? [t]ake, [s]kip, [e]dit, take [a]ll that are left, skip the [r]est, [q]uit: "
_HELP = (
    "t takes it   s leaves it out   e opens it in your editor, and takes what you write\n"
    "a takes this and all that are left   r leaves this and all that are left out   q ends; nothing is changed"
)


def ask(
    context: Context, offers: MergePreview, forms: Forms
) -> tuple[tuple[str, ...], dict[str, dict[str, Decision]]] | None:
    """Return the ids and paths that were taken, with decisions about those that were edited; None: the user quits.

    Answers are read from standard input, a line each; its end means quit.
    """
    taken: list[str] = []
    decisions: dict[str, dict[str, Decision]] = {}
    rest = ""
    total = len(offers.entries) + len(offers.files)
    for number, offer in enumerate(offers.entries, start=1):
        if not rest:
            _show(context, offer, offers.labels)
        answer = rest or _answer(context, f"({number}/{total}) ")
        if answer == "q":
            return None
        if answer in "ar":
            rest = answer
        if answer == "e":
            after = offer.compared.after or offer.compared.before
            assert after is not None
            edited = forms.edit(offer.compared.id, after, offer.about)
            decisions[offer.compared.id] = {ENTRY: Decision(Value(dict(edited.fields)), offer.about)}
        if answer in "tea":
            taken.append(offer.compared.id)
    for number, path in enumerate(offers.files, start=len(offers.entries) + 1):
        if not rest:
            context.output.complain(f"{styled(f'~ {path}', 'changed')}   a file that is no entry")
        answer = rest or _answer(context, f"({number}/{total}) ", can_edit=False)
        if answer == "q":
            return None
        if answer in "ar":
            rest = answer
        if answer in "ta":
            taken.append(path)
    return tuple(taken), decisions


def _show(context: Context, offer: PreviewedEntry, labels: tuple[str, str, str]) -> None:
    output = context.output
    output.complain("")
    for line in entry_diff_lines(offer.compared, width=output.width, color=output.color):
        output.complain(line)
    for conflict in offer.conflicts:
        for line in conflict_block(conflict, labels, width=output.width, color=output.color):
            output.complain(line)
    if offer.conflicts:
        output.complain("  when you take it, it waits for your decision; when you edit it, it is decided")


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
