"""SillyTavern's chat logs: a header line, then a message a line; the whole file is one entry, and is only read.

    {"chat_metadata": {…}, "user_name": "unused", "character_name": "unused"}
    {"name": "Mara", "is_user": false, "is_system": false, "send_date": "…", "mes": "*Mara looks up.*", "swipes": […]}

| in a line | becomes |
|---|---|
| `is_user` | the role, `user` or `assistant` |
| `name` | `speaker` |
| `mes` | `content` |
| the other `swipes` | `alternatives` |
| `extra.type` is `narrator` | an assistant message that does not train |
| `is_system` (hidden, or a remark of the program) | no message; the line is kept in `extra.sillytavern.hidden` |
| all else | `sillytavern` of the message |

The header is kept in `extra.sillytavern.header`. A second header begins another entry. Older logs have the names in the
header, logs of groups several speakers; Chub's logs have objects with a `message` for texts. Source: SillyTavern's
`saveChat` and `importChat`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rolethread_vcs.formats import detect
from rolethread_vcs.formats._contract import Content, FileFormat, Piece, RowProblemError
from rolethread_vcs.formats._reader import read_object
from rolethread_vcs.model.entry import Entry, turns_of

_KEY = "sillytavern"


def _recognise(first: bytes) -> bool:
    if b'"chat_metadata"' not in first and b'"user_name"' not in first:
        return False
    try:
        line = read_object((1, first, None))
    except RowProblemError:
        return False
    return _is_header(line) and detect(line) is None


def _is_header(line: dict[str, Any]) -> bool:
    return "mes" not in line and ("chat_metadata" in line or {"user_name", "character_name"} <= line.keys())


def _read(pieces: Iterator[Piece]) -> Iterator[tuple[Piece, Content | RowProblemError]]:
    log = _Log()
    for piece in pieces:
        try:
            line = read_object(piece)
            if _is_header(line) and log.raws:
                yield log.finished()
                log = _Log()
            log.take(piece, line)
        except RowProblemError as problem:
            log.damaged.append(piece[0])
            yield piece, problem
    if log.raws:
        yield log.finished()


class _Log:
    """One chat, line by line."""

    def __init__(self) -> None:
        self.raws: list[bytes] = []
        self.damaged: list[int] = []
        self._line = 0
        self._header: dict[str, Any] = {}
        self._hidden: list[dict[str, Any]] = []
        self._messages: list[dict[str, Any]] = []

    def take(self, piece: Piece, line: dict[str, Any]) -> None:
        """Take the next line that can be read.

        Raises:
            RowProblemError: it is neither a header nor a message.
        """
        if _is_header(line):
            self._header = line
        elif "mes" not in line:
            raise RowProblemError("this is no line of a SillyTavern chat log: it has no mes")
        elif line.get("is_system") is True and not _is_narrated(line):
            self._hidden.append({"before": len(self._messages), "line": line})
        else:
            self._messages.append(_message(line))
        self._line = self._line or piece[0]
        self.raws.append(piece[1])

    def finished(self) -> tuple[Piece, Content]:
        """Return the chat as one piece, and what it holds."""
        kept = {"header": self._header, "hidden": self._hidden}
        extra = {_KEY: {key: value for key, value in kept.items() if value}}
        fields: dict[str, Any] = {"messages": self._messages}
        if extra[_KEY]:
            fields["extra"] = extra
        notes = []
        if self._hidden:
            notes.append("hidden lines are no messages; they are kept in extra.sillytavern.hidden")
        if self.damaged:
            lines = ", ".join(map(str, self.damaged))
            notes.append(f"the chat is read without what cannot be read: line {lines}")
        return (self._line, b"\n".join(self.raws), None), Content(fields, None, tuple(notes))


def _is_narrated(line: dict[str, Any]) -> bool:
    extra = line.get("extra")
    return isinstance(extra, dict) and extra.get("type") == "narrator"


def _message(line: dict[str, Any]) -> dict[str, Any]:
    rest = dict(line)
    message: dict[str, Any] = {
        "role": "user" if rest.pop("is_user", False) is True else "assistant",
        "content": _text(rest.pop("mes")),
    }
    if isinstance(rest.get("name"), str) and rest["name"]:
        message["speaker"] = rest.pop("name")
    if _is_narrated(line):
        message["train"] = False
    swipes = rest.get("swipes")
    if isinstance(swipes, list) and all(isinstance(_text(each), str) for each in swipes):
        alternatives = [_text(each) for each in rest.pop("swipes")]
        if message["content"] in alternatives:
            alternatives.remove(message["content"])
        if alternatives:
            message["alternatives"] = alternatives
    if rest.get("is_system") is False:
        del rest["is_system"]
    if rest:
        message[_KEY] = rest
    return message


def _text(value: Any) -> Any:
    """Return a text, which Chub puts into an object."""
    return value["message"] if isinstance(value, dict) and isinstance(value.get("message"), str) else value


def _moments(entry: Entry) -> tuple[str, ...]:
    lines = [message.get(_KEY) for message in turns_of(entry)]
    dates = [line.get("send_date") if isinstance(line, dict) else None for line in lines]
    return tuple(map(str, dates)) if all(dates) else ()


FORMAT = FileFormat(
    name="sillytavern",
    title="SillyTavern",
    keys="a first line with chat_metadata, or with user_name and character_name",
    precedence=40,
    marks=(b"chat_metadata", b"user_name"),
    recognise=_recognise,
    read=_read,
    moments=_moments,
    aliases=("st",),
)
