"""Random bytes and words where people's own come in: the answer is a documented status, and nothing saved is harmed.

The seed of a case stands in the words of its failure. What is damaged below the dataset (packs, indexes, refs) has
files of its own.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rolethread_vcs.dataset import Dataset

Ran = subprocess.CompletedProcess
Rtv = Callable[..., "Ran[str]"]

FIXTURES = Path(__file__).parents[2] / "fixtures"
STATUSES = {0, 2, 20, 30, 40, 50, 60, 70, 74}
NORMAL, MANY = 5, 100

TOKENS = [
    b"\0", b"\r", b"\n", b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xe2\x80\xa8", b'"', b"\\", b"\\ud83d",
    b"\\u0000", b"[" * 1500, b"{" * 300, b'{"a":' * 1200, b"]", b"}", b",", b":", b"null", b"true", b"NaN",
    b"-Infinity", b"1e999", b"-0", b"9" * 400, b"0.1", b"[]", b"{}", b'""', b'"messages"', b'"role"', b'"content"',
    b'"system"', b'"_rolethread"', b'"id"', b'"tags"', b"\xf0\x9f\x98\x80", b"\x1b[31m", b"=== entry ", b"--- [",
    b"tags:", b"#", b"..", b"...", b"@", b"@{", b"~9", b"^", b":", b"/", b"../..", b"-", b"--", b"\xe2\x80\xae",
    b"NOT", b"and", b"(", b")", b"tag:", b"re:", b"id:", b">", b"*" * 200, b"HEAD", b"main", b"v1", b"=", b"[gate]",
    b"strict = 1", b"'''", b"1979-05-27T07:32:00Z", b"0x1F", b"refs/heads/main", b"%s", b"$(id)", b"`id`",
]  # fmt: skip

REVISIONS = (
    "main",
    "main~1",
    "v1",
    "main..side",
    "main...side",
    "HEAD^",
    "@{u}",
    "main@{1}",
    "12",
    "0a1b2c3d",
    "@",
    "op:1",
)
QUERIES = (
    "tag:lighthouse not tag:draft", "speaker:mara", '"the lamp" and (untagged or id:1..3)', "re:\"l.mp\"", "untagged",
)  # fmt: skip
SETTINGS = ("gate.strict", "gate.report_only", "gate.rules.RT101", "gate.rules.empty_message", "checkout", "name")
SETTINGS_FILE = b"""name = "tavern"
id = "780e87ff-254a-4abf-9787-5b8fcbe42159"
format = 1
writer_features = []

[gate]
strict = ["main", "release/*"]
report_only = ["draft/*"]

[gate.rules]
empty_message = "warning"
RT110 = "off"

[gate.options.empty_message]
least = 3
"""
EDITOR = f"""
import random, sys
sys.path[:0] = [{str(Path(__file__).parent)!r}, {str(Path(__file__).parents[2])!r}]
from test_fuzz import mutated
with open(sys.argv[2], "rb") as file:
    data = file.read()
with open(sys.argv[2], "wb") as file:
    file.write(mutated(random.Random(int(sys.argv[1])), data))
