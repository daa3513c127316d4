"""libgit2's words, sorted by what a person can do about them."""

from __future__ import annotations

import errno
import os

import pygit2
import pytest

from rolethread_vcs.store.libgit2 import from_git, git_errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (pygit2.GitError("failed to write out file: No space left on device"), 74),
        (OSError("failed to create locked file '/x/refs/heads/main.lock': Permission denied"), 74),
        (OSError("failed to create locked file '/x/main.lock': Read-only file system"), 74),
        (OSError(errno.EIO, os.strerror(errno.EIO), "/x"), 74),
        (OSError("failed to lock file '/x/refs/heads/main.lock' for writing: "), 60),
        (pygit2.GitError("the index is locked; this might be due to a concurrent or crashed process"), 60),
        (OSError("could not do it"), 74),
        (pygit2.GitError("the index is corrupt"), 70),
        (KeyError("refs/heads/x"), 70),
    ],
)
def test_a_failure_of_libgit2_gets_the_status_of_its_cause(error, status):
    assert from_git("doing something", error).status == status
    with pytest.raises(type(from_git("doing something", error))), git_errors("doing something"):
        raise error
