"""The settings that travel with a dataset: `rolethread.toml`, saved as it was written, comments and all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rolethread_vcs.documents import Kind, MergedDocument
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.layout import SETTINGS
from rolethread_vcs.model.settings import parse_settings

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Choice

_FIXED = ("id", "format", "writer_features")
"""What clones and other programs rely on."""


class _SettingsKind(Kind[bytes]):
    name = "settings"
    is_needed = True
    patterns = (f"/{SETTINGS}",)

    def owns(self, path: str) -> bool:
        return path == SETTINGS

    def parse(self, data: bytes) -> bytes:
        parse_settings(data)
        return data

    def encode(self, value: bytes) -> bytes:
        return value

    def check_by_hand(self, path: str, data: bytes | None, before: bytes | None) -> None:
        if data is None:
            raise InvalidError(f"{path} is gone, and without it this is no dataset")
        settings = parse_settings(data)
        if settings.why_read_only is not None:
            raise InvalidError(f"{settings.why_read_only}, nor could this be undone")
        old = settings if before is None else parse_settings(before)
        for key in _FIXED:
            was = getattr(old, key)
            if getattr(settings, key) != was:
                raise InvalidError(f"{path}: {key} cannot be changed; write it back: {key} = {json.dumps(was)}")

    def _merge_sides(
        self, base: bytes | None, ours: bytes, theirs: bytes, choices: Mapping[str, Choice]
    ) -> MergedDocument:
        from rolethread_vcs.merge.settings import merge_settings

        merged = merge_settings(base, ours, theirs, choices)
        return MergedDocument(merged.text, merged.conflicts)


KIND = _SettingsKind()
