"""Mends what `verify` finds, one kind after the other, and says what could not be had.

Whatever a repair takes out of the way goes to a quarantine. It may be killed at any step: what stands then is the old
or the new, and to say it again goes on from there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rolethread_vcs.errors import DamagedError, NotFoundError
from rolethread_vcs.model.finding import Severity
from rolethread_vcs.ops.verify.repair_objects import Bench, bring, files_in, mend_loose, mend_objects, mend_packs
from rolethread_vcs.ops.verify.surroundings import Problem, is_commit
from rolethread_vcs.ops.verify.verify import Verification, verify
from rolethread_vcs.phrases import count
from rolethread_vcs.store.bundle import is_bundle, unpacked
from rolethread_vcs.store.damaged_log import operations_to_bring, restart
from rolethread_vcs.store.damaged_refs import fallen_back, follow_ref, last_value, lost_tips, ref_title, whole_lines
from rolethread_vcs.store.dataset_folder import find_dataset, find_to_repair
from rolethread_vcs.store.disk import read_file
from rolethread_vcs.store.git_config import readable_part, with_values
from rolethread_vcs.store.linked_folders import find_again
from rolethread_vcs.store.log import OPERATIONS_REF, REPAIR, Moves, Operation, head_key, unfinished, write
from rolethread_vcs.store.log.journal import Pending
from rolethread_vcs.store.objects import commits, trees
from rolethread_vcs.store.pack_folder import index_cut_off
from rolethread_vcs.store.publication import BARE_KEY, close, publish
from rolethread_vcs.store.quarantine import content, forget_own_locks
from rolethread_vcs.store.recovery import finish_interrupted, forget_dead_locks
from rolethread_vcs.store.refs import BRANCHES, HEAD, SYMBOLIC, TAGS, branch_of, is_unfinished
from rolethread_vcs.store.repository import Repository


def repair(folder: Path, source: Path | None = None, step: Callable[[], object] = lambda: None) -> Verification:
    """Mend what is damaged in the dataset that a folder lies in, taking objects from a copy or a bundle, and verify it.

    Raises:
        BusyError. SystemRefusedError: the disk refuses. NoDatasetError: there is none, or none at the source.
    """
    repository, quarantine, repaired = find_to_repair(folder)
    with repository.lock("rtv verify --repair"), _opened(source, repository) as other:
        forget_own_locks(repository.common_folder)
        index_cut_off(repository)  # before a ref is judged by what it leads to
        forget_dead_locks(repository)
        found = verify(repository, step)
        for mend in _KINDS:
            done = list(mend(Bench(repository, quarantine, other, str(source)), found.problems))
            repaired += done
            if done:
                repository = repository.reopened()
                found = verify(repository, step)
        repaired += finish_interrupted(repository)
    return replace(found, repaired=tuple(repaired), quarantine=quarantine.folder)


@contextmanager
def _opened(source: Path | None, repository: Repository) -> Iterator[Repository | None]:
    with ExitStack() as opened:
        if source is None:
            yield None
        elif source.is_file() and is_bundle(source):
            yield opened.enter_context(unpacked(source, repository.scratch_folder, with_log=True))
        else:
            yield find_dataset(source, check=False)


def _packed_refs(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """The list of packed refs keeps its whole lines, and gets those that the operation log knows."""
    if any(each.kind == "damaged_ref" and each.path is None for each in problems):
        common = bench.repository.common_folder
        before = content(common / "packed-refs")
        refs = whole_lines(common)
        head = read_file(common / OPERATIONS_REF) or refs.get(OPERATIONS_REF, "")
        known: dict[str, str] = {}
        with suppress(DamagedError):
            known = {**bench.repository.operations.read(head).refs}
        loose = [name for name in known if (common / name).is_file()]
        # a line that reads is newer than what the log knows: plain git may have written it
        lost = {name: oid for name, oid in known.items() if name.startswith((BRANCHES, TAGS)) and name not in loose}
        refs = lost | refs
        text = "".join(f"{oid} {name}\n" for name, oid in sorted(refs.items()))
        if bench.quarantine.swap(common / "packed-refs", before, text.encode("utf-8", "surrogateescape")):
            yield f"the list of branches and releases was damaged; it has {len(refs):,} of them again"


def _refs(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """A branch or release goes where the operation log has it; one that nobody knows any more goes out of the way.

    Where the newest commit is lost that is an older one. The lost one is noted in the log, with the other copy the
    branch goes forward again.
    """
    repository, common = bench.repository, bench.repository.common_folder
    table = repository.operations.table()
    places: dict[str, str | None] = {}
    judged: dict[str, bytes | None] = {}
    lost: dict[str, str] = {}
    said: dict[str, str] = {}
    for problem in problems:
        name = problem.path or ""
        if problem.kind == "lost_ref" and problem.object and content(common / name) is None:
            places[name], judged[name] = problem.object, None
            said[name] = f"{ref_title(name)} is at {problem.object[:10]} again"
        if problem.kind not in ("damaged_ref", "missing_object", "missing_ref") or not name.startswith("refs/"):
            continue
        if name == OPERATIONS_REF or is_unfinished(name):
            continue
        judged[name], found = content(common / name), follow_ref(repository, name)
        if not found.problem and found.oid is not None:
            continue  # another program moved it meanwhile
        title, known, newer = ref_title(name), found.commit, None
        if known is None:
            known, newer = last_value(repository, name, problem.object)
        copied = _newer_there(bench, name, known)
        if copied is not None:
            places[name] = copied
            said[name] = f"{title} is at {copied[:10]}, as in {bench.origin}"
        elif known is not None:
            places[name] = known
            if newer is None:
                said[name] = f"{title} is at {known[:10]} again"
                continue
            lost[name] = newer
            said[name] = (
                f"{title} stands at the older commit {known[:10]} now; the newer {newer[:10]} is lost here, and comes "
                "back from another copy: rtv verify --repair --from COPY"
            )
        elif problem.kind == "damaged_ref" or (table and table.get(name) != problem.object):
            # where the log has that very value, it is the commit that is lost, and a copy may have it
            places[name] = None
    _record(bench, places, lost)
    for name, known in places.items():
        if not bench.quarantine.swap(common / name, judged[name], None if known is None else f"{known}\n".encode()):
            continue
        if known is None:
            if follow_ref(repository, name).problem:  # it is packed, too
                repository.refs.forget_packed(name)
            left = repository.refs.read(name)
            out = "out of the way: nobody knows where it was" if left is None else f"at {left[:10]}"
            said[name] = f"{ref_title(name)} is {out}"
        yield said[name]
    yield from _go_forward(bench)


def _go_forward(bench: Bench) -> Iterator[str]:
    """What an earlier repair left at an older commit goes to the newer one, if that is here by now, or in the copy."""
    repository = bench.repository
    moves: dict[str, tuple[str | None, str | None]] = {}
    for name, stands, newer in lost_tips(repository):
        there = newer if newer and repository.objects.commit_at(newer) else _newer_there(bench, name, stands)
        if there is not None:
            moves[name] = stands, there
    _record(bench, {}, {}, moves)
    for name, (_, there) in moves.items():
        yield f"{ref_title(name)} is at its newer commit {(there or '')[:10]} again"


def _newer_there(bench: Bench, name: str, known: str | None) -> str | None:
    """Return where the other copy has a branch or release, brought here, if that comes after what is known of it."""
    if bench.source is None:
        return None
    with suppress(DamagedError, NotFoundError):
        there = bench.source.refs.read(name)
        graph = bench.source.graph
        if there is not None and (known is None or (known != there and graph.is_ancestor(known, there))):
            bring(bench, [there])
            return there if bench.repository.objects.commit_at(there) else None
    return None


def _record(
    bench: Bench,
    places: Mapping[str, str | None],
    lost: Mapping[str, str],
    moves: Moves | None = None,
    missing: Iterable[str] = (),
) -> None:
    """Note in the operation log, before it is done, where refs are put, and move the others that are to be moved.

    What refs led to before and is `missing` is noted, too: to name it is no damage then.
    """
    repository, moves = bench.repository, moves or {}
    try:
        last, who = repository.operations.last(), repository.signature()
        before = repository.refs.table() if last is None else last.refs
    except DamagedError:  # of a log that cannot be read the next repair makes one
        return
    put = {name: (before.get(name), value) for name, value in places.items() if before.get(name) != value}
    changes = {**(put if last is not None else {}), **moves}
    befores = [before for before, _ in changes.values() if before is not None and not before.startswith(SYMBOLIC)]
    missing = [*missing, *(each for each in befores if repository.objects.kind(each) is None)]
    details = {"lost": dict(lost), "missing": sorted(set(missing))}
    if not changes and not lost and not missing:
        return
    after = {**before, **{name: value for name, (_, value) in {**put, **moves}.items()}}
    operation = Operation(
        number=1 if last is None else last.number + 1,
        verb=REPAIR,
        command="verify --repair",
        time=who.time,
        branch=branch_of(before.get(head_key(repository.worktree_name))) or "",
        changes=changes,
        refs={name: value for name, value in after.items() if value is not None},
        worktree=repository.worktree_name,
        previous=None if last is None else last.id,
        details={name: value for name, value in details.items() if value},
    )
    with repository.pack() as pack:
        head = write(operation, pack, repository.objects, who)
        logged = (operation.previous, head)
        pending = Pending(operation.command, who.time, moves, logged, repository.worktree_name)
        keep = publish(repository, pack, pending)
    close(repository, keep, pending, [])


def _heads(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """HEAD of a folder leads to where it was last known, else to what its files come nearest to."""
    repository = bench.repository
    for problem in problems:
        path = problem.path or ""
        if problem.kind not in ("damaged_ref", "missing_ref") or not (
            path.endswith(HEAD) or problem.kind == "missing_ref"
        ):
            continue
        folder = path.split("/")[1] if path.startswith("worktrees/") else repository.worktree_name
        place = repository.common_folder / head_key(folder)
        before = content(place)
        with suppress(DamagedError):
            if folder == repository.worktree_name and is_commit(repository, repository.refs.head_commit() or ""):
                continue  # another program moved it meanwhile
        known, is_known = _last_head(repository, folder)
        if not bench.quarantine.swap(place, before, f"{known}\n".encode()):
            continue
        where = f"the folder copy {folder}" if folder else "the dataset"
        to = branch_of(known) or f"the commit {known[:10]}"
        near = ", which its files come nearest to; to work on a branch: rtv switch NAME"
        yield f"{where} is on {to}{' again' if is_known else near.partition(';')[0] if branch_of(known) else near}"


def _last_head(repository: Repository, folder: str) -> tuple[str, bool]:
    """Return what HEAD of a folder, by its name, is to lead to, and whether a log knows that.

    The operation log and git's own may each know more than the other, so the files decide between them, and among all
    branches and releases where neither knows. Nobody puts it on a branch that another folder has: git refuses that,
    and the files of the one would be hand edits to the other.
    """
    folders = {each.name: each for each in repository.folders()}
    taken = {name for key, each in folders.items() if key != folder for name in (each.branch, each.rebasing)}
    refs = {name: follow_ref(repository, name).commit for name in sorted(repository.refs.names())}
    places = {SYMBOLIC + name if name.startswith(BRANCHES) else oid: oid for name, oid in refs.items() if oid}
    free = {value: oid for value, oid in places.items() if branch_of(value) not in taken - {None, ""}}
    key = head_key(folder)
    files = set(files_in(folders[folder].folder)) if folder in folders and folders[folder].is_there else set()
    logged = next((each.refs[key] for each in repository.operations.readable() if key in each.refs), "")
    # git's log stops where no files are checked out; else it has every switch
    switched, stood = repository.refs.last_switch(key)
    last = (switched, logged, stood) if files else (logged,)
    known = {value: free.get(value, value) for value in last if value}
    known = {value: oid for value, oid in known.items() if not oid.startswith(SYMBOLIC) and is_commit(repository, oid)}
    if not known and not places:
        return SYMBOLIC + BRANCHES + "main", False
    # of a branch that another folder has, the commit alone
    others = sorted((value not in free, branch_of(value) != "main", value) for value in places)
    values = known or {places[value] if is_taken else value: places[value] for is_taken, _, value in others}

    def distance(value: str) -> int:
        with suppress(DamagedError):
            tree = repository.snapshot_of(values[value]).tree
            return len(files ^ {blob.oid.hex() for _, blob in trees.files(tree, repository.objects.tree)})
        return sys.maxsize

    return min(values, key=distance) if files and len(values) > 1 else next(iter(values)), bool(known)


def _log(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """The operation log is made of what can be read of it, and of that of the copy."""
    kinds, refs = {each.kind for each in problems}, bench.repository.refs
    is_ref = any(each.path == OPERATIONS_REF for each in problems)
    is_damaged = is_ref or not kinds.isdisjoint(("unreadable_operation", "broken_log"))
    more: dict[int, Operation] = {}
    if bench.source is not None:
        more = operations_to_bring(bench.repository, bench.source.operations, is_damaged=is_damaged)
        wanted = [each.id for each in more.values()]
        for oid in wanted:  # what is here of them may lack a part
            kind, data = bench.source.objects.check(oid)
            wanted += commits.needs(kind, data)[: 1 if kind == "commit" else None]
        brought = bring(bench, wanted)
        if more:
            yield f"brought back from {bench.origin}: {count(len(more), 'operation')}, {count(len(brought), 'object')}"
    if is_damaged or more:
        yield restart(bench.repository, bench.quarantine, more)
        with suppress(DamagedError):  # what lost operations did is not laid to plain git
            table = refs.table(bench.repository.operations.table())
            kept = table.keys() - fallen_back(bench.repository).keys()
            _record(bench, {name: table[name] for name in sorted(kept) if name.startswith((BRANCHES, TAGS))}, {})
    if "lost_log" in kinds:  # the refs that it knows may have gone with it
        for name, value in bench.repository.operations.table().items():
            if name.startswith((BRANCHES, TAGS)) and refs.read(name) is None and bench.repository.objects.kind(value):
                refs.create(name, value)
                yield f"{ref_title(name)} is at {value[:10]} again"


def _config(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """A configuration that is gone is made again, with what commands of ours set there, as the operation log has it."""
    common = bench.repository.common_folder
    path = common / "config"
    if any(each.kind == "damaged_config" for each in problems) and not path.is_file():
        known: dict[str, str | None] = {}
        for operation in bench.repository.operations.readable():
            known = {key: after for key, (_, after) in operation.config.items() if key != BARE_KEY} | known
        text = readable_part(path, is_bare=not (common / "index").exists()) or b""
        if bench.quarantine.swap(path, content(path), with_values(text, known)):
            yield "git's configuration was gone; it has what the operation log knows of it, with notes of branches"


def _surroundings(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """What is derived is written again; an unfinished merge, or the link of a file copy, is set aside."""
    repository, common = bench.repository, bench.repository.common_folder
    for kind, path in dict.fromkeys((each.kind, each.path or "") for each in problems):
        if kind in ("damaged_unfinished", "missing_unfinished"):
            place = (repository.git_folder if path.startswith("refs/worktree/") else common) / path
            before, known = content(place), repository.operations.table().get(path)
            with suppress(DamagedError):
                if known is not None and unfinished.read(known, repository.objects):
                    if bench.quarantine.swap(place, before, f"{known}\n".encode()):
                        yield "the unfinished merge is as the operation log has it again"
                    continue
            _record(bench, {path: None}, {})
            bench.quarantine.swap(place, before)
            repository.refs.forget_packed(path)
            yield "the unfinished merge cannot be read, and is set aside; the branches are as they were"
        elif kind == "damaged_link":
            bench.quarantine.replace(common / path)
            yield f"the link {Path(path).stem} of a file copy is set aside; link it again: rtv workcopy add FILE --bind"
        elif kind == "lost_folder" and path.endswith("commondir"):
            bench.quarantine.replace(common / path, b"../..\n")
            yield f"the folder copy {Path(path).parent.name} finds the dataset again"
        elif kind == "lost_folder" and (link := find_again(common, (common / path).parent)):
            bench.quarantine.replace(common / path, f"{link}\n".encode("utf-8", "surrogateescape"))
            yield f"the folder copy {link.parent} is found again"
        elif kind == "damaged_index" and repository.worktree is not None:
            bench.quarantine.swap(repository.worktree.index.path, content(repository.worktree.index.path))
            repository.worktree.index.repair(repository.head_snapshot().tree)
            yield "git's index of the checked-out files is written again"


def _values(bench: Bench, problems: Iterable[Problem]) -> Iterator[str]:
    """What only operations lead to is noted as lost where nothing else is damaged: the dataset is whole without it."""
    errors = [each for each in problems if each.severity is Severity.ERROR]
    if any(each.kind != "missing_value" for each in errors):
        return
    _record(bench, {}, {}, missing=[each.object for each in errors if each.object])
    for each in errors:
        yield f"{each.message.partition(', which ')[0]}, which is lost; that operation cannot be undone"


_KINDS: tuple[Callable[[Bench, Iterable[Problem]], Iterator[str]], ...] = (
    mend_packs,
    mend_loose,
    mend_objects,
    _packed_refs,
    _log,
    _refs,
    _heads,
    _config,
    _surroundings,
    _values,
)
"""In this order: objects before the refs that lead to them, the log before the refs that it knows."""
