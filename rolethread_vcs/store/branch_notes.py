"""What people wrote down about branches: git's own `branch.<name>.description`, in `.git/config`.

Plain git shows and edits the same text (`git branch --edit-description`). It is no part of the history: `rtv clone`
copies it, `git clone` does not.
"""

from __future__ import annotations

from rolethread_vcs.store.repository import Repository

_SECTION = "branch."
_NOTE = ".description"


def note_key(branch: str) -> str:
    """Return the key of a branch's note."""
    return f"{_SECTION}{branch}{_NOTE}"


def notes(repository: Repository) -> dict[str, str]:
    """Return the notes of all branches by name."""
    found = repository.config.own_section(_SECTION)
    return {
        name.removesuffix(_NOTE): value.strip()
        for name, value in found.items()
        if name.endswith(_NOTE) and value.strip()
    }


def settings_of(repository: Repository, branch: str) -> dict[str, str]:
    """Return what git's configuration holds of a branch, by key: its note, and where plain git pulls it from."""
    prefix = f"{_SECTION}{branch}."
    found = repository.config.own_section(prefix)
    # `branch.try.again.description` is about `try.again`
    return {prefix + name: value for name, value in found.items() if "." not in name}


def copy_notes(original: Repository, copy: Repository) -> None:
    """Give the branches of a copy the notes of the original's."""
    branches = copy.refs.branches()
    for name, text in notes(original).items():
        if name in branches:
            copy.config.set(note_key(name), text)
