"""The command around the verbs: help, options everywhere, errors, exit status."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import generate_verbs
import pytest
from reading_steps import Rtv

from rolethread_vcs import Dataset
from rolethread_vcs.cli.context import Command, Context, Group
from rolethread_vcs.cli.main import rtv as root
from rolethread_vcs.cli.main import run
from rolethread_vcs.errors import ConflictError, RefusedError
from rolethread_vcs.model.finding import Finding, RepairSafety, Severity
from rolethread_vcs.views.envelopes import answer
from rolethread_vcs.views.findings import error_text

# verbs of our own, made for these tests and run in a process of their own
PROBE = """
import os, signal, sys, click
from rolethread_vcs.cli import main as shell
from rolethread_vcs.cli.context import ChangeCommand
from rolethread_vcs.errors import ConflictError

@click.command(cls=ChangeCommand)
@click.argument("what")
def probe(context, what):
    if what == "interrupt": os.kill(os.getpid(), signal.SIGINT)
    if what == "saved":
        context.output.saved = True
        os.kill(os.getpid(), signal.SIGINT)
    if what == "bug": raise ZeroDivisionError("oh \\x1b no")
    if what == "refuse": raise ConflictError("two edits met", hint="rtv status", details=["a", "b"])
    if what == "much":
        for _ in range(100_000): context.output.print("much")
    if what == "speak": context.output.print("caf\\u00e9 \\udcff")
    if what == "one": return 1
    if what == "ask": click.prompt("name")

