"""Edit entries: in your editor, or one field at a time.

\b
  rtv edit 12 14                       opens both in one form; saved as one commit
  rtv edit --where "tag:draft"
  rtv edit 12 --message 2 --content "Dry enough."
  rtv edit 12 --message 2 --content @answer.txt --speaker mara --no-train
  rtv edit 12 --tag +tavern --tag -draft
  rtv edit --where untagged --system @keeper.txt
  rtv edit --resume                    goes on with a text that could not be saved

Messages are numbered as rtv show prints them, from 0. A TEXT is taken as it stands; @FILE reads it from a file, - from
standard input, and @@ begins a text with an @.

A new tag that looks like one in use is asked about at a terminal; elsewhere, and with --yes, it is saved with a
warning that names the other one: rtv undo takes it back.

What you type in the editor is never lost: until it is saved, the form is kept as a draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, entry_choice, name_words, saving_options
from rolethread_vcs.errors import UsageError
from rolethread_vcs.phrases import count

if TYPE_CHECKING:
    from rolethread_vcs.dataset import Dataset
    from rolethread_vcs.ops.edit.field_edits import FieldEdit


@click.command(cls=ChangeCommand)
@entry_choice
@click.option("--message", metavar="N", type=int, help="The message to change, by its number.")
@click.option("--content", metavar="TEXT", help="The new text of that message.")
@click.option("--role", metavar="ROLE", help="Its new role.")
@click.option("--speaker", metavar="NAME", help='Its new speaker; "" takes the speaker away.')
@click.option("--train/--no-train", default=None, help="Whether it trains.")
@click.option("--system", metavar="TEXT", help='Replace or add the system message; "" takes it away.')
@click.option("--tag", "tags", metavar="+TAG|-TAG", multiple=True, help="Add a tag, or take one away.")
@click.option("--resume", is_flag=True, help="Go on with a draft; name it, or one of its entries, if there are more.")
@click.option("--discard-draft", is_flag=True, help="Throw a draft away for good.")
@click.option("--all", "every", is_flag=True, help="With --discard-draft: every unfinished draft.")
@click.option("--yes", is_flag=True, help="Do not ask whether a new tag is meant.")
@saving_options
def command(
    context: Context,
    ids: tuple[str, ...],
    where: str | None,
    resume: bool,
    discard_draft: bool,
    every: bool,
    yes: bool,
    saving: Saving,
    **fields: Any,
) -> None:
    has_fields = any(value not in (None, ()) for value in fields.values())
    if (resume or discard_draft) and (has_fields or where is not None or (resume and discard_draft)):
        raise UsageError("a draft is taken up or thrown away by itself", hint="rtv edit --resume")
    if every and (not discard_draft or ids):
        raise UsageError("--all throws every draft away", hint="rtv edit --discard-draft --all")
    dataset = context.dataset
    if resume or discard_draft:
        if discard_draft:
            _discard_drafts(context, dataset, ids, saving, every=every)
        else:
            _resume_draft(context, dataset, ids, saving)
        return

    edit = _field_edit(context, **fields) if has_fields else None
    if edit is None and not ids and where is None:
        raise UsageError("which entry?", hint=_hint_of_drafts(dataset) or "rtv edit 12   (numbers: rtv list)")
    chosen = dataset.select(ids, where)
    if edit is None:
        from rolethread_vcs.cli.drafts import edit_entries

        edit_entries(context, chosen, saving)
        return
    edit = _ask_about_tags(context, dataset, edit, ask=not (yes or saving.dry_run))
    result = dataset.edit_fields(chosen, edit, saving.intent(f"edit{name_words(ids, where)}"))
    print_committed(context, result)


def _field_edit(
    context: Context,
    *,
    message: int | None,
    content: str | None,
    role: str | None,
    speaker: str | None,
    train: bool | None,
    system: str | None,
    tags: tuple[str, ...],
) -> FieldEdit:
    from rolethread_vcs import FieldEdit

    if content is not None or system is not None:
        from rolethread_vcs.cli.arguments import TypedTexts

        typed = TypedTexts(context)
        content, system = (None if text is None else typed.read(text) for text in (content, system))
    added, removed = _split_tags(tags)
    return FieldEdit(
        message=message,
        content=content,
        role=role,
        speaker=speaker,
        train=train,
        system=system,
        add_tags=added,
        remove_tags=removed,
    )


def _split_tags(tags: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    added = tuple(tag.removeprefix("+").strip() for tag in tags if not tag.startswith("-"))
    removed = tuple(tag[1:].strip() for tag in tags if tag.startswith("-"))
    return added, removed


def _ask_about_tags(context: Context, dataset: Dataset, edit: FieldEdit, *, ask: bool) -> FieldEdit:
    if not edit.add_tags:
        return edit
    from dataclasses import replace

    from rolethread_vcs.cli.output import can_ask

    alike: Mapping[str, str] = dataset.similar_tags(edit.add_tags)
    meant = {}
    for tag, known in alike.items():
        if ask and not context.json and can_ask():
            question = f"There is no tag {tag} yet. Use {known} instead (n makes {tag} a new tag)?"
            meant[tag] = known if click.confirm(question, default=True, err=True) else tag
        else:
            context.output.warn(f"{tag} is a new tag; did you mean {known}?")
    return replace(edit, add_tags=tuple(meant.get(tag, tag) for tag in edit.add_tags)) if meant else edit


def _resume_draft(context: Context, dataset: Dataset, words: tuple[str, ...], saving: Saving) -> None:
    from rolethread_vcs.cli.drafts import choose_draft, resume

    resume(context, choose_draft(dataset.drafts_folder, words), saving)


def _discard_drafts(context: Context, dataset: Dataset, words: tuple[str, ...], saving: Saving, *, every: bool) -> None:
    from rolethread_vcs.cli.drafts import choose_draft, discard, waiting_drafts

    folder = dataset.drafts_folder
    drafts = waiting_drafts(folder) if every else [choose_draft(folder, words)]
    for draft in drafts:
        if not saving.dry_run:
            discard(draft.path)
    verb = "would throw" if saving.dry_run else "threw"
    what = count(len(drafts), "draft") if every else f"the draft {drafts[0].name}"
    print_committed(context, None, nothing=f"{verb} away {what}; no entry was changed")


def _hint_of_drafts(dataset: Dataset) -> str | None:
    from rolethread_vcs.cli.drafts import waiting_drafts

    drafts = waiting_drafts(dataset.drafts_folder)
    return f"rtv edit 12   (an unfinished draft: rtv edit --resume {drafts[0].name})" if drafts else None
