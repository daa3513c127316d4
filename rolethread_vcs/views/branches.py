"""Branches and releases as lines, and where one is: entries, ahead and behind, the note of the branch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rolethread_vcs.phrases import age, count, counted_words, long_time, short_time
from rolethread_vcs.views.terminal_text import Line, Lines, Look, one_line, styled, width_of

if TYPE_CHECKING:
    from rolethread_vcs.ops.branches.branch_edits import DeletedBranches
    from rolethread_vcs.ops.branches.branches import Branch, Position
    from rolethread_vcs.ops.branches.releases import Release
    from rolethread_vcs.ops.compare.comparison import ChangeCounts
    from rolethread_vcs.store.damaged_refs import FollowedRef


def position_line(where: Position, look: Look) -> str:
    """Return `1,204 entries, 3 commits ahead of main and 1 behind: warmer answers`."""
    parts = [count(where.entries, "entry")]
    if where.against is not None:
        parts.append(distance(where.ahead, where.behind, where.against))
    line = ", ".join(parts)
    return line if where.note is None else one_line(f"{line}: {where.note}", look.room)


def distance(ahead: int, behind: int, against: str) -> str:
    if ahead and behind:
        return f"{count(ahead, 'commit')} ahead of {against} and {behind:,} behind"
    if ahead or behind:
        way = f"{count(ahead, 'commit')} ahead of" if ahead else f"{count(behind, 'commit')} behind"
        return f"{way} {against}"
    return f"level with {against}"


# ---- branches


def deleted_sentence(deleted: DeletedBranches, *, would: bool) -> str:
    """Return which branches were deleted, below what only they held."""
    names = ", ".join(deleted.commits)
    lines = [
        f"{each.branch}: {count(each.commits, 'commit')} that no other branch and no release holds "
        f"({f'entries: {said}' if (said := counted_words(each.counts)) else 'no entries differ'}); "
        "out of sight, and undo brings them back"
        for each in deleted.out_of_sight
    ]
    verb = "would delete" if would else "deleted"
    what = "branch" if len(deleted.commits) == 1 else "branches"
    return "\n".join([*lines, f"{verb} the {what} {names}"])


def branch_lines(
    branches: Sequence[Branch], remote_branches: Sequence[Branch], damaged_refs: Sequence[FollowedRef], look: Look
) -> Lines:
    yield from _branch_rows(branches, look)
    if remote_branches:
        yield ""
        yield "in other copies, as fetched last (rtv switch NAME makes a branch here that follows one):"
        yield from _branch_rows(remote_branches, look)
    for ref in damaged_refs:
        yield Line("warn", str(ref))
        yield Line("hint", "rtv verify --repair")


def _branch_rows(branches: Sequence[Branch], look: Look) -> Lines:
    rows = [(branch, age(branch.time, now=look.now), counted_words(branch, "ahead", "behind")) for branch in branches]
    names = max((width_of(branch.name) for branch in branches), default=0)
    ages = max((len(since) for _, since, _ in rows), default=0)
    ways = max((len(way) for *_, way in rows), default=0)
    for branch, since, way in rows:
        mark = "*" if branch.is_current else " "
        name = styled(branch.name, "heading") if branch.is_current else branch.name
        gate = "strict     " if branch.is_strict else "report-only"
        room = max(look.room - names - ages - ways - len(gate) - 22, 16)
        about = branch.note if branch.note is not None else branch.subject
        columns = (
            f"{mark} {name}{' ' * (names - width_of(branch.name))}",
            styled(branch.commit[:10], "id"),
            f"{since:>{ages}}",
            styled(gate, "faint"),
            *([f"{way:<{ways}}"] if ways else []),
            one_line(about, room),
        )
        yield "  ".join(columns)


# ---- releases


def release_lines(found: Sequence[Release], look: Look) -> Lines:
    names = max((width_of(each.name) for each in found), default=0)
    counts = max((len(f"{each.entries:,}") for each in found), default=0)
    for each in found:
        when = short_time(each.time, now=look.now)
        room = max(look.room - names - counts - len(when) - 26, 16)
        name = f"{styled(each.name, 'heading')}{' ' * (names - width_of(each.name))}"
        commit = styled(each.commit[:10], "id")
        entries = f"{each.entries:>{counts},} {'entry  ' if each.entries == 1 else 'entries'}"
        yield f"{name}  {commit}  {when}  {entries}  {one_line(each.subject, room)}"
    if not found:
        yield Line("note", "there is no release yet")
        yield Line("hint", "rtv release v1 -m TEXT   names the current commit")


def release_description(release: Release, before: Release | None, changes: ChangeCounts | None) -> Lines:
    kind = "" if release.is_annotated else "  (a plain tag of git, without words of its own)"
    yield f"{styled(release.name, 'heading')}  {count(release.entries, 'entry')}{kind}"
    yield f"commit {styled(release.commit, 'id')}"
    yield f"named {long_time(release.time)} by {release.by}"
    yield ""
    for line in release.message.splitlines():
        yield f"    {line}"
    if before is not None and changes is not None:
        said = counted_words(changes, "added", "removed", "changed", "moved") or "no entry differs"
        yield ""
        yield f"since {before.name}: {said}"
        yield f"see it with: rtv diff {before.name} {release.name}"
