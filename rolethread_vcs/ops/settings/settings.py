"""Reads and changes settings: those that travel with the dataset, and those of this machine.

The first lie in `rolethread.toml`, and a change of them is one commit. The others lie in `.git/config`; a change of
them makes no commit, and is one operation all the same.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack

from rolethread_vcs.errors import ConflictError, NotFoundError, UsageError, nearest
from rolethread_vcs.model.layout import SETTINGS
from rolethread_vcs.model.settings import Settings, get_value, parse_settings, set_value
from rolethread_vcs.ops.edit.status import unsaved_files
from rolethread_vcs.rules import find_rule
from rolethread_vcs.store.log import Moves
from rolethread_vcs.store.objects.commits import NEUTRAL_EMAIL, NEUTRAL_NAME
from rolethread_vcs.store.publication import BARE_KEY
from rolethread_vcs.store.refs import HEAD
from rolethread_vcs.store.repository import CHECKOUT_LIMIT, Repository
from rolethread_vcs.store.snapshot import Snapshot
from rolethread_vcs.transaction import (
    ChangeSet,
    Committed,
    Intent,
    Said,
    Session,
    intent_of,
    refuse_git_state,
    refuse_other_folders,
    refuse_unsaved,
    run,
)

DEFAULT = "default"
_RULES = "gate.rules."
_OPTIONS = "gate.options."
_TRAVELLING = ("name", "id", "format", "writer_features", "gate.strict", "gate.report_only")


@dataclass(frozen=True, slots=True)
class _MachineKey:
    """A setting of this machine: the key in git's configuration, its default, the words it can be."""

    git_key: str
    default: str | None
    choices: tuple[str, ...] = ()


