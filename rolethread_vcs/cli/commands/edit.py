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

from typing import TYPE_CHECKING, Any

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import ChangeCommand, Context
from rolethread_vcs.cli.options import Saving, entry_choice, name_words, saving_options
from rolethread_vcs.errors import UsageError
from rolethread_vcs.phrases import count

if TYPE_CHECKING:
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
    tags: tuple[str, ...],
    **fields: Any,
) -> None:
    has_fields = bool(tags) or any(value is not None for value in fields.values())
    if (resume or discard_draft) and (has_fields or where is not None or (resume and discard_draft)):
        raise UsageError("a draft is taken up or thrown away by itself", hint="rtv edit --resume")
    if every and (not discard_draft or ids):
        raise UsageError("--all throws every draft away", hint="rtv edit --discard-draft --all")
    dataset = context.dataset
    if resume or discard_draft:
        from rolethread_vcs.cli.drafts import choose_draft, discard, resume_draft, waiting_drafts

        folder = dataset.drafts_folder
        drafts = waiting_drafts(folder) if every else [choose_draft(folder, ids)]
        if resume:
            resume_draft(context, drafts[0], saving)
            return
        for draft in drafts if not saving.dry_run else ():
            discard(draft.path)
        what = count(len(drafts), "draft") if every else f"the draft {drafts[0].name}"
        print_committed(context, None, nothing=f"{saving.tense('throw', 'threw')} away {what}; no entry was changed")
        return
    if not (has_fields or ids or where is not None):
        from rolethread_vcs.cli.drafts import RESUME, waiting_drafts

        drafts = waiting_drafts(dataset.drafts_folder)
        remark = f"(an unfinished draft: {RESUME} {drafts[0].name})" if drafts else "(numbers: rtv list)"
        raise UsageError("which entry?", hint=f"rtv edit 12   {remark}")
    chosen = dataset.select(ids, where)
    if not has_fields:
        from rolethread_vcs.cli.drafts import edit_entries

        edit_entries(context, chosen, saving)
        return
    edit = _field_edit(context, fields, tags, asks=not (yes or saving.dry_run))
    print_committed(context, dataset.edit_fields(chosen, edit, saving.intent(f"edit{name_words(ids, where)}")))


def _field_edit(context: Context, fields: dict[str, Any], tags: tuple[str, ...], *, asks: bool) -> FieldEdit:
    from rolethread_vcs import FieldEdit
    from rolethread_vcs.cli.output import can_ask

    texts = [name for name in ("content", "system") if fields[name] is not None]
    if texts:
        from rolethread_vcs.cli.arguments import TypedTexts

        typed = TypedTexts(context)
        fields |= {name: typed.read(fields[name]) for name in texts}
    added = [tag.removeprefix("+").strip() for tag in tags if not tag.startswith("-")]
    removed = tuple(tag[1:].strip() for tag in tags if tag.startswith("-"))
    meant = {}
    for tag, known in context.dataset.similar_tags(added, besides=removed).items() if added else ():
        if tag.casefold() == known.casefold():
            meant[tag] = known
            context.output.warn(f"{tag} is {known} in another case; {known} is used")
        elif asks and not context.output.json and can_ask():
            question = f"There is no tag {tag} yet. Use {known} instead (n makes {tag} a new tag)?"
            meant[tag] = known if click.confirm(question, default=True, err=True) else tag
        else:
            context.output.warn(f"{tag} is a new tag; did you mean {known}?")
    return FieldEdit(**fields, add_tags=tuple(meant.get(tag, tag) for tag in added), remove_tags=removed)
