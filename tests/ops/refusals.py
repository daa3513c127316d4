"""What an operation refuses with: a family of errors, and the code that says what happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest

from rolethread_vcs.errors import RoleThreadError

E = TypeVar("E", bound=RoleThreadError)


@contextmanager
def refusal(family: type[E], code: str, match: str | None = None) -> Iterator[pytest.ExceptionInfo[E]]:
    """Expect an error of a family with a code, as `pytest.raises` expects a class."""
    with pytest.raises(family, match=match) as caught:
        yield caught
    assert caught.value.code == code
