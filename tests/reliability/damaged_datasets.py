"""Makes one small dataset, and damages copies of it in every way that a disk, a sync service or a person does.

`DAMAGES` maps a name (`head-empty`, `leaf-gitlink`) to what damages a folder. `ENTRIES` is how many entries its `main`
names, whatever became of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from rolethread_vcs.dataset import Dataset

Damage: TypeAlias = Callable[[Path], None]

ENTRIES = 103
"""Two leaves, so that one of them can go."""


def make(folder: Path) -> None:
    """Make the dataset in a new folder: branches, a release, an unfinished merge, a file copy and a folder copy.

    In a process of its own: libgit2 remembers the packs of a process, and would not see that they are damaged.
    """
    pid = os.fork()
    if not pid:
        status = 1
        try:
            _make(folder)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


def _make(folder: Path) -> None:
    dataset = Dataset.init(folder)
    with dataset.edit("many") as change:
        for number in range(ENTRIES):
            change.add(_conversation(f"hello {number}"))
    ids = dataset.snapshot().ids()
    (folder / "order.json").write_text(json.dumps({ids[1]: ".x1"}, indent=2) + "\n")
    (folder / "tags").mkdir()
    (folder / "tags/tavern.json").write_text('{\n  "name": "tavern"\n}\n')
    dataset.commit()
    dataset.releases.create("v1")
    dataset.branch("side")
    with dataset.edit("other words", branch="side") as change:
        change.put(ids[0], _conversation("said there"))
    dataset.branch("spare")
    dataset.branch("copy")
    _git(folder, "pack-refs", "--all")
    with dataset.edit("words") as change:
        change.put(ids[0], _conversation("said here"))
    dataset.copies.add(folder.parent / "copy.jsonl")
    dataset.copies.add_folder(folder.parent / "folder-copy", branch="copy")
    dataset.merge("side")
    (folder / ".git/rolethread/drafts").mkdir(exist_ok=True)
    (folder / ".git/rolethread/drafts/edit-1.txt").write_text("typed\n")


def _conversation(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": f"You said {text}."}]}


def _git(folder: Path, *words: str, text: str | None = None) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, input=text, check=True)
    return done.stdout.strip()


# ---- files


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes(data)


def _missing(path: Path) -> None:
    path.unlink()


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere-at-all")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _other(path: Path) -> None:
    path.write_bytes(b"This is something else.\n" * 40)


_WAYS = (_empty, _cut, _zeros, _flip, _missing, _folder, _link, _pipe, _other)

_FILES = {
    "head": ".git/HEAD",
    "config": ".git/config",
    "index": ".git/index",
    "packed-refs": ".git/packed-refs",
    "branch": ".git/refs/heads/main",
    "operations": ".git/refs/rolethread/ops",
    "unfinished": ".git/refs/worktree/rolethread/merge",
    "pack": ".git/objects/pack/*.pack",
    "idx": ".git/objects/pack/*.idx",
    "lock": ".git/rolethread/lock",
    "binding": ".git/rolethread/workcopies/*",
    "draft": ".git/rolethread/drafts/*",
    "reflog": ".git/logs/HEAD",
    "folder-head": ".git/worktrees/*/HEAD",
    "folder-gitdir": ".git/worktrees/*/gitdir",
    "folder-index": ".git/worktrees/*/index",
    "file-copy": "../copy.jsonl",
    "entry-file": "entries/0000/00/00000004-*.json",
    "order-file": "order.json",
    "settings-file": "rolethread.toml",
    "attributes": ".gitattributes",
}


def _file(pattern: str, how: Damage) -> Damage:
    def damage(folder: Path) -> None:
        up = folder.parent if pattern.startswith("../") else folder
        found = sorted(up.glob(pattern.removeprefix("../")), key=lambda path: path.stat().st_size)
        assert found, pattern
        found[-1].chmod(0o644)  # the largest pack is that of the entries
        how(found[-1])

    return damage


# ---- objects


def _loosen(folder: Path) -> None:
    """Turn every pack into loose objects, so that each can be reached."""
    for pack in list(folder.glob(".git/objects/pack/*.pack")):
        data = pack.read_bytes()
        for end in (".idx", ".pack", ".keep"):
            pack.with_suffix(end).unlink(missing_ok=True)
        subprocess.run(["git", "-C", str(folder), "unpack-objects", "-q"], input=data, check=True)


_OBJECTS = {
    "entry-blob": "main:{entry}",
    "leaf-tree": "main:entries/0000/00",
    "entries-tree": "main:entries",
    "root-tree": "main^{tree}",
    "commit": "main",
    "old-commit": "main~1",
    "settings-blob": "main:rolethread.toml",
    "order-blob": "main:order.json",
    "tag-blob": "main:tags/tavern.json",
    "tag-object": "refs/tags/v1",
    "operation": "refs/rolethread/ops",
    "older-operation": "refs/rolethread/ops~3",
    "operation-record": "refs/rolethread/ops:operation.json",
    "unfinished-commit": "refs/worktree/rolethread/merge",
    "unfinished-state": "refs/worktree/rolethread/merge:state.json",
    "side-commit": "side",
}


def _object(revision: str, how: Damage) -> Damage:
    def damage(folder: Path) -> None:
        entry = next((folder / "entries/0000/00").glob("00000004-*.json")).relative_to(folder)
        oid = _git(folder, "rev-parse", revision.replace("{entry}", entry.as_posix()))
        _loosen(folder)
        path = folder / ".git/objects" / oid[:2] / oid[2:]
        path.chmod(0o644)
        how(path)

    return damage


# ---- what plain git, or a program that writes git, committed


def _commit(folder: Path, change: Callable[[dict[str, str]], None]) -> None:
    """Commit to main what a change makes of its files, from path to `mode id`; what is checked out stays as it is."""
    lines = (line.split("\t", 1) for line in _git(folder, "ls-tree", "-r", "-t", "main").splitlines())
    items = {path: " ".join(info.split()[0::2]) for info, path in lines if info.split()[1] != "tree"}
    change(items)
    index = {**os.environ, "GIT_INDEX_FILE": str(folder / ".git/scratch-index")}
    text = "".join(f"{each.split()[0]} {each.split()[1]}\t{path}\n" for path, each in items.items())
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "update-index", "--index-info"], input=text, text=True, env=index, check=True)
    tree = subprocess.run([*git, "write-tree"], env=index, check=True, capture_output=True, text=True).stdout.strip()
    (folder / ".git/scratch-index").unlink()
    commit = _git(folder, "commit-tree", "-p", "main", "-m", "from elsewhere", tree)
    _git(folder, "update-ref", "refs/heads/main", commit)


def _replaced(prefix: str, mode: str, kind: str) -> Damage:
    """Put one item in the place of all that begins with a prefix: its mode, and an object of a kind."""

    def damage(folder: Path) -> None:
        blob = _git(folder, "hash-object", "-w", "--stdin", text="elsewhere")
        oid = {"commit": _git(folder, "rev-parse", "main"), "blob": blob}[kind]

        def change(items: dict[str, str]) -> None:
            gone = [path for path in items if path.startswith(prefix)]
            for path in gone:
                del items[path]
            # a prefix of a folder ends before a slash; that of an entry's name is the whole of it
            items[prefix if "-" not in prefix else gone[0]] = f"{mode} {oid}"

        _commit(folder, change)

    return damage


def _entry_became_folder(folder: Path) -> None:
    def change(items: dict[str, str]) -> None:
        path = next(path for path in items if path.startswith("entries/0000/00/00000004-"))
        items[f"{path}/inside.json"] = items.pop(path)

    _commit(folder, change)


def _mode(prefix: str, mode: str) -> Damage:
    def damage(folder: Path) -> None:
        def change(items: dict[str, str]) -> None:
            for path in [path for path in items if path.startswith(prefix)]:
                items[path] = f"{mode} {items[path].split()[1]}"

        _commit(folder, change)

    return damage


def _content(path: str, text: str | None) -> Damage:
    """Commit other content of a file, None to leave it out."""

    def damage(folder: Path) -> None:
        blob = _git(folder, "hash-object", "-w", "--stdin", text=text or "")

        def change(items: dict[str, str]) -> None:
            name = next(each for each in items if each.startswith(path))
            items[name] = f"100644 {blob}"
            if text is None:
                del items[name]

        _commit(folder, change)

    return damage


# ---- refs and what lies around


def _ref(name: str, revision: str) -> Damage:
    """Point a ref at what a revision names, or at an id, past git's own checks."""

    def damage(folder: Path) -> None:
        is_id = len(revision) == 40
        oid = revision if is_id else _git(folder, "rev-parse", revision)
        path = folder / ".git" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(oid + "\n")

    return damage


