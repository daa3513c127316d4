"""Seals every test off from the machine: no home, no git configuration, no identity, no colour, no network."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("default")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

MEMORY = Path("/dev/shm")
ROOM = 2 << 30


def pytest_configure() -> None:
    """Work on a disk in memory where there is one with room: it does all that a disk does, and nobody waits for fsync.

    What a killed process leaves is the same on both; what a power cut leaves is made of what was flushed. `TMPDIR`
    names another place.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def sealed_environment(home: Path) -> dict[str, str]:
    """Return an environment for child processes that knows nothing of this machine's user."""
    keep = {
        key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TEMP", "TMPDIR") if key in os.environ
    }
    return keep | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig-of-the-test"),
        "GIT_AUTHOR_NAME": "Test",
        "GIT_AUTHOR_EMAIL": "test@example.org",
        "GIT_COMMITTER_NAME": "Test",
        "GIT_COMMITTER_EMAIL": "test@example.org",
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "TZ": "UTC",
    }


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Let Ctrl-C reach processes that tests start: what a shell runs in the background hands on that it is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _sealed_libgit2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep libgit2 away from the machine's git configuration."""
    import pygit2

    empty = str(tmp_path_factory.mktemp("no-home"))
    for level in (
        pygit2.enums.ConfigLevel.GLOBAL,
        pygit2.enums.ConfigLevel.XDG,
        pygit2.enums.ConfigLevel.SYSTEM,
    ):
        pygit2.settings.search_path[level] = empty
    yield


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the test, and the processes it starts, a sealed environment; return it."""
    home = tmp_path / "home"
    home.mkdir()
    sealed = sealed_environment(home)
    for key in list(os.environ):
        if key.startswith(("GIT_", "XDG_", "RTV_", "EDITOR", "VISUAL", "CLICOLOR", "FORCE_COLOR")) or key == "HOME":
            monkeypatch.delenv(key)
    for key, value in sealed.items():
        monkeypatch.setenv(key, value)
    return sealed


@pytest.fixture
def shared_data() -> Path:
    """Return the folder of real inputs, or skip where it is not there."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the folder of real inputs is not here")
    return SHARED_DATA
