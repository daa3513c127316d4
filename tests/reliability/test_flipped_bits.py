"""One flipped bit in what git keeps beside the objects: no process dies of it, and nothing is called whole that is not.

What is flipped comes from a seed, which stands in the test's name and in what a failure says.
"""

from __future__ import annotations

import random
import shutil
from subprocess import run

import pytest
from sweeping import conversation

from rolethread_vcs.dataset import Dataset

STATUSES = {0, 20, 40, 70, 74}
VERBS = (
    ("export", "-o", "-"),
    ("check",),
    ("log",),
    ("branch",),
    ("show", "2"),
    ("merge", "try", "--dry-run"),
    ("status",),
    ("edit", "1", "--tag", "+flipped", "--dry-run"),
    ("clone", ".", "../copy"),
)


@pytest.fixture(params=["ours", "git"])
def packed(dataset, environment, request) -> Dataset:
    """Return a dataset in one of our packs, or in two of git's with all that git writes beside them."""
    dataset.branch("try")
    for number in range(8):
        with dataset.edit() as change:
            change.put(dataset.snapshot().ids()[0], conversation(f"hello again, and at some length, {number}" * 9))
    folder = dataset.folder
    if request.param == "git":
        run(["git", "-C", str(folder), "repack", "-adq", "--write-bitmap-index"], check=True, env=environment)
        with dataset.edit() as change:
            change.put(dataset.snapshot().ids()[1], conversation("the last"))
        run(["git", "-C", str(folder), "multi-pack-index", "write"], check=True, env=environment)
        run(["git", "-C", str(folder), "commit-graph", "write", "--reachable"], check=True, env=environment)
    return Dataset.open(folder)


def places(data: bytes, name: str, rng: random.Random) -> int:
    """Return a byte to hit; in an index mostly one of where objects are."""
    if name.endswith(".idx") and rng.random() < 0.5:
        total = int.from_bytes(data[1028:1032], "big")
        return 1032 + 24 * total + rng.randrange(4 * total)
    return rng.randrange(len(data))


@pytest.mark.parametrize(
    ("seed", "flips"),
    [
        pytest.param(7, 30, id="7"),
        *(pytest.param(seed, 200, id=f"{seed}", marks=pytest.mark.slow) for seed in range(5)),
    ],
)
def test_a_flipped_bit_ends_no_process_and_verify_sees_what_it_changes(packed, rtv, seed, flips):
    whole, hurt, rng = packed.folder, packed.folder.with_name("hurt"), random.Random(seed)
    objects = packed.repository.common_folder.relative_to(whole) / "objects"
    beside = [path.relative_to(whole) for path in (whole / objects).glob("pack/*")]
    files = [path for path in (*beside, objects / "info" / "commit-graph") if (whole / path).is_file()]
    good = rtv(whole, "export", "-o", "-")
    assert good.returncode == 0

    for number in range(flips):
        shutil.copytree(whole, hurt)
        path = hurt / rng.choice(files)
        data = path.read_bytes()
        at, bit = places(data, path.name, rng), rng.randrange(8)
        path.chmod(0o644)
        path.write_bytes(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
        words = rng.choice(VERBS)
        verified, done = rtv(hurt, "verify"), rtv(hurt, *words)
        exported = rtv(hurt, "export", "-o", "-") if verified.returncode == 0 else good
        for folder in (hurt, hurt.with_name("copy")):
            shutil.rmtree(folder, ignore_errors=True)

        what = f"seed {seed}, flip {number}: bit {bit} of byte {at} of {path.name} ({len(data)})"
        assert verified.returncode in (0, 70), f"{what}: verify {verified}"
        assert done.returncode in STATUSES, f"{what}: {done}"
        assert exported.returncode == 0 and exported.stdout == good.stdout, f"{what}: {exported}"
        if words == VERBS[0] and done.returncode == 0:
            assert done.stdout == good.stdout, what
