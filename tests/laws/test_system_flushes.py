"""What the system is asked to flush, by libgit2 too: the watcher of power cuts sees only what we flush ourselves."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mutators import make_models
from power import Watcher
from workshop import Workshop

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def shop(models: Path, tmp_path: Path) -> Workshop:
    shutil.copytree(models / "files", tmp_path / "tavern", symlinks=True)
    return Workshop(tmp_path / "tavern")


def system_flushes(shop: Workshop, *words: str, status: int = 0) -> list[str]:
    """Run a command and return the places in the dataset that the system was told to flush, in order."""
    trace = shop.folder.with_name("trace")
    strace = ["strace", "-f", "-y", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(trace)]
    command = [sys.executable, "-m", "rolethread_vcs.cli.main", "-C", str(shop.folder), *words]
    done = subprocess.run([*strace, *command], capture_output=True, text=True)
    if "ptrace" in done.stderr:
        pytest.skip("strace may not look at processes here")
    assert done.returncode == status, done.stderr
    places = re.findall(r"f(?:data)?sync\(\d+<(.*?)>\)", trace.read_text())
    return [_plain(each.removeprefix(f"{shop.folder}/")) for each in places if each.startswith(str(shop.folder))]


def _plain(place: str) -> str:
    return re.sub(r"[0-9a-f]{8,}|_\d+_", "", place)


@pytest.mark.parametrize(
    "words",
    [
        ("edit", "1", "--tag", "+late"),
        ("branch", "a/b/c"),
        ("switch", "rough"),
        ("branch", "--delete", "rough"),
        ("release", "x/y", "-m", "first"),
        ("config", "set", "user.name", "Mara"),
    ],
)
def test_the_system_flushes_what_we_flush_and_nothing_else(shop: Workshop, words: tuple[str, ...]) -> None:
    before = shop.folder.with_name("before")
    shutil.copytree(shop.folder, before, symlinks=True)
    asked = system_flushes(shop, *words)
    shutil.rmtree(shop.folder)
    before.rename(shop.folder)

    watcher = Watcher(shop.folder)
    with watcher.watching():
        shop.done(*words)

    assert asked == [_plain(place) for place in watcher.flushes]


def test_what_is_fetched_from_a_copy_that_flushes_nothing_is_flushed(shop: Workshop) -> None:
    fast = Workshop(shop.folder.with_name("fast"))
    shop.done("clone", ".", "../fast")
    fast.done("config", "set", "durability", "fast")
    fast.done("edit", "1", "--tag", "+late")

    asked = system_flushes(shop, "merge", "../fast")

    fetched = [place for place in asked if "pack_git2" in place]
    assert any("idx" in place for place in fetched)
    assert len(fetched) == 2
    assert asked.index(".git/refs/heads/main.lock") > max(asked.index(place) for place in fetched)


def test_typed_text_that_is_kept_is_flushed(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    typing = shop.folder.with_name("typing.py")
    typing.write_text("import sys\nopen(sys.argv[1], 'w').write('nothing that can be read')\n", "utf-8")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {typing}")

    asked = system_flushes(shop, "edit", "1", status=20)

    assert asked[0].startswith(".git/rolethread/drafts/edit-")
    assert asked[1:] == [".git/rolethread/drafts", ".git/rolethread"]
