"""The door: what can be done with a dataset, word by word; `cli`, `views` and scripts use nothing behind it.

The everyday words stand on `Dataset`, the rest in groups (`dataset.branches.rename("old", "new")`). A word is an
operation of `ops`, whose signature and docstring are its own (see `door`). A module is imported when its first word is
asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack

from rolethread_vcs.door import Change, Function, Group, Method, fitted
from rolethread_vcs.errors import UsageError, changing
from rolethread_vcs.store.dataset_folder import find_dataset

if TYPE_CHECKING:
    from rolethread_vcs.ops import check, select
    from rolethread_vcs.ops import import_ as importer
    from rolethread_vcs.ops.branches import branch_edits, branches, releases
    from rolethread_vcs.ops.compare import comparison, diff
    from rolethread_vcs.ops.edit import change, field_edits, hand_edits, status
    from rolethread_vcs.ops.export import exporter, output_file
    from rolethread_vcs.ops.git_support import drivers, hooks
    from rolethread_vcs.ops.history import bisect, blame, commit_range, entry_history, graph, log, show, undo
    from rolethread_vcs.ops.import_ import program_rows, row_reader
    from rolethread_vcs.ops.merge import completion, merge, past_change, resolve
    from rolethread_vcs.ops.restore import removed_entries, restore
    from rolethread_vcs.ops.settings import creation, settings
    from rolethread_vcs.ops.verify import doctor, repair, verify
    from rolethread_vcs.ops.workcopy import (
        commit,
        file_copies,
        folder_copies,
    )
    from rolethread_vcs.ops.workcopy import (
        links as copy_links,
    )
    from rolethread_vcs.ops.workcopy import (
        status as copy_status,
    )
    from rolethread_vcs.store import damaged_refs, disk, repository
    from rolethread_vcs.store.repository import Repository
    from rolethread_vcs.transaction import Said
else:

    class _Module:
        """A module that is imported when something of it is asked for."""

        def __init__(self, name: str) -> None:
            self._name = f"rolethread_vcs.{name}"

        def __getattr__(self, attribute: str) -> Any:
            return getattr(import_module(self._name), attribute)

    def _modules(family: str, names: str) -> Iterator[_Module]:
        return (_Module(f"ops.{family}.{name}") for name in names.split())

    branch_edits, branches, releases = _modules("branches", "branch_edits branches releases")
    comparison, diff = _modules("compare", "comparison diff")
    change, field_edits, hand_edits, status = _modules("edit", "change field_edits hand_edits status")
    exporter, output_file = _modules("export", "exporter output_file")
    check = _Module("ops.check")
    drivers, hooks = _modules("git_support", "drivers hooks")
    bisect, blame, commit_range, entry_history = _modules("history", "bisect blame commit_range entry_history")
    graph, log, show, undo = _modules("history", "graph log show undo")
    importer, (program_rows, row_reader) = _Module("ops.import_"), _modules("import_", "program_rows row_reader")
    completion, merge, past_change, resolve = _modules("merge", "completion merge past_change resolve")
    removed_entries, restore = _modules("restore", "removed_entries restore")
    select = _Module("ops.select")
    creation, settings = _modules("settings", "creation settings")
    doctor, repair, verify = _modules("verify", "doctor repair verify")
    commit, file_copies, folder_copies = _modules("workcopy", "commit file_copies folder_copies")
    copy_links, copy_status = _modules("workcopy", "links status")
    damaged_refs, disk, repository = map(_Module, ("store.damaged_refs", "store.disk", "store.repository"))


class Branches(Group):
    """Branches; `Dataset.branch` makes one, `Dataset.switch` goes to one."""

    list = Method(lambda: branches.branches)
    remote = Method(lambda: branches.remote_branches)
    names = Method(lambda: branches.branch_names)
    damaged = Method(lambda: damaged_refs.damaged_refs)
    position = Method(lambda: branches.position)
    note = Change(lambda: branch_edits.write_note, "changed")
    rename = Change(lambda: branch_edits.rename, "changed")
    delete = Change(lambda: branch_edits.delete, "changed")


class Releases(Group):
    """Named versions."""

    list = Method(lambda: releases.releases)
    get = Method(lambda: releases.describe)
    previous = Method(lambda: releases.previous)
    create = Change(lambda: releases.release, "changed")
    delete = Change(lambda: releases.delete, "changed")


class Bisect(Group):
    """The search for the commit that made things worse."""

    start = Change(lambda: bisect.start, "changed")
    mark = Change(lambda: bisect.mark, "changed")
    run = Change(lambda: bisect.run, "changed")
    status = Method(lambda: bisect.status)
    export = Method(lambda: bisect.export_candidate)
    answers = Method(lambda: bisect.answers)
    reset = Change(lambda: bisect.reset, "changed")


class History(Group):
    """What the data was; `Dataset.log` walks it."""

    entry = Method(lambda: entry_history.entry_history)
    details = Method(lambda: entry_history.details_of)
    blame = Method(lambda: blame.blame)
    graph = Method(lambda: graph.Graph)
    names = Method(lambda: graph.names_by_commit)
    fold = Function(lambda: log.fold)
    counts = Method(lambda: log.counts_of)
    operations = Method(lambda: log.OperationsByCommit)
    commit = Method(lambda: show.show_commit)
    changes = Method(lambda: show.changes_of)
    preview = Method(lambda: show.preview_of)
    raw = Method(lambda: show.raw_bytes)
    range = Method(lambda: commit_range.find_range)
    is_by_and_within = Function(lambda: log.is_by_and_within)
    removed = Method(lambda: removed_entries.RemovedEntries)
    bisect = Bisect()


class Merges(Group):
    """Merges, reverts and picks that need decisions; `Dataset.merge`, `revert` and `pick` begin one."""

    preview = Method(lambda: merge.preview)
    pick_preview = Method(lambda: past_change.preview)
    conflicts = Method(lambda: resolve.open_merge)
    select = Function(lambda: resolve.select_conflicts)
    resolve = Change(lambda: resolve.resolve, "changed")
    give = Change(lambda: resolve.resolve_as, "changed")
    finish = Change(lambda: completion.finish, "changed")
    abort = Change(lambda: completion.abort, "changed")


class Copies(Group):
    """Working copies: files and folders in which a branch is edited elsewhere."""

    files = Method(lambda: copy_links.all_copies)
    is_file_name = Function(lambda: file_copies.is_file_name)
    find = Method(lambda: file_copies.find)
    add = Change(lambda: file_copies.add, "made")
    status = Method(lambda: copy_status.status)
    commit = Change(lambda: commit.commit)
    refresh = Change(lambda: commit.refresh, "changed")
    remove = Change(lambda: file_copies.remove, "changed")
    folders = Method(lambda: folder_copies.folder_copies)
    add_folder = Change(lambda: folder_copies.add, "made")
    folder_status = Method(lambda: folder_copies.status)
    commit_folder = Change(lambda: folder_copies.commit)
    remove_folder = Change(lambda: folder_copies.remove, "changed")


class Gate(Group):
    """What refuses a commit; `Dataset.check` looks at a whole revision."""

    check_since = Method(lambda: check.check_since)
    check_staged = Method(lambda: check.check_staged)
    rules = Function(lambda: check.list_rules)
    rule = Function(lambda: check.find_effective_rule)
    errors_of_commit = Method(lambda: check.errors_of_commit)
    errors_of_fast_forward = Method(lambda: check.errors_of_fast_forward)
    errors_of_push = Method(lambda: check.errors_of_push)
    install_hooks = Change(lambda: hooks.install, "changed")
    remove_hooks = Change(lambda: hooks.remove, "changed")


class Settings(Group):
    """Settings: those that travel with the dataset, and those of this machine."""

    list = Method(lambda: settings.settings_list)
    get = Method(lambda: settings.get)
    set = Change(lambda: settings.set_setting)
    text = Method(lambda: settings.settings_text)
    replace_text = Change(lambda: settings.replace_settings)
    checkout_remark = Method(lambda: settings.checkout_remark)


class Operations(Group):
    """What was done here; `Dataset.undo` and `redo` move through it."""

    list = Method(lambda: undo.list_operations)
    record_external = Method(lambda: undo.record_external)


class Upkeep(Group):
    """Looking after the store, and what git calls."""

    verify = Method(lambda: verify.verify)
    repair = Function(lambda: repair.repair)
    unlock = Method(lambda: doctor.unlock)
    diagnose = Function(lambda: doctor.diagnose)
    refuse_unreadable = Function(lambda: creation.refuse_unreadable)
    read_row = Function(lambda: row_reader.read_row)
    merge_files = Function(lambda: drivers.merge_files)
    write_page = Function(lambda: output_file.write_page)
    system_errors = Function(lambda: disk.system_errors)


class Dataset:
    """A versioned dataset on this machine.

    Make one with `Dataset.init`, open one with `Dataset.open`. Words return the values that the command prints, and
    raise the families of `rolethread_vcs.errors`. `warnings` and `notes` are sentences for the owner of a new one.
    """

    branches = Branches()
    releases = Releases()
    history = History()
    merges = Merges()
    copies = Copies()
    gate = Gate()
    settings = Settings()
    operations = Operations()
    upkeep = Upkeep()

    def __init__(self, repository: Repository, *, warnings: tuple[str, ...] = (), notes: tuple[str, ...] = ()) -> None:
        from rolethread_vcs.store.repository import Repository

        if not isinstance(repository, Repository):
            raise UsageError("a dataset is opened by its own word", hint="Dataset.open(folder)")
        self._repository = repository
        self.warnings = warnings
        self.notes = notes

    def __repr__(self) -> str:
        return f"<Dataset {str(self._repository.folder)!r}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._repository.close()

    # ---- start

    @classmethod
    @fitted
    def init(cls, path: str | Path, *, name: str | None = None, id: str | None = None) -> Dataset:
        """Create an empty dataset in a folder, which is made if missing; `id` is a UUID, a fresh one by default."""
        with changing("made"):
            started = creation.init(path, name=name, id=id)
        return cls(started.repository, warnings=started.warnings, notes=started.notes)

    @classmethod
    @fitted
    def clone(cls, source: str | Path, path: str | Path | None = None, *, inside: Path = Path()) -> Dataset:
        """Copy a dataset, or a bundle of git, with its history, branches and releases into a folder, empty or new.

        The source is a path or a `file://` URL. Paths are relative to `inside`; the folder has the source's name by
        default.
        """
        with changing("made"):
            started = creation.clone(source, path, inside=inside)
        return cls(started.repository, warnings=started.warnings, notes=started.notes)

    @classmethod
    @fitted
    def open(cls, path: str | Path = ".", *, check: bool = True) -> Dataset:
        """Open the dataset that a folder lies in; without `check` also a damaged one, to `verify` it."""
        return cls(find_dataset(Path(path), check=check))

    @classmethod
    @fitted
    def open_to_go_back(cls, path: str | Path = ".") -> Dataset:
        """Open as `open` does, and also a dataset whose settings cannot be read: `undo` and `redo` are the way out."""
        from rolethread_vcs.model.settings import InvalidSettingsError

        try:
            return cls.open(path)
        except InvalidSettingsError:
            return cls.open(path, check=False)

    @property
    def repository(self) -> Repository:
        """What lies under the door; opened anew when the dataset went bare or was checked out since."""
        self._repository = self._repository.reopened_if_changed()
        return self._repository

    @property
    def folder(self) -> Path:
        """The folder people know the dataset by."""
        return self.repository.folder

    @property
    def drafts_folder(self) -> Path:
        """The folder in which typed text lies until it is saved."""
        return self.repository.drafts_folder

    @property
    def is_shallow(self) -> bool:
        """Whether git copied only the newest part of the history."""
        return self.repository.is_shallow

    @property
    def is_partial(self) -> bool:
        """Whether git left a part of the objects at the remote, as `git clone --filter` does."""
        return bool(self.repository.objects.is_partial)

    # ---- reading

    snapshot = Method(lambda: repository.Repository.snapshot)
    current_branch = Method(lambda: repository.Repository.branch)
    status = Method(lambda: status.survey)
    show = Method(lambda: show.show)
    log = Method(lambda: log.History)
    diff = Method(lambda: diff.compare)
    count_kinds = Function(lambda: comparison.ChangeCounts.of)
    count_changes = Function(lambda: comparison.count_changes)
    check = Method(lambda: check.check)
    select = Method(lambda: select.select)
    page = Method(lambda: select.page)
    tags = Method(lambda: select.tags)
    similar_tags = Method(lambda: select.similar_tags)

    # ---- changing

    _begin = Method(lambda: change.Change)

    @contextlib.contextmanager
    def edit(self, message: str | None = None, /, **said: Unpack[Said]) -> Iterator[change.Change]:
        """Collect changes to entries, and make them one commit when the block ends well, or nothing.

        `change.add(entry)` returns the new id, `change.put(id, entry)`, `change.remove(id)`; entries are `Entry` or
        plain mappings of their fields, an id may be a number. After the block, `change.result` is what was committed.
        An entry that somebody else changed since the block began is a `StaleEntryError`.
        """
        with changing("saved"):
            block = self._begin(**({"message": message} | said))
            try:
                yield block
                block.commit()
            finally:
                block.is_open = False

    add = Change(lambda: change.add)
    replace = Change(lambda: change.replace)
    remove = Change(lambda: change.remove)
    edit_fields = Change(lambda: field_edits.edit_fields)
    hand_edited = Method(lambda: field_edits.hand_edited)
    refuse_to_type = Method(lambda: field_edits.refuse_to_type)
    commit = Change(lambda: hand_edits.save_hand_edits)
    hand_edits = Method(lambda: restore.hand_edits)
    discard_edits = Change(lambda: restore.discard_edits, "changed")
    names_file = Function(lambda: restore.names_file)
    restore = Change(lambda: restore.bring_back, "changed")
    restore_all = Change(lambda: restore.bring_all_back, "changed")
    restore_message = Change(lambda: restore.bring_message_back, "changed")
    restore_removed = Change(lambda: removed_entries.bring_back_removed, "changed")
    undo = Change(lambda: undo.undo, "changed")
    redo = Change(lambda: undo.redo, "changed")

    # ---- branches

    branch = Change(lambda: branch_edits.create, "changed")
    switch = Change(lambda: branch_edits.switch, "changed")
    merge = Change(lambda: merge.merge, "changed")
    revert = Change(lambda: past_change.revert, "changed")
    pick = Change(lambda: past_change.pick, "changed")

    # ---- files of rows

    import_file = Change(lambda: importer.import_file)
    import_files = Change(lambda: importer.import_files)
    import_rows = Change(lambda: program_rows.import_rows)
    export = Method(lambda: exporter.export)
    to_dicts = Method(lambda: exporter.to_dicts)
    which = Method(lambda: exporter.which)
