"""The writers' lock: one at a time, gone with its holder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.errors import BusyError, SystemRefusedError
from rolethread_vcs.store.lock import describe_holder, hold, is_held

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

    with pytest.raises(BusyError) as caught, hold(path, "rtv edit", patience=0.05):
        pass
    assert f"process {child.pid} on " in caught.value.message
    assert "rtv import, since " in caught.value.message
    assert (caught.value.status, caught.value.code) == (60, "locked")


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


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"[]", b"{", b'{"pid": 1}', b"\xff", b"[" * 100_000),
        b'{"pid": 1, "host": "h", "command": "c", "since": 9223372036854775807}',
    ],
)
def test_a_torn_text_only_hides_the_holder(tmp_path, text):
    path: Path = tmp_path / "lock"
    path.write_bytes(text)

    assert describe_holder(path) == "holder unknown"
    with hold(path, "rtv edit", patience=15):
        assert is_held(path)


@pytest.mark.skipif(os.name == "nt", reason="needs links")
class TestLinks:
    """What a link leads to that was planted in the place of a file of ours is neither written to nor swept."""

    @pytest.mark.parametrize("name", ["lock", "tmp"])
    def test_a_link_is_refused_and_its_target_stays_as_it_is(self, tmp_path, name):
        dataset = Dataset.init(tmp_path / "d")
        place, target = dataset.folder / ".git/rolethread" / name, tmp_path / "target"
        if name == "lock":
            target.write_bytes(b"mine" * 400)
            place.unlink()
        else:
            target.mkdir()
            (target / "2019-notes.txt").write_bytes(b"mine")
            if place.exists():
                place.rmdir()
        place.symlink_to(target)

        with pytest.raises(SystemRefusedError) as caught:
            dataset.add([{"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes"}]}])

        assert str(place) in (caught.value.hint or "")
        assert len(dataset.snapshot()) == 0
        kept = target if name == "lock" else target / "2019-notes.txt"
        assert kept.read_bytes() in (b"mine" * 400, b"mine")
        assert sum(1 for _ in tmp_path.rglob("*.tmp")) == 0
        place.unlink()
        dataset.add([{"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes"}]}])
        assert len(dataset.snapshot()) == 1

    def test_a_file_that_has_a_second_name_is_locked_and_not_written_to(self, tmp_path):
        target, path = tmp_path / "mine", tmp_path / "lock"
        target.write_bytes(b"mine" * 400)
        path.hardlink_to(target)

        with hold(path, "rtv edit", patience=1):
            assert is_held(path)
        assert target.read_bytes() == b"mine" * 400

    def test_a_pipe_stops_nobody(self, tmp_path):
        path = tmp_path / "lock"
        os.mkfifo(path)

        assert not is_held(path)
        assert describe_holder(path) == "holder unknown"

    def test_a_link_that_a_dead_writer_seems_to_have_left_is_removed_and_its_folder_is_not(self, tmp_path):
        dataset = Dataset.init(tmp_path / "d")
        scratch, target = dataset.repository.scratch_folder, tmp_path / "target"
        scratch.mkdir(exist_ok=True)
        target.mkdir()
        (target / "note").write_bytes(b"mine")
        (scratch / "999999999-abc.tmp").symlink_to(target)

        dataset.add([{"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "yes"}]}])

        assert [each.name for each in target.iterdir()] == ["note"]
        assert list(scratch.iterdir()) == []


BUSY = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from rolethread_vcs.store.lock import hold\n"
    "while True:\n"
    "    with hold(Path(sys.argv[1]), 'rtv edit', patience=60):\n"
    "        print(flush=True)\n"
    "        time.sleep(0.02)\n"
)


def test_who_waits_longest_is_next_however_busy_the_others_are(tmp_path):
    path, taken = tmp_path / "private" / "lock", tmp_path / "taken"
    with taken.open("w") as lines:
        others = [subprocess.Popen([sys.executable, "-c", BUSY, str(path)], stdout=lines) for _ in range(3)]
        try:
            while taken.stat().st_size < 10:
                assert all(each.poll() is None for each in others)
                time.sleep(0.01)
            waited = []
            for _ in range(10):
                before = taken.stat().st_size
                with hold(path, "rtv import", patience=60):
                    waited.append(taken.stat().st_size - before)
        finally:
            for each in others:
                each.kill()
                each.wait()

    assert max(waited) <= 6 and sum(waited) <= 40, waited  # three of them, and who came while we looked
    with hold(path, "rtv import", patience=60):  # what the killed ones left is nobody's
        assert [each.name for each in path.parent.iterdir()] == ["lock"]
