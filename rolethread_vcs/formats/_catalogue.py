"""The formats there are, found by listing this folder; and the kinds of files that are known by name and not read.

Detection facts: SillyTavern's and text-generation-webui's own exports, the character card specifications V1 to V3,
Agnai, RisuAI, KoboldAI Lite, CAI-Tools, Open Assistant, RoleThread Lite, LLaMA-Factory.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from rolethread_vcs import discovery
from rolethread_vcs.errors import InvalidError, UsageError, nearest
from rolethread_vcs.formats._contract import STANDARD_INPUT, FileFormat, Format, RowFormat


@cache
def all_formats() -> tuple[Format, ...]:
    """Return every format, the one that is asked first first."""
    package = import_module(__name__.rpartition(".")[0])
    found = [module.FORMAT for module in discovery.load_modules(package)]
    return tuple(sorted(found, key=lambda each: (each.precedence, each.name)))


@cache
def row_formats() -> tuple[RowFormat, ...]:
    """Return the formats of rows: those that a dataset can be exported in."""
    return tuple(each for each in all_formats() if isinstance(each, RowFormat))


@cache
def _by_name() -> dict[str, Format]:
    return {word: each for each in all_formats() for word in (each.name, *each.aliases)}


def find_format(name: str) -> Format:
    """Return the format of a name or one of its other names; case does not count.

    Raises:
        UsageError (unknown_format): with the name that was probably meant.
    """
    package = __name__.rpartition(".")[0]
    if name.lower() in discovery.module_names(import_module(package)):  # the others need not be loaded
        own: Format = import_module(f"{package}.{name.lower()}").FORMAT
        return own
    names = _by_name()
    found = names.get(name.lower())
    if found is not None:
        return found
    close = nearest(name.lower(), names)
    known = ", ".join(each.name for each in all_formats())
    hint = f"did you mean {close}?" if close else f"formats are {known}"
    raise UsageError(f"there is no format called {name!r}", hint=hint, code="unknown_format")


def find_row_format(name: str) -> RowFormat:
    """Return the format to write rows in.

    Raises:
        UsageError (unknown_format): there is none of that name, or it is read and not written.
    """
    found = find_format(name)
    if isinstance(found, RowFormat):
        return found
    written = ", ".join(each.name for each in row_formats())
    raise UsageError(
        f"{found.title} can be read, not written", hint=f"formats to write are {written}", code="unknown_format"
    )


def detect(row: dict[str, Any]) -> RowFormat | None:
    """Return the format that reads this row, or None; every row of a file is asked by itself."""
    for each in row_formats():
        if each.recognise(row):
            return each
    return None


def detect_file(first: bytes) -> FileFormat | None:
    """Return the format that reads a whole file, from its first piece, or None for a file of rows."""
    return next((each for each in all_formats() if isinstance(each, FileFormat) and each.recognise(first)), None)


def expected_keys(format: Format | None = None) -> str:
    """Return the keys that a row must have, of one format or of any."""
    return ", or ".join(each.keys for each in (row_formats() if format is None else (format,)))


# ---- known by name, and not read

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
    """Raise when the first bytes, or the name, tell of a file that this version does not read.

    Raises:
        InvalidError (unread_format): one plain sentence that names the kind.
    """
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            raise _refusal(kind, name)
    for magic, program, hint in _COMPRESSED:
        if start.startswith(magic):
            typed = "FILE" if name == STANDARD_INPUT else shlex.quote(name)
            raise InvalidError(
                f"{name} is compressed with {program}; nothing was read",
                hint=hint.format(name=typed),
                code="unread_format",
            )
    if start.lstrip()[:12].startswith(b"<|im_start|>"):
        raise _refusal("ChatML text", name)
    if not start.lstrip().startswith((b"{", b"[")):
        lowered = name.lower()
        for suffix, kind in _SUFFIXES.items():
            if lowered.endswith(suffix):
                raise _refusal(kind, name)


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


def _refusal(kind: str, name: str) -> InvalidError:
    return InvalidError(f"{name}: {unread_sentence(kind)}", code="unread_format")


def _has(*keys: str) -> Callable[[dict[str, Any]], bool]:
    return lambda row: all(key in row for key in keys)


def _is_card(row: dict[str, Any]) -> bool:
    spec = row.get("spec")
    return isinstance(spec, str) and spec.startswith("chara_card")


def _is_agnai(row: dict[str, Any]) -> bool:
    messages = row.get("messages")
    return isinstance(messages, list) and bool(messages) and isinstance(messages[0], dict) and "msg" in messages[0]


def _is_chatml_text(row: dict[str, Any]) -> bool:
    text = row.get("text")
    return isinstance(text, str) and "<|im_start|>" in text


def _is_tag_list(row: dict[str, Any]) -> bool:
    metadata = row.get("metadata")
    return isinstance(metadata, dict) and metadata.get("kind") == "rolethread.tag_registry"


def _is_list_of_data_sets(row: dict[str, Any]) -> bool:
    places = {"file_name", "hf_hub_url", "ms_hub_url", "om_hub_url", "script_url"}
    return bool(row) and all(isinstance(each, dict) and not places.isdisjoint(each) for each in row.values())


_TAGS = "the list of tags that RoleThread Lite keeps beside a data set"
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
    (_CARD, _is_card),
    (_CARD, _has("first_mes", "mes_example")),
    (_CARD, _has("char_name", "char_persona")),
    ("a lorebook", lambda row: row.get("spec") == "lorebook_v3"),
    ("a KoboldAI story", _has("savedsettings")),
    ("a KoboldAI story", _has("actions", "prompt")),
    ("a RisuAI chat", lambda row: row.get("type") == "risuChat"),
    ("an Agnai chat", _is_agnai),
    ("a Character.AI dump", _has("histories")),
    ("an Open Assistant message tree", _has("message_tree_id")),
    ("ChatML text in a text column", _is_chatml_text),
    (_TAGS, _is_tag_list),
    (_DATA_SETS, _is_list_of_data_sets),
)
