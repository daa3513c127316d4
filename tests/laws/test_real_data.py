"""Real files of other projects come in, go out, and come back into a new dataset with equal messages and ids."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from workshop import Workshop

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.ops.import_.row_reader import ImportOptions
from rolethread_vcs.transaction import Intent


@dataclass(frozen=True, slots=True)
class Real:
    """A file, its rows, and the rules that some of its rows break."""

    path: str
    rows: int
    allow: tuple[str, ...] = ()


FILES = [
    Real("gpteacher/roleplay-simple-deduped-roleplay-instruct.json", 1923),
    Real("fastchat/dummy_conversation.json", 500),
    Real("llama-factory/alpaca_en_demo.json", 999),
    Real("llama-factory/identity.json", 91),
    Real("llama-factory/dpo_en_demo.json", 300, ("no_assistant",)),
    Real("llama-factory/kto_en_demo.json", 300),
    Real("llama-factory/glaive_toolcall_en_demo.json", 300),
    Real("openai-cookbook/toy_chat_fine_tuning.jsonl", 5),
    Real("axolotl/alpaca.json", 2),
    Real("axolotl/conversation.json", 1),
    Real("axolotl/conversation.missingturns.json", 1, ("empty_message",)),
    Real("rolethread-lite/00_source_tavern.jsonl", 2, ("unknown_role", "no_assistant")),
    Real("rolethread-lite/02_dirty_auto_fixable.jsonl", 6),
    Real("rolethread-lite/01_after_load/tavern.jsonl", 2, ("unknown_role", "no_assistant")),
    Real("rolethread-lite/02_after_character_mapping/tavern.jsonl", 2),
    Real("rolethread-lite/04_after_create_split/tavern.jsonl", 4),
    Real("rolethread-lite/08_exports/chatml_clean.jsonl", 3),
    Real("rolethread-lite/08_exports/chatml_full.jsonl", 3),
    Real("rolethread-lite/08_exports/sharegpt_clean.jsonl", 3),
    Real("rolethread-lite/08_exports/sharegpt_full.jsonl", 3),
    Real("spec-samples/axolotl_train_flags.jsonl", 1),
    Real("spec-samples/bom_crlf.jsonl", 2),
    Real("spec-samples/openai_tools.jsonl", 1),
]
REAL = pytest.mark.parametrize("real", FILES, ids=lambda real: real.path)


def allowances(real: Real) -> tuple[str, ...]:
    """Return the words that let the findings of a file through."""
    flags = [word for rule in real.allow for word in ("--allow", rule)]
    return (*flags, "--because", "as it came") if flags else ()


def new_shop(folder: Path) -> Workshop:
    Dataset.init(folder)
    return Workshop(folder)


@REAL
def test_a_real_file_comes_back_with_equal_entries_and_ids(real: Real, shared_data: Path, tmp_path: Path) -> None:
    one, two = new_shop(tmp_path / "one"), new_shop(tmp_path / "two")

    _, done = one.done("import", str(shared_data / real.path), *allowances(real), "--json").envelope()
    one.done("export", "-o", "../out.jsonl")
    two.done("import", "../out.jsonl", *allowances(real))

    assert (done["added"], done["rejected"]) == (real.rows, 0)
    assert list(two.dataset.snapshot()) == list(one.dataset.snapshot())
    assert two.dataset.snapshot().find("order.json") == one.dataset.snapshot().find("order.json")
    assert (one.is_clean(), two.is_clean()) == (True, True)
    one.git("fsck", "--strict")


@REAL
def test_a_real_file_imported_again_adds_nothing(real: Real, shared_data: Path, tmp_path: Path) -> None:
    shop = new_shop(tmp_path / "one")
    words = ("import", str(shared_data / real.path), *allowances(real), "--json")
    shop.done(*words)

    _, again = shop.done(*words).envelope()

    assert (again["commit"], again["unchanged"]) == (None, real.rows)


@REAL
def test_another_format_that_can_carry_a_real_file_brings_it_back_too(
    real: Real, shared_data: Path, tmp_path: Path
) -> None:
    shop = new_shop(tmp_path / "one")
    shop.done("import", str(shared_data / real.path), *allowances(real))
    carried = []

    for format in ("messages", "sharegpt", "alpaca"):
        answer = shop.rtv("export", "-o", f"../{format}.json", "--format", format)
        assert answer.status in (0, 20)
        if answer.status == 0:
            other = new_shop(tmp_path / format)
            other.done("import", f"../{format}.json", *allowances(real))
            assert list(other.dataset.snapshot()) == list(shop.dataset.snapshot())
            carried.append(format)

    assert "messages" in carried


def test_a_clone_by_stock_git_opens(shared_data: Path, tmp_path: Path) -> None:
    shop = new_shop(tmp_path / "one")
    shop.done("import", str(shared_data / "llama-factory/identity.json"))
    subprocess.run(["git", "clone", "-q", str(shop.folder), str(tmp_path / "copy")], check=True)
    copy = Workshop(tmp_path / "copy")

    _, status = copy.done("status", "--json").envelope()
    _, listed = copy.done("list", "--json", "--limit", "3").envelope()

    assert (status["entries"], status["unsaved"]) == (91, [])
    assert len(listed["entries"]) == 3
    assert list(copy.dataset.snapshot()) == list(shop.dataset.snapshot())
    copy.done("add", "--user", "u", "--assistant", "a")
    assert copy.is_clean()


def test_all_real_files_together_come_back(shared_data: Path, tmp_path: Path) -> None:
    one, two = Dataset.init(tmp_path / "one"), Dataset.init(tmp_path / "two")
    rough = Intent("import", "import", branch="rough")
    one.import_files([shared_data / real.path for real in FILES], ImportOptions(), rough)
    one.switch("rough")

    one.export(path=tmp_path / "out.jsonl.gz")
    two.import_files([tmp_path / "out.jsonl.gz"], ImportOptions(), rough)

    assert len(one.snapshot()) == sum(real.rows for real in FILES)
    assert list(two.snapshot("rough")) == list(one.snapshot())
