"""An entry: `entries/0001/23/00012345-k2x9m3ab.json`, a conversation that is merged message by message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolethread_vcs.documents import Data, Kind
from rolethread_vcs.model.canonical import decode_entry, encode_entry
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.model.layout import ENTRIES, id_of_path

if TYPE_CHECKING:
    from rolethread_vcs.merge.conflict import Choose, Merged


class _EntryKind(Kind[Entry]):
    name = "entry"
    patterns = (f"/{ENTRIES}/**/*.json",)
    has_text = True

    def owns(self, path: str) -> bool:
        return id_of_path(path) is not None

    def parse(self, data: bytes) -> Entry:
        return decode_entry(data)

    def encode(self, value: Entry) -> bytes:
        return encode_entry(value)

    def title(self, path: str, data: Data = None) -> str:
        _ = data
        return f"entry {id_of_path(path)}"

    def _merge_sides(self, base: Data, ours: bytes, theirs: bytes, choose: Choose | None) -> Merged[Data]:
        from rolethread_vcs.merge.conflict import Merged
        from rolethread_vcs.merge.entry import merge_entries

        was = None if base is None else decode_entry(base)
        merged = merge_entries(was, decode_entry(ours), decode_entry(theirs), choose)
        return Merged(None if merged.value is None else encode_entry(merged.value), merged.conflicts)


KIND = _EntryKind()
