"""Which labels are plain synonyms of a role, and which are kept."""

import pytest

from rolethread_vcs.model.entry import read_role


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("human", "user"),
        ("prompter", "user"),
        (" Usr ", "user"),
        ("instruction", "user"),
        ("GPT", "assistant"),
        ("chatgpt", "assistant"),
        ("Asst", "assistant"),
        ("completion", "assistant"),
        ("SYSTEM_PROMPT", "system"),
        ("context", "system"),
        ("observation", "tool"),
        ("ipython", "tool"),
    ],
)
def test_a_plain_synonym_is_read_as_its_role(label, role):
    assert read_role(label) == role


@pytest.mark.parametrize(
    "label", ["", " ", "Scott", " Mara ", "bard", "narrator", "function_call", "tool_call", "developer", "function"]
)
def test_any_other_label_is_kept_untouched(label):
    assert read_role(label) == label
