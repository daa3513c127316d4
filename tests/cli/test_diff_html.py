"""The page of `rtv diff --html`: one file, nothing from outside, and nothing in an entry is taken for markup."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from reading_steps import Rtv, change, said

from rolethread_vcs import Dataset

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- --><style>*{display:none}</style>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp;",
    "\x00\x1b[31m\u202e\u2028",
    "</details></main><h1>Owned</h1>",
)


class Page(HTMLParser):
    """Collects the elements of a page, their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        where = {"script": self.scripts, "style": self.styles}.get(self.open[-1] if self.open else "", self.texts)
        where.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


@pytest.fixture
def hostile(dataset: Dataset) -> Dataset:
    """The dataset with a commit in which every kind of difference holds hostile content."""
    dataset.branch("work/hostile", switch=True)
    with dataset.edit() as edit:
        for each in HOSTILE:
            messages = [
                {"role": "user", "content": f"Is the cellar dry? {each}", "speaker": each},
                {"role": each or "tool", "content": [{"type": "text", "text": each}]},
                {"role": "assistant", "content": "Dry."},
            ]
            edit.add({"messages": messages, "tags": [each], "extra": {each: each}})
    with dataset.edit() as edit:
        for entry_id in dataset.snapshot().ids()[3:]:
            entry = edit[entry_id]
            words = entry.messages[0]["content"].replace("dry", "damp") + " <b>"
            messages = [entry.messages[0] | {"content": words, "speaker": "<i>"}, *entry.messages[1:]]
            edit.put(entry_id, entry.with_fields(messages=messages, tags=["<u>"], extra={"<a>": "</p>"}))
        edit.add(said("<script>alert(2)</script>", tags=["<script>"]))
        edit.remove(dataset.snapshot().ids()[0])
    return dataset


def page_of(rtv: Rtv, dataset: Dataset, *words: str) -> str:
    path = dataset.folder.parent / "diff.html"
    answer = rtv("diff", *words, "--html", str(path))
    assert (answer.status, answer.out) == (0, "")
    return path.read_text("utf-8")


def test_a_hostile_entry_stays_text(rtv: Rtv, hostile: Dataset) -> None:
    page = Page(page_of(rtv, hostile, "@~1", "@"))

    assert [tag for tag, _ in page.elements].count("script") == 1
    assert [tag for tag, _ in page.elements].count("style") == 1
    assert not {"img", "svg", "iframe", "link", "object", "embed", "a", "base", "form"} & {t for t, _ in page.elements}
    assert [name for _, names in page.elements for name in names if name.startswith("on")] == []
    assert [names for _, names in page.elements if {"src", "href", "style", "srcset"} & names.keys()] == []
    assert "<script>alert(1)</script>" in page.text
    assert page.open == []


def test_only_the_scripts_of_the_page_may_run_and_nothing_may_be_loaded(rtv: Rtv, hostile: Dataset) -> None:
    page = Page(page_of(rtv, hostile, "@~1", "@"))

    (policy,) = [
        names["content"] for tag, names in page.elements if names.get("http-equiv") == "Content-Security-Policy"
    ]
    (script,), (style,) = page.scripts, page.styles
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    digests = [
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in (script, style)
    ]
    assert [rules["script-src"], rules["style-src"]] == digests
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy


def test_control_characters_are_made_visible(rtv: Rtv, hostile: Dataset) -> None:
    text = page_of(rtv, hostile, "@~1", "@")

    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", text)
    assert "\\x1b[31m\\u202e" in text


def test_nothing_outside_is_named(rtv: Rtv, dataset: Dataset) -> None:
    change(dataset, 1, "Is the old cellar dry?")

    text = page_of(rtv, dataset, "@~1", "@")

    assert re.findall(r"https?:|//[a-z]|@import|url\(", text) == []


def test_words_that_changed_are_marked(rtv: Rtv, dataset: Dataset) -> None:
    entry_id = change(dataset, 1, "Is the old cellar dry?")

    text = page_of(rtv, dataset, "@~1", "@")

    assert "Is the <ins>old </ins>cellar dry?" in text
    assert f"<code>{entry_id}</code>" in text
    assert "<del>-tavern</del>" in text
    assert text.count('<details class="entry ') == 1


def test_folded_messages_can_be_unfolded(rtv: Rtv, dataset: Dataset) -> None:
    messages = [{"role": ("user", "assistant")[place % 2], "content": f"Message {place}."} for place in range(8)]
    with dataset.edit() as edit:
        entry_id = edit.add({"messages": messages})
    with dataset.edit() as edit:
        edit.put(entry_id, {"messages": [*messages[:-1], messages[-1] | {"content": "Message 7 and more."}]})

    text = page_of(rtv, dataset, "@~1", "@")

    assert '<details class="fold"><summary>… 6 unchanged</summary>' in text
    assert "Message 0." in text


def test_keys_filter_and_both_themes_are_there(rtv: Rtv, dataset: Dataset) -> None:
    text = page_of(rtv, dataset)

    assert all(f"event.key === '{key}'" in text for key in "npjk/")
    assert 'id="filter"' in text
    assert "prefers-color-scheme: dark" in text
    assert "data-theme" in text


def test_a_page_is_not_written_over_another_file(rtv: Rtv, dataset: Dataset, tmp_path: Path) -> None:
    path = tmp_path / "notes.html"
    path.write_text("my notes", encoding="utf-8")

    refused = rtv("diff", "--html", str(path))

    assert refused.status == 50
    assert "--overwrite" in refused.err
    assert path.read_text("utf-8") == "my notes"
    assert rtv("diff", "--html", str(path), "--overwrite").status == 0
    assert rtv("diff", "--html", str(path)).status == 0


def test_a_page_can_go_to_standard_output(rtv: Rtv) -> None:
    assert rtv("diff", "--html", "-").out.startswith("<!doctype html>")


def test_an_option_is_not_taken_for_the_name_of_the_page(rtv: Rtv) -> None:
    refused = rtv("diff", "@", "--html", "-o", "page.html")

    assert refused.status == 2
    assert "rtv diff --html FILE" in refused.err


def test_files_and_moves_have_their_place_on_the_page(rtv: Rtv, dataset: Dataset) -> None:
    dataset.settings.set("gate.rules.empty_message", "warning")
    ids = dataset.snapshot().ids()
    (dataset.folder / "order.json").write_bytes(b'{"%s": "%s.h"}\n' % (ids[0].encode(), ids[2].encode()))

    text = page_of(rtv, dataset, "@~1")

    assert '<details class="entry moved" data-kind="moved" open>' in text
    assert "<ins>+empty_message = &#34;warning&#34;</ins>" in text
