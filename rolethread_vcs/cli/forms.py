"""Takes a form through the user's editor and saves what was typed; the draft stays until it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import Context
from rolethread_vcs.cli.drafts import (
    RESUME,
    WaitingDraft,
    discard,
    edit_draft,
    editor_command,
    press_enter,
    resume_command,
    text_kept,
    waiting_drafts,
    write_draft,
)
from rolethread_vcs.cli.form import blank_form, form_heads, form_text, parse_form, parse_new, render_form
from rolethread_vcs.cli.options import Saving, name_words
from rolethread_vcs.cli.output import can_ask
from rolethread_vcs.errors import ConflictError, UsageError
from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import rev_of

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.merge.conflict import Conflict
    from rolethread_vcs.store.log.unfinished import Labels
    from rolethread_vcs.store.snapshot import Snapshot
    from rolethread_vcs.transaction import Committed

MOST_ENTRIES = 500
"""Entries that fit into one form; a longer one is no work for a person."""


def write_new(context: Context, dataset: Dataset, saving: Saving, tags: Sequence[str] = ()) -> None:
    refuse_without_editor(context, 'rtv add --user "…" --assistant "…"   or: rtv add -')
    folder = dataset.drafts_folder
    _edit_and_save(context, dataset, saving, write_draft(folder, "add", blank_form(tags=tags)))


def edit_entries(context: Context, dataset: Dataset, ids: Sequence[str], saving: Saving) -> None:
    refuse_without_editor(context, f'rtv edit {ids[0]} --message 1 --content "…"')
    if len(ids) > MOST_ENTRIES:
        raise UsageError(
            f"{len(ids):,} entries are too many for one form; {MOST_ENTRIES} fit",
            hint="choose fewer: --where 'id:1..200 …'",
        )
    folder = dataset.drafts_folder
    for draft in waiting_drafts(folder):
        if set(draft.ids) & set(ids):
            context.output.warn(f"an older draft of this is unfinished: rtv edit --resume {draft.name}")
    snapshot = dataset.snapshot()
    dataset.refuse_hand_edited(snapshot, ids)
    form = render_form(
        [(entry_id, snapshot[entry_id]) for entry_id in ids],
        revs={entry_id: rev_of(snapshot.blob_id(entry_id)) for entry_id in ids},
    )
    name = f"edit-{ids[0]}" if len(ids) == 1 else f"edit-{len(ids)}-entries"
    _edit_and_save(context, dataset, saving, write_draft(folder, name, form))


def resume(context: Context, dataset: Dataset, draft: WaitingDraft, saving: Saving) -> None:
    """Open a draft again and save it; with `--allow` it is saved as it stands, since nothing is left to type."""
    if saving.allow:
        with text_kept(draft.path, context.output):
            _save(context, dataset, saving, draft.path, draft.path.read_bytes())
    else:
        refuse_without_editor(context, f"EDITOR=nano {RESUME} {draft.name}")
        _edit_and_save(context, dataset, saving, draft.path, is_resumed=True)


def refuse_without_editor(context: Context, instead: str) -> None:
    """Refuse to open an editor where nobody can use one.

    An editor that was named is meant, even where nobody seems to sit at a terminal, as with git.

    Raises:
        UsageError: no terminal, and no editor named; the hint is the command to use `instead`.
    """
    if not can_ask() and not (context.environ.get("VISUAL") or context.environ.get("EDITOR")):
        raise UsageError("there is no terminal to open an editor in, and EDITOR names none", hint=instead)


def _edit_and_save(
    context: Context, dataset: Dataset, saving: Saving, draft: Path, *, is_resumed: bool = False
) -> None:
    opened = None if is_resumed else draft.read_bytes()
    with text_kept(draft, context.output, opened=opened):
        data = edit_draft(
            draft,
            editor_command(context.environ),
            wait=press_enter if can_ask() else None,
            is_resumed=is_resumed,
        )
        _save(context, dataset, saving, draft, data)


def _save(context: Context, dataset: Dataset, saving: Saving, draft: Path, data: bytes) -> None:
    text = form_text(data)
    heads = form_heads(text)
    result = _save_changes(dataset, saving, text, heads) if heads else _save_new(dataset, saving, text)
    context.output.saved = result is not None and result.operation is not None
    if result is None:
        # what was typed is what is there
        draft.unlink(missing_ok=True)
    elif saving.dry_run:
        context.output.note(f"your text is kept in {draft}; save it with: {resume_command(draft.parent, draft)}")
    else:
        discard(draft, saved=context.output.saved)
    if result is None:
        result = nothing_done(dataset)
    is_new = draft.stem.startswith("add")
    nothing = "nothing was written, so nothing was added" if is_new else "nothing changed"
    print_committed(context, result, nothing=nothing)


def _save_new(dataset: Dataset, saving: Saving, text: str) -> Committed | None:
    entries = parse_new(text)
    return dataset.add(entries, saving.intent("add")) if entries else None


def _save_changes(
    dataset: Dataset, saving: Saving, text: str, heads: Sequence[tuple[str, str | None]]
) -> Committed | None:
    snapshot = dataset.snapshot()
    originals, revs = _originals(snapshot, heads)
    typed = parse_form(text, originals)
    changed = {
        entry_id: entry for entry_id, entry in typed.items() if encode_entry(entry) != encode_entry(originals[entry_id])
    }
    if not changed:
        return None
    expected = {entry_id: revs[entry_id] for entry_id in changed}
    command = f"edit{name_words(list(changed))}"
    return dataset.replace(changed, saving.intent(command), if_unchanged_since=expected)


def _originals(
    snapshot: Snapshot, heads: Sequence[tuple[str, str | None]]
) -> tuple[Mapping[str, Entry], Mapping[str, bytes]]:
    """Return the entries that a form was made from, and their blob ids.

    Raises:
        ConflictError (stale_draft): an entry is no longer what it was then.
    """
    originals, revs = {}, {}
    for entry_id, rev in heads:
        if entry_id not in snapshot:
            raise ConflictError(
                f"entry {entry_id} was removed since this form was made; nothing was overwritten",
                hint=f"rtv log {entry_id}   names the commit that removed it\n"
                f"rtv restore {entry_id} --from COMMIT~1   brings it back, and your text can be saved then",
                code="stale_draft",
            )
        blob = snapshot.blob_id(entry_id)
        refuse_stale(entry_id, rev, blob.hex())
        originals[entry_id] = snapshot[entry_id]
        revs[entry_id] = blob
    return originals, revs


def refuse_stale(entry_id: str, rev: str | None, now: str) -> None:
    """Refuse a draft of an entry whose heading names another state than the one that is there now.

    Raises:
        ConflictError (stale_draft): it does.
    """
    if rev is not None and not now.startswith(rev):
        raise ConflictError(
            f"entry {entry_id} changed since this form was made; nothing was overwritten",
            hint=f"see it as it is now: rtv show {entry_id}\n"
            f"to save your text all the same, take ' @ {rev}' out of the line '=== entry {entry_id} @ {rev}'",
            code="stale_draft",
        )


def nothing_done(dataset: Dataset) -> Committed:
    from rolethread_vcs import Committed

    return Committed(dataset.current_branch() or "", None, None)


# ---- entries of a merge


_REV = 12


class Forms:
    """The forms that one command opens, as a block: each stays as a draft until the block has come to a good end.

    Drafts are called `<name>-<id>.txt`; `again` is the command that takes them up.
    """

    def __init__(self, context: Context, dataset: Dataset, name: str, again: str) -> None:
        self._context = context
        self._folder = dataset.drafts_folder
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
        labels: Labels,
        *,
        conflicts: Sequence[Conflict] = (),
    ) -> Entry:
        """Return the entry as the user wrote it. A text that was kept before is taken up again.

        `about` tells the three sides from others; it stands in the form, so that a draft knows what it was made from.

        Raises:
            UsageError: there is no editor. FormError: the text does not read. InvalidError (editor).
            ConflictError (stale_draft): a draft that was made from other sides.
        """
        refuse_without_editor(self._context, f"rtv resolve {entry_id} --take {labels.theirs}")
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


def _form(entry_id: str, preview: Entry, rev: str, conflicts: Sequence[Conflict], labels: Labels) -> str:
    form = render_form([(entry_id, preview)], revs={entry_id: rev})
    if not conflicts:
        return form
    from rolethread_vcs.views.merges import comment_lines

    lines = []
    for conflict in conflicts:
        lines.append(f"# {conflict.field}: {conflict.message}")
        for label, value in ((labels.ours, conflict.ours), (labels.theirs, conflict.theirs)):
            lines += comment_lines(label, value)
    head, mark, rest = form.partition("\n=== entry ")
    return f"{head}#\n" + "\n".join(lines) + f"\n{mark}{rest}"
