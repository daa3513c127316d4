"""Commits and tags as bytes: we write them ourselves, because libgit2 may report one that it could not write.

A release is an annotated tag.
"""

from __future__ import annotations

import re
import time
from binascii import unhexlify
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rolethread_vcs import limits
from rolethread_vcs.store.objects import trees

NEUTRAL_NAME = "Dataset creator"
NEUTRAL_EMAIL = "creator@localhost"

_FORBIDDEN = re.compile(r"[<>\x00-\x1f]")
_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)> (?P<time>-?\d+) (?P<zone>[+-]\d{1,9})")
_PLAIN = re.compile(
    rb"tree ([0-9a-f]{40})\n((?:parent [0-9a-f]{40}\n)*)author [^\n]*\ncommitter [^\n]*> ([0-9]{1,18}) [+-][0-9]+\n"
)
"""How nearly all commits begin; taking the whole head apart costs several times as much."""
_ID = re.compile(rb"[0-9a-f]{40}")
_READ_BY_GIT = re.compile(
    rb"^(?:author|committer|tagger) [^\n<]*<[^\n]*>(?=[^\n>]*$)(?:.?$|.[ \t]*[+-]?[0-9]{1,18}(?![0-9]))", re.MULTILINE
)
_TAG = re.compile(rb"object [0-9a-f]{40}\ntype (?:commit|tree|blob|tag)\ntag [^\n]+")
_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.*)")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who, and when: Unix seconds and the offset of local time from UTC in minutes."""

    name: str
    email: str
    time: int
    offset: int

    def encode(self) -> bytes:
        """Return the line git writes after `author`."""
        sign = "-" if self.offset < 0 else "+"
        hours, minutes = divmod(abs(self.offset), 60)
        name = _FORBIDDEN.sub("", self.name).strip() or NEUTRAL_NAME
        email = _FORBIDDEN.sub("", self.email).strip() or NEUTRAL_EMAIL
        return f"{name} <{email}> {self.time} {sign}{hours:02d}{minutes:02d}".encode("utf-8", "replace")


class Commit(NamedTuple):
    """A commit: its own id and those of its parents in hex, its tree as 20 bytes, the committer's time in seconds.

    A walk through history needs no more; who made it, and the message, are read from its bytes when asked for.
    """

    id: str
    tree: bytes
    parents: tuple[str, ...]
    time: int
    data: bytes

    def __repr__(self) -> str:
        return f"<Commit {self.id[:10]} {self.subject!r}>"

    @property
    def author(self) -> Signature:
        return self._person(b"\nauthor ")

    @property
    def committer(self) -> Signature:
        return self._person(b"\ncommitter ")

    def _person(self, key: bytes) -> Signature:
        return decode_signature(self.data.partition(key)[2].partition(b"\n")[0])

    @property
    def message(self) -> str:
        return self.data.partition(b"\n\n")[2].decode("utf-8", "replace")

    @property
    def subject(self) -> str:
        return self.message.partition("\n")[0]

    @property
    def trailers(self) -> tuple[tuple[str, str], ...]:
        """`Key: value` lines of the last paragraph, in order."""
        paragraphs = self.message.rstrip("\n").rsplit("\n\n", 1)
        if len(paragraphs) < 2:
            return ()
        matches = [_TRAILER.fullmatch(line) for line in paragraphs[1].split("\n")]
        return tuple((m[1], m[2]) for m in matches if m) if all(matches) else ()

    def trailer(self, key: str) -> str | None:
        return next((value for name, value in self.trailers if name == key), None)


