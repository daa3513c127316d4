"""A chat log of SillyTavern is one entry; nothing in it is lost, and no other file is taken for one."""

import gzip
import io
import json
from pathlib import Path

import pytest
from refusals import refusal

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.formats import (
    Draft,
    Reject,
    Source,
    all_formats,
    find_format,
    find_row_format,
    read_again,
    read_drafts,
)

LOGS = Path(__file__).parents[2] / "fixtures/formats/sillytavern"
SAMPLES = Path(__file__).resolve().parents[3] / "shared/data/spec-samples"
HEADER = {"chat_metadata": {}, "user_name": "unused", "character_name": "unused"}


def line(mes, *, user=False, name="Selma", **more):
    return {"name": name, "is_user": user, "is_system": False, "mes": mes, **more}


def lines(*rows):
    return b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)


def drafts(data, name="chat.jsonl", format=None):
    return list(read_drafts(Source(io.BytesIO(data), name=name), format))


def the_messages(*rows):
    (draft,) = drafts(lines(HEADER, *rows))
    return draft.fields["messages"]


# ---- the three kinds


def test_a_modern_log_is_one_entry_with_speakers_swipes_and_all_else():
    data = (LOGS / "modern.jsonl").read_bytes()

    (draft,) = drafts(data)

    assert (draft.format.name, draft.place.line, draft.raw) == ("sillytavern", 1, data)
    said = [[message.get(key) for key in ("role", "speaker", "train")] for message in draft.fields["messages"]]
    assert said == [
        ["assistant", "Selma", None],
        ["user", "Bram", None],
        ["assistant", "Narrator", False],
        ["assistant", "Selma", None],
    ]
    assert draft.fields["messages"][0]["alternatives"] == ['"Go home."', '"You again."']
    assert draft.fields["messages"][3]["sillytavern"] == {
        "send_date": "2025-03-02T18:02:00.000Z",
        "extra": {"api": "local", "reasoning": "She is tired.", "token_count": 4},
    }
    written = [json.loads(each) for each in data.split(b"\n")]
    assert draft.fields["extra"]["sillytavern"] == {
        "header": written[0],
        "hidden": [{"before": 2, "line": written[3]}],
    }


def test_a_legacy_log_has_its_names_in_the_header_and_the_lines():
    (draft,) = drafts((LOGS / "legacy.jsonl").read_bytes())

    assert [message["speaker"] for message in draft.fields["messages"]] == ["Selma", "Bram", "Selma"]
    assert draft.fields["extra"]["sillytavern"]["header"]["create_date"] == "2023-5-4@10h 11m 12s 130ms"
    assert draft.fields["messages"][2]["sillytavern"]["gen_started"] == "2023-05-04T10:12:30.000Z"


def test_a_log_of_a_group_has_several_speakers_who_answer():
    (draft,) = drafts((LOGS / "group.jsonl").read_bytes())

    assert [(message["role"], message["speaker"]) for message in draft.fields["messages"]] == [
        ("assistant", "Selma"),
        ("assistant", "Hugo"),
        ("user", "Bram"),
        ("assistant", "Hugo"),
    ]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared data is not on this machine")
@pytest.mark.parametrize("name", ["st_modern.jsonl", "st_legacy.jsonl", "st_group.jsonl"])
def test_a_sample_is_one_entry(name):
    with Source(SAMPLES / name) as source:
        (draft,) = read_drafts(source)

    assert draft.fields["messages"][0]["role"] == "assistant"


# ---- single things


def test_the_text_shown_wins_over_the_swipes_and_the_others_are_alternatives():
    (message,) = the_messages(line("edited", swipe_id=0, swipes=["as it came", "other"]))

    assert (message["content"], message["alternatives"]) == ("edited", ["as it came", "other"])


def test_a_text_that_was_swiped_to_twice_is_still_an_alternative():
    (message,) = the_messages(line("same", swipes=["same", "same"]))

    assert message["alternatives"] == ["same"]


