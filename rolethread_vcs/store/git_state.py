"""What plain git is in the middle of in a checked-out folder, by the files that it leaves, and the way out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rolethread_vcs.store import disk
from rolethread_vcs.store.refs import BRANCHES

BISECT = "bisect"
"""It does not touch what a branch holds: only a switch is in its way."""

CONFLICTS = "conflicts"
"""Conflicts in the index that no file tells the origin of: of `git stash pop`, `checkout -m`, `merge --squash` …"""

_FILES = (
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("rebase-merge", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
)
_SEQUENCES = {"pick": "cherry-pick", "revert": "revert"}


@dataclass(frozen=True, slots=True)
class GitState:
    """`kind` is the verb of git that is not done yet, or `CONFLICTS`; `branch` the one that it rebases, "" for none.

    `conflicts` are the paths that are unmerged in the index.
    """

    kind: str
    branch: str = ""
    conflicts: tuple[str, ...] = ()

    @property
    def go_on(self) -> str:
        """The command of git that goes on, once what is in conflict is staged."""
        ways = {BISECT: "git bisect good, or: git bisect bad", CONFLICTS: "git add FILE"}
        return ways.get(self.kind, f"git {self.kind} --continue")

    @property
    def abort(self) -> str:
        """The command of git that ends it as if it had never begun."""
        ways = {BISECT: "git bisect reset", CONFLICTS: "git reset --merge"}
        return ways.get(self.kind, f"git {self.kind} --abort")

    @property
    def said(self) -> str:
        """What is the matter, as a sentence."""
        if self.kind == CONFLICTS:
            return "plain git has left conflicts here, of a stash for one"
        what = "git am" if self.kind == "am" else f"a {self.kind}"
        return f"plain git is in the middle of {what}{f' of {self.branch}' if self.branch else ''} here"


def find(private: Path, conflicts: Sequence[str] = ()) -> GitState | None:
    """Return what git is in the middle of in the folder that has its HEAD in `private`, and in its index conflicts."""
    kind = next((kind for name, kind in _FILES if (private / name).exists()), "")
    if not kind:  # between two steps of a sequence, once the first was committed
        kind = _SEQUENCES.get((disk.read_file(private / "sequencer" / "todo") or "").partition(" ")[0], "")
    if not kind and conflicts:
        kind = CONFLICTS
    if not kind and (private / "BISECT_LOG").exists():
        kind = BISECT
    return GitState(kind, rebased_branch(private), tuple(conflicts)) if kind else None


def rebased_branch(private: Path) -> str:
    """Return the branch that plain git is in the middle of rebasing in the folder of a private folder, or ""."""
    name = (
        disk.read_file(private / "rebase-merge" / "head-name")
        or disk.read_file(private / "rebase-apply" / "head-name")
        or ""
    )
    return name.removeprefix(BRANCHES)
