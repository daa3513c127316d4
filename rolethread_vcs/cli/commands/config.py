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

from typing import TYPE_CHECKING

import click

from rolethread_vcs.cli.answers import print_committed
from rolethread_vcs.cli.context import Context, Group
from rolethread_vcs.cli.options import Saving, saving_options
from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.views.terminal_text import styled

if TYPE_CHECKING:
    from pathlib import Path


ENVELOPE = "rolethread.config/v1"

_DRAFT = "config"
_EDIT = "rtv config edit"
_RESUME = f"{_EDIT} --resume"


command = Group()


@command.command("list")
def list_(context: Context) -> None:
    """List every setting."""
    settings = context.dataset.settings.list()
    if context.json:
        context.output.envelope(ENVELOPE, {"settings": settings})
        return
    keys = max(len(setting.key) for setting in settings)
    for travels, heading in ((True, "of the dataset"), (False, "of this machine")):
        context.output.print(styled(heading, "heading"))
        for setting in settings:
            if setting.travels == travels:
                absent = "(not set)" if setting.value is None else "(none)"
                value = setting.value or styled(absent, "faint")
                remark = styled(f"   {setting.remark}", "faint") if setting.remark else ""
                context.output.print(f"  {setting.key.ljust(keys)}  {value}{remark}")


@command.command("get")
@click.argument("key")
def get(context: Context, key: str) -> None:
    """Print one setting."""
    setting = context.dataset.settings.get(key)
    if context.json:
        context.output.envelope(ENVELOPE, {"settings": [setting]})
    else:
        context.output.print(setting.value or "")


@command.command("set")
@click.argument("key")
@click.argument("value")
@saving_options
def set_(context: Context, key: str, value: str, saving: Saving) -> None:
    """Change one setting."""
    dataset = context.dataset

    result = dataset.settings.set(key, value, intent=saving.intent(f"config set {key} {value}"))
    verb = "would set" if saving.dry_run else "set"
    print_committed(context, result, done=f"{verb} {key} to {value}", nothing=f"{key} is {value} already")
    if key == "checkout" and not saving.dry_run and not context.json:
        context.output.note(dataset.settings.checkout_remark())


@command.command("edit")
@click.option("--resume", is_flag=True, help="Go on with a text that could not be saved.")
@click.option("--discard-draft", is_flag=True, help="Throw that text away for good.")
@saving_options
def edit(context: Context, resume: bool, discard_draft: bool, saving: Saving) -> None:
    """Open rolethread.toml in your editor."""
    if resume and discard_draft:
        raise UsageError("a draft is taken up or thrown away", hint=_RESUME)
    dataset = context.dataset
    from rolethread_vcs.cli.drafts import discard, typed_text, write_draft

    intent = saving.intent("config edit")
    read = dataset.settings.text()
    folder = dataset.drafts_folder
    if resume or discard_draft:
        draft = _waiting(folder)
        if draft is None:
            raise NotFoundError("there is no unfinished draft of the settings", hint=_EDIT, code="no_draft")
        if discard_draft:
            if not saving.dry_run:
                discard(draft)
            verb = "would throw" if saving.dry_run else "threw"
            done = f"{verb} away the draft {draft.stem}; no setting was changed"
            print_committed(context, None, nothing=done)
            return
        if not draft.stem.startswith(_draft_name(read)):
            context.output.warn("the settings were changed since this draft was begun; it replaces them as a whole")
    else:
        draft = write_draft(folder, _draft_name(read), read.decode("utf-8", "replace"))
    with typed_text(context, draft, is_resumed=resume, again=_RESUME) as text:
        result = dataset.settings.replace_text(text, intent, read=None if resume else read)
    if saving.dry_run and text != read:
        context.output.note(f"your text is kept in {draft}; save it with: {_RESUME}")
    else:
        discard(draft, saved=result.operation is not None)
    print_committed(context, result, nothing="the settings are as they were")


def _draft_name(read: bytes) -> str:
    import hashlib

    return f"{_DRAFT}-{hashlib.sha256(read).hexdigest()[:10]}"


def _waiting(folder: Path) -> Path | None:
    drafts = sorted(folder.glob(f"{_DRAFT}-*.txt"), key=lambda path: path.stat().st_mtime) if folder.is_dir() else []
    return drafts[-1] if drafts else None
