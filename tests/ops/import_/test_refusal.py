"""An import that is refused as a whole: the ways forward that it names do what they say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.gate import RefusedByGateError
from rolethread_vcs.ops.import_.row_reader import ImportOptions
from rolethread_vcs.transaction import Intent


def test_a_row_that_only_a_repair_saves_comes_in_with_fix_alone(tmp_path: Path) -> None:
    dataset = Dataset.init(tmp_path / "d")
    path = tmp_path / "back.jsonl"
    # roles of our own exports are taken word for word, so that a wrong one is not read as the right one in silence
    messages = [{"role": "User", "content": "Is it dry?"}, {"role": "assistant", "content": "Dry enough."}]
    path.write_text(json.dumps({"rolethread": {"id": "00000007-k2x9m3ab"}, "messages": messages}))
    intent = Intent("import", "import back.jsonl")

    with pytest.raises(RefusedByGateError) as caught:
        dataset.import_files([path], ImportOptions(), intent)
    left_out = dataset.import_files([path], ImportOptions(skip_invalid=True), intent)
    mended = dataset.import_files([path], ImportOptions(fix=True), intent)

    assert "--fix" in (caught.value.hint or "")
    assert "saves 1, 1 of them repaired" in (caught.value.hint or "")
    assert (left_out.committed.added, len(left_out.rejects)) == (0, 1)
    assert (mended.committed.added, mended.repaired) == (1, {'[0] role "User" became "user"': 1})
    assert dataset.snapshot()["00000007-k2x9m3ab"].messages == [{**messages[0], "role": "user"}, messages[1]]
