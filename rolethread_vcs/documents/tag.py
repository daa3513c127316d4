"""A tag: `tags/<slug>.json`, its display name and what is known of it. An entry may have a tag without such a file."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rolethread_vcs.documents.registry import Registry

if TYPE_CHECKING:
    from pydantic import BaseModel


@cache
def _model() -> type[BaseModel]:
    from pydantic import BaseModel, ConfigDict, Field

    class Tag(BaseModel):
        """The fields of a tag; `category` is a slug, `aliases` are old names that still lead to it."""

        model_config = ConfigDict(extra="allow", strict=True)

        name: str = Field(min_length=1)
        description: str | None = None
        category: str | None = None
        aliases: list[str] = []
        color: str | None = None

    return Tag


KIND = Registry("tag", "tags", model=_model)
