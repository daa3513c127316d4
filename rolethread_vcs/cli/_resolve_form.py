"""Opens one entry of a merge in the user's editor, both sides above it as comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolethread_vcs.cli._conflict_text import comment_lines
from rolethread_vcs.cli._drafts import discard, text_kept
from rolethread_vcs.cli._editor import can_ask, edit_draft, editor_command, press_enter, write_draft
from rolethread_vcs.cli._forms import refuse_without_editor
from rolethread_vcs.cli.form import form_text, parse_form, render_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rolethread_vcs.cli._context import Context
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.model.entry import Entry
    from rolethread_vcs.ops.merges.three_way import Conflict


def edit_one(
    context: Context,
    dataset: Dataset,
    entry_id: str,
    preview: Entry,
    *,
    name: str = "resolve",
    conflicts: Sequence[Conflict] = (),
    labels: tuple[str, str, str] = ("ours", "theirs", "base"),
) -> Entry:
    """Return the entry as the user wrote it. A text that does not read stays as a draft, and is taken up again.

    Raises:
        UsageError: there is no editor. FormError: the text does not read. EditorError.
    """
    refuse_without_editor(context, f"rtv resolve {entry_id} --take {labels[1]}")
    folder = dataset.repository.drafts_folder
    draft = folder / f"{name}-{entry_id}.txt"
    is_resumed = draft.exists()
    if not is_resumed:
        draft = write_draft(folder, f"{name}-{entry_id}", _form(entry_id, preview, conflicts, labels))
    opened = None if is_resumed else draft.read_bytes()
    again = f"rtv resolve {entry_id} --edit" if name == "resolve" else f"rtv {name} … -p"
    with text_kept(draft, context.output, opened=opened, resume=again):
        data = edit_draft(
            draft, editor_command(context.environ), wait=press_enter if can_ask() else None, is_resumed=is_resumed
        )
        typed = parse_form(form_text(data), {entry_id: preview})
    discard(draft)
    return typed.get(entry_id, preview)


def _form(entry_id: str, preview: Entry, conflicts: Sequence[Conflict], labels: tuple[str, str, str]) -> str:
    form = render_form([(entry_id, preview)])
    if not conflicts:
        return form
    lines = []
    for conflict in conflicts:
        lines.append(f"# {conflict.field}: {conflict.message}")
        for label, value in zip(labels, (conflict.ours, conflict.theirs), strict=False):
            lines += comment_lines(label, value)
    head, mark, rest = form.partition("\n=== entry ")
    return f"{head}#\n" + "\n".join(lines) + f"\n{mark}{rest}"