def test_swipes_that_are_no_texts_stay_as_they_are():
    (message,) = the_messages(line("a", swipes=["a", 7]))

    assert message["sillytavern"] == {"swipes": ["a", 7]}


def test_chub_puts_texts_into_objects():
    (message,) = the_messages(line({"message": "a", "id": 1}, swipes=[{"message": "a"}, {"message": "b"}]))

    assert (message["content"], message["alternatives"]) == ("a", ["b"])


def test_a_message_without_a_name_has_no_speaker():
    (message,) = the_messages({"is_user": True, "mes": "Hi"})

    assert message == {"role": "user", "content": "Hi"}


# ---- trouble


def test_a_damaged_line_is_named_and_the_chat_is_read_without_it():
    broken, foreign = b'{"name": "Bram", "is_us', b'{"role": "user"}'
    found = drafts(lines(HEADER, line("a"), broken, foreign, line("b", user=True)))

    assert [(each.place.line, each.raw, each.code) for each in found if isinstance(each, Reject)] == [
        (3, broken, "not_json"),
        (4, foreign, "unknown_shape"),
    ]
    (draft,) = (each for each in found if isinstance(each, Draft))
    assert [message["content"] for message in draft.fields["messages"]] == ["a", "b"]
    assert draft.notes == ("the chat is read without what cannot be read: line 3, 4",)


def test_a_torn_last_line_says_so():
    found = drafts(lines(HEADER, line("a"), b'{"name": "Bram", "is_us'))

    assert "the file ends inside this line" in found[0].reason


def test_logs_one_behind_the_other_are_an_entry_each():
    first, second = lines(HEADER, line("a")), lines(HEADER, line("b"), line("c"))

    found = drafts(first + b"\n" + second)

    assert [(each.place.line, each.raw) for each in found] == [(1, first), (3, second)]


def test_a_log_is_read_again_from_its_bytes():
    (draft,) = drafts((LOGS / "modern.jsonl").read_bytes())

    again = read_again(draft.raw, draft.format, draft.place.line)

    assert isinstance(again, Draft)
    assert again._replace(place=draft.place) == draft


# ---- what is a log


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xef\xbb\xbf" + lines(HEADER, line("a")), "chat.jsonl"),
        (lines(HEADER, line("a")).replace(b"\n", b"\r\n"), "chat.jsonl"),
        (gzip.compress(lines(HEADER, line("a"))), "chat.jsonl.gz"),
        (b"\n" + lines(HEADER, line("a")), None),
    ],
    ids=["BOM", "CRLF", "gz", "standard input"],
)
def test_a_log_is_recognised_however_it_comes(data, name):
    (draft,) = drafts(data, name)

    assert draft.fields["messages"] == [{"role": "assistant", "content": "a", "speaker": "Selma"}]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [{"role": "user", "content": "a"}], "chat_metadata": {}},
        {"conversations": [{"from": "human", "value": "a"}], "user_name": "x", "character_name": "y"},
        {"instruction": "a", "output": '"chat_metadata"'},
    ],
)
def test_rows_of_other_formats_are_not_taken_for_a_log(row):
    found = drafts(lines(row, row))

    assert len(found) == 2
    assert {each.format.name for each in found} < {"messages", "sharegpt", "alpaca"}


def test_lines_without_their_header_are_named_unless_the_format_is():
    data = lines(line("a"), line("b", user=True))

    with refusal(InvalidError, "unread_format", match="a line of a SillyTavern chat log"):
        drafts(data)
    (draft,) = drafts(data, format=find_format("SillyTavern"))

    assert len(draft.fields["messages"]) == 2
    assert "extra" not in draft.fields


def test_it_is_read_and_not_written():
    assert find_format("st").name == "sillytavern"
    with pytest.raises(UsageError, match="SillyTavern can be read, not written"):
        find_row_format("sillytavern")
    assert "sillytavern" in [each.name for each in all_formats()]
