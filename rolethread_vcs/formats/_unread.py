"""Kinds of files and rows that are known by name, and not read.

Sources: SillyTavern's and text-generation-webui's own exports, the character card specifications V1 to V3, Agnai,
RisuAI, KoboldAI Lite, CAI-Tools, Open Assistant, RoleThread Lite, LLaMA-Factory.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rolethread_vcs.errors import InvalidError
from rolethread_vcs.formats._contract import STANDARD_INPUT
from rolethread_vcs.model.canonical import JsonProblemError, parse

# ---- files

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "a PNG picture, perhaps a character card"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_COMPRESSED = (
    (b"\x1f\x8b", "gzip", "gunzip < {name} | rtv import -, or give the file a name that ends in .gz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard", "zstd -dc {name} | rtv import -"),
    (b"\xfd7zXZ\x00", "xz", "xz -dc {name} | rtv import -"),
    (b"BZh", "bzip2", "bzip2 -dc {name} | rtv import -"),
)
_SUFFIXES = {
    ".csv": "a CSV table",
    ".tsv": "a table of tab-separated values",
    ".yaml": "a YAML file",
    ".yml": "a YAML file",
}


def refuse_unread_file(start: bytes, name: str) -> None:
    """Raise when the first bytes, or the name, tell of a file that is not read: of another kind, or no UTF-8.

    Raises:
        InvalidError (unread_format), InvalidError (not_utf8): one plain sentence that names the kind.
    """
    kind = next((kind for magic, kind in _MAGIC if start.startswith(magic)), None)
    text = start.lstrip()
    if text.startswith(b"<|im_start|>"):
        kind = "ChatML text"
    elif kind is None and not text.startswith((b"{", b"[")):
        kind = next((kind for suffix, kind in _SUFFIXES.items() if name.lower().endswith(suffix)), None)
    if kind is not None:
        raise InvalidError(f"{name}: {unread_sentence(kind)}", code="unread_format")
    quoted = "FILE" if name == STANDARD_INPUT else shlex.quote(name)
    for magic, program, hint in _COMPRESSED:
        if start.startswith(magic):
            raise InvalidError(
                f"{name} is compressed with {program}",
                hint=hint.format(name=quoted),
                code="unread_format",
            )
    encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else None
    nulls = [byte == 0 for byte in start[:4]]
    if nulls in ([False, True, False, True], [True, False, True, False]):  # two ASCII characters
        encoding = "utf-16-be" if nulls[0] else "utf-16-le"
    if encoding is not None:
        made = shlex.quote(str(Path(name).with_name(f"utf8-{Path(name).name}")))
        given = "-" if name == STANDARD_INPUT else quoted
        raise InvalidError(
            f"{name} looks like UTF-16",
            hint=f"rtv import {given} --encoding {encoding}\n"
            f"or make it UTF-8: iconv -f {encoding.upper().replace('16-', '16')} -t UTF-8 {quoted} > {made}",
            code="not_utf8",
        )
    null = start.find(b"\x00")
    if null >= 0 and not _has_rows(start):
        line = start.count(b"\n", 0, null) + 1
        raise InvalidError(f"{name} is no text file: there is a null byte on line {line}", code="not_utf8")


def _has_rows(start: bytes) -> bool:
    """Return whether there are rows around the null bytes, as a power cut leaves them: then they cost only theirs."""
    if start.lstrip(b"\x00 \t\r\n").startswith((b"{", b"[")):
        return True
    for line in start.split(b"\n"):
        with contextlib.suppress(JsonProblemError):
            if line.startswith(b"{") and parse(line):
                return True
    return False


# ---- rows


def name_unread_row(row: dict[str, Any]) -> str | None:
    """Return what an object is a row or the whole of, like "a SillyTavern chat log", or None."""
    return next((kind for kind, is_one in _ROWS if is_one(row)), None)


def unread_sentence(kind: str) -> str:
    """Return the sentence that answers a kind of data that is known and not read."""
    if kind in (_TAGS, _DATA_SETS):
        return f"this is {kind}; it holds no conversations, import the files that it is about"
    if kind == _CHAT_LINE:
        return f"this is {kind}; a log is read from its header line on, which comes first in its file"
    return f"this is {kind}; reading that comes in a later version"


def _has(*keys: str) -> Callable[[dict[str, Any]], bool]:
    return lambda row: all(key in row for key in keys)


def _is_agnai(row: dict[str, Any]) -> bool:
    messages = row.get("messages")
    return isinstance(messages, list) and bool(messages) and isinstance(messages[0], dict) and "msg" in messages[0]


def _is_list_of_data_sets(row: dict[str, Any]) -> bool:
    places = {"file_name", "hf_hub_url", "ms_hub_url", "om_hub_url", "script_url"}
    return bool(row) and all(isinstance(each, dict) and not places.isdisjoint(each) for each in row.values())


_TAGS = "the list of tags that RoleThread Lite keeps beside a data set"
_TAGS_KIND = "rolethread.tag_registry"
_DATA_SETS = "LLaMA-Factory's list of data sets (dataset_info.json)"
_CHAT_LINE = "a line of a SillyTavern chat log"
_TEXTGEN = "a text-generation-webui chat history"
_CARD = "a character card"
_ROWS: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    (_CHAT_LINE, _has("chat_metadata")),
    (_CHAT_LINE, _has("user_name", "character_name")),
    (_CHAT_LINE, _has("mes", "is_user")),
    (_TEXTGEN, _has("internal", "visible")),
    (_TEXTGEN, _has("data", "data_visible")),
    (_CARD, lambda row: isinstance(row.get("spec"), str) and row["spec"].startswith("chara_card")),
    (_CARD, _has("first_mes", "mes_example")),
    (_CARD, _has("char_name", "char_persona")),
    ("a lorebook", lambda row: row.get("spec") == "lorebook_v3"),
    ("a KoboldAI story", _has("savedsettings")),
    ("a KoboldAI story", _has("actions", "prompt")),
    ("a RisuAI chat", lambda row: row.get("type") == "risuChat"),
    ("an Agnai chat", _is_agnai),
    ("a Character.AI dump", _has("histories")),
    ("an Open Assistant message tree", _has("message_tree_id")),
    ("ChatML text in a text column", lambda row: isinstance(row.get("text"), str) and "<|im_start|>" in row["text"]),
    (_TAGS, lambda row: isinstance(row.get("metadata"), dict) and row["metadata"].get("kind") == _TAGS_KIND),
    (_DATA_SETS, _is_list_of_data_sets),
)
