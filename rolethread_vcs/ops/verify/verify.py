"""Verifies a dataset to the last byte: objects, entries, branches, releases, the operation log. Repairs nothing.

files      packs and indexes fit their checksums, loose objects their names
refs       HEAD, branches, releases and the operation log point at what is there
history    every commit, and every tree once, from all refs and all operations
objects    every object is read, and hashed again; every entry among them decodes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolethread_vcs.documents import FOREIGN, Kind, kind_of
from rolethread_vcs.errors import DamagedError, InvalidError
from rolethread_vcs.model.finding import Severity
from rolethread_vcs.model.ids import is_id
from rolethread_vcs.model.layout import ENTRIES, SETTINGS, SUFFIX, entry_path, id_of_path
from rolethread_vcs.ops.edit.status import file_of_blob
from rolethread_vcs.store.log.operations import OPERATIONS_REF, Operation
from rolethread_vcs.store.objects import trees
from rolethread_vcs.store.objects.integrity import bad_loose, bad_packs
from rolethread_vcs.store.refs.refs import BRANCHES, HEAD, SYMBOLIC, TAGS, shorten
from rolethread_vcs.store.repository import Repository

_SUBMODULE = b"160000"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be.

    `kind` is stable (`damaged_object`, `unreadable_entry` …); `object` is a hex id, `path` a path in the dataset or
    of a file of git. Only errors are damage; a warning is odd but harms nothing, an info is for your knowledge.
    """

    kind: str
    severity: Severity
    message: str
    object: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, in numbers, and what was found."""

    problems: tuple[Problem, ...]
    objects: int
    commits: int
    entries: int
    operations: int

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
    """Where a blob was met first: its path, and in what words to say which commit."""

    blob: bytes
    path: str
    where: str
    current: bool
    kind: Kind[Any]


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
    commits: int = 0
    entries: int = 0
    operations: int = 0

    def run(self) -> Verification:
        self._check_files()
        tips = self._check_refs()
        starts = [*tips, *((oid, False, where) for oid, where in self._check_operations())]
        self._check_history(starts)
        objects = self._check_objects()
        order = (Severity.ERROR, Severity.WARNING, Severity.INFO)
        problems = tuple(sorted(self.problems, key=lambda problem: order.index(problem.severity)))
        return Verification(problems, objects, self.commits, self.entries, self.operations)

    def _add(
        self,
        kind: str,
        message: str,
        oid: str | None = None,
        path: str | None = None,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.problems.append(Problem(kind, severity, message, oid, path))

    # ---- files

    def _check_files(self) -> None:
        common = self.repository.common_folder
        for bad in bad_packs(self.repository.pack_folder):
            name = _inside(bad.path, common)
            severity = Severity.WARNING if "index is gone" in bad.reason else Severity.ERROR
            self._add("damaged_pack", f"the pack file {name} is damaged: {bad.reason}", path=name, severity=severity)
        for bad in bad_loose(common / "objects"):
            name = _inside(bad.path, common)
            oid = bad.object or ""
            try:
                self.repository.objects.check(oid)
            except DamagedError:
                self.bad_files[oid] = name
                self.reported.add(oid)
            else:
                cure = "a whole copy lies in a pack, so it can be deleted"
                message = f"the object file {name} is damaged: {bad.reason}; {cure}"
                self._add("damaged_copy", message, oid, name, Severity.WARNING)

    # ---- refs

    def _check_refs(self) -> list[tuple[str, bool, str]]:
        """Return (commit, whether a branch or release has it now, where) of everything that refs lead to."""
        starts = self._check_head()
        current = self._current()
        # what several branches hold is told of the current one
        for name in sorted(self._ref_names(), key=lambda name: name != current):
            try:
                target = self.repository.refs.read(name)
            except DamagedError as error:
                self._add("damaged_ref", f"{_ref_title(name)}: {error.message}", path=name)
                continue
            if target is None or name == OPERATIONS_REF:
                continue
            commit = self._peel(name, target)
            if commit is not None:
                starts.append((commit, name.startswith((BRANCHES, TAGS)), _ref_title(name)))
        return starts

    def _check_head(self) -> list[tuple[str, bool, str]]:
        """Return the commit that HEAD holds itself, if it follows no branch."""
        try:
            head = self.repository.refs.head()
        except DamagedError as error:
            self._add("damaged_ref", error.message, path=HEAD)
            return []
        if not head.startswith(SYMBOLIC):
            return [(head, True, HEAD)]
        name = head.removeprefix(SYMBOLIC)
        try:
            missing = self.repository.refs.read(name) is None
        except DamagedError:
            return []  # told with the other refs
        if missing:
            self._add("missing_ref", f"the current branch {shorten(name)} is missing{self._known(name)}", path=name)
        return []

    def _current(self) -> str | None:
        try:
            return self.repository.refs.head().removeprefix(SYMBOLIC)
        except DamagedError:
            return None

    def _known(self, name: str) -> str:
        value = self.repository.operations.last_known(name)
        return f"; the operation log has it at {value[:10]}" if value else ""

    def _ref_names(self) -> list[str]:
        """Return the names of all refs, those of unreadable files too, which git leaves out of its list."""
        common = self.repository.common_folder
        found = {
            path.relative_to(common).as_posix()
            for path in (common / "refs").rglob("*")
            if path.is_file() and path.suffix != ".lock"
        }
        try:
            found.update(self.repository.refs.names())
        except DamagedError as error:
            self._add("damaged_ref", error.message)
        return sorted(found)

    def _peel(self, name: str, target: str) -> str | None:
        """Return the commit that a ref leads to, through tags; None when it leads to none."""
        objects = self.repository.objects
        oid, seen = target, 0
        try:
            while objects.kind(oid) == "tag" and seen < 100:
                self.reached[oid] = _ref_title(name)
                oid = objects.read(oid, "tag").partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")
                seen += 1
        except DamagedError as error:
            self._add("damaged_ref", f"{_ref_title(name)} cannot be read: {error.message}", oid, name)
            return None
        kind = objects.kind(oid)
        if kind == "commit":
            return oid
        if kind is None:
            self.reported.add(oid)
            self._add(
                "missing_object", f"{_ref_title(name)} points at {oid[:10]}, which is missing or damaged", oid, name
            )
        elif name.startswith(BRANCHES):
            self._add("damaged_ref", f"{_ref_title(name)} points at a {kind}, not at a commit", oid, name)
        return None

    # ---- operations

    def _check_operations(self) -> list[tuple[str, str]]:
        """Return the commits that operations keep, each with its words; their own trees are walked at once."""
        kept: list[tuple[str, str]] = []
        try:
            oid = self.repository.operations.head()
        except DamagedError as error:
            self._add("damaged_ref", error.message, path=OPERATIONS_REF)
            return kept
        expected: int | None = None
        while oid is not None:
            try:
                operation = self.repository.operations.read(oid)
            except DamagedError as error:
                self.reported.add(oid)
                self._add("unreadable_operation", f"{error.message}; what came before it cannot be undone", oid)
                return kept
            if expected is not None and operation.number != expected:
                self._add(
                    "broken_log", f"operation {expected} is missing from the log; {operation.number} follows", oid
                )
            kept += self._check_operation(operation)
            expected, oid = operation.number - 1, operation.previous
        if expected is not None and expected > 0:
            self._add("broken_log", f"the log ends at operation {expected + 1}; the {expected} before it are gone")
        return kept

    def _check_operation(self, operation: Operation) -> Iterator[tuple[str, str]]:
        self.operations += 1
        where = f"operation {operation.number}"
        self.reached[operation.id] = where
        commit = self.repository.objects.commit(operation.id)
        self._walk_tree(commit.tree, "", where, current=False, data=False)
        values = [value for pair in operation.changes.values() for value in pair if value]
        for value in dict.fromkeys(value for value in values if not value.startswith(SYMBOLIC)):
            kind = self.repository.objects.kind(value)
            if kind == "commit":
                yield value, where
            elif kind is None and self.repository.operations.tag_object(operation, value) is None:
                self._add(
                    "missing_object", f"{where} ({operation.command}) needs {value[:10]}, which is missing", value
                )

    # ---- history

    def _check_history(self, starts: list[tuple[str, bool, str]]) -> None:
        """Walk all commits once: those that branches and releases have now, with their words, then the rest."""
        cut = self._cut_off()
        for oid, current, where in starts:
            if current:
                self._check_commit(oid, where, current=True)
        waiting = [(oid, where) for oid, _, where in reversed(starts)]
        walked: set[str] = set()
        while waiting:
            oid, where = waiting.pop()
            if oid in walked:
                continue
            walked.add(oid)
            if oid not in self.reached:
                self._check_commit(oid, f"commit {oid[:10]}", current=False)
            if oid in cut or oid in self.reported:
                continue
            waiting += [(parent, where) for parent in reversed(self.repository.objects.commit(oid).parents)]
        self.commits = len(walked)

    def _cut_off(self) -> set[str]:
        """Return the commits where a shallow copy ends."""
        try:
            return set((self.repository.common_folder / "shallow").read_text().split())
        except OSError:
            return set()

    def _check_commit(self, oid: str, where: str, *, current: bool) -> None:
        try:
            commit = self.repository.objects.commit(oid)
        except DamagedError:
            if oid not in self.reported:
                self.reported.add(oid)
                self._add("missing_object", f"the commit {oid[:10]} ({where}) is missing or damaged", oid)
            return
        self.reached[oid] = where
        self._walk_tree(commit.tree, "", where, current=current, data=True)

    def _walk_tree(self, oid: bytes, prefix: str, where: str, *, current: bool, data: bool) -> None:
        if (oid, prefix) in self.trees_seen:
            return
        self.trees_seen.add((oid, prefix))
        name = oid.hex()
        self.reached[name] = where
        try:
            raw = self.repository.objects.tree(oid)
        except DamagedError:
            if name not in self.reported:
                self.reported.add(name)
                self._add(
                    "missing_object", f"the folder {prefix or '/'} of {where} is missing or damaged", name, prefix
                )
            return
        items = trees.parse(raw)
        if trees.unparse(items) != raw:
            self._add("damaged_object", f"the folder {prefix or '/'} of {where} is not as git writes one", name, prefix)
        if current and data and not prefix and all(item.name != SETTINGS.encode() for item in items):
            self._add(
                "no_settings",
                f"{where} has no {SETTINGS}, so it holds no dataset",
                path=SETTINGS,
                severity=Severity.WARNING,
            )
        for item in items:
            path = prefix + item.name.decode("utf-8", "surrogateescape")
            if item.mode == trees.FOLDER:
                self._walk_tree(item.oid, f"{path}/", where, current=current, data=data)
            elif item.mode != _SUBMODULE:
                self._check_file(item, path, where, current=current, data=data)

    def _check_file(self, item: trees.Item, path: str, where: str, *, current: bool, data: bool) -> None:
        kind = kind_of(path) if data else FOREIGN
        place = _Place(item.oid, path, where, current, kind)
        if data and (kind.is_part or path.startswith(f"{ENTRIES}/")) and not self._is_in_place(item, place):
            place.kind = FOREIGN
        known = self.blobs.get(item.oid.hex())
        if known is None or (place.kind is not FOREIGN and known.kind is FOREIGN):
            self.blobs[item.oid.hex()] = place

    def _is_in_place(self, item: trees.Item, place: _Place) -> bool:
        """Return whether a file can be what its path says; say so when it cannot."""
        path, where, oid = place.path, place.where, item.oid.hex()
        error, warning = (Severity.ERROR, Severity.WARNING) if place.current else (Severity.INFO, Severity.INFO)
        name = path.rpartition("/")[2].removesuffix(SUFFIX)
        if item.mode == trees.LINK:
            message = f"{path} of {where} is a symbolic link; a dataset holds plain files, and links are not followed"
            self._add("symbolic_link", message, oid, path, error)
        elif place.kind.is_part:
            return True
        elif is_id(name):
            message = f"the entry {name} lies at {path} in {where}, so it is not read; it belongs at {entry_path(name)}"
            self._add("misplaced_entry", message, oid, path, error)
        else:
            message = f"{path} of {where} is no entry: its name is no entry id"
            self._add("foreign_file", message, oid, path, warning)
        return False

    # ---- objects

    def _check_objects(self) -> int:
        found: set[str] = set()
        try:
            for oid in self.repository.objects.ids():
                found.add(oid)
                self._check_object(oid)
                self.step()
        except DamagedError as error:
            self._add("damaged_store", error.message)
        for oid, place in self.blobs.items():
            if oid not in found and oid not in self.reported:
                self._add("missing_object", f"{_title(place)} is missing{self._repair_hint(place)}", oid, place.path)
        for oid, name in self.bad_files.items():
            self._add_bad_file(oid, name)
        return len(found)

    def _add_bad_file(self, oid: str, name: str) -> None:
        """Report a damaged loose object by what it holds, where that is known."""
        bad = self.blobs.get(oid)
        if bad is not None:
            message = f"{_title(bad)} is damaged: {name} cannot be read{self._repair_hint(bad)}"
            self._add("damaged_object", message, oid, bad.path)
        else:
            where = f" (it belongs to {self.reached[oid]})" if oid in self.reached else ""
            self._add("damaged_object", f"the object file {name} is damaged{where}", oid, name)

    def _repair_hint(self, place: _Place) -> str:
        """Return how a damaged entry can be saved again, when its checked-out file still holds it."""
        entry_id = id_of_path(place.path)
        if entry_id is None or file_of_blob(self.repository, place.path, place.blob) is None:
            return ""
        return f"; its checked-out file is whole, and saves it again: rtv restore {entry_id}"

    def _check_object(self, oid: str) -> None:
        place = self.blobs.get(oid)
        try:
            kind, data = self.repository.objects.check(oid)
        except DamagedError:
            if oid in self.reported:
                return
            self.reported.add(oid)
            if place is not None:
                self._add(
                    "damaged_object",
                    f"{_title(place)} is damaged: its content is not what was saved{self._repair_hint(place)}",
                    oid,
                    place.path,
                )
            elif oid in self.reached:
                self._add("damaged_object", f"{oid[:10]} of {self.reached[oid]} is damaged", oid)
            else:
                message = f"the object {oid[:10]} is damaged; no branch, release or operation needs it"
                self._add("damaged_object", message, oid, severity=Severity.WARNING)
            return
        if place is not None and kind == "blob":
            self._read_file(oid, place, data)

    def _read_file(self, oid: str, place: _Place, data: bytes) -> None:
        is_entry = place.kind.name == "entry"
        self.entries += is_entry
        try:
            is_canonical = place.kind.encode(place.kind.parse(data)) == data
        except InvalidError as error:
            kind = "unreadable_entry" if is_entry else "unreadable_file"
            severity = Severity.ERROR if place.current else Severity.INFO
            self._add(kind, f"{_title(place)} cannot be read: {error.message}", oid, place.path, severity)
            return
        if not is_canonical:
            message = f"{_title(place)} was written by hand in another form; it is rewritten when it changes"
            self._add("not_canonical", message, oid, place.path, Severity.INFO)


def _title(place: _Place) -> str:
    title = place.kind.title(place.path)
    if title != place.path and place.where.startswith("branch "):
        return f"{title} on {place.where.removeprefix('branch ')}"
    return f"{title} of {place.where}"


def _ref_title(name: str) -> str:
    if name.startswith(BRANCHES):
        return f"branch {shorten(name)}"
    return shorten(name)


def _inside(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
