"""Promise 1: a power cut leaves each verb undone or done, all of it whole, and what the next command says is true."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import click
import pytest
from mutators import MUTATORS, Mutator, make_models
from power import Image, Moment, Watcher, put_back
from workshop import Workshop

from rolethread_vcs.cli.main import rtv

PROBE = "refs/tags/probe"


def _a_file_copy(shop: Workshop) -> None:
    shop.done("workcopy", "add", "../train.jsonl")


def _an_old_file_copy(shop: Workshop) -> None:
    _a_file_copy(shop)
    shop.done("edit", "1", "--tag", "+late")


def _a_folder_copy(shop: Workshop) -> None:
    shop.done("workcopy", "add", "../side", "--branch", "rough")


def _hooks(shop: Workshop) -> None:
    shop.done("hooks", "install")


def _a_search(shop: Workshop) -> None:
    shop.done("bisect", "start", "@~2", "main")


def _a_branch_in_folders(shop: Workshop) -> None:
    shop.done("branch", "a/b/c")


def _a_packed_branch(shop: Workshop) -> None:
    _a_branch_in_folders(shop)
    shop.git("pack-refs", "--all")
    shop.done("branch", "a/b/c", "--note", "packed")


def _a_torn_branch(shop: Workshop) -> None:
    (shop.folder / ".git/refs/heads/rough").write_bytes(b"")


def _a_lost_index(shop: Workshop) -> None:
    max((shop.folder / ".git/objects/pack").glob("*.idx")).unlink()


OTHERS = [
    Mutator("init", ("init", "../new/deep")),
    Mutator("clone", ("clone", ".", "../new/deep")),
    Mutator("branch with folders", ("branch", "a/b/c")),
    Mutator("branch --delete with folders", ("branch", "--delete", "a/b/c"), before=_a_branch_in_folders),
    Mutator("branch --delete of a packed one", ("branch", "--delete", "a/b/c"), before=_a_packed_branch),
    Mutator("switch -c with folders", ("switch", "-c", "a/b/c")),
    Mutator("release with folders", ("release", "x/y", "-m", "first")),
    Mutator("import to a new branch with folders", ("import", "../bad.jsonl", "--to", "work/x")),
    Mutator("import --skip-invalid", ("import", "../bad.jsonl", "--skip-invalid")),
    Mutator("config set user.name", ("config", "set", "user.name", "Mara")),
    Mutator("config set checkout always", ("config", "set", "checkout", "always")),
    Mutator("export", ("export", "-o", "../out.jsonl")),
    Mutator("workcopy add a file", ("workcopy", "add", "../train.jsonl")),
    Mutator("workcopy add a folder", ("workcopy", "add", "../side", "--branch", "rough")),
    Mutator("workcopy refresh", ("workcopy", "refresh", "../train.jsonl"), before=_an_old_file_copy),
    Mutator("workcopy remove a file", ("workcopy", "remove", "../train.jsonl"), before=_a_file_copy),
    Mutator("workcopy remove a folder", ("workcopy", "remove", "../side"), before=_a_folder_copy),
    Mutator("hooks install", ("hooks", "install")),
    Mutator("hooks remove", ("hooks", "remove"), before=_hooks),
    Mutator("bisect start", ("bisect", "start", "@~2", "main")),
    Mutator("bisect good", ("bisect", "good"), before=_a_search),
    Mutator("bisect bad", ("bisect", "bad"), before=_a_search),
    Mutator("bisect skip", ("bisect", "skip"), before=_a_search),
    Mutator("verify --repair of a branch", ("verify", "--repair"), before=_a_torn_branch),
    Mutator("verify --repair of an index", ("verify", "--repair"), before=_a_lost_index),
    Mutator("bisect reset", ("bisect", "reset"), before=_a_search),
]
"""Beside the verbs that make an operation: those that write elsewhere, and names that need folders."""

ELSEWHERE = {
    "demo": "init, import, edit and their like, one after the other",
    "config edit": "config set, through an editor",
    "doctor": "--unlock removes locks of git, which nobody misses",
    "bisect run": "bisect good and bad, again and again",
    "git-merge-driver": "writes a file for git, which answers for it",
    "git-hook": "asks the gate, and writes what is cached",
}
CAN_BE_RUN_AGAIN = ("workcopy add a folder", "workcopy remove a folder", "hooks install", "hooks remove")
"""Verbs of many steps: what is half done is marked, commands refuse to work in it, and the verb does the rest."""
READS = {
    "bisect log", "bisect status", "blame", "check", "completion", "config get", "config list", "conflicts", "diff",
    "git-textconv", "list", "log", "ops", "rules", "show", "status", "which", "workcopy list", "workcopy status",
}  # fmt: skip
"""Verbs that change nothing."""


def _verbs(group: click.Group, *path: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _verbs(command, *path, name)
        else:
            yield " ".join((*path, name))


def test_no_verb_is_forgotten() -> None:
    known = set(_verbs(rtv))
    cut = {" ".join(each.words[:length]) for each in (*MUTATORS, *OTHERS) for length in (1, 2)} & known

    assert cut | ELSEWHERE.keys() | READS == known
    assert not cut & READS
    assert not cut & ELSEWHERE.keys()


CASES = [
    pytest.param(mutator, mode, id=f"{mutator.name} ({mode})")
    for mutator in (*MUTATORS, *OTHERS)
    for mode in ("files", "bare")
    if mode == "files" or not mutator.needs_files
]
WITH_FILES = [case for case in CASES if case.values[1] == "files"]


SAMPLE = {
    "edit tags",
    "init",
    "clone",
    "branch with folders",
    "branch --delete of a packed one",
    "import to a new branch with folders",
    "release with folders",
    "config set user.name",
    "switch",
    "workcopy refresh",
}
"""What the normal run cuts off before each flush; the slow one does so with all, with files before each step."""
SAMPLED = [case for case in WITH_FILES if case.values[0].name in SAMPLE]  # type: ignore[attr-defined]

PAGE = Path(__file__).parents[2] / "docs" / "concurrency.md"


def flushes_of_the_page() -> dict[str, int]:
    """Return how often each verb flushes, as the table of the page has it."""
    rows = re.findall(r"(?m)^\| (\d+) \| (.*) \|$", PAGE.read_text("utf-8"))
    return {name: int(count) for count, names in rows for name in names.split(", ")}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_models(tmp_path_factory.mktemp("models"))


@dataclass(frozen=True)
class State:
    """All that must be old or new: refs, operations, settings, working copies, hooks, files beside the dataset."""

    refs: dict[str, str]
    operations: tuple[str, ...]
    config: dict[str, str]
    copies: str
    search: str
    hooks: dict[str, bytes]
    beside: dict[str, bytes]


def state_of(room: Path) -> State:
    shop = Workshop(room / "tavern")
    repository = shop.dataset.repository
    refs = {name: value for name, value in repository.refs.table().items() if name != PROBE}
    commands = [each.command for each in repository.operations if each.command != "release probe"]
    return State(
        refs,
        tuple(commands),
        repository.config.own_section(""),
        # the files of a folder copy are not flushed, as those of no folder are
        re.sub(r"(?m)^(folder .*?  \S+)  .*$", r"\1", shop.rtv("workcopy", "list").out),
        shop.rtv("bisect", "log").out,
        {
            path.name: path.read_bytes()
            for each in ("hooks", "info")
            for path in (room / "tavern/.git" / each).glob("[!.]*")
        },
        {path.name: path.read_bytes() for path in sorted(room.glob("[!.]*")) if path.is_file()},
    )


def _difference(one: State, other: State) -> dict[str, tuple[Any, Any]]:
    other = replace(other, beside=other.beside if one.beside else {})
    pairs = ((each.name, getattr(one, each.name), getattr(other, each.name)) for each in fields(State))
    return {name: (a, b) for name, a, b in pairs if a != b}


@dataclass(frozen=True)
class Recording:
    """What a verb did to a room: its moments, and the states before and after."""

    room: Path
    mutator: Mutator
    moments: list[Moment]
    flushes: list[str]
    old: State | None
    new: State


def record(models: Path, room: Path, mutator: Mutator, mode: str) -> Recording:
    """Run a verb in a room of its own, and watch it."""
    room.mkdir()
    for name in ("more.jsonl", "bad.jsonl"):
        shutil.copy(models / name, room)
    shutil.copytree(models / mode, room / "tavern", symlinks=True)
    shop = Workshop(room / "tavern")
    mutator.before(shop)
    old = state_of(room) if mutator.before is not _a_lost_index else None
    watched = room.with_name("watched")
    pid = os.fork()  # what a process left is known by its id: it must be gone, as after a power cut
    if not pid:
        _watch(shop, mutator, watched)
    os.waitpid(pid, 0)
    answer, moments, flushes = pickle.loads(watched.read_bytes())
    assert answer.status in (0, 50, 30), answer
    return Recording(room, mutator, moments, flushes, old, state_of(room))


def _watch(shop: Workshop, mutator: Mutator, watched: Path) -> None:
    try:
        watcher = Watcher(shop.folder.parent)
        with watcher.watching():
            answer = shop.rtv(*mutator.words)
        watched.write_bytes(pickle.dumps((answer, watcher.moments, watcher.flushes)))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def replay(recording: Recording, image: Image, *, is_acknowledged: bool) -> None:
    """Make the disk what is left of it, and ask what stands there."""
    room, mutator = recording.room, recording.mutator
    put_back(room, image)
    shop = Workshop(room / "tavern")
    if mutator.words[0] == "verify" and not is_acknowledged:
        shop.done(*mutator.words)

    answer = shop.rtv("release", "probe")

    assert answer.status == 0, answer
    after = state_of(room)
    assert not (is_acknowledged and _difference(after, recording.new))
    if mutator.name in CAN_BE_RUN_AGAIN and after not in (recording.old, recording.new):
        if after != replace(recording.new, operations=after.operations):
            shop.done("doctor", "--unlock", "--yes")  # nothing noted that there would be a lock of git
            shop.done(*mutator.words)
            after = state_of(room)
        assert after == replace(recording.new, operations=after.operations)
        return
    beside = {} if recording.old is None else recording.old.beside
    for name, data in beside.items():  # what was there before is never half of anything
        assert after.beside.get(name) in (data, recording.new.beside.get(name)), name
    after = replace(after, beside={}) if not is_acknowledged else after
    assert (recording.old and not _difference(after, recording.old)) or not _difference(after, recording.new)
    said = answer.out + answer.err
    if "finished now" in said:
        assert not _difference(after, recording.new), said
    if "before anything was saved" in said:
        assert not _difference(after, recording.old), said
    assert shop.rtv("verify").status == 0, shop.rtv("verify")
    if not shop.is_bare:
        shop.done("restore", "--all")
        assert shop.is_clean()
    shop.done("add", "--user", "next", "--assistant", "done")
    if mutator.words[0] in ("init", "clone"):
        made = Workshop(room / "new/deep")
        if not is_acknowledged and made.rtv("status").status:
            shop.done(*mutator.words)
        made.done("restore", "--all")
        made.done("verify")
        assert made.is_clean()


def replay_all(recording: Recording, moments: Sequence[Moment]) -> None:
    """Replay some moments, the same disk once; the last one is after the verb has answered."""
    seen: list[tuple[bool, Image]] = []
    for moment in moments:
        is_acknowledged = moment is recording.moments[-1]
        for loss, image in moment.disks.items():
            if (is_acknowledged, image) in seen:
                continue
            seen.append((is_acknowledged, image))
            try:
                replay(recording, image, is_acknowledged=is_acknowledged)
            except AssertionError as error:
                raise AssertionError(f"{loss.value} lost before: {moment.step}") from error


@pytest.mark.parametrize(("mutator", "mode"), WITH_FILES)
def test_what_was_said_is_there_after_a_power_cut(models: Path, tmp_path: Path, mutator: Mutator, mode: str) -> None:
    recording = record(models, tmp_path / "room", mutator, mode)

    replay_all(recording, recording.moments[-1:])
    assert len(recording.flushes) == flushes_of_the_page().get(mutator.name), recording.flushes


def test_the_page_counts_the_flushes_of_each_verb() -> None:
    assert flushes_of_the_page().keys() == {each.name for each in (*MUTATORS, *OTHERS)}


@pytest.mark.parametrize(("mutator", "mode"), SAMPLED)
def test_a_power_cut_before_any_flush_leaves_old_or_new(
    models: Path, tmp_path: Path, mutator: Mutator, mode: str
) -> None:
    recording = record(models, tmp_path / "room", mutator, mode)

    replay_all(recording, [each for each in recording.moments if each.is_boundary])


@pytest.mark.slow
@pytest.mark.parametrize(("mutator", "mode"), CASES)
def test_a_power_cut_before_any_step_leaves_old_or_new(
    models: Path, tmp_path: Path, mutator: Mutator, mode: str
) -> None:
    recording = record(models, tmp_path / "room", mutator, mode)

    replay_all(recording, [each for each in recording.moments if each.is_boundary or mode == "files"])
