"""The writers' lock: one at a time, gone with its holder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rolethread_vcs.store.lock import LockedError, describe_holder, hold, is_held

HOLDER = (
    "import sys\n"
    "from pathlib import Path\n"
    "from rolethread_vcs.store.lock import hold\n"
    "with hold(Path(sys.argv[1]), 'rtv import', patience=15):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


@pytest.fixture
def other(tmp_path):
    """Start another process that holds the lock, and return it with the lock's path."""
    path = tmp_path / "private" / "lock"
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout.readline() == "held\n"
        yield child, path
        child.kill()


def test_a_second_writer_is_told_who_holds_the_lock(other):
    child, path = other

    with pytest.raises(LockedError) as caught, hold(path, "rtv edit", patience=0.05):
        pass
    assert f"process {child.pid} on " in caught.value.message
    assert "rtv import, since " in caught.value.message
    assert caught.value.status == 60


def test_the_lock_goes_with_a_holder_that_is_killed(other):
    child, path = other
    child.kill()
    child.wait()

    with hold(path, "rtv edit", patience=0.5):
        assert is_held(path)
    assert not is_held(path)


def test_a_waiting_writer_gets_the_lock_when_the_holder_lets_go(other):
    child, path = other
    child.stdin.close()

    with hold(path, "rtv edit", patience=10):
        assert "rtv edit" in describe_holder(path)


def test_the_lock_is_free_again_after_an_error(tmp_path):
    path = tmp_path / "lock"

    with pytest.raises(ZeroDivisionError), hold(path, "rtv edit", patience=15):
        raise ZeroDivisionError

    assert not is_held(path)


def test_a_lock_that_was_never_taken_is_free(tmp_path):
    assert not is_held(tmp_path / "none")


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"pid": 1}', b"\xff"])
def test_a_torn_text_only_hides_the_holder(tmp_path, text):
    path: Path = tmp_path / "lock"
    path.write_bytes(text)

    assert describe_holder(path) == "holder unknown"
    with hold(path, "rtv edit", patience=15):
        assert is_held(path)
