"""The dataset that commands are tried on, and the command itself; a test that needs another makes its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading_steps import Rtv, make_dataset, runner

from rolethread_vcs import Dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_dataset(tmp_path / "inn")


@pytest.fixture
def rtv(dataset: Dataset, capsys: pytest.CaptureFixture[str]) -> Rtv:
    return runner(dataset.folder, capsys)
