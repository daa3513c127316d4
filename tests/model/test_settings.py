"""Settings: reading, the defaults, refusals in plain words, and edits that keep comments."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refusal

from rolethread_vcs.errors import InvalidError, NotFoundError, RoleThreadError, UsageError
from rolethread_vcs.model.finding import Severity
from rolethread_vcs.model.settings import (
    InvalidSettingsError,
    Settings,
    get_value,
    new_settings_text,
    parse_settings,
    policy_notes,
    put_values,
    read_values,
    set_value,
    slips,
)

ID = "27f9be4a-ebca-43e9-a02b-3a912a4c5213"
TOP = f'name = "tavern"\nid = "{ID}"\nformat = 1\n'
PATTERNS = '["main", "release/*"]'
NEW = new_settings_text("tavern", ID)


def test_a_new_file_reads_as_the_defaults() -> None:
    assert parse_settings(NEW) == Settings(name="tavern", id=ID)


def test_a_new_file_is_this_text() -> None:
    assert NEW.decode().split("\n")[:8] == [
        "# The settings of this dataset. They travel with it; comments are kept.",
        'name = "tavern"',
        f'id = "{ID}"',
        "format = 1",
        "writer_features = []",
        "",
        "[gate]",
        "# Branches that refuse a change which brings in errors (patterns).",
    ]


def test_all_that_is_known_is_read_and_the_rest_passed_over() -> None:
    text = TOP + (
        'writer_features = ["packed_tags"]\n[gate]\nstrict = ["main"]\nreport_only = ["work/*"]\n'
        '[gate.rules]\nRT104 = "warning"\nno_assistant = "off"\n[export]\npreset = "axolotl"\n'
    )

    settings = parse_settings(text.encode())

    assert settings == Settings(
        name="tavern",
        id=ID,
        writer_features=("packed_tags",),
        strict=("main",),
        report_only=("work/*",),
        severities={"RT104": Severity.WARNING, "no_assistant": "off"},
    )
    assert settings.unknown_writer_features == ("packed_tags",)


def test_a_byte_order_mark_and_foreign_line_ends_are_read() -> None:
    assert parse_settings(b"\xef\xbb\xbf" + TOP.replace("\n", "\r\n").encode()).name == "tavern"


@pytest.mark.parametrize(
    ("branch", "strict"),
    [("main", True), ("release/1.0", True), ("release/1.0/rc", True), ("release", False), ("work", False)],
)
def test_main_and_releases_are_strict_by_default(branch: str, strict: bool) -> None:
    assert parse_settings(NEW).is_strict(branch) is strict


def test_a_report_only_pattern_wins_over_a_strict_one() -> None:
    settings = Settings("x", ID, strict=("*",), report_only=("drafts/*",))

    assert [settings.is_strict(branch) for branch in ("main", "drafts/a")] == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "rolethread.toml: format must be a number from 1, and it is missing"),
        ("format = true", "rolethread.toml: format must be a number from 1, not true"),
        ("format = 0", "rolethread.toml: format must be a number from 1, not 0"),
        ('format = "1"', "rolethread.toml: format must be a number from 1, not '1'"),
        ("format = 1", "rolethread.toml: id must be text, and it is missing"),
        ('format = 1\nid = "x"', "rolethread.toml: id must be a UUID, not 'x'"),
        (f'format = 1\nid = "{ID}"', "rolethread.toml: name must be text, and it is missing"),
        (TOP.replace('"tavern"', '" "'), "rolethread.toml: name must be text, not ' '"),
        (TOP + "writer_features = 1", "rolethread.toml: writer_features must be a list of text, not 1"),
        (TOP + "gate = 1", "rolethread.toml: gate must be a table, not 1"),
        (
            TOP + '[gate]\nstrict = "main"',
            'rolethread.toml: gate.strict must be a list of text, not \'main\': strict = ["main", "release/*"]',
        ),
        (TOP + "[gate]\nstrict = [1]", "rolethread.toml: gate.strict must hold only text, not 1"),
        (TOP + "[gate]\nrules = []", "rolethread.toml: gate.rules must be a table, not "),
        (
            TOP + '[gate.rules]\nRT104 = "fatal"',
            "rolethread.toml: gate.rules.RT104 must be one of error, warning, info, off, not 'fatal'",
        ),
        (
            TOP + "[gate.rules]\nRT104 = []",
            "rolethread.toml: gate.rules.RT104 must be one of error, warning, info, off, not ",
        ),
        ("a = \n", "rolethread.toml, line 1, column 5: not TOML (invalid value)"),
        (TOP + TOP, "rolethread.toml, line 4, column 16: not TOML (cannot overwrite a value)"),
        ('a = "', "rolethread.toml, end of document: not TOML (unterminated string)"),
    ],
)
def test_a_file_that_does_not_read_says_where_and_why(text: str, message: str) -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        parse_settings(text.encode())

    assert caught.value.message == message


def test_a_file_that_is_not_utf8_says_in_which_line() -> None:
    with pytest.raises(InvalidSettingsError, match="line 2: not UTF-8"):
        parse_settings(b'a = 1\nname = "\xe4"\n')


def test_a_newer_format_is_left_alone() -> None:
    with refusal(InvalidError, "newer_format") as caught:
        parse_settings(b'format = 2\nname = ["all", "else", "may", "differ"]\n')

    assert (caught.value.code, caught.value.status, caught.value.message) == (
        "newer_format",
        20,
        "this dataset has format 2; this program knows 1 and leaves it alone",
    )


@given(st.text(min_size=1).filter(lambda name: name.strip()))
def test_any_name_survives_its_file(name: str) -> None:
    assert parse_settings(new_settings_text(name, ID)).name == name


@pytest.mark.parametrize(("name", "id"), [("", ID), (" ", ID), ("\ud83c", ID), ("a", "x")])
def test_a_first_file_with_a_name_or_id_that_cannot_be_is_refused(name: str, id: str) -> None:
    with pytest.raises(InvalidSettingsError):
        new_settings_text(name, id)


# ---- editing


def test_setting_a_value_keeps_comments_and_all_else() -> None:
    changed = set_value(NEW, "gate.strict", "main,release/*,final")

    assert changed == NEW.replace(b'strict = ["main", "release/*"]', b'strict = ["main", "release/*", "final"]')


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("name", "the old tavern", "the old tavern"),
        ("gate.strict", "main, release/*", "main,release/*"),
        ("gate.report_only", "drafts/*", "drafts/*"),
        ("gate.report_only", "", ""),
        ("gate.rules.RT104", "warning", "warning"),
        ("gate.rules.empty_message", "off", "off"),
    ],
)
@pytest.mark.parametrize("text", [NEW, TOP.encode(), (TOP + "gate.strict = []\n").encode()])
def test_a_value_that_was_set_is_got_back(text: bytes, key: str, value: str, read: str) -> None:
    assert get_value(set_value(text, key, value), key) == read


@pytest.mark.parametrize("key", ["gate.rules.RT104", "gate.strict", "gate.report_only"])
def test_default_takes_a_setting_back(key: str) -> None:
    value = "error" if "rules" in key else "x"

    assert parse_settings(set_value(set_value(NEW, key, value), key, "default")) == parse_settings(NEW)
    assert parse_settings(set_value(TOP.encode(), key, "default")) == parse_settings(TOP.encode())


@pytest.mark.parametrize(
    ("key", "value"),
    [("id", "gone"), ("format", "2"), ("writer_features", "x"), ("nam", "x"), ("gate", "x"), ("gate.rules", "x")],
)
def test_what_cannot_be_set_is_refused(key: str, value: str) -> None:
    with pytest.raises(UsageError):
        set_value(NEW, key, value)


@pytest.mark.parametrize("key", ["gate.strict", "gate.report_only"])
@pytest.mark.parametrize(
    "value", ["true", "No", "off", "none", "all", "1", "main,true", '["main"', "main draft", "-x", "a..b"]
)
def test_a_branch_that_nobody_can_mean_is_refused(key: str, value: str) -> None:
    with pytest.raises(UsageError):
        set_value(NEW, key, value)


def test_a_list_may_be_given_as_it_stands_in_the_file() -> None:
    assert parse_settings(set_value(NEW, "gate.strict", '["main", "x/*"]')).strict == ("main", "x/*")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[gate]\nstrict = ["true"]',
            ["gate.strict lists branches, and 'true' is not a valid one: strict = " + PATTERNS],
        ),
        ('[gate]\nstict = ["main"]', ["there is no setting gate.stict; did you mean gate.strict?"]),
        ('strict = ["main"]', ["strict stands at the top, and belongs under [gate]"]),
        ('[gates]\nstrict = ["main"]', ["there is no setting gates; did you mean gate?"]),
        ("[gate]\nlater = true\n[other]\nx = 1", []),
    ],
)
def test_slips_that_can_be_read_are_named(text: str, said: list[str]) -> None:
    assert list(slips((TOP + text).encode())) == said


def test_a_list_of_branches_among_the_rules_is_told_where_it_belongs() -> None:
    with pytest.raises(InvalidSettingsError, match=r"belongs under \[gate\]"):
        parse_settings((TOP + '[gate.rules]\nstrict = ["main"]').encode())


def test_what_settings_take_from_the_gate_is_said() -> None:
    old = parse_settings(NEW)
    new = replace(old, strict=("mian", "keep/*"), report_only=("draft",))

    said = list(policy_notes(old, new, "main", ["main", "draft"]))

    assert [line.partition(" ")[0] for line in said] == ["main", "no", "no"]
    assert "main and release/*" in said[0]
    assert said[1].endswith("no branch matches mian now; did you mean main?")
    assert list(policy_notes(new, new, "main", ["main"])) == []
    assert list(policy_notes(old, replace(old, strict=("*",)), "main", ["main"])) == []


@pytest.mark.parametrize(("key", "value"), [("name", " "), ("gate.rules.RT104", "fatal")])
def test_a_value_that_does_not_fit_is_refused(key: str, value: str) -> None:
    with pytest.raises(InvalidError):
        set_value(NEW, key, value)


def test_a_mistyped_key_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(UsageError) as caught:
        set_value(NEW, "gate.strcit", "main")

    assert (caught.value.message, caught.value.hint) == (
        "there is no setting gate.strcit",
        "did you mean gate.strict?",
    )


@pytest.mark.parametrize(
    ("key", "value"), [("id", ID), ("format", "1"), ("name", "tavern"), ("gate.strict", "main,release/*")]
)
def test_every_setting_can_be_got(key: str, value: str) -> None:
    assert get_value(TOP.encode(), key) == value


@pytest.mark.parametrize("key", ["nam", "gate", "gate.rules.RT104", "name.x", "gate.strict.x", ""])
def test_a_setting_that_is_not_there_is_not_found(key: str) -> None:
    with pytest.raises(NotFoundError):
        get_value(NEW, key)


@given(st.binary(max_size=60))
def test_any_bytes_are_settings_or_refused_in_plain_words(data: bytes) -> None:
    with pytest.raises(RoleThreadError):
        parse_settings(data)


def test_values_at_any_path_are_put_in_and_the_comments_stay() -> None:
    text = (TOP + "# mine\n[future.deep]\nkey = 1 # why\nold = 2\n").encode()

    changed = put_values(text, {("future", "deep", "key"): 3, ("future", "deep", "old"): None, ("new", "key"): ["a"]})

    assert read_values(changed) == {
        "name": "tavern",
        "id": ID,
        "format": 1,
        "future": {"deep": {"key": 3}},
        "new": {"key": ["a"]},
    }
    assert b"# mine" in changed
    assert b"# why" in changed


def test_values_that_settings_cannot_have_are_not_put_in() -> None:
    with pytest.raises(InvalidSettingsError, match="name must be text"):
        put_values(NEW, {("name",): 5})
