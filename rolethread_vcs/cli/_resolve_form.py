"""Opens entries of a merge in the user's editor, both sides above them as comments; what was typed is never lost."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from rolethread_vcs.cli._conflict_text import comment_lines
from rolethread_vcs.cli._drafts import discard, text_kept
from rolethread_vcs.cli._editor import can_ask, edit_draft, editor_command, press_enter, write_draft
from rolethread_vcs.cli._forms import refuse_stale, refuse_without_editor
from rolethread_vcs.cli.form import form_heads, form_text, parse_form, render_form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rolethread_vcs.cli._context import Context
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.merge.conflict import Conflict
    from rolethread_vcs.model.entry import Entry

_REV = 12


class Forms:
    """The forms that one command opens, as a block: each stays as a draft until the block has come to a good end.

    Drafts are called `<name>-<id>.txt`; `again` is the command that takes them up.
    """

    def __init__(self, context: Context, dataset: Dataset, name: str, again: str) -> None:
        self._context = context
        self._folder = dataset.repository.drafts_folder
        self._name = name
        self._again = again
        self._texts = ExitStack()
        self._drafts: list[Path] = []

    def __enter__(self) -> Forms:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._texts.__exit__(*raised)
        if raised[0] is None:
            for draft in self._drafts:
                discard(draft, saved=True)

    def keep(self) -> None:
        """Leave what was typed so far in its drafts, although nothing failed: it was not saved."""
        for draft in self._drafts:
            self._context.output.note(f"your text is kept in {draft}; go on with: {self._again}")
        self._drafts.clear()

    def edit(
        self,
        entry_id: str,
        preview: Entry,
        about: str,
        *,
        conflicts: Sequence[Conflict] = (),
        labels: tuple[str, str, str] = ("ours", "theirs", "base"),
    ) -> Entry:
        """Return the entry as the user wrote it. A text that was kept before is taken up again.

        `about` tells the three sides from others; it stands in the form, so that a draft knows what it was made from.

        Raises:
            UsageError: there is no editor. FormError: the text does not read. InvalidError (editor).
            ConflictError (stale_draft): a draft that was made from other sides.
        """
        refuse_without_editor(self._context, f"rtv resolve {entry_id} --take {labels[1]}")
        draft = self._folder / f"{self._name}-{entry_id}.txt"
        is_resumed = draft.exists()
        if not is_resumed:
            form = _form(entry_id, preview, about[:_REV], conflicts, labels)
            draft = write_draft(self._folder, draft.stem, form)
        opened = None if is_resumed else draft.read_bytes()
        self._texts.enter_context(text_kept(draft, self._context.output, opened=opened, resume=self._again))
        self._drafts.append(draft)
        wait = press_enter if can_ask() else None
        data = edit_draft(draft, editor_command(self._context.environ), wait=wait, is_resumed=is_resumed)
        text = form_text(data)
        for head, rev in form_heads(text):
            refuse_stale(head, rev, about)
        return parse_form(text, {entry_id: preview}).get(entry_id, preview)


def _form(entry_id: str, preview: Entry, rev: str, conflicts: Sequence[Conflict], labels: tuple[str, str, str]) -> str:
    form = render_form([(entry_id, preview)], revs={entry_id: rev})
    if not conflicts:
        return form
    lines = []
    for conflict in conflicts:
        lines.append(f"# {conflict.field}: {conflict.message}")
        for label, value in zip(labels, (conflict.ours, conflict.theirs), strict=False):
            lines += comment_lines(label, value)
    head, mark, rest = form.partition("\n=== entry ")
    return f"{head}#\n" + "\n".join(lines) + f"\n{mark}{rest}"
