"""Every row is read by the format that recognises it; what none recognises is named."""

import io
import json

import pytest
from refusals import refusal

from rolethread_vcs.errors import InvalidError, UsageError
from rolethread_vcs.formats import (
    Draft,
    Reject,
    Source,
    all_formats,
    detect,
    find_format,
    read_drafts,
    row_formats,
)

TURNS = [{"from": "human", "value": "Hi"}]
MESSAGES = [{"role": "user", "content": "Hi"}]


def drafts(*rows, name="chats.jsonl", format=None):
    data = b"\n".join(json.dumps(row).encode() for row in rows)
    return list(read_drafts(Source(io.BytesIO(data), name=name), format))


def test_the_formats_are_found_by_listing_their_folder():
    assert [each.name for each in all_formats()] == ["messages", "sharegpt", "alpaca", "sillytavern"]
    assert row_formats() == all_formats()[:3]


@pytest.mark.parametrize(("word", "name"), [("ShareGPT", "sharegpt"), ("chatml", "messages"), ("openai", "messages")])
def test_a_format_is_found_by_any_of_its_names(word, name):
    assert find_format(word).name == name


def test_a_misspelt_format_is_answered_with_the_one_meant():
    with pytest.raises(UsageError) as caught:
        find_format("shargpt")

    assert caught.value.hint == "did you mean sharegpt?"


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"messages": MESSAGES}, "messages"),
        ({"messages": MESSAGES, "conversations": TURNS}, "messages"),
        ({"messages": None, "conversations": TURNS}, "sharegpt"),
        ({"messages": None}, "messages"),
        ({"conversations": None}, "sharegpt"),
        ({"instruction": "a", "output": "b"}, "alpaca"),
        ({"instruction": "a", "response": "b", "messages": "c"}, "alpaca"),
        ({"instruction": "a", "output": "b", "conversations": TURNS}, "sharegpt"),
    ],
)
def test_a_row_with_the_keys_of_several_formats_is_read_by_the_first(row, name):
    assert detect(row).name == name


@pytest.mark.parametrize("row", [{}, {"text": "x"}, {"instruction": "a"}, {"input": "a", "output": "b"}])
def test_a_row_of_no_known_shape_has_no_format(row):
    assert detect(row) is None


def test_a_mixed_file_keeps_every_row():
    found = drafts(
        {"messages": MESSAGES}, {"conversations": TURNS}, {"instruction": "Hi", "output": "x"}, {"text": "x"}, 7
    )

    assert [row.code if isinstance(row, Reject) else row.format.name for row in found] == [
        *("messages", "sharegpt", "alpaca", "unknown_shape", "not_an_object")
    ]
    assert found[3].reason == (
        "it has the key text; a row needs messages: [{role, content}], or conversations: [{from, value}],"
        " or instruction, input, output"
    )


def test_rows_of_another_format_than_the_one_asked_for_are_bad():
    found = drafts({"messages": MESSAGES}, {"conversations": TURNS}, format=find_format("sharegpt"))

    assert [type(row) for row in found] == [Reject, Draft]


def test_a_file_of_which_no_row_is_recognised_is_refused_with_its_keys():
    with refusal(InvalidError, "unknown_shape") as caught:
        drafts({"prompt": "a", "completion": "b"}, {"prompt": "c"}, 5)

    assert "the first has the keys prompt, completion" in caught.value.message
    assert "messages: [{role, content}]" in caught.value.hint


def test_many_and_long_keys_are_cut():
    with refusal(InvalidError, "unknown_shape", match=r"k{40}…, 1, 2, .* and 3 more"):
        drafts({"k" * 50: 1, **{str(number): 1 for number in range(1, 15)}})


UNREAD = {
    "text-generation-webui": [{"internal": [], "visible": []}, {"data": [], "data_visible": []}],
    "character card": [
        {"spec": "chara_card_v2", "data": {}},
        {"spec": "chara_card_v3"},
        {"name": "Mara", "first_mes": "", "mes_example": ""},
        {"char_name": "Mara", "char_persona": ""},
    ],
    "lorebook": [{"spec": "lorebook_v3", "data": {}}],
    "KoboldAI": [{"savedsettings": {}, "actions": []}, {"prompt": "", "actions": []}],
    "RisuAI": [{"type": "risuChat", "data": {}}],
    "Agnai": [{"name": "Exported", "messages": [{"msg": "Hi", "userId": "1"}]}],
    "Character.AI": [{"info": {}, "histories": {}}],
    "Open Assistant": [{"message_tree_id": "x", "prompt": {}}],
    "ChatML text": [{"text": "<|im_start|>user\nHi<|im_end|>"}],
}


@pytest.mark.parametrize(("kind", "row"), [(kind, row) for kind, found in UNREAD.items() for row in found])
def test_a_known_kind_that_is_not_read_is_named(kind, row):
    with refusal(InvalidError, "unread_format", match=f"this is an? ?.*{kind}.*later version|this is {kind}"):
        drafts(row)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"metadata": {"kind": "rolethread.tag_registry"}, "tags": []}, "list of tags that RoleThread Lite keeps"),
        ({"mine": {"file_name": "a.json"}, "hub": {"hf_hub_url": "x/y"}}, "LLaMA-Factory's list of data sets"),
    ],
)
def test_a_file_about_data_is_told_from_data(row, kind):
    with refusal(InvalidError, "unread_format", match=f"{kind}.*it holds no conversations"):
        drafts(row)


def test_a_row_of_an_unread_kind_among_others_is_bad():
    found = drafts({"messages": MESSAGES}, {"mes": "Hi", "is_user": True})

    assert found[1].code == "unread_format"


@pytest.mark.parametrize(
    ("start", "name", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "mara.png", "PNG picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "mara.jpg", "JPEG picture"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00", "mara.charx", "zip archive"),
        (b"PAR1\x15\x04\x15\x10", "train.parquet", "Parquet"),
        (b"\n<|im_start|>user\nHi<|im_end|>\n", "chat.txt", "ChatML text"),
        (b"instruction,output\na,b\n", "train.CSV", "CSV table"),
        (b"name: Mara\n", "mara.yaml", "YAML"),
        (b"\x28\xb5\x2f\xfd\x04\x00\x11\x00", "train.jsonl.zst", "Zstandard"),
        (b"BZh91AY&SY", "train.jsonl.bz2", "bzip2"),
        (b"\xfd7zXZ\x00\x00\x04", "train.jsonl.xz", "xz"),
    ],
)
def test_a_whole_file_of_a_known_kind_is_named(start, name, kind):
    with refusal(InvalidError, "unread_format", match=kind):
        list(read_drafts(Source(io.BytesIO(start), name=name)))


def test_rows_in_a_file_with_a_wrong_suffix_are_read_all_the_same():
    assert [row.format.name for row in drafts({"messages": MESSAGES}, name="train.csv")] == ["messages"]
