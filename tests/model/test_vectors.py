"""The vectors of format 1: what the frozen format says, byte by byte."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import birth_suffix, decode_entry, encode_entry
from rolethread_vcs.model.layout import ATTRIBUTES_TEXT

ROOT = Path(__file__).parents[2]
VECTORS: dict[str, Any] = json.loads((ROOT / "fixtures/format-1/vectors.json").read_text(encoding="utf-8"))
DOCUMENT = (ROOT / "docs/on-disk-format.md").read_text(encoding="utf-8")
ENTRIES = pytest.mark.parametrize("vector", VECTORS["entries"], ids=lambda vector: vector["name"])
REFUSED = pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["name"])
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


@ENTRIES
def test_an_input_becomes_these_canonical_bytes(vector: dict[str, str]) -> None:
    entry = decode_entry(vector["input"].encode())

    assert encode_entry(entry) == vector["canonical"].encode()


@ENTRIES
def test_canonical_bytes_are_their_own_canonical_bytes(vector: dict[str, str]) -> None:
    data = vector["canonical"].encode()

    assert encode_entry(decode_entry(data)) == data


@ENTRIES
def test_an_input_is_born_with_this_suffix(vector: dict[str, str]) -> None:
    assert birth_suffix(decode_entry(vector["input"].encode()).messages) == vector["suffix"]


@ENTRIES
def test_the_suffix_is_forty_bits_of_the_messages_standing_alone(vector: dict[str, str]) -> None:
    # The messages value cut out of the document and moved two spaces to the left, as a person would do it.
    lines = vector["canonical"].split("\n")
    first = next((line for line in lines if line.startswith('  "messages": ')), None)
    if first is None:
        alone = "null\n"
    else:
        start = lines.index(first)
        if first.rstrip(",").endswith(("[]", "{}")):
            alone = first.removeprefix('  "messages": ').rstrip(",") + "\n"
        else:
            end = next(n for n in range(start + 1, len(lines)) if lines[n].rstrip(",") in ("  ]", "  }"))
            body = [line[2:] for line in lines[start + 1 : end]]
            alone = "\n".join([first[-1], *body, lines[end].strip().rstrip(",")]) + "\n"
    number = int.from_bytes(hashlib.sha256(alone.encode()).digest()[:5], "big")
    expected = "".join(DIGITS[number >> shift & 31] for shift in range(35, -1, -5))

    assert vector["suffix"] == expected


@REFUSED
def test_an_input_is_refused_with_place_and_reason(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["input_hex"]) if "input_hex" in vector else vector["input"].encode()

    with pytest.raises(InvalidError) as caught:
        decode_entry(data)

    error = caught.value
    assert {
        "code": error.code,
        "reason": getattr(error, "reason", error.message),
        "line": getattr(error, "line", None),
        "column": getattr(error, "column", None),
    } == {key: vector.get(key) for key in ("code", "reason", "line", "column")}


@pytest.mark.parametrize("name", ["every field", "numbers", "characters", "the order of keys inside a value is kept"])
def test_the_document_quotes_a_vector_word_for_word(name: str) -> None:
    vector = next(vector for vector in VECTORS["entries"] if vector["name"] == name)

    assert f"```json\n{vector['canonical']}```" in DOCUMENT
    assert f"suffix `{vector['suffix']}`" in DOCUMENT


@REFUSED
def test_the_document_names_every_refused_input(vector: dict[str, Any]) -> None:
    assert f"| {vector['name']} | {vector['reason'].replace('|', chr(92) + '|')} |" in DOCUMENT


def test_the_document_shows_the_attributes_that_init_writes() -> None:
    assert f"```\n{ATTRIBUTES_TEXT.decode()}```" in DOCUMENT


def test_the_document_tells_the_suffix_of_no_messages() -> None:
    assert f"their suffix is `{birth_suffix([])}`" in DOCUMENT