"""
ROWS = json.loads((FIXTURES / "formats" / "entries.json").read_text("utf-8"))
SOURCES = sorted(
    path
    for folder in ("formats", "export", "form", "merge")
    for path in (FIXTURES / folder).rglob("*")
    if path.is_file()
)


def mutated(dice: random.Random, data: bytes) -> bytes:
    """Return bytes with one to five accidents in them."""
    for _ in range(dice.randint(1, 5)):
        place = dice.randint(0, len(data))
        end = min(len(data), place + dice.choice((1, 1, 2, 8, 64)))
        accident = dice.randrange(7)
        if accident == 0 and place < len(data):
            data = data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]
        elif accident == 1:
            data = data[:place] + data[end:]
        elif accident == 2:
            data = data[:place] + data[place:end] * dice.choice((2, 3, 50)) + data[end:]
        elif accident == 3:
            data = data[:place]
        elif accident == 4:
            other = dice.randint(0, len(data))
            data = data[:place] + data[other : other + 200] + data[place:]
        else:
            token = dice.choice(TOKENS)
            data = data[:place] + token + data[end if accident == 5 else place :]
    return data


class Fuzz:
    """One dataset of a few entries, and the command run on it as a process."""

    def __init__(self, folder: Path, rtv: Rtv, seed: int) -> None:
        self.dice = random.Random(seed)
        self.folder = folder
        self._rtv = rtv
        self.seed = seed
        self.count = len(Dataset.open(folder).snapshot().ids())

    def run(self, *words: str, **variables: str) -> Ran[str]:
        """Run a command, and hold it to what every command promises."""
        words = tuple(word.replace("\0", "") for word in words)
        done = self._rtv(self.folder, *words, **variables)
        told = f"seed {self.seed}: rtv {shlex.join(words)}: {done.returncode}\n{done.stderr[-2000:]}"
        assert done.returncode in STATUSES, told
        assert done.returncode == 0 or done.stderr or '"code"' in done.stdout, told
        assert "Traceback" not in done.stderr, told
        return done

    def word(self, words: tuple[str, ...]) -> str:
        """Return one of these, with accidents, as the command line would bring it."""
        return os.fsdecode(mutated(self.dice, self.dice.choice(words).encode())[:20_000])

    def is_sound(self, *, count: int | None = None) -> None:
        """Hold the dataset to it that nothing saved is harmed, and that all of it comes out."""
        verified = self.run("verify")
        assert verified.returncode == 0, (self.seed, verified.stdout, verified.stderr)
        ids = Dataset.open(self.folder).snapshot("main").ids()
        assert count is None or len(ids) == count, self.seed
        exported = self.run("export", "main")
        assert (exported.returncode, exported.stdout.count("\n")) == (0, len(ids)), (self.seed, exported.stderr)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset of a few entries of every form, with a branch and a release."""
    folder = tmp_path_factory.mktemp("fuzz") / "tavern"
    dataset = Dataset.init(folder)
    dataset.import_rows(ROWS, skip_invalid=True, rejects=folder.parent / "rejects.jsonl")
    dataset.branch("side")
    dataset.releases.create("v1")
    return folder


@pytest.fixture
def fuzz(template: Path, tmp_path: Path, rtv: Rtv) -> Callable[[int], Fuzz]:
    def make(seed: int) -> Fuzz:
        folder = tmp_path / f"tavern-{seed}"
        shutil.copytree(template, folder, symlinks=True)
        return Fuzz(folder, rtv, seed)

    return make


def fuzz_import(fuzz: Fuzz) -> None:
    """Import a file with accidents, with every way to go on; what was saved comes out again."""
    dice = fuzz.dice
    path = dice.choice(SOURCES)
    data = mutated(dice, path.read_bytes()) if path.suffix != ".gz" else path.read_bytes()
    name = path.name
    if dice.random() < 0.15:
        data, name = gzip.compress(data), name + ".gz"
        data = mutated(dice, data) if dice.random() < 0.5 else data
    source = fuzz.folder.parent / f"{fuzz.seed}-{name}"
    source.write_bytes(data)
    options = [["--skip-invalid"], ["--fix", "--skip-invalid"], ["--dry-run"], ["--json", "--skip-invalid"], []]
    fuzz.run("import", str(source), *dice.choice(options))
    fuzz.run(
        "import",
        str(source),
        "--skip-invalid",
        *dice.choice([["--key", "id"], ["--again"], ["--format", "messages"], []]),
    )
    fuzz.is_sound()


def fuzz_settings(fuzz: Fuzz) -> None:
    """Damage the settings by hand, and set them to odd words; nobody can switch a gate off that way."""
    path, words = fuzz.folder / "rolethread.toml", tuple(SETTINGS)
    if fuzz.dice.random() < 0.5:
        fuzz.run("config", "set", fuzz.word(words), fuzz.word(("true", "main", "warning", "12", "[1]", '"a"')))
    else:
        path.write_bytes(mutated(fuzz.dice, SETTINGS_FILE))
        for words in (("status",), ("config",), ("check",), ("commit", "-m", "by hand"), ("restore", "--all")):
            fuzz.run(*words)
    fuzz.run("edit", "1", "--tag", "+fuzz")
    fuzz.run("check")
    fuzz.is_sound(count=fuzz.count)


