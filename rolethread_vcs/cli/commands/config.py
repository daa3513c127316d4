"""Read and change settings.

\b
  rtv config list
  rtv config get gate.strict
  rtv config set gate.rules.empty_message warning
  rtv config set checkout never
  rtv config edit

name and gate.* travel with the dataset: a change of them is a commit. checkout (always, never, auto), durability
(safe, fast), user.name and user.email are of this machine. The value default takes a setting back.
"""

from __future__ import annotations

import hashlib

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import ChangeCommand, Context, Group
from rolethread_vcs.cli.options import Saving, saving_options
from rolethread_vcs.errors import NotFoundError, UsageError

ENVELOPE = "rolethread.config/v1"

_RESUME = "rtv config edit --resume"

command = Group()


@command.command("list")
def list_(context: Context) -> None:
    """List every setting."""
    from rolethread_vcs.views.status import settings_lines

    settings = context.dataset.settings.list()
    context.output.answer(ENVELOPE, {"settings": settings}, lines=settings_lines(settings))


@command.command("get")
@click.argument("key")
def get(context: Context, key: str) -> None:
    """Print one setting."""
    setting = context.dataset.settings.get(key)
    context.output.answer(ENVELOPE, {"settings": [setting]}, lines=[setting.value or ""])


@command.command("set", cls=ChangeCommand)
@click.argument("key")
@click.argument("value")
@saving_options
def set_(context: Context, key: str, value: str, saving: Saving) -> None:
    """Change one setting."""
    settings = context.dataset.settings
    result = settings.set(key, value, intent=saving.intent(f"config set {key} {value}"))
    done = f"{saving.tense('set', 'set')} {key} to {value}"
    print_committed(context, result, done=done, nothing=f"{key} is {value} already")
    if key == "checkout" and not saving.dry_run and not context.output.json:
        context.output.note(settings.checkout_remark())


@command.command("edit", cls=ChangeCommand)
@click.option("--resume", is_flag=True, help="Go on with a text that could not be saved.")
@click.option("--discard-draft", is_flag=True, help="Throw that text away for good.")
@saving_options
def edit(context: Context, resume: bool, discard_draft: bool, saving: Saving) -> None:
    """Open rolethread.toml in your editor."""
    if resume and discard_draft:
        raise UsageError("a draft is taken up or thrown away", hint=_RESUME)
    from rolethread_vcs.cli.drafts import close_draft, discard, typed_text, write_draft

    settings, folder = context.dataset.settings, context.dataset.drafts_folder
    intent = saving.intent("config edit")
    read = settings.text()
    # the name tells whether the settings are still those that the draft was made from
    name = f"config-{hashlib.sha256(read).hexdigest()[:10]}"
    if resume or discard_draft:
        drafts = sorted(folder.glob("config-*.txt"), key=lambda path: path.stat().st_mtime) if folder.is_dir() else []
        if not drafts:
            raise NotFoundError("there is no unfinished draft of the settings", hint="rtv config edit", code="no_draft")
        draft = drafts[-1]
        if discard_draft:
            if not saving.dry_run:
                discard(draft)
            done = f"{saving.tense('throw', 'threw')} away the draft {draft.stem}; no setting was changed"
            print_committed(context, None, nothing=done)
            return
        if not draft.stem.startswith(name):
            context.output.warn("the settings were changed since this draft was begun; it replaces them as a whole")
    else:
        context.dataset.refuse_to_type(context.dataset.snapshot())
        draft = write_draft(folder, name, read.decode("utf-8", "replace"))
    with typed_text(context, draft, is_resumed=resume, again=_RESUME) as text:
        result = settings.replace_text(text, intent, read=None if resume else read)
    changed = None if text == read else result
    close_draft(context, draft, changed, again=_RESUME, nothing="the settings are as they were")
