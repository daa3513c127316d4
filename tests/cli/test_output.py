"""What reaches the terminal: nothing that steers it, the right stream, wrapped by columns."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.cli.output import Output, wants_color
from rolethread_vcs.phrases import count, long_time, short_time
from rolethread_vcs.views.terminal_text import one_line, safe_text, styled, width_of, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a\nb\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\r\x00\x7f\x9b", "\\x0d\\x00\\x7f\\x9b"),
        ("\u202e\u2066\u2028", "\\u202e\\u2066\\u2028"),
        ("\ud800", "\\ud800"),
        ("é 你好 😀", "é 你好 😀"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_content_cannot_colour_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(color="always", environ={})

    output.print(styled("id \x1b[0m \ufdd0", "id") + " \x1b[2J \x9b")

    assert capsys.readouterr().out == "\x1b[33mid \\x1b[0m \\ufdd0\x1b[0m \\x1b[2J \\x9b\n"


def test_styles_leave_no_trace_without_colours(capsys: pytest.CaptureFixture[str]) -> None:
    Output(color="never", environ={}).print(styled("mara", "assistant"))

    assert capsys.readouterr().out == "mara\n"


@pytest.mark.parametrize(
    ("choice", "environ", "expected"),
    [
        ("auto", {}, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False),
        ("auto", {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"CLICOLOR_FORCE": "1"}, False),
    ],
)
def test_colours_follow_the_option_then_the_environment(choice: str, environ: dict[str, str], expected: bool) -> None:
    assert wants_color(choice, io.StringIO(), environ) is expected


def test_an_envelope_is_json_that_a_terminal_survives(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"id": "\x1b\x9b\u202e é", "rev": "a\udcff", "commit": ""}

    Output(json=True, environ={}).envelope("rolethread.entry/v1", value)

    out = capsys.readouterr().out
    assert json.loads(out) == {"rolethread.entry/v1": {"id": "\x1b\x9b\u202e é", "rev": "a\\udcff", "commit": ""}}
    assert not set(out) & {"\x1b", "\x9b", "\u202e"}


def test_data_goes_to_stdout_and_the_rest_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(environ={})

    output.print("data")
    output.report("done")
    output.note("a note")
    output.warn("careful")
    output.hint("rtv undo\nrtv redo")

    captured = capsys.readouterr()
    assert captured.out == "data\ndone\n"
    assert captured.err == "a note\nwarning: careful\nhint: rtv undo\n      rtv redo\n"


def test_quiet_keeps_data_and_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(quiet=True, environ={})

    output.print("data")
    output.report("done")
    output.note("a note")
    output.warn("careful")
    output.hint("rtv undo")

    assert capsys.readouterr() == ("data\n", "warning: careful\n")


def test_progress_is_silent_when_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with Output(environ={}).progress("importing") as step:
        for _ in range(3):
            step()

    assert step.done == 3
    assert capsys.readouterr() == ("", "")


def test_progress_shows_on_a_terminal_after_a_second_and_erases_itself() -> None:
    code = (
        "import time\n"
        "from rolethread_vcs.cli.output import Output\n"
        "with Output(environ={}).progress('importing') as step:\n"
        "    step()\n"
        "    end = time.monotonic() + 1.1\n"
        "    while time.monotonic() < end: pass\n"
        "    step()\n"
    )
    ours, theirs = pty.openpty()

    subprocess.run([sys.executable, "-c", code], stderr=theirs, check=True)
    os.close(theirs)
    drawn = os.read(ours, 1000)
    os.close(ours)

    assert drawn == b"\r\x1b[Kimporting 2\r\x1b[K"


def test_widths_count_columns() -> None:
    assert [width_of(text) for text in ("abc", "你好", "e\u0301", "\u200d", "")] == [3, 4, 1, 0, 0]


def test_text_is_wrapped_between_words() -> None:
    lines = list(wrap("one two three\n\n  four 你好你好你好 five", 14, "    "))

    assert lines == ["    one two", "    three", "", "      four", "    你好你好你", "    好 five"]


@given(st.text(st.sampled_from("ab \n\t你e\u0301\x1b"), max_size=60), st.integers(8, 30))
@settings(max_examples=100, deadline=None)
def test_wrapping_keeps_every_visible_character_and_the_width(text: str, width: int) -> None:
    lines = list(wrap(text, width))

    assert all(width_of(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(safe_text(text).split())


def test_one_line_is_cut_by_columns() -> None:
    assert one_line("a\nb  c", 10) == "a b c"
    assert one_line("你好你好", 6) == "你好…"
    assert one_line("x" * 10_000, 5) == "xxxx…"


def test_numbers_come_with_their_noun() -> None:
    assert [count(number, "entry", "entries") for number in (0, 1, 1203)] == ["0 entries", "1 entry", "1,203 entries"]


def test_times_are_short_today_and_dated_before() -> None:
    now = 1_763_845_500.0

    assert len(short_time(now - 1, now=now)) == 5
    assert short_time(now - 3 * 86_400, now=now) == long_time(now - 3 * 86_400)
    assert len(long_time(now)) == len("2026-11-22 21:05")
