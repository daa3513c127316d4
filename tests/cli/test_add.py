"""`rtv add`: one entry, from wherever it comes."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from editing_steps import Desk


def type_in(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


def test_messages_keep_the_order_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv(
        "add", "--user", "one", "--assistant", "two", "--user=three", "--assistant", "-four", "--tag", "b", "--tag=a"
    )

    assert answer.status == 0
    assert answer.out == f"added 1 entry ({desk.ids[-1]}) to main @ {desk.head()[:10]}\nundo with: rtv undo\n"
    assert [(m["role"], m["content"]) for m in desk.fields(4)["messages"]] == [
        ("user", "one"),
        ("assistant", "two"),
        ("user", "three"),
        ("assistant", "-four"),
    ]
    assert desk.fields(4)["tags"] == ["a", "b"]
    assert desk.git("status", "--short") == ""


def test_texts_come_from_files_and_from_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    (desk.folder.parent / "system.txt").write_bytes("\ufeffBe brief.\n\nAlways.\n".encode())
    type_in(monkeypatch, "Grüße\n".encode())

    answer = desk.rtv("add", "--system", "@../system.txt", "--user", "-", "--assistant", "@@mara hi")

    assert answer.status == 0
    assert [m["content"] for m in desk.fields(4)["messages"]] == ["Be brief.\n\nAlways.", "Grüße", "@mara hi"]


def test_standard_input_can_be_one_text_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    type_in(monkeypatch, b"x")

    assert desk.rtv("add", "--user", "-", "--assistant", "-").status == 2


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [
        ("nowhere.txt", None, 40),
        ("folder", "folder", 20),
        ("latin.txt", b"Gr\xfc\xdfe", 20),
    ],
)
def test_a_text_file_that_does_not_read_is_told(
    name: str, data: bytes | str | None, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    if data == "folder":
        (tmp_path / name).mkdir()
    elif isinstance(data, bytes):
        (tmp_path / name).write_bytes(data)
    before = desk.head()

    answer = desk.rtv("add", "--user", f"@{tmp_path / name}", "--assistant", "x")

    assert answer.status == status
    assert desk.head() == before


@pytest.mark.parametrize(
    "text",
    [
        '{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"id":"x7"}',
        '{"id":"x7","conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}]}',
        '[\n {"id": "x7", "messages":\n [{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}\n]\n',
    ],
)
def test_an_entry_comes_from_a_file_in_any_format(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    (tmp_path / "one.json").write_text(text, "utf-8")

    answer = desk.rtv("add", str(tmp_path / "one.json"), "--tag", "new")

    assert answer.status == 0
    fields = desk.fields(4)
    assert [(m["role"], m["content"]) for m in fields["messages"]] == [("user", "q"), ("assistant", "a")]
    assert fields["tags"] == ["new"]
    assert fields["extra"]["id"] == "x7"


def test_an_entry_comes_from_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    type_in(monkeypatch, b'{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}')

    assert desk.rtv("add", "-").status == 0
    assert desk.fields(4)["messages"][0]["content"] == "q"


ROW = '{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}\n'


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 20),
        (b"\n\n", 20),
        (b"{", 20),
        (b'{"messages":[}', 20),
        (b'["a"]', 20),
        (b'{"what": 1}', 20),
        (b'{"messages":[{"role":"user","content":"\\ud800"}]}', 20),
        (b'{"messages":[], "a": NaN}', 20),
        (ROW.encode("utf-16"), 20),
        (b"\xff", 20),
        ((ROW + ROW).encode(), 2),
    ],
)
def test_a_file_that_is_no_single_entry_is_refused(
    data: bytes, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    (tmp_path / "one.json").write_bytes(data)
    before = desk.head()

    answer = desk.rtv("add", str(tmp_path / "one.json"))

    assert answer.status == status
    assert desk.head() == before


def test_many_rows_are_for_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    (tmp_path / "two.jsonl").write_text(ROW + ROW, "utf-8")

    answer = desk.rtv("add", "../two.jsonl")

    assert answer.status == 2
    assert answer.err.endswith("hint: rtv import ../two.jsonl\n")


def test_a_file_of_the_dataset_is_for_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("add", str(desk.path(1)))

    assert answer.status == 2
    assert answer.err.endswith("hint: rtv commit\n")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("add",), 2),
        (("add", "x.json", "--user", "q"), 2),
        (("add", "nowhere.json"), 40),
        (("add", "."), 20),
        (("add", "--user"), 2),
        (("add", "--user", "q", "--assistant", "a", "--allow", "RT9999", "--because", "x"), 2),
        (("add", "--user", "q"), 30),
        (("add", "--user", "q", "--assistant", ""), 30),
        (("add", "--user", "q", "--allow", "no_assistant"), 2),
    ],
)
def test_words_that_do_not_fit_save_nothing(
    words: tuple[str, ...], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()

    answer = desk.rtv(*words)

    assert answer.status == status
    assert desk.head() == before


def test_a_finding_is_let_through_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("add", "--user", "q", "--allow", "no_assistant", "--because", "a prompt only", "-m", "my words")

    assert answer.status == 0
    assert "this brings 1 finding: RT106 no_assistant\n" in answer.out
    assert desk.dataset.snapshot().commit.message == "my words\n\nAllowed: RT106=1\nBecause: a prompt only\n"


def test_a_dry_run_shows_the_entry_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    before = desk.head()

    answer = desk.rtv("add", "--user", "Who?\x1b[31m", "--assistant", "Me.", "--dry-run")

    assert answer.status == 0
    first, blank, head, *body = answer.out.splitlines()
    assert first.startswith("would add 1 entry (00000004-")
    assert first.endswith(" to main; nothing was changed")
    assert (blank, head.endswith("  2 messages")) == ("", True)
    assert body == ["  + [0] user", "  +     Who?\\x1b[31m", "  + [1] assistant", "  +     Me."]
    assert desk.head() == before


def test_the_answer_as_json_has_the_promised_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    value = desk.rtv("add", "--user", "q", "--assistant", "a", "--json").value()

    promised = ("commit", "branch", "operation", "added", "changed", "removed", "findings")
    last = desk.dataset.repository.operations.last()
    assert last is not None
    assert [value[key] for key in promised] == [desk.head(), "main", last.number, 1, 0, 0, []]
    assert value["entries"] == [{"id": desk.ids[-1], "change": "added"}]


# ---- in the editor


def test_an_entry_is_written_in_the_editor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(
        monkeypatch,
        "text = text.replace('--- user\\n', '--- user\\nHello?').replace('--- assistant\\n', '--- assistant\\nYes.')",
    )

    answer = desk.rtv("add", "--tag", "hall")

    assert answer.status == 0
    assert desk.fields(4) == {
        "messages": [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Yes."}],
        "tags": ["hall"],
    }
    assert desk.drafts() == []


def test_a_form_left_blank_adds_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "")
    before = desk.head()

    answer = desk.rtv("add")

    assert (answer.status, answer.out) == (0, "nothing was written, so nothing was added\n")
    assert desk.head() == before
    assert desk.drafts() == []


def test_a_new_text_that_the_gate_refuses_waits_as_a_draft(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)
    desk.editor(monkeypatch, "text = text.replace('--- user\\n', '--- user\\nHello?')")

    refused = desk.rtv("add")
    desk.editor(monkeypatch, "text = text.replace('--- assistant\\n', '--- assistant\\nYes.')")
    resumed = desk.rtv("edit", "--resume")

    assert refused.status == 30
    assert f"your text is kept in {desk.folder / '.git/rolethread/drafts/add.txt'}" in refused.err
    assert "hint: rtv edit --resume\n" in refused.err
    assert 'rtv edit --resume --allow RT106 --because "…"   saves it all the same' in refused.err
    assert resumed.status == 0
    assert [m["content"] for m in desk.fields(4)["messages"]] == ["Hello?", "Yes."]
    assert desk.drafts() == []


def test_a_refused_entry_is_called_the_new_entry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("add", "--user", "one", "--assistant", "")
    value = desk.rtv("add", "--user", "one", "--assistant", "", "--json").value()

    assert answer.status == 30
    assert "the new entry breaks RT104 empty_message at [1]; nothing was saved" in answer.err
    assert "00000004" not in answer.err + str(value)
    assert [finding["id"] for finding in value["findings"]] == [None]


@pytest.mark.parametrize("text", ["--help", "-h"])
def test_a_text_may_look_like_the_question_for_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    desk = Desk.with_entries(tmp_path, capsys)

    answer = desk.rtv("add", "--user", text, "--assistant", "two")

    assert answer.status == 0
    assert desk.fields(4)["messages"][0]["content"] == text
