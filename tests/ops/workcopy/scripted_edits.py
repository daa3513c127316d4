"""A dataset to tie files to, and scripts that edit such a file alone, knowing nothing of the dataset."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolethread_vcs.dataset import Dataset
from rolethread_vcs.model.entry import Entry
from rolethread_vcs.transaction import Intent

_WORDS = """
    lantern cellar harbour quiet copper orchard winter letter bridge candle meadow thunder velvet anchor ribbon pepper
    walnut mirror saddle kettle ember falcon garden hollow island jacket kitchen ladder marble needle oyster pillow
    quarry rocket silver timber umbrella violet willow yarn zephyr basket cobble dagger engine feather goblet
"""
WORDS = tuple(_WORDS.split())


def sentence(rng: random.Random, length: int = 9) -> str:
    """Return words in a row that no other sentence has."""
    return " ".join(rng.choice(WORDS) for _ in range(length)) + f" {rng.randrange(10**9):x}."


def conversation(rng: random.Random, exchanges: int = 2) -> list[dict[str, Any]]:
    """Return messages with speakers and train flags here and there."""
    messages: list[dict[str, Any]] = []
    if rng.random() < 0.5:
        messages.append({"role": "system", "content": "You are the keeper of a tavern."})
    for _ in range(exchanges):
        messages.append({"role": "user", "content": sentence(rng), "speaker": rng.choice(["scott", "ada"])})
        answer: dict[str, Any] = {"role": "assistant", "content": sentence(rng), "speaker": "mara"}
        if rng.random() < 0.3:
            answer["train"] = False
        messages.append(answer)
    return messages


def make_dataset(folder: Path, rng: random.Random, count: int = 12, *, plain: bool = False) -> Dataset:
    """Return a dataset of conversations; `plain` leaves out what Alpaca cannot carry in a full row."""
    dataset = Dataset.init(folder)
    entries = []
    for number in range(count):
        messages = conversation(rng, rng.choice([1, 2, 3]))
        if plain:
            messages = [{"role": each["role"], "content": each["content"]} for each in messages]
        entries.append({"messages": messages, "tags": [f"tag{number % 3}"], "extra": {"rating": number}})
    dataset.add(entries, Intent("add", "add"))
    return dataset


@dataclass
class Script:
    """A file as a script sees it: rows, and beside each the number of the row that it was or was copied from."""

    kind: str
    rows: list[dict[str, Any]]
    source: list[int | None]
    edited: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path, kind: str) -> Script:
        """Read the file with nothing but json."""
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return cls(kind, rows, list(range(len(rows))))

    def write(self, path: Path) -> None:
        """Write it back; what was not touched keeps its bytes, as an editor would."""
        text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in self.rows)
        path.write_text(text, encoding="utf-8")

    # ---- edits

    def texts(self, row: dict[str, Any]) -> list[tuple[Callable[[], str], Callable[[str], None]]]:
        """Return a getter and a setter for each text of a row."""
        if self.kind == "alpaca":
            return [(lambda key=key: row[key], lambda text, key=key: row.__setitem__(key, text)) for key in ("output",)]
        turns = row["conversations" if self.kind == "sharegpt" else "messages"]
        key = "value" if self.kind == "sharegpt" else "content"
        return [(lambda t=t: t[key], lambda text, t=t: t.__setitem__(key, text)) for t in turns[-2:]]

    def edit_words(self, rng: random.Random) -> None:
        """Change one word of one message."""
        place = rng.randrange(len(self.rows))
        get, put = rng.choice(self.texts(self.rows[place]))
        words = get().split(" ")
        words[rng.randrange(len(words))] = f"changed{rng.randrange(10**6)}"
        put(" ".join(words))
        source = self.source[place]
        if source is not None:
            self.edited.add(source)

    def insert(self, rng: random.Random) -> None:
        """Put a new row somewhere."""
        place = rng.randrange(len(self.rows) + 1)
        self.rows.insert(place, self.new_row(rng))
        self.source.insert(place, None)

    def new_row(self, rng: random.Random) -> dict[str, Any]:
        """Return a row as a person would write it."""
        question, answer = sentence(rng), sentence(rng)
        if self.kind == "alpaca":
            return {"instruction": question, "input": "", "output": answer}
        if self.kind == "sharegpt":
            return {"conversations": [{"from": "human", "value": question}, {"from": "gpt", "value": answer}]}
        return {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}

    def delete(self, rng: random.Random) -> None:
        """Remove a row."""
        place = rng.randrange(len(self.rows))
        del self.rows[place], self.source[place]

    def move(self, rng: random.Random) -> None:
        """Take a row out and put it elsewhere."""
        place = rng.randrange(len(self.rows))
        row, source = self.rows.pop(place), self.source.pop(place)
        to = rng.randrange(len(self.rows) + 1)
        self.rows.insert(to, row)
        self.source.insert(to, source)

    def swap(self, rng: random.Random) -> None:
        """Let two rows change places."""
        one, other = rng.randrange(len(self.rows)), rng.randrange(len(self.rows))
        self.rows[one], self.rows[other] = self.rows[other], self.rows[one]
        self.source[one], self.source[other] = self.source[other], self.source[one]

    def duplicate(self, rng: random.Random) -> None:
        """Copy a row to the end of the file."""
        place = rng.randrange(len(self.rows))
        self.rows.append(json.loads(json.dumps(self.rows[place])))
        self.source.append(self.source[place])

    def any_edit(self, rng: random.Random) -> None:
        """Do one of them."""
        edits = [self.edit_words, self.edit_words, self.insert, self.delete, self.move, self.swap, self.duplicate]
        rng.choice(edits)(rng)


def contents(messages: Any) -> list[tuple[Any, Any]]:
    """Return role and content of messages."""
    return [(message["role"], message["content"]) for message in messages]


def kept(entry: Entry) -> Any:
    """Return what no clean file can carry: tags, extra, speaker and train of each message."""
    extra = {key: each for key, each in entry.extra.items() if key != "alpaca"}
    return entry.tags, extra, [(each.get("speaker"), each.get("train")) for each in entry.messages]
