"""A merge, a revert or a pick that waits for decisions: a commit under a ref of its own, so that no collection eats it.

The commit's parents are the sides and what they have in common; its tree holds `state.json` and, for each entry or file
that was decided, `decided/<id>.json`. Nothing of it lies in the branch: everything else stays usable meanwhile, and
each decision is an operation like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from rolethread_vcs.errors import DamagedError
from rolethread_vcs.model.canonical import JsonProblemError, encode_value, parse
from rolethread_vcs.store.objects import Objects, commits, trees
from rolethread_vcs.store.objects.commits import Signature
from rolethread_vcs.store.objects.packs import PackWriter

STATE = "state.json"
_DECIDED = "decided/"

Kind = Literal["merge", "revert", "pick"]


class UnreadableUnfinishedError(DamagedError):
    code = "unreadable_unfinished"


class Labels(NamedTuple):
    ours: str
    theirs: str
    base: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What is being put together, and what was decided so far.

    `ours` is the branch's tip when it began, `theirs` the other side, `bases` what both come from; hex ids of commits,
    "" for a side without one (before the first commit). A merge may have several bases, a revert and a pick have one.
    `ids` and `where` say which part was asked for, None for all.
    `keeps_rest` finishes the other branch although only a part of it was taken. `decided` maps an entry id or a path to
    its decisions by field, as plain JSON. `message` is the commit's, "" for the usual one; `trailers` go into it.
    `id` is the hex id of its own commit, "" before it is written.
    """

    kind: Kind
    branch: str
    ours: str
    theirs: str
    bases: tuple[str, ...]
    labels: Labels
    command: str
    ids: tuple[str, ...] | None = None
    where: str | None = None
    keeps_rest: bool = False
    message: str = ""
    trailers: tuple[tuple[str, str], ...] = ()
    decided: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    id: str = ""

    def state(self) -> bytes:
        names = ("kind", "branch", "ours", "theirs", "bases", "labels", "command", "ids", "where", "keeps_rest")
        return encode_value({name: getattr(self, name) for name in (*names, "message", "trailers")})


_REQUIRED: Final = ("kind", "branch", "ours", "theirs", "bases", "labels", "command")


def write(unfinished: Unfinished, pack: PackWriter, objects: Objects, who: Signature) -> str:
    """Add it to a pack and return the hex id of its commit."""
    files = {STATE: (trees.FILE, pack.add("blob", unfinished.state()))}
    for name, decisions in unfinished.decided.items():
        if decisions:
            data = encode_value(dict(decisions))
            files[f"{_DECIDED}{name}.json"] = (trees.FILE, pack.add("blob", data))
    tree = trees.apply(None, files, objects, pack)
    assert tree is not None
    parents = dict.fromkeys(each for each in (unfinished.ours, unfinished.theirs, *unfinished.bases) if each)
    message = commits.compose_message(f"unfinished {unfinished.kind} on {unfinished.branch}: {unfinished.command}")
    return pack.add_commit(tree, list(parents), who, message)


def read(oid: str, objects: Objects) -> Unfinished:
    """Return what a commit of `write` holds.

    Raises:
        UnreadableUnfinishedError: it is missing, damaged or something else.
    """
    try:
        tree = objects.commit(oid).tree
        found = {path: objects.blob(blob.oid) for path, blob in trees.files(tree, objects.tree)}
        state = parse(found.pop(STATE))
        kind, branch, ours, theirs, bases, labels, command = (state[key] for key in _REQUIRED)
        ids = state.get("ids")
        return Unfinished(
            kind=kind,
            branch=str(branch),
            ours=str(ours),
            theirs=str(theirs),
            bases=tuple(map(str, bases)),
            labels=Labels(*map(str, labels)),
            command=str(command),
            ids=None if ids is None else tuple(map(str, ids)),
            where=state.get("where"),
            keeps_rest=bool(state.get("keeps_rest")),
            message=str(state.get("message") or ""),
            trailers=tuple((str(key), str(value)) for key, value in state.get("trailers", ())),
            decided={_name(path): parse(data) for path, data in found.items()},
            id=oid,
        )
    except (KeyError, TypeError, ValueError, IndexError, JsonProblemError, DamagedError) as error:
        raise UnreadableUnfinishedError(
            f"the unfinished merge {oid[:10]} cannot be read: {error}", hint="rtv merge --abort   rtv verify"
        ) from error


def _name(path: str) -> str:
    if not path.startswith(_DECIDED):
        raise ValueError(f"{path} does not belong here")
    return path.removeprefix(_DECIDED).removesuffix(".json")
