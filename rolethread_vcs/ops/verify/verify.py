"""Verifies a dataset to the last byte: objects, entries, branches, releases, the operation log. Repairs nothing.

files      packs and indexes fit their checksums, loose objects their names
refs       HEAD, branches, releases and the operation log point at what is there
history    every commit, and every tree once, from all refs and all operations
objects    every object is read, and hashed again; every entry among them decodes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from rolethread_vcs import limits
from rolethread_vcs.documents import FOREIGN, Kind, kind_of
from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.model.finding import Severity
from rolethread_vcs.model.layout import ENTRIES, SETTINGS, SUFFIX, entry_path, id_of_path, is_entry_folder, is_id
from rolethread_vcs.ops.edit.hand_files import file_of_blob
from rolethread_vcs.ops.verify.surroundings import Problem, around
from rolethread_vcs.phrases import count
from rolethread_vcs.store.damaged_refs import fallen_back, follow_ref, loose_refs, lost_tips, ref_title
from rolethread_vcs.store.disk import read_file
from rolethread_vcs.store.log import LOST, OPERATIONS_REF, REPAIR
from rolethread_vcs.store.objects import BRING_THE_REST, trees
from rolethread_vcs.store.objects.commits import is_read_by_git
from rolethread_vcs.store.objects.integrity import BadFile, bad_loose, bad_packs
from rolethread_vcs.store.objects.pack_index import DamagedIndexError
from rolethread_vcs.store.pack_folder import lost_indexes
from rolethread_vcs.store.refs import BRANCHES, HEAD, SYMBOLIC, TAGS, ref_of, shorten
from rolethread_vcs.store.repository import Repository


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, in numbers, and what was found.

    After a repair `repaired` says what it did, and `quarantine` is the folder with what it took out of the way.
    """

    problems: tuple[Problem, ...]
    objects: int
    commits: int
    entries: int
    operations: int
    repaired: tuple[str, ...] = ()
    quarantine: Path | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is damaged."""
        return not any(problem.severity is Severity.ERROR for problem in self.problems)


def verify(repository: Repository, step: Callable[[], object] = lambda: None) -> Verification:
    """Look at everything a dataset holds; `step` is called for each object, to show progress.

    Open the repository with `check=False`: a damaged one is what this is for.
    """
    return _Verifier(repository, step).run()


@dataclass(slots=True)
class _Place:
    """Where a blob was met first: its path, and in what words to say which commit; `current` where a branch has it."""

    blob: bytes
    path: str
    where: str
    current: bool
    kind: Kind[Any]

    @property
    def severity(self) -> Severity:
        return Severity.ERROR if self.current else Severity.INFO

    @property
    def title(self) -> str:
        title = self.kind.title(self.path)
        if title != self.path and self.where.startswith("branch "):
            return f"{title} on {self.where.removeprefix('branch ')}"
        return f"{title} of {self.where}"


class _Start(NamedTuple):
    """A commit that history is walked from; `current` where a branch or release has it now."""

    commit: str
    current: bool
    where: str


@dataclass(slots=True)
class _Verifier:
    repository: Repository
    step: Callable[[], object]
    problems: list[Problem] = field(default_factory=list)
    blobs: dict[str, _Place] = field(default_factory=dict)
    reached: dict[str, str] = field(default_factory=dict)  # commits and trees to the words that say where
    reported: set[str] = field(default_factory=set)
    bad_files: dict[str, str] = field(default_factory=dict)  # ids to the paths of damaged loose objects
    trees_seen: set[tuple[bytes, str]] = field(default_factory=set)
    entries: int = 0
    operations: int = 0
    left_out: int = 0

    def run(self) -> Verification:
        self._check_packs()
        try:
            _ = self.repository.objects.git
        except DamagedIndexError as error:  # before it is made again nothing can be read
            if not self.problems:
                self._add("damaged_pack", error.message)  # of a repository that this one reads, too
            return Verification(tuple(self.problems), 0, 0, 0, 0)
        self._check_loose()
        self.problems += around(self.repository)
        commits = self._check_history([*self._check_refs(), *self._check_operations()])
        objects = self._check_objects()
        if self.left_out:
            left_out = count(self.left_out, "object is", "objects are")
            message = f"{left_out} not in this copy, which is a partial clone of git; the rest: {BRING_THE_REST}"
            self._add("left_out", message, severity=Severity.INFO)
        order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
        problems = tuple(sorted(self.problems, key=lambda problem: order.index(problem.severity)))
        return Verification(problems, objects, commits, self.entries, self.operations)

    def _add(
        self,
        kind: str,
        message: str,
        oid: str | None = None,
        path: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.problems.append(Problem(kind, severity, message, oid, path))

    def _add_missing(self, oid: str, what: str, path: str | None = None) -> None:
        if oid not in self.reported and not self._is_left_out(oid):
            self._add("missing_object", f"{what} is missing or damaged", oid, path)
        self.reported.add(oid)

    def _is_left_out(self, oid: str) -> bool:
        """Count an object that a partial clone of git left at the remote, and return whether it is one."""
        is_left_out = self.repository.objects.is_left_out(oid)
        self.left_out += is_left_out
        return is_left_out

    # ---- files

    def _check_packs(self) -> None:
        common = self.repository.common_folder
        lost = [BadFile(pack, "its index is gone") for pack in lost_indexes(self.repository)]
        for bad in (*bad_packs(self.repository.pack_folder), *lost):
            name = _inside(bad.path, common)
            severity = Severity.WARNING if "index is gone" in bad.reason else Severity.ERROR
            self._add("damaged_pack", f"the pack file {name} is damaged: {bad.reason}", path=name, severity=severity)

    def _check_loose(self) -> None:
        common = self.repository.common_folder
        for bad in bad_loose(common / "objects"):
            name = _inside(bad.path, common)
            oid = bad.object or ""
            try:
                self.repository.objects.check(oid)
            except DamagedError:
                self.bad_files[oid] = name
                self.reported.add(oid)
            else:
                message = f"the object file {name} is damaged: {bad.reason}; a whole copy lies in a pack"
                self._add("damaged_copy", f"{message}, so it can be deleted", oid, name, Severity.WARNING)

    # ---- refs

    def _check_refs(self) -> Iterator[_Start]:
        """Yield the commits that refs lead to; what several branches hold is told of the current one."""
        refs, current = self.repository.refs, ""
        try:
            head = refs.head()
            current = ref_of(head) or ""
            if not current and self.repository.objects.kind(head) == "commit":
                yield _Start(head, True, HEAD)
            elif not current:
                self._add("damaged_ref", f"HEAD points at {head[:10]}, which is no commit that is here", path=HEAD)
        except DamagedError as error:
            self._add("damaged_ref", error.message, path=HEAD)
        names, listed = loose_refs(self.repository, "refs"), []
        try:
            listed = refs.names()
            if any(" " in name for name in listed):  # two lines that have become one
                listed = [name for name in listed if " " not in name]
                self._add("damaged_ref", "the list of branches and releases has a line that names none")
            names.update(listed)
        except DamagedError as error:
            self._add("damaged_ref", error.message)
        names = {*names, current} - {"", OPERATIONS_REF}
        for name in sorted(names, key=lambda name: (name != current, name)):
            ref, title = follow_ref(self.repository, name), ref_title(name)
            self.reached.update(dict.fromkeys(ref.tags, title))
            for tag in ref.tags:
                if not is_read_by_git(self.repository.objects.read(tag, "tag")):
                    message = f"{title} is a tag whose head git cannot read; delete it and make it again"
                    self._add("unreadable_tag", message, tag, name)
            if ref.commit is not None:
                yield _Start(ref.commit, name.startswith((BRANCHES, TAGS)), title)
            if ref.problem == "damaged_ref" and name == self.repository.unfinished_ref:
                continue  # it was told with what lies around
            if ref.problem:
                if ref.problem == "missing_object" and ref.oid is not None:
                    self.reported.add(ref.oid)
                self._add(ref.problem, f"{title} {ref.reason}", ref.oid, name)
            elif ref.oid is None and name != current and name in listed and name.startswith((BRANCHES, TAGS)):
                self._add("damaged_ref", f"{title} is another name for one that is not there", path=name)
            elif ref.oid is None and name == current:
                value = self.repository.operations.last_known(name)
                known = f"; the operation log has it at {value[:10]}" if value else ""
                self._add("missing_ref", f"the current branch {shorten(name)} is missing{known}", path=name)

    # ---- operations

    def _check_operations(self) -> Iterator[_Start]:
        """Yield the commits that operations keep; their own trees are walked at once."""
        log, objects = self.repository.operations, self.repository.objects
        try:
            oid = log.head()
        except DamagedError as error:
            self._add("damaged_ref", error.message, path=OPERATIONS_REF)
            return
        if log.lost_head() is not None:
            self._add("lost_log", "the operation log has lost its ref", path=OPERATIONS_REF)
        elif oid is None:
            self._check_stray_log()
        for name, newer in fallen_back(self.repository).items():
            said = f"{ref_title(name)} has lost its file, and an old value counts; it was at {newer[:10]}"
            self._add("lost_ref", said, newer, name)
        expected: int | None = None
        noted: set[str] = set()  # what a repair did not find
        for name, stands, newer in lost_tips(self.repository):
            if newer and objects.commit_at(newer) is None:
                message = f"{ref_title(name)} stands at the older commit {stands[:10]}; the newer {newer[:10]} is lost"
                self._add("lost_commit", message, newer, name)
        while oid is not None:
            try:
                operation = log.read(oid)
            except DamagedError as error:
                self.reported.add(oid)
                self._add("unreadable_operation", f"{error.message}; what came before it cannot be undone", oid)
                return
            number = operation.number
            if expected is not None and number != expected:
                self._add("broken_log", f"operation {expected} is missing from the log; {number} follows", oid)
            self.operations += 1
            if operation.verb == REPAIR:
                noted.update(operation.details.get("lost", {}).values())
                noted.update(operation.details.get("missing", ()))
            where = self.reached[operation.id] = f"operation {number}"
            self._walk_tree(objects.commit(operation.id).tree, "", where, current=False, data=False)
            values = [value for pair in operation.changes.values() for value in pair if value]
            for value in dict.fromkeys(value for value in values if not value.startswith(SYMBOLIC)):
                kind = objects.kind(value)
                if kind == "commit":
                    yield _Start(value, False, where)
                elif kind is None and log.tag_object(operation, value) is None:
                    message = f"{where} ({operation.command}) needs {value[:10]}, which is missing"
                    severity = Severity.WARNING if value in noted else Severity.ERROR
                    self._add("missing_value", message, value, severity=severity)
            if operation.verb == LOST:
                self._add("lost_operation", operation.command, oid, severity=Severity.INFO)
            expected, oid = operation.first - 1, operation.previous
        if expected is not None and expected > 0:
            self._add("broken_log", f"the log ends at operation {expected + 1}; the {expected} before it are gone")

    def _check_stray_log(self) -> None:
        """Look for a log that nothing leads to. git's copy of a folder has that of the original among its objects."""
        repository = self.repository
        newest = max(repository.operations.stray(), key=lambda each: (each.number, each.time), default=None)
        if newest is None or newest.number == 1:  # of a command that was cut off before it was saved
            return
        with suppress(DamagedError):
            has_none, now = not repository.refs.branches(), repository.refs.table()
            left_so = all(now.get(name) == value for name, value in newest.refs.items() if name.startswith("refs/"))
            if has_none or (left_so and repository.lock_path.exists()):
                said = f"the operation log is gone; its operation {newest.number} is still there"
                severity = Severity.ERROR if has_none else Severity.WARNING
                self._add("lost_log", said, path=OPERATIONS_REF, severity=severity)

    # ---- history

    def _check_history(self, starts: list[_Start]) -> int:
        """Walk all commits once: those that branches and releases have now, with their words, then the rest."""
        cut = set((read_file(self.repository.common_folder / "shallow") or "").split())  # where a shallow copy ends
        for start in starts:
            if start.current:
                self._check_commit(*start)
        waiting = [start.commit for start in reversed(starts)]
        walked: set[str] = set()
        while waiting:
            oid = waiting.pop()
            if oid in walked:
                continue
            walked.add(oid)
            if oid not in self.reached:
                self._check_commit(oid, False, f"commit {oid[:10]}")
            if oid not in cut and oid not in self.reported:
                waiting += reversed(self.repository.objects.commit(oid).parents)
        return len(walked)

    def _check_commit(self, oid: str, current: bool, where: str) -> None:
        try:
            commit = self.repository.objects.commit(oid)
        except DamagedError:
            self._add_missing(oid, f"the commit {oid[:10]} ({where})")
        else:
            if not is_read_by_git(commit.data):
                message = f"the commit {oid[:10]} ({where}) has an author or a committer that git cannot read"
                self._add("unreadable_commit", f"{message}; go back to the one before it", oid)
            self.reached[oid] = where
            self._walk_tree(commit.tree, "", where, current=current, data=True)

    def _walk_tree(self, oid: bytes, prefix: str, where: str, *, current: bool, data: bool) -> None:
        if (oid, prefix) in self.trees_seen:
            return
        self.trees_seen.add((oid, prefix))
        if prefix.count("/") > limits.FOLDERS:
            self._add("too_deep", f"a file of {where} lies in more than {limits.FOLDERS} folders", path=prefix)
            return
        name, what = oid.hex(), f"the folder {prefix or '/'} of {where}"
        self.reached[name] = where
        try:
            raw = self.repository.objects.tree(oid)
        except DamagedError:
            self._add_missing(name, what, prefix)
            return
        items = trees.parse(raw)
        if trees.unparse(items) != raw:
            self._add("damaged_object", f"{what} is not as git writes one", name, prefix)
        if current and data and not prefix and all(item.name != SETTINGS.encode() for item in items):
            message = f"{where} has no {SETTINGS}, so it holds no dataset"
            self._add("no_settings", message, path=SETTINGS, severity=Severity.WARNING)
        for item in items:
            path = prefix + item.name.decode("utf-8", "surrogateescape")
            if data:
                self._check_kind(path, item.mode, where, Severity.ERROR if current else Severity.INFO)
            if item.mode == trees.FOLDER:
                self._walk_tree(item.oid, f"{path}/", where, current=current, data=data)
            elif item.mode != trees.SUBMODULE:
                self._meet(item, _Place(item.oid, path, where, current, kind_of(path) if data else FOREIGN))

    def _check_kind(self, path: str, mode: bytes, where: str, severity: Severity) -> None:
        """Say so where something else stands in the place of a file or of a folder of entries."""
        is_file = mode not in trees.KINDS
        what, belongs = "a file" if is_file else trees.KINDS[mode], ""
        if is_entry_folder(path):
            belongs = "" if mode == trees.FOLDER else "a folder of entries; what lay in it is not read"
        elif kind_of(path).is_part and not is_file:
            belongs = "a plain file; links are not followed"
        if belongs:
            kind = "symbolic_link" if mode == trees.LINK else "wrong_kind"
            self._add(kind, f"{path} of {where} is {what}, in the place of {belongs}", path=path, severity=severity)

    def _meet(self, item: trees.Item, place: _Place) -> None:
        """Remember where a file lies, and say so when it cannot be what its path says."""
        path, where, oid = place.path, place.where, item.oid.hex()
        name = path.rpartition("/")[2].removesuffix(SUFFIX)
        if item.mode == trees.LINK:
            place.kind = FOREIGN  # what it leads to is no content; whether it may be one was said
        elif place.kind.is_part and item.mode == trees.PROGRAM:
            message = f"{path} of {where} is marked as a program; a dataset holds plain files"
            self._add("program", message, oid, path, Severity.INFO)
        elif not place.kind.is_part and path.startswith(f"{ENTRIES}/") and not is_entry_folder(path):
            if is_id(name):
                message = f"the entry {name} lies at {path} in {where}, so it is not read; "
                self._add("misplaced_entry", f"{message}it belongs at {entry_path(name)}", oid, path, place.severity)
            else:
                message = f"{path} of {where} is no entry: its name is no entry id"
                self._add("foreign_file", message, oid, path, Severity.WARNING if place.current else Severity.INFO)
        known = self.blobs.get(oid)
        if known is None or (place.kind is not FOREIGN and known.kind is FOREIGN):
            self.blobs[oid] = place

    # ---- objects

    def _check_objects(self) -> int:
        listed: dict[str, None] = {}
        try:
            listed = dict.fromkeys(self.repository.objects.ids())
        except DamagedError as error:
            self._add("damaged_store", error.message)
        late = [oid for oid in self.blobs if oid not in listed and not self._is_left_out(oid)]
        for oid in (*listed, *late):
            self._check_object(oid)
            self.step()
        for oid, name in self.bad_files.items():
            self._add_damaged(oid, f"{name} cannot be read", f"the object file {name}", name)
        return len(listed)

    def _check_object(self, oid: str) -> None:
        place = self.blobs.get(oid)
        try:
            kind, data = self.repository.objects.check(oid)
        except DamagedError:
            if oid in self.reported:
                return
            if oid in self.repository.objects:
                self.reported.add(oid)
                self._add_damaged(oid, "its content is not what was saved", f"the object {oid[:10]}")
            elif place is not None:  # else git has removed what nobody needs
                self._add("missing_object", f"{place.title} is missing{self._repair_hint(place)}", oid, place.path)
        else:
            if place is not None and kind == "blob":
                self.entries += place.kind.name == "entry"
                self._check_content(oid, place, data)

    def _check_content(self, oid: str, place: _Place, data: bytes) -> None:
        try:
            is_canonical = place.kind.encode(place.kind.parse(data)) == data
        except InvalidError as error:
            kind = "unreadable_entry" if place.kind.name == "entry" else "unreadable_file"
            self._add(kind, f"{place.title} cannot be read: {error.message}", oid, place.path, place.severity)
            return
        if not is_canonical:
            message = f"{place.title} was written by hand in another form; it is rewritten when it changes"
            self._add("not_canonical", message, oid, place.path, Severity.INFO)

    def _add_damaged(self, oid: str, why: str, name: str, file: str | None = None) -> None:
        """Report a damaged object by what it holds, where that is known; `file` is that of a loose one."""
        place = self.blobs.get(oid)
        message, severity = f"{name} is damaged", Severity.ERROR
        if place is not None:
            message, file = f"{place.title} is damaged: {why}{self._repair_hint(place)}", place.path
        elif oid in self.reached:
            message += f" (it belongs to {self.reached[oid]})"
        elif file is None:
            message += "; no branch, release or operation needs it"
            severity = Severity.WARNING
        self._add("damaged_object", message, oid, file, severity)

    def _repair_hint(self, place: _Place) -> str:
        entry_id = id_of_path(place.path)
        if entry_id is None or file_of_blob(self.repository, place.path, place.blob) is None:
            return ""
        return f"; its checked-out file is whole, and saves it again: rtv restore {entry_id}"


def _inside(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
