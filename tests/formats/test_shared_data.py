"""Real files of other projects read completely, and come back from every format that can carry them."""

import itertools
import json
from pathlib import Path

import pytest

from rolethread_vcs.formats import CannotCarryError, Source, detect, read_drafts, row_formats
from rolethread_vcs.model.entry import Entry

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FILES = {
    "gpteacher/roleplay-simple-deduped-roleplay-instruct.json": ("alpaca", 1923),
    "fastchat/dummy_conversation.json": ("sharegpt", 500),
    "llama-factory/alpaca_en_demo.json": ("alpaca", 999),
    "llama-factory/identity.json": ("alpaca", 91),
    "llama-factory/dpo_en_demo.json": ("sharegpt", 300),
    "llama-factory/kto_en_demo.json": ("messages", 300),
    "llama-factory/glaive_toolcall_en_demo.json": ("sharegpt", 300),
    "openai-cookbook/toy_chat_fine_tuning.jsonl": ("messages", 5),
    "axolotl/alpaca.json": ("alpaca", 2),
    "axolotl/conversation.json": ("sharegpt", 1),
    "axolotl/conversation.missingturns.json": ("sharegpt", 1),
    "rolethread-lite/00_source_tavern.jsonl": ("messages", 2),
    "rolethread-lite/02_dirty_auto_fixable.jsonl": ("messages", 6),
    "rolethread-lite/04_after_create_split/tavern.jsonl": ("messages", 4),
    "rolethread-lite/08_exports/chatml_clean.jsonl": ("messages", 3),
    "rolethread-lite/08_exports/chatml_full.jsonl": ("messages", 3),
    "rolethread-lite/08_exports/sharegpt_clean.jsonl": ("sharegpt", 3),
    "rolethread-lite/08_exports/sharegpt_full.jsonl": ("sharegpt", 3),
    "spec-samples/axolotl_train_flags.jsonl": ("sharegpt", 1),
    "spec-samples/bom_crlf.jsonl": ("messages", 2),
    "spec-samples/openai_tools.jsonl": ("messages", 1),
}

IDENTITY = {"id": "00000012-k2x9m3ab", "rev": "0123456789ab"}
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not on this machine")


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_reads_completely_and_comes_back(name):
    found = list(read_drafts(Source(DATA / name)))

    assert {draft.format.name for draft in found} == {FILES[name][0]}
    assert len(found) == FILES[name][1]
    entries = [Entry.of(draft.fields) for draft in found]
    for format, (number, entry) in itertools.product(row_formats(), enumerate(entries)):
        identity = {"id": f"{number:08d}-k2x9m3ab", "rev": "0123456789ab"}
        try:
            row = format.write_full(entry, identity)
        except CannotCarryError:
            assert format.name != "messages"
            continue
        assert detect(row) is format
        assert Entry.of(format.read(row).fields) == entry


def test_what_an_alpaca_row_said_is_written_again():
    path = DATA / "llama-factory/alpaca_en_demo.json"
    (alpaca,) = (each for each in row_formats() if each.name == "alpaca")

    for draft in read_drafts(Source(path)):
        row = alpaca.write_full(Entry.of(draft.fields), IDENTITY)
        assert row == {"rolethread": IDENTITY, **json.loads(draft.raw)}