def _tag_of_tag(folder: Path) -> None:
    _git(folder, "tag", "-a", "-m", "of a tag", "v2", "v1")
    _ref("refs/heads/tagged", "v2")(folder)


def _alias(folder: Path) -> None:
    (folder / ".git/refs/heads/alias").write_text("ref: refs/heads/nowhere\n")


def _both(*damages: Damage) -> Damage:
    def damage(folder: Path) -> None:
        for each in damages:
            each(folder)

    return damage


def _note_of_something_else(folder: Path) -> None:
    pack = next(folder.glob(".git/objects/pack/*.pack"))
    pack.with_suffix(".keep").write_bytes(b'rolethread transaction 1\n{"command": ["x"], "moves": 3}')


def _all_of(pattern: str) -> Damage:
    def damage(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.unlink()

    return damage


def _tree(name: str) -> Damage:
    """Put an empty file in the place of a folder of `.git`, or of the dataset."""

    def damage(folder: Path) -> None:
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).write_bytes(b"")

    return damage


_GONE = "12" * 20

DAMAGES: dict[str, Damage] = {
    **{f"{name}-{how.__name__[1:]}": _file(path, how) for name, path in _FILES.items() for how in _WAYS},
    **{f"{name}-{how.__name__[1:]}": _object(rev, how) for name, rev in _OBJECTS.items() for how in (_missing, _cut)},
    "entry-blob-flip": _object("main:{entry}", _flip),
    "entries-gitlink": _replaced("entries", "160000", "commit"),
    "entries-link": _replaced("entries", "120000", "blob"),
    "entries-file": _replaced("entries", "100644", "blob"),
    "branch-of-leaves-gitlink": _replaced("entries/0000", "160000", "commit"),
    "leaf-gitlink": _replaced("entries/0000/00", "160000", "commit"),
    "leaf-link": _replaced("entries/0000/00", "120000", "blob"),
    "leaf-file": _replaced("entries/0000/00", "100644", "blob"),
    "entry-gitlink": _replaced("entries/0000/00/00000004-", "160000", "commit"),
    "entry-link": _replaced("entries/0000/00/00000004-", "120000", "blob"),
    "entry-folder": _entry_became_folder,
    "entry-program": _mode("entries/0000/00/00000004-", "100755"),
    "entry-no-json": _content("entries/0000/00/00000004-", "no JSON"),
    "settings-no-toml": _content("rolethread.toml", "]["),
    "settings-gone": _content("rolethread.toml", None),
    "settings-gitlink": _replaced("rolethread.toml", "160000", "commit"),
    "order-no-json": _content("order.json", "]["),
    "order-deep": _content("order.json", "[" * 100_000),
    "order-folder": _replaced("order.json", "160000", "commit"),
    "tag-no-json": _content("tags/tavern.json", "]["),
    "dangling-branch": _ref("refs/heads/lost", _GONE),
    "dangling-release": _ref("refs/tags/lost", _GONE),
    "dangling-operations": _ref("refs/rolethread/ops", _GONE),
    "dangling-current": _ref("refs/heads/main", _GONE),
    "dangling-unfinished": _ref("refs/worktree/rolethread/merge", _GONE),
    "operations-other": _ref("refs/rolethread/ops", "main"),
    "unfinished-other": _ref("refs/worktree/rolethread/merge", "main"),
    "branch-is-blob": _ref("refs/heads/blob", "main:rolethread.toml"),
    "branch-is-tag": _ref("refs/heads/tagged", "refs/tags/v1"),
    "current-is-tag": _ref("refs/heads/main", "refs/tags/v1"),
    "branch-is-tag-of-tag": _tag_of_tag,
    "release-is-tree": _ref("refs/tags/tree", "main^{tree}"),
    "branch-alias-to-nowhere": _alias,
    "head-detached-nowhere": lambda folder: (folder / ".git/HEAD").write_text(_GONE + "\n") and None,
    "head-to-nowhere": lambda folder: (folder / ".git/HEAD").write_text("ref: refs/heads/nobody\n") and None,
    "head-and-operations": _both(_file(".git/HEAD", _empty), _file(".git/refs/rolethread/ops", _empty)),
    "branch-and-operations": _both(_file(".git/refs/heads/main", _empty), _file(".git/refs/rolethread/ops", _empty)),
    "index-and-operations": _both(_file(".git/index", _empty), _file(".git/refs/rolethread/ops", _empty)),
    "all-idx-missing": _all_of(".git/objects/pack/*.idx"),
    "all-packs-missing": _all_of(".git/objects/pack/*.pack"),
    "note-of-something-else": _note_of_something_else,
    "stale-index-lock": lambda folder: (folder / ".git/index.lock").touch(),
    "private-is-file": _tree(".git/rolethread"),
    "refs-is-file": _tree(".git/refs/heads"),
    "entries-folder-is-file": _tree("entries"),
    "written-through": lambda folder: (
        (folder / ".git/logs").rename(folder.parent / "logs"),
        (folder / ".git/logs").symlink_to(folder.parent / "logs"),
    ),
    "entries-folder-is-link": _both(_tree("entries"), lambda folder: _link(folder / "entries")),
    "none": lambda _folder: None,
}

HAND_EDITS = {"entries-folder-is-file", "entries-folder-is-link"}
"""Those in which the files of entries are gone from the checked-out folder: hand edits, which no repair touches."""

NO_DAMAGE = {"settings-gone": 20, "stale-index-lock": 60, "attributes-pipe": 20, "written-through": 0}
"""Those of which a repair knows nothing, as they are whole: the status of an edit, which names the way out."""
