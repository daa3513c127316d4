"""The examples of the library are typed as strictly as the library."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_examples_pass_a_strict_type_checker(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    examples = tmp_path / "examples.py"
    examples.write_text("\n".join(blocks), encoding="utf-8")

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(examples)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert len(blocks) > 15
    assert checked.returncode == 0, checked.stdout + checked.stderr