shell._Root.get_command = lambda self, ctx, name: probe
shell.main(sys.argv[1:])
"""


def execute(*words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "rolethread_vcs.cli.main", *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=60, **more)


def probe(*words: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    settings: dict[str, Any] = {"stdin": subprocess.DEVNULL, "capture_output": True, **more}
    return subprocess.run([sys.executable, "-c", PROBE, "probe", *words], check=False, timeout=60, **settings)


def test_the_list_of_verbs_is_up_to_date() -> None:
    assert generate_verbs.TARGET.read_text("utf-8") == generate_verbs.text()


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_help_lists_the_verbs_in_their_groups(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = run(words)

    out = capsys.readouterr().out
    assert status == 0
    assert "Start:\n" in out
    assert "  completion  " in out


def test_help_imports_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from rolethread_vcs.cli.main import run\n"
        "run(['--help'])\n"
        "print([name for name in sys.modules if name.startswith('rolethread_vcs.cli.commands.')\n"
        "       or name in ('pygit2', 'orjson', 'tomlkit', 'shutil', 'rolethread_vcs.dataset')])\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stdout.splitlines()[-1] == b"[]"


def test_every_verb_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in root.list_commands(click.Context(root)):
        assert run([verb, "-h"]) == 0
        assert f"Usage: rtv {verb}" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == "rtv 0.1.0\n"


def test_a_mistyped_verb_is_a_usage_error_with_a_question(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["completoin"])

    assert status == 2
    assert capsys.readouterr() == (
        "",
        "error: rtv has no verb 'completoin'; did you mean completion?\nhint: rtv completion --help\n",
    )


@pytest.mark.parametrize("words", [["--json", "completion"], ["completion", "--json"]])
def test_a_usage_error_is_json_when_json_was_asked_for(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = run([*words, "--nonsense"])

    error = json.loads(capsys.readouterr().out)["rolethread.error/v1"]
    assert status == 2
    assert (error["status"], error["code"], error["saved"]) == (2, "usage", False)
    assert error["hint"] == "rtv completion --help"


@pytest.mark.parametrize(
    ("words", "verb"), [(["log", "--since"], "log"), (["log", "-n"], "log"), (["config", "set", "-m"], "config set")]
)
def test_an_option_without_its_value_is_explained_by_the_help_of_its_verb(
    words: list[str], verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(words)

    assert status == 2
    assert capsys.readouterr().err.endswith(f" requires an argument\nhint: rtv {verb} --help\n")


@pytest.mark.parametrize("words", [["-C", "x" * 300, "status"], ["demo", "x" * 300], ["init", "x" * 300]])
def test_a_path_that_no_disk_takes_is_no_bug(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    status = run(words)

    assert status == 74
    assert "file name too long" in capsys.readouterr().err.casefold()


def test_completion_asks_for_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["completion"])

    assert status == 2
    assert "which shell: bash, zsh or fish?\nhint: rtv completion bash\n" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_names_the_program(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_RTV_COMPLETE" in capsys.readouterr().out


def test_completion_knows_verbs_without_importing_them() -> None:
    environ = {**os.environ, "_RTV_COMPLETE": "bash_complete", "COMP_WORDS": "rtv comp", "COMP_CWORD": "1"}

    done = execute(env=environ)

    assert done.stdout == b"plain,completion\n"


@click.command(cls=Command)
def tell(context: Context) -> Context:
    return context


@click.group(cls=Group)
def nest() -> None:
    """Holds a verb."""


nest.add_command(tell)


def context_of(words: list[str], command: click.Command = tell) -> Context:
    result = command.main(words, standalone_mode=False)
    assert isinstance(result, Context)
    return result


def test_options_of_every_verb_reach_the_command(tmp_path: Path) -> None:
    context = context_of(["-C", str(tmp_path), "--json", "-q", "--color", "always"])

    output = context.output
    assert (context.folder, output.json, output.quiet, output.color) == (tmp_path, True, True, True)
    assert context.path("a.jsonl") == tmp_path / "a.jsonl"


def test_an_option_after_the_verb_wins_over_one_before_it(tmp_path: Path) -> None:
    context = context_of(["--color", "always", "-C", "/", "tell", "-C", str(tmp_path), "--color", "never"], nest)

    assert (context.folder, context.output.color) == (tmp_path, False)


def test_a_folder_that_is_not_there_is_not_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["-C", str(tmp_path / "nowhere"), "completion", "bash"])

    assert status == 40
    assert capsys.readouterr().err == f"error: there is no folder {tmp_path / 'nowhere'}\n"


def test_an_error_of_ours_is_shown_with_details_and_hint() -> None:
    done = probe("refuse")

    assert done.returncode == 50
    assert done.stdout == b""
    assert done.stderr == b"error: two edits met; nothing was saved\n  a\n  b\nhint: rtv status\n"


def test_an_error_of_ours_as_json_goes_to_stdout() -> None:
    done = probe("refuse", "--json")

    assert done.returncode == 50
    assert done.stderr == b""
    assert json.loads(done.stdout) == {
        "rolethread.error/v1": {
            "status": 50,
            "code": "conflict",
            "message": "two edits met; nothing was saved",
            "saved": False,
            "hint": "rtv status",
            "details": ["a", "b"],
            "findings": [],
        }
    }


def test_findings_stand_in_the_error() -> None:
    finding = Finding(
        code="RT104",
        name="empty_message",
        severity=Severity.ERROR,
        entry_id="00000012-k2x9m3ab",
        index=4,
        message="The message is empty.",
        text="",
        repair=RepairSafety.SAFE,
    )
    error = RefusedError("the gate refuses", findings=[finding])

    assert "RT104 empty_message   00000012-k2x9m3ab [4]   The message is empty." in error_text(error)
    assert answer("rolethread.error/v1", error)["findings"] == [
        {
            "code": "RT104",
            "name": "empty_message",
            "severity": "error",
            "id": "00000012-k2x9m3ab",
            "index": 4,
            "message": "The message is empty.",
            "text": "",
            "repair": "safe",
        }
    ]


def test_an_error_that_was_saved_says_so() -> None:
    assert answer("rolethread.error/v1", ConflictError("late", saved=True))["saved"] is True


def test_a_command_may_return_its_status() -> None:
    assert probe("one").returncode == 1


def test_an_interrupt_says_that_nothing_was_saved() -> None:
    done = probe("interrupt")

    assert done.returncode == 130
    assert done.stderr == b"interrupted; nothing was saved\n"


def test_an_interrupt_after_the_commit_says_that_it_was_saved() -> None:
    done = probe("saved")

    assert done.returncode == 130
    assert done.stderr == b"interrupted; the change was saved\n"


def test_the_end_of_input_at_a_question_is_an_interrupt() -> None:
    done = probe("ask")

    assert done.returncode == 130
    assert done.stderr.endswith(b"interrupted; nothing was saved\n")


def test_a_bug_is_one_line_and_a_log_file(tmp_path: Path) -> None:
    state = tmp_path / ".git" / "rolethread"
    state.mkdir(parents=True)
    inside = tmp_path / "entries"
    inside.mkdir()

    done = probe("bug", cwd=inside)

    (log,) = state.iterdir()
    assert done.returncode == 99
    assert done.stderr.count(b"\n") == 2
    assert str(log).encode() in done.stderr
    assert b"\x1b" not in done.stderr
    text = log.read_text("utf-8")
    assert "ZeroDivisionError" in text
    assert "rolethread-vcs 0.1.0" in text


def test_a_bug_outside_a_dataset_is_logged_in_the_temporary_folder(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()

    done = probe("bug", cwd=tmp_path, env={**os.environ, "TMPDIR": str(logs)})

    assert done.returncode == 99
    assert [path.suffix for path in logs.iterdir()] == [".log"]


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROBE, "probe", "much"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None

    first = process.stdout.readline()
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()

    assert first == b"much\n"
    assert process.wait(60) == 0
    assert complaints == b""


@pytest.mark.parametrize("closed", [("stdout",), ("stderr",), ("stdout", "stderr")])
@pytest.mark.parametrize(("words", "status"), [("much", 0), ("refuse", 50), ("one", 1), ("refuse --json", 50)])
def test_a_reader_who_is_gone_changes_no_status(words: str, status: int, closed: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = probe(*words.split(), capture_output=False, **dict.fromkeys(closed, writing))
    os.close(writing)

    assert done.returncode == status


@pytest.mark.parametrize(("words", "status"), [("much", 0), ("refuse", 50)])
def test_streams_that_are_closed_from_the_beginning_change_no_status(words: str, status: int) -> None:
    command = shlex.join([sys.executable, "-c", PROBE, "probe", words])

    for streams in (">&-", "2>&-", "<&- >&- 2>&-"):
        assert (
            subprocess.run(["sh", "-c", f"{command} {streams}"], check=False, capture_output=True).returncode == status
        )


def test_every_verb_that_says_no_says_it_to_a_closed_pipe(dataset: Dataset, rtv: Rtv) -> None:
    rtv("switch", "-c", "draft")
    dataset.add([{"messages": [{"role": "user", "content": "Who is there?"}]}])
    (dataset.folder / "one").write_text('{"messages": 1}')
    (dataset.folder / "two").write_text('{"messages": 2}')
    saying_no = {
        "check": 30,
        "diff main~1 main --exit-code": 1,
        "show 999": 40,
        "show 999 --json": 40,
        "commit --nonsense": 2,
        "git-merge-driver /dev/null one two entries/0000/00/00000001-abcdefgh.json": 1,
    }
    reading, writing = os.pipe()
    os.close(reading)

    found = {}
    for words in saying_no:
        command = [sys.executable, "-m", "rolethread_vcs.cli.main", *words.split()]
        done = subprocess.run(command, cwd=dataset.folder, stdout=writing, stderr=writing, check=False)
        found[words] = done.returncode
    os.close(writing)

    assert found == saying_no


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("word", ["much", "speak"])
def test_output_that_cannot_be_written_is_no_success(word: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = probe(word, capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert done.returncode == 74
    assert b"No space left on device" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_what_stdout_does_not_take_is_said_on_stderr(dataset: Dataset, options: list[str]) -> None:
    dataset.add([{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}])
    with Path("/dev/full").open("wb") as full:
        said = [
            subprocess.run([sys.executable, "-m", "rolethread_vcs", *options, *words], cwd=dataset.folder, stdout=full,
                           stderr=subprocess.PIPE, text=True, check=False)
            for words in (["edit", "1", "--tag", "+wet"], ["show", "99"])
        ]  # fmt: skip

    assert [done.returncode for done in said] == [74, 40]
    assert said[0].stderr.endswith("No space left on device; the change was saved\n")
    assert said[1].stderr.startswith("error: there is no entry 99")
    assert "wet" in dataset.snapshot()[1].tags


def test_output_is_utf8_whatever_the_locale_says() -> None:
    done = probe("speak", env={**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})

    assert done.returncode == 0
    assert done.stdout == "café \\udcff\n".encode()


@pytest.mark.parametrize("verb", root.list_commands(click.Context(root)))
def test_words_that_are_no_utf8_are_usage_for_every_verb(
    verb: str, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(dataset.folder)

    statuses = [run([verb, word]) for word in ("caf\udce9", "--where=\udcff", "@\udcff", "-m\udce9")]
    statuses.append(run(["-C", "\udce9", verb]))

    assert statuses == [2] * 5
    assert "\\udce9" in capsys.readouterr().err
