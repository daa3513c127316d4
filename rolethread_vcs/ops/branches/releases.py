"""Names versions: a release is an annotated git tag, moved only on purpose, and like everything else undoable."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Unpack

from rolethread_vcs.errors import ConflictError, DamagedError, NotFoundError, did_you_mean
from rolethread_vcs.store.objects.commits import decode_tag, encode_tag
from rolethread_vcs.store.refs import TAGS, is_branch_name
from rolethread_vcs.store.repository import Repository
from rolethread_vcs.transaction import Committed, Intent, Said, Session, intent_of, refuse_name


@dataclass(frozen=True, slots=True)
class Release:
    """A named version: its commit, when it was named (seconds since 1970), by whom, and what was said about it.

    A plain tag of git (not `is_annotated`) tells what its commit tells.
    """

    name: str
    commit: str
    time: int
    by: str
    message: str
    entries: int
    is_annotated: bool

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def releases(repository: Repository) -> tuple[Release, ...]:
    """Return all releases, the newest first, of one second the highest; what does not read is for `damaged_refs`."""
    found = []
    for name in repository.refs.releases():
        with suppress(DamagedError, NotFoundError):
            found.append(describe(repository, name))
    return tuple(sorted(found, key=lambda each: (each.time, _version(each.name)), reverse=True))


def _version(name: str) -> list[int | str]:
    """Return a name as `git tag --sort=version:refname` reads it: v10 is higher than v9."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split("([0-9]+)", name))]


def describe(repository: Repository, name: str) -> Release:
    """Return one release.

    Raises:
        NotFoundError (no_such_release): there is none; the hint names the nearest. DamagedError: it leads nowhere.
    """
    objects, target = repository.objects, _target(repository, name)
    snapshot = repository.snapshot_of(objects.peel(target))
    who, message, is_annotated = snapshot.commit.committer, snapshot.commit.subject, objects.kind(target) == "tag"
    if is_annotated:
        try:
            tag = decode_tag(objects.read(target, "tag"))
        except ValueError as error:
            raise DamagedError(f"the release {name} cannot be read: {error}", hint="rtv verify") from error
        who, message = tag.tagger or who, tag.message.rstrip("\n")
    return Release(name, snapshot.id, who.time, who.name, message, len(snapshot), is_annotated)


def previous(repository: Repository, name: str) -> Release | None:
    """Return the release before one, the nearest of those that it descends from; None for the first."""
    graph, commit = repository.graph, describe(repository, name).commit
    older = [each for each in releases(repository) if each.commit != commit and graph.is_ancestor(each.commit, commit)]
    return min(older, key=lambda each: graph.ahead_behind(commit, each.commit)[0], default=None)


def release(
    repository: Repository,
    name: str,
    rev: str = "@",
    intent: Intent | None = None,
    *,
    force: bool = False,
    **said: Unpack[Said],
) -> Committed:
    """Name a revision, as one operation; `commit` of the result is what the name stands for now.

    `intent.message` says what the release is. With `force` one that is there moves; it keeps its message unless there
    is a new one.

    Raises:
        UsageError (release_name): no release can be called so. ConflictError (release_exists): there is one, elsewhere.
        UnknownRevisionError: the revision names nothing.
    """
    intent = intent_of(intent, said, "release", f"release {name}")
    with Session.open(repository, intent, needs_branch=False) as session:
        repository = session.repository
        commit = repository.resolve(rev)
        ref = TAGS + name
        before = repository.refs.read(ref) if is_branch_name(name) else None
        done = session.unchanged()
        message = intent.message or f"release {name}"
        if before is None:
            refuse_name(repository, "release", name)
        else:
            known = describe(repository, name)
            if known.commit == commit and (intent.message or known.message).strip() == known.message.strip():
                return done
            if not force:
                problem = f"the release {name} is here already, and says something else"
                hint = f"give it the new words: rtv release {name} -m … --force"
                if known.commit != commit:
                    problem = f"there is a release {name} already, of {known.commit[:10]}"
                    hint = f"see how they differ: rtv diff {name} {commit[:10]}\n"
                    hint += f"move it all the same: rtv release {name} {commit[:10]} --force"
                raise ConflictError(problem, hint=hint, code="release_exists")
            message = intent.message or (known.message if known.is_annotated else message)
        done = replace(done, commit=commit, message=message)
        if intent.dry_run:
            return done
        with repository.pack() as pack:
            tag = pack.add_tag(encode_tag(name, commit, repository.signature(), message))
            number = session.publish(pack, {ref: (before, tag)})
        return replace(done, operation=number, notes=tuple(session.notes))


def delete(repository: Repository, name: str, intent: Intent | None = None, **said: Unpack[Said]) -> Committed:
    """Delete a release, as one operation; the operation keeps it, so `undo` brings the very same one back.

    Raises:
        NotFoundError (no_such_release): there is none.
    """
    intent = intent_of(intent, said, "release", f"release --delete {name}")
    with Session.open(repository, intent, needs_branch=False) as session:
        target = _target(session.repository, name)
        done = session.move({TAGS + name: (target, None)})
        return replace(done, commit=session.repository.objects.commit_at(target))


def _target(repository: Repository, name: str) -> str:
    target = repository.refs.read(TAGS + name) if is_branch_name(name) else None
    if target is None:
        guess = did_you_mean(name, repository.refs.releases(), lead="; ")
        raise NotFoundError(
            f"there is no release {name!r}{guess}", hint="see the releases with: rtv release", code="no_such_release"
        )
    return target