def now(name: str, email: str) -> Signature:
    seconds = int(time.time())
    return Signature(name, email, seconds, (time.localtime(seconds).tm_gmtoff or 0) // 60)


def compose_message(text: str, trailers: Sequence[tuple[str, str]] = ()) -> str:
    """Return a commit message: the text, a blank line, `Key: value` trailers, a final newline."""
    body = text.strip("\n").rstrip() or "change"
    body = body.replace("\x00", "")
    lines = [f"{key}: {' '.join(value.split())}" for key, value in trailers]
    return "\n\n".join(part for part in (body, "\n".join(lines)) if part) + "\n"


def encode(tree: bytes, parents: Sequence[str], author: Signature, committer: Signature, message: str) -> bytes:
    lines = [f"tree {tree.hex()}".encode()]
    lines += [f"parent {parent}".encode() for parent in parents]
    lines += [b"author " + author.encode(), b"committer " + committer.encode(), b"", b""]
    return b"\n".join(lines) + message.encode("utf-8", "replace")


def decode(oid: str, data: bytes) -> Commit:
    """Return the commit of an object's bytes.

    Raises:
        ValueError: the bytes are no commit.
    """
    plain = _PLAIN.match(data)
    if plain is not None:
        tree, lines, seconds = plain.groups()
        parents, moment = lines.split()[1::2], _moment(seconds)
    else:  # an old or odd one
        fields = [line.partition(b" ")[::2] for line in data.partition(b"\n\n")[0].split(b"\n")]
        found = dict(fields)
        if len(found.get(b"tree", b"")) != 40 or b"author" not in found or b"committer" not in found:
            raise ValueError("a commit needs a tree, an author and a committer")
        tree, moment = found[b"tree"], decode_signature(found[b"committer"]).time
        parents = [value for key, value in fields if key == b"parent"]
        if not all(_ID.fullmatch(value) for value in parents):
            raise ValueError("the id of a parent is none")
    return Commit(oid, unhexlify(tree), tuple(each.decode("ascii") for each in parents), moment, data)


def is_read_by_git(data: bytes) -> bool:
    """Return whether libgit2 reads a commit or a tag that we read: it asks for `<`, `>` and a time of 64 bits."""
    head = data.partition(b"\n\n")[0]
    people = len(_READ_BY_GIT.findall(head))
    return people > 1 if head.startswith(b"tree ") else bool(_TAG.match(head)) and people == head.count(b"\ntagger ")


def decode_signature(data: bytes) -> Signature:
    """Return the signature of what stands behind `author`; a line that does not read becomes a name without a time."""
    match = _PERSON.fullmatch(data.decode("utf-8", "replace"))
    if match is None:
        return Signature(data.decode("utf-8", "replace"), "", 0, 0)
    zone = int(match["zone"][1:])
    offset = (zone // 100 * 60 + zone % 100) * (-1 if match["zone"][0] == "-" else 1)
    is_known = abs(offset) <= limits.MINUTES_FROM_UTC
    return Signature(match["name"], match["email"], _moment(match["time"]), offset if is_known else 0)


def _moment(digits: str | bytes) -> int:
    """Return the seconds that digits say; a time that is no date is the first or the last one that is."""
    seconds = int(digits[:20])
    return min(max(seconds, limits.FIRST_SECOND), limits.LAST_SECOND)


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag object: the hex id and the kind of what it names, who tagged (None where an old git left that out)."""

    target: str
    kind: str
    name: str
    tagger: Signature | None
    message: str


def encode_tag(name: str, commit: str, tagger: Signature, message: str) -> bytes:
    head = [f"object {commit}".encode(), b"type commit", b"tag " + name.encode(), b"tagger " + tagger.encode()]
    return b"\n".join([*head, b"", b""]) + compose_message(message).encode("utf-8", "replace")


def tagged(data: bytes) -> str:
    return data.partition(b"\n")[0].removeprefix(b"object ").decode("ascii", "replace")


def needs(kind: str, data: bytes) -> list[str]:
    """Return the hex ids of what an object leads to directly; what another repository has of a tree is none of it.

    Raises:
        ValueError: it cannot be read.
    """
    if kind == "commit":
        commit = decode("", data)
        return [commit.tree.hex(), *commit.parents]
    if kind == "tag":
        return [tagged(data)]
    return [item.oid.hex() for item in trees.parse(data) if item.mode != trees.SUBMODULE] if kind == "tree" else []


def decode_tag(data: bytes) -> Tag:
    """Return the tag of an object's bytes.

    Raises:
        ValueError: the bytes are no tag.
    """
    head, _, body = data.partition(b"\n\n")
    fields = dict(line.partition(b" ")[::2] for line in head.split(b"\n"))
    if b"object" not in fields or b"type" not in fields:
        raise ValueError("a tag needs an object and its type")
    tagger = fields.get(b"tagger")
    return Tag(
        fields[b"object"].decode("ascii"),
        fields[b"type"].decode("ascii"),
        fields.get(b"tag", b"").decode("utf-8", "replace"),
        None if tagger is None else decode_signature(tagger),
        body.decode("utf-8", "replace"),
    )
