"""Entry ids and where entries lie."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.layout import (
    CROCKFORD,
    entry_folder,
    entry_path,
    id_of_path,
    is_id,
    make_id,
    number_of,
    slug_of,
    suffix_of,
    suffix_part,
)

SUFFIXES = st.text(CROCKFORD, min_size=8, max_size=8)


def test_an_entry_lies_in_a_folder_of_its_hundred() -> None:
    assert entry_path("00012345-k2x9m3ab") == "entries/0001/23/00012345-k2x9m3ab.json"
    assert entry_folder("00012345-k2x9m3ab") == ("0001", "23")


@given(st.integers(0, 99_999_999), SUFFIXES)
def test_a_path_leads_back_to_its_id(number: int, suffix: str) -> None:
    entry_id = make_id(number, suffix)

    assert is_id(entry_id)
    assert (number_of(entry_id), suffix_part(entry_id)) == (number, suffix)
    assert id_of_path(entry_path(entry_id)) == entry_id


@given(st.binary())
def test_a_suffix_is_the_first_forty_bits_of_the_digest(data: bytes) -> None:
    digest = hashlib.sha256(data).digest()
    bits = "".join(f"{byte:08b}" for byte in digest[:5])
    expected = "".join(CROCKFORD[int(bits[place : place + 5], 2)] for place in range(0, 40, 5))

    assert suffix_of(data) == expected


@pytest.mark.parametrize("number", [-1, 100_000_000])
def test_a_number_that_does_not_fit_eight_digits_is_refused(number: int) -> None:
    with pytest.raises(InvalidError):
        make_id(number, "k2x9m3ab")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "00012345-k2x9m3ai",
        "00012345-K2X9M3AB",
        "0001234-k2x9m3ab",
        "00012345-k2x9m3ab\n",
        "٠٠٠١٢٣٤٥-k2x9m3ab",
    ],
)
def test_a_text_that_is_no_id_is_none(text: str) -> None:
    assert not is_id(text)


@pytest.mark.parametrize(
    "path",
    [
        "entries/0001/24/00012345-k2x9m3ab.json",
        "entries/00012345-k2x9m3ab.json",
        "entries/0001/23/00012345-k2x9m3ab",
        "entries/0001/23/00012345-k2x9m3ab.json.json",
        "entries/0001/23/../23/00012345-k2x9m3ab.json",
        "/entries/0001/23/00012345-k2x9m3ab.json",
        "entries/0001/23/",
    ],
)
def test_a_path_where_no_entry_lies_has_no_id(path: str) -> None:
    assert id_of_path(path) is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Slow Burn", "slow_burn"),
        ("  R&B! ", "r_b"),
        ("日本語", "日本語"),
        ("Straße", "strasse"),
        ("_in-between_", "_in-between_"),
        ("CON", "con_"),
        ("!?", "t-hyqr73h7"),
        ("ä" * 61, "ä" * 60),
    ],
)
def test_a_display_name_has_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug
