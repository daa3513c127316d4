"""Writes docs/schemas: a JSON Schema of every `--json` answer, from its model: `python docs/generate_schemas.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from rolethread_vcs.views.envelopes import envelopes

FOLDER = Path(__file__).with_name("schemas")


def schemas() -> dict[str, str]:
    """Return the files of docs/schemas by name."""
    return {
        f"{name.replace('/', '.')}.json": json.dumps(_schema(name, model), indent=2) + "\n"
        for name, model in envelopes()
    }


def write_schemas() -> None:
    """Write the files, and remove those of envelopes that are gone."""
    FOLDER.mkdir(exist_ok=True)
    files = schemas()
    for path in FOLDER.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    inner = model.model_json_schema(mode="serialization")
    definitions = inner.pop("$defs", {})
    title = inner["title"]
    definitions[title] = inner
    for each in definitions.values():
        _tidy(each)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "type": "object",
        "properties": {name: {"$ref": f"#/$defs/{title}"}},
        "required": [name],
        "$defs": definitions,
    }


def _tidy(definition: dict[str, Any]) -> None:
    """Let more keys come, as docs/cli.md promises; and drop titles that repeat the key, and our defaults."""
    definition.pop("additionalProperties", None)
    for value in definition.get("properties", {}).values():
        value.pop("title", None)
        value.pop("default", None)


if __name__ == "__main__":
    write_schemas()
