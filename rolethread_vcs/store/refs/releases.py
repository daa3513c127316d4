"""Tag objects as bytes: a release is an annotated tag, written and read by us like a commit."""

from __future__ import annotations

from dataclasses import dataclass

from rolethread_vcs.store.objects import commits
from rolethread_vcs.store.objects.commits import Signature, compose_message


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag object: the hex id and the kind of what it names, who tagged (None where an old git left that out)."""

    target: str
    kind: str
    name: str
    tagger: Signature | None
    message: str


def encode(name: str, commit: str, tagger: Signature, message: str) -> bytes:
    """Return the bytes of a tag object that names a commit."""
    head = [f"object {commit}".encode(), b"type commit", b"tag " + name.encode(), b"tagger " + tagger.encode()]
    return b"\n".join([*head, b"", b""]) + compose_message(message).encode("utf-8", "replace")


def decode(data: bytes) -> Tag:
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
        None if tagger is None else commits.decode_signature(tagger),
        body.decode("utf-8", "replace"),
    )