def fuzz_revisions(fuzz: Fuzz) -> None:
    """Name odd revisions wherever one is taken."""
    verbs = (
        ["show"], ["log"], ["diff"], ["list", "--rev"], ["export"], ["branch", "new"], ["switch"],
        ["revert"], ["merge"], ["pick"], ["restore", "1", "--from"], ["blame", "1"], ["undo", "--to"],
        ["check"], ["resolve"], ["release", "v2"],
    )  # fmt: skip
    for verb in fuzz.dice.sample(verbs, 4):
        fuzz.run(*verb, fuzz.word(REVISIONS))
    fuzz.is_sound(count=None)


def fuzz_queries(fuzz: Fuzz) -> None:
    """Ask odd queries, and select by them."""
    for verb in (["list"], ["list", "--where"], ["check", "--where"], ["edit", "--tag", "+x", "--dry-run", "--where"]):
        fuzz.run(*verb, fuzz.word(QUERIES))
    fuzz.is_sound(count=fuzz.count)


def fuzz_forms(fuzz: Fuzz) -> None:
    """Damage the form in the editor: what was typed is saved, or kept as a draft, or it says where it does not fit."""
    editor = fuzz.folder.parent / f"editor-{fuzz.seed}.py"
    editor.write_text(EDITOR, "utf-8")
    said = fuzz.run("edit", "1", "2", "4", EDITOR=shlex.join([sys.executable, str(editor), str(fuzz.seed)]))
    kept = list(Dataset.open(fuzz.folder).drafts_folder.glob("*"))
    assert said.returncode == 0 or kept, (fuzz.seed, said.stderr)
    fuzz.run("edit", "--discard-draft", "--all")
    fuzz.is_sound()


def fuzz_entry_bytes(fuzz: Fuzz) -> None:
    """Damage the file of an entry by hand, look at it and save it, with the program and past it with plain git."""
    dice = fuzz.dice
    path = dice.choice(sorted((fuzz.folder / "entries").rglob("*.json")))
    path.write_bytes(mutated(dice, path.read_bytes()))
    for words in (("status",), ("diff",), ("commit", "-m", "by hand")):
        fuzz.run(*words)
    if dice.random() < 0.5:
        fuzz.run("restore", "--all")
        fuzz.is_sound(count=fuzz.count)
        return
    git = ["git", "-C", str(fuzz.folder), "-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=/nowhere"]
    subprocess.run([*git, "commit", "-qam", "past the gate"], check=False, capture_output=True)
    verbs = (
        ("list",), ("check",), ("log",), ("show", "@"), ("diff", "@~1", "@"), ("export", "main"), ("verify",),
        ("edit", "2", "--tag", "+x"), ("revert", "@"), ("export", "main", "--skip-damaged"), ("blame", "1"),
    )  # fmt: skip
    for words in dice.sample(verbs, 5):
        fuzz.run(*words)


KINDS = [fuzz_import, fuzz_settings, fuzz_revisions, fuzz_queries, fuzz_forms, fuzz_entry_bytes]
NAMES = [kind.__name__.removeprefix("fuzz_") for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_odd_bytes_and_words_are_answered(kind: Callable[[Fuzz], None], fuzz: Callable[[int], Fuzz]) -> None:
    for seed in range(NORMAL):
        kind(fuzz(seed))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_many_odd_bytes_and_words_are_answered(kind: Callable[[Fuzz], None], fuzz: Callable[[int], Fuzz]) -> None:
    first = secrets.randbelow(1_000_000_000)
    print(f"seeds from {first}")
    for seed in range(first, first + MANY):
        kind(fuzz(seed))
