"""Entries shown for reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolethread_vcs.cli.output import Output
from rolethread_vcs.model.canonical import decode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.views.entries import entry_lines
from rolethread_vcs.views.terminal_text import Look, width_of

TAVERN = Path(__file__).parents[2] / "fixtures" / "form" / "tavern.json"


def test_an_entry_is_shown_with_numbers_speakers_and_marks(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(color="never", environ={})

    for line in entry_lines("00000012-k2x9m3ab", decode_entry(TAVERN.read_bytes()), Look(60)):
        output.print(line)

    assert capsys.readouterr().out == (
        "00000012-k2x9m3ab  #a, b  #slow_burn  uuid 27f9be4a-ebca-43e9-a02b-3a912a4c5213\n"
        "\n[0] system\n    You are the keeper of a tavern.\n"
        "\n[1] scott (user)\n    Is the cellar dry?\n\n    --- or so they say\n"
        '\n[2] emma (assistant) (does not train) (1 alternative)\n    *She laughs.* "Dry enough."\n'
        '\n[3] assistant\n    (null)\n    tool_calls: [{"id":"c1"}]\n'
        "\n[4] user\n    Look.\n"
        '\n[5] (not a message)\n    "not an object"\n'
        "\n    id: draft-3\n"
    )


messages = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("role", "content", "speaker", "train", "alternatives", "text", "x")), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(("messages", "chosen", "rejected", "note")), messages))
@settings(max_examples=100, deadline=None)
def test_any_entry_whatsoever_can_be_shown(fields: dict[str, object]) -> None:
    lines = list(entry_lines("00000000-00000000", Entry.of(fields), Look(40)))

    assert width_of(lines[0]) == 17
