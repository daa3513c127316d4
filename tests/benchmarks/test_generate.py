"""The generated conversations: the same for a seed, of the size and shape that the benchmarks promise."""

from __future__ import annotations

import hashlib
import json
import runpy
import subprocess
import sys
from pathlib import Path

from rolethread_vcs.model.canonical import encode_entry
from rolethread_vcs.model.entry import Entry

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "generate.py"
generate = runpy.run_path(str(SCRIPT))["generate"]
FIRST_HUNDRED = "af1f94a0b8140e8f831018d0059c990a3fc3729c01f943b48decc86d61569b14"


def test_the_first_hundred_of_seed_one_never_change() -> None:
    text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in generate(100, 1))

    assert hashlib.sha256(text.encode("utf-8")).hexdigest() == FIRST_HUNDRED


def test_a_smaller_count_is_the_beginning_of_a_larger_one() -> None:
    assert list(generate(20, 7)) == list(generate(50, 7))[:20]
    assert list(generate(20, 7)) != list(generate(20, 8))


def test_entries_have_the_promised_size_and_shape() -> None:
    entries = list(generate(2000, 1))

    average = sum(len(encode_entry(Entry.of(entry))) for entry in entries) / len(entries)
    exchanges = {sum(message["role"] == "user" for message in entry["messages"]) for entry in entries}

    assert 1900 < average < 2300
    assert exchanges == {1, 2, 3, 4, 5}
    assert {bool(entry.get("tags")) for entry in entries} == {True, False}
    assert {entry["messages"][0]["role"] for entry in entries} == {"system", "user"}


def test_the_script_writes_json_lines(tmp_path: Path) -> None:
    target = tmp_path / "entries.jsonl"

    subprocess.run([sys.executable, SCRIPT, "5", "--seed", "3", "-o", target], check=True)

    lines = target.read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(generate(5, 3))