_MACHINE = {
    "checkout": _MachineKey("rolethread.checkout", "auto", ("always", "never", "auto")),
    "durability": _MachineKey("rolethread.durability", "safe", ("safe", "fast")),
    "user.name": _MachineKey("user.name", None),
    "user.email": _MachineKey("user.email", None),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `value` is None when it is not set; `travels` tells whether it is part of the dataset.

    `remark` says what a reader must know beside the value, or nothing.
    """

    key: str
    value: str | None
    travels: bool
    remark: str = ""


# ---- reading


def settings_list(repository: Repository) -> tuple[Setting, ...]:
    """Return every setting, those that travel first."""
    text = _settings_text(repository.head_snapshot())
    settings = parse_settings(text)
    options = (f"{_OPTIONS}{rule}.{option}" for rule, values in settings.options.items() for option in values)
    keys = (*_TRAVELLING, *(_RULES + rule for rule in settings.severities), *options)
    found = []
    for key in keys:
        value = None
        with contextlib.suppress(NotFoundError):  # it is not set
            value = get_value(text, key)
        found.append(Setting(key, value, travels=True))
    return (*found, *(_machine_setting(repository, key) for key in _MACHINE))


def get(repository: Repository, key: str) -> Setting:
    """Return one setting.

    Raises:
        NotFoundError: there is none of that key, or it is not set.
    """
    if key not in _MACHINE:
        try:
            text = _settings_text(repository.head_snapshot())
            return Setting(key, get_value(text, _as_written(parse_settings(text), key)[0]), travels=True)
        except (NotFoundError, UsageError) as error:
            near = nearest(key, _MACHINE)
            if key.startswith((_RULES, _OPTIONS)):
                error.hint = f"rtv rules {key.split('.')[2]}   shows what holds"
            elif near:
                error.hint = f"rtv config get {near}"
            raise
    setting = _machine_setting(repository, key)
    if setting.value is None:
        raise NotFoundError(f"{key} is not set; {setting.remark}", hint=f"rtv config set {key} VALUE")
    return setting


def _machine_setting(repository: Repository, key: str) -> Setting:
    known = _MACHINE[key]
    value = repository.config.get(known.git_key) or known.default
    remark = ""
    if key == "checkout":
        remark = "no files are checked out now" if repository.is_bare else "files are checked out now"
    elif value is None:
        remark = f"commits say {NEUTRAL_NAME if key == 'user.name' else NEUTRAL_EMAIL}"
    return Setting(key, value, travels=False, remark=remark)


def _settings_text(snapshot: Snapshot) -> bytes:
    text = snapshot.file(SETTINGS)
    if text is None:
        raise NotFoundError(f"commit {snapshot.id[:10]} holds no {SETTINGS}", hint="rtv verify")
    return text


def _as_written(settings: Settings, key: str) -> list[str]:
    """Return the keys under which the file has the setting of a rule, by code or name, the one that counts first.

    Where it has none, there is one to write.

    Raises:
        UnknownRuleError: for a rule that does not exist a setting would be silently without effect.
    """
    tables: dict[str, Mapping[str, Any]] = {_RULES: settings.severities, _OPTIONS: settings.options}
    for prefix, written in tables.items():
        if key.startswith(prefix):
            word, dot, option = key.removeprefix(prefix).partition(".")
            rule = find_rule(word)
            words = sorted(filter(rule.is_called, written), key=lambda each: each.lower() != rule.code.lower())
            holding = [each for each in words if not dot or option in written[each]]
            return [f"{prefix}{each}{dot}{option}" for each in holding or words[:1] or [word]]
    return [key]


# ---- changing


def set_setting(
    repository: Repository, key: str, value: str, intent: Intent | None = None, **said: Unpack[Said]
) -> Committed:
    """Change one setting; `default` takes it back to its default.

    Raises:
        UsageError: there is no such setting, or it cannot be set, or not to that value.
        UnsavedEditsError: hand edits are in the way.
    """
    intent = intent_of(intent, said, "config", f"config set {key} {value}")
    if key in _MACHINE:
        return _set_on_machine(repository, key, _machine_value(key, value), intent)

    def plan(base: Snapshot) -> ChangeSet:
        from rolethread_vcs.ops.check import refuse_misfits

        first, *others = _as_written(base.settings, key)
        text = set_value(_settings_text(base), first, value, others, repository.refs.branches())
        refuse_misfits(base.settings, parse_settings(text))
        return ChangeSet(files={SETTINGS: text}, summary=f"set {key} to {value}")

    return run(repository, intent, plan)


def settings_text(repository: Repository) -> bytes:
    """Return the text of `rolethread.toml` for an editor.

    Raises:
        UnsavedEditsError: the checked-out file has hand edits.
    """
    refuse_unsaved([item for item in unsaved_files(repository, with_staged=True) if item.path == SETTINGS])
    return _settings_text(repository.head_snapshot())


def replace_settings(
    repository: Repository,
    text: bytes,
    intent: Intent | None = None,
    *,
    read: bytes | None = None,
    **said: Unpack[Said],
) -> Committed:
    """Put a new text in the place of `rolethread.toml`; `read` is the text that it was made from.

    Raises:
        InvalidError: it cannot be read, or changes what nobody may.
        ConflictError: the settings changed since they were read.
    """
    intent = intent_of(intent, said, "config", "config edit")
    parse_settings(text)

    def plan(base: Snapshot) -> ChangeSet:
        now = _settings_text(base)
        if read is not None and now != read:
            raise ConflictError("the settings were changed by another command meanwhile")
        from rolethread_vcs.ops.check import check_settings_by_hand

        check_settings_by_hand(base, text)
        return ChangeSet(files={SETTINGS: text}, summary="edit the settings")

    return run(repository, intent, plan)


def _machine_value(key: str, value: str) -> str | None:
    known = _MACHINE[key]
    if value == DEFAULT:
        return None
    if known.choices and value not in known.choices:
        raise UsageError(f"{key} is one of {', '.join(known.choices)}, not {value!r}")
    text = value.strip()
    if not text or any(character in "<>" or not character.isprintable() for character in text):
        raise UsageError(f"{key} must be readable text without < and >, not {value!r}")
    return text


def _set_on_machine(repository: Repository, key: str, value: str | None, intent: Intent) -> Committed:
    git_key, message = _MACHINE[key].git_key, f"set {key} to {value or DEFAULT}"
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        config = {git_key: (repository.config.own(git_key), value)}
        if key == "checkout" and value in ("always", "never"):
            words = {True: "true", False: "false"}
            config[BARE_KEY] = (words[repository.is_bare], words[value == "never"])
        config = {name: pair for name, pair in config.items() if pair[0] != pair[1]}
        refuse_checkout(repository, config)
        if intent.dry_run or not config:
            return session.unchanged(message if config else "")
        return replace(session.move({}, config=config), message=message)


def refuse_checkout(repository: Repository, config: Moves) -> None:
    """Raise when files cannot be checked out here, or be removed, as new values of git's configuration want it.

    Raises:
        UnsavedEditsError: hand edits, or other files, are in the way. UsageError: this is a folder copy.
        ConflictError (git_unfinished): files would go in the middle of what plain git does.
        ConflictError (checked_out_elsewhere): another folder has the branch checked out that this one would get.
    """
    if BARE_KEY not in config:
        return
    if repository.worktree_name:
        main = shlex.quote(str(repository.common_folder))
        raise UsageError(
            "this is a folder copy, which always has its files",
            hint=f"for the dataset's own folder: rtv -C {main} config set checkout …",
        )
    if config[BARE_KEY][1] == "true":
        refuse_git_state(repository)
        refuse_unsaved(unsaved_files(repository, with_staged=True))
    elif repository.is_bare:
        head = repository.refs.head()
        refuse_other_folders(repository, {HEAD: (head, head)})
        repository.home_worktree().refuse_in_the_way(repository.head_snapshot().tree)


def checkout_remark(repository: Repository) -> str:
    """Return what the setting `checkout` means for the folder as it is."""
    setting = _machine_setting(repository, "checkout")
    if setting.value != "auto":
        return setting.remark
    return f"{setting.remark}; auto decides at the first import or clone: files up to {CHECKOUT_LIMIT:,} entries"
