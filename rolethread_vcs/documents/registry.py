"""Registries: folders of JSON objects about what entries name (`tags/<slug>.json`), merged key by key.

A registry of which this program knows the fields has a file of its own beside this one; `KIND` here has the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rolethread_vcs.documents import Data, Kind
from rolethread_vcs.errors import InvalidError
from rolethread_vcs.model.canonical import encode_value, parse
from rolethread_vcs.model.entry import sort_keys
from rolethread_vcs.model.layout import SUFFIX, slug_of

if TYPE_CHECKING:
    from pydantic import BaseModel

    from rolethread_vcs.diff.fields import ValueChange
    from rolethread_vcs.merge.conflict import Choose, Merged


class Registry(Kind[dict[str, Any]]):
    """The cards of some folders, one JSON object a file; `model` makes the class that knows their fields.

    Keys that the model does not know are kept. It guards what is written by hand and what `verify` reads; a merge only
    asks for an object, so that a field gone wrong on one branch stops no merge of the others.
    """

    has_text = True

    def __init__(
        self, name: str, *folders: str, model: Callable[[], type[BaseModel]] | None = None, is_last: bool = False
    ) -> None:
        self.name = name
        self.is_last = is_last
        self.patterns = tuple(f"/{folder}/*{SUFFIX}" for folder in folders)
        self._folders = folders
        self._model = model

    def owns(self, path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return folder in self._folders and name.endswith(SUFFIX) and not name.startswith(".")

    def parse(self, data: bytes) -> dict[str, Any]:
        card = _object(data)
        if self._model is not None:
            from pydantic import ValidationError

            try:
                self._model().model_validate(card)
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(map(str, first["loc"]))
                raise InvalidError(f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from error
        return card

    def encode(self, value: dict[str, Any]) -> bytes:
        return encode_value(value)

    def title(self, path: str, data: Data = None) -> str:
        if self._model is None:
            return path
        try:
            name = None if data is None else _object(data).get("name")
        except InvalidError:
            name = None
        return f"{self.name} {name if isinstance(name, str) else path.rpartition('/')[2].removesuffix(SUFFIX)}"

    def check_by_hand(self, path: str, data: Data, before: Data) -> None:
        _ = before
        card = {} if data is None else self.parse(data)
        folder, _, file = path.rpartition("/")
        if self._model is not None and card and (right := f"{slug_of(card['name'])}{SUFFIX}") != file:
            raise InvalidError(f"the name {card['name']!r} belongs at {folder}/{right}")

    def compare(self, before: Data, after: Data) -> tuple[ValueChange, ...]:
        from rolethread_vcs.diff.fields import changes

        try:
            old, new = ({} if side is None else _object(side) for side in (before, after))
        except InvalidError:
            return ()
        return changes(sort_keys(old), sort_keys(new))

    def _merge_sides(self, base: Data, ours: bytes, theirs: bytes, choose: Choose | None) -> Merged[Data]:
        from rolethread_vcs.merge.resolver import Resolver
        from rolethread_vcs.merge.values import merge_maps

        resolver = Resolver(choose)
        was = {} if base is None else _object(base)
        merged = merge_maps(was, _object(ours), _object(theirs), "", resolver, are_lists_sets=True)
        return resolver.merged(encode_value(merged))


def _object(data: bytes) -> dict[str, Any]:
    value = parse(data)
    if not isinstance(value, dict):
        raise InvalidError("it holds no JSON object")
    return value


KIND = Registry("registry", "categories", "characters", "prompts", is_last=True)
