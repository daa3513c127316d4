"""The settings that travel with a dataset: `rolethread.toml`, read, made and edited with its comments."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Literal

from rolethread_vcs import limits
from rolethread_vcs.errors import InvalidError, NotFoundError, UsageError, did_you_mean
from rolethread_vcs.model.finding import Severity
from rolethread_vcs.model.layout import SETTINGS

FORMAT = 1
"""The number of the on-disk format that this program reads and writes."""

KNOWN_WRITER_FEATURES: frozenset[str] = frozenset()
"""The writer features that this program honours; a dataset that lists another is only read."""

DEFAULT_STRICT = ("main", "release/*")

Policy = Severity | Literal["off"]
"""What `[gate.rules]` can say about a rule."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WORD = r"[A-Za-z][A-Za-z0-9_]*"
_SETTABLE_KEY = re.compile(
    rf"name|gate\.(strict|report_only|rules\.{_WORD}|options\.{_WORD}\.{_WORD})|import\.roles\.[^.]+"
)
_DEEP_KEY = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]+[ \t]*\.[ \t]*){{{limits.SETTINGS_DEPTH + 2}}}", re.ASCII)
_TOML_PLACE = re.compile(r" \(at (line \d+, column \d+|end of document)\)$")
_POLICIES = (*(severity.value for severity in Severity), "off")
_SETTABLE = ("name", "gate.strict", "gate.report_only", "gate.rules.", "gate.options.", "import.roles.")
_NO_BRANCH = re.compile(
    r"""true|false|yes|no|on|off|none|null|all|any|always|never|\d+|refs/.*|.*([\s~^:\\"'{}]|\.\.|//).*|[-/].*|.*/""",
    re.I,
)
"""A pattern that nobody can mean: a word that answers a question, a number, and what no name of a branch can hold."""
_EXAMPLES = {"strict": '["main", "release/*"]', "report_only": '["draft/*"]'}
_GATE_KEYS = ("strict", "report_only", "rules", "options")
_FIXED = {
    "id": "it tells this dataset from every other, and clones and sidecars rely on it",
    "format": "it says how the files are laid out, and only a migration changes that",
    "writer_features": "it is kept by the commands that need it",
}


class InvalidSettingsError(InvalidError):
    """`rolethread.toml` is not TOML, or a value in it has the wrong type."""

    code = "invalid_settings"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `rolethread.toml` says, as far as this program knows its keys; all others stay in the file.

    `strict` and `report_only` are patterns of branch names (`release/*`; `*` also stands for a slash).
    `severities` maps a rule's code or name to the severity that the creator chose, or "off"; `options` maps it to the
    values that the creator chose for its options. `roles` maps labels of speakers to the roles that imports read there.
    """

    name: str
    id: str
    format: int = FORMAT
    writer_features: tuple[str, ...] = ()
    strict: tuple[str, ...] = DEFAULT_STRICT
    report_only: tuple[str, ...] = ()
    severities: Mapping[str, Policy] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, bool | int | float | str]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    @property
    def unknown_writer_features(self) -> tuple[str, ...]:
        """The listed features that this program does not know: with any, it must not write."""
        return tuple(name for name in self.writer_features if name not in KNOWN_WRITER_FEATURES)

    @property
    def why_read_only(self) -> str | None:
        """Why this program must not write to a dataset of these settings, as a sentence; None where it may."""
        unknown = self.unknown_writer_features
        if not unknown:
            return None
        return (
            f"this dataset uses {', '.join(unknown)}, which this program does not know; "
            "it can be read, but not changed with this version"
        )

    def is_strict(self, branch: str) -> bool:
        """Return whether the gate of a branch refuses; an explicit report-only pattern wins."""
        return _fits(branch, self.strict) and not _fits(branch, self.report_only)


def _fits(branch: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(branch, pattern) for pattern in patterns)


# ---- reading


def parse_settings(data: bytes) -> Settings:
    """Return the settings of a `rolethread.toml`.

    Raises:
        InvalidSettingsError: not UTF-8, not TOML, a key missing, or a value of the wrong type.
        InvalidError (newer_format): the format number is one that this program does not know.
    """
    document = read_values(data)
    number = document.get("format")
    if type(number) is not int or number < 1:
        raise InvalidSettingsError(f"{SETTINGS}: format must be a number from 1, {_not(number)}")
    if number > FORMAT:
        raise InvalidError(
            f"this dataset has format {number}; this program knows {FORMAT} and leaves it alone",
            hint="install a newer version of rolethread-vcs",
            code="newer_format",
        )
    identity = _text(document, "id")
    if not _UUID.fullmatch(identity):
        raise InvalidSettingsError(f"{SETTINGS}: id must be a UUID, not {identity!r}")
    gate = _table(document, "gate")
    return Settings(
        name=_text(document, "name"),
        id=identity,
        format=number,
        writer_features=_texts(document, "writer_features", ()),
        strict=_texts(gate, "strict", DEFAULT_STRICT, "gate."),
        report_only=_texts(gate, "report_only", (), "gate."),
        severities=_severities(_table(gate, "rules", "gate.")),
        options=_options(_table(gate, "options", "gate.")),
        roles=_roles(_table(_table(document, "import"), "roles", "import.")),
    )


def read_values(data: bytes) -> dict[str, Any]:
    """Return all that a settings file says, known to this program or not, as nested tables.

    Raises:
        InvalidSettingsError: not UTF-8, or not TOML.
    """
    if len(data) > limits.SETTINGS:
        raise InvalidSettingsError(f"{SETTINGS} is larger than {limits.SETTINGS >> 20} MB", hint="rtv config edit")
    try:
        return _read_toml(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidSettingsError(f"{SETTINGS}, line {line}: not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = _TOML_PLACE.search(text)
        where = f", {place.group(1)}" if place else ""
        reason = _TOML_PLACE.sub("", text)
        raise InvalidSettingsError(
            f"{SETTINGS}{where}: not TOML ({reason[:1].lower()}{reason[1:]})", hint="rtv config edit"
        ) from error
    except ValueError as error:
        raise InvalidSettingsError(f"{SETTINGS}: a number is too long to be one", hint="rtv config edit") from error
    except RecursionError as error:
        raise InvalidSettingsError(
            f"{SETTINGS}: nested deeper than {limits.SETTINGS_DEPTH} levels", hint="rtv config edit"
        ) from error


def _read_toml(text: str) -> dict[str, Any]:
    if _DEEP_KEY.search(text):  # the parser takes the square of the number of its parts
        raise RecursionError
    level: list[Any] = [values := tomllib.loads(text)]
    for _ in range(limits.SETTINGS_DEPTH + 2):  # the file itself is a table, and what it holds lies in it
        level = [each for value in level for each in _inside(value)]
    if level:
        raise RecursionError
    return values


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidSettingsError(f"{SETTINGS}: {key} must be text, {_not(value)}")
    return value


def _texts(table: Mapping[str, Any], key: str, default: tuple[str, ...], prefix: str = "") -> tuple[str, ...]:
    value = table.get(key)
    if value is None:
        return default
    if not isinstance(value, list):
        example = f": {key} = {_EXAMPLES[key]}" if key in _EXAMPLES else ""
        raise InvalidSettingsError(f"{SETTINGS}: {prefix}{key} must be a list of text, {_not(value)}{example}")
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise InvalidSettingsError(f"{SETTINGS}: {prefix}{key} must hold only text, {_not(item)}")
    return tuple(value)


def _table(table: Mapping[str, Any], key: str, prefix: str = "") -> Mapping[str, Any]:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise InvalidSettingsError(f"{SETTINGS}: {prefix}{key} must be a table, {_not(value)}")
    return value


def _severities(table: Mapping[str, Any]) -> Mapping[str, Policy]:
    result: dict[str, Policy] = {}
    for rule, value in table.items():
        if rule in _GATE_KEYS:
            raise InvalidSettingsError(f"{SETTINGS}: {rule} is no rule; it belongs under [gate], above [gate.rules]")
        if value not in _POLICIES:
            raise InvalidSettingsError(
                f"{SETTINGS}: gate.rules.{rule} must be one of {', '.join(_POLICIES)}, {_not(value)}"
            )
        result[rule] = "off" if value == "off" else Severity(value)
    return MappingProxyType(result)


def _options(table: Mapping[str, Any]) -> Mapping[str, Mapping[str, bool | int | float | str]]:
    for rule in table:
        for option, value in _table(table, rule, "gate.options.").items():
            if not isinstance(value, bool | int | float | str):
                raise InvalidSettingsError(
                    f"{SETTINGS}: gate.options.{rule}.{option} must be text, a number, true or false, {_not(value)}"
                )
    return MappingProxyType({rule: MappingProxyType(values) for rule, values in table.items()})


def slips(text: bytes) -> tuple[str, ...]:
    """Return, as sentences, what a settings file says that can be read and that nobody can mean.

    Whoever means something by it gets a gate that is off without a word: patterns that match no branch, and keys that
    are nearly one of ours. Other keys may be a later program's.

    Raises:
        InvalidSettingsError: the file does not read.
    """
    settings, document = parse_settings(text), read_values(text)
    found = [
        f"gate.{key} lists branches, and {pattern!r} is not a valid one: {key} = {_EXAMPLES[key]}"
        for key, patterns in (("strict", settings.strict), ("report_only", settings.report_only))
        for pattern in patterns
        if _NO_BRANCH.fullmatch(pattern)
    ]
    known = {"": ("name", "id", "format", "writer_features", "gate", "import"), "gate.": _GATE_KEYS}
    for prefix, keys in (("", document), ("gate.", _table(document, "gate"))):
        for key in keys:
            if key not in known[prefix]:
                if key in _GATE_KEYS:
                    found.append(f"{key} stands at the top, and belongs under [gate]")
                elif meant := did_you_mean(key, known[prefix], shown=prefix.__add__, cutoff=0.75):
                    found.append(f"there is no setting {prefix}{key}; {meant}")
    return tuple(found)


def policy_notes(old: Settings, new: Settings, branch: str, branches: Collection[str]) -> Iterator[str]:
    """Yield what to say where a branch gets other settings: what is strict no more, and patterns that match nothing."""
    names = dict.fromkeys((branch, *(name for name in old.strict if "*" in name or name in branches)))
    lost = [name for name in names if old.is_strict(name) and not new.is_strict(name)]
    if lost:
        verb = "is" if len(lost) == 1 else "are"
        yield f"{' and '.join(lost)} {verb} no longer strict: the gate reports errors there and refuses none"
    for pattern in dict.fromkeys((*new.strict, *new.report_only)):
        if pattern not in (*DEFAULT_STRICT, *old.strict, *old.report_only) and not any(
            _fits(name, (pattern,)) for name in branches
        ):
            yield f"no branch matches {pattern} now" + did_you_mean(pattern.lower(), branches, lead="; ")


def _roles(table: Mapping[str, Any]) -> Mapping[str, str]:
    for label, role in table.items():
        from rolethread_vcs.model.entry import known_role

        if known_role(role) is None:
            raise InvalidSettingsError(f"{SETTINGS}: import.roles.{label} must be a role, {_not(role)}")
    return MappingProxyType(dict(table))


def _not(value: Any) -> str:
    if value is None:
        return "and it is missing"
    if isinstance(value, str):
        return f"not {value!r}"
    return f"not {_as_text(value)}"


# ---- making and editing


def new_settings_text(name: str, id: str) -> bytes:
    """Return the commented first `rolethread.toml` of a dataset.

    Raises:
        InvalidSettingsError: the name is blank or the id is no UUID.
    """
    data = _FIRST_TEXT.format(name=_quoted(name), id=_quoted(id), format=FORMAT).encode("utf-8")
    parse_settings(data)
    return data


_FIRST_TEXT = """\
# The settings of this dataset. They travel with it; comments are kept.
name = {name}
id = {id}
format = {format}
writer_features = []

[gate]
# Branches that refuse a change which brings in errors (patterns).
strict = ["main", "release/*"]
# Branches that only tell, also where a pattern above matches them.
report_only = []

[gate.rules]
# A rule by its code or name: "error", "warning", "info" or "off", for example
# empty_message = "warning"
"""


def _quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are TOML's, but TOML wants DEL escaped as well."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidSettingsError(f"a name must be readable text, not {text!r}") from error
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def get_value(text: bytes, dotted_key: str) -> str:
    """Return a setting as `set_value` would take it: lists joined by commas, defaults where nothing is set.

    Raises:
        InvalidSettingsError: the file does not read.
        NotFoundError: there is no such setting.
    """
    settings = parse_settings(text)
    defaults = {"gate.strict": settings.strict, "gate.report_only": settings.report_only}
    if dotted_key in defaults:
        return ",".join(defaults[dotted_key])
    value: Any = read_values(text)
    for part in dotted_key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None or isinstance(value, dict):
        raise NotFoundError(f"{dotted_key} is not set", hint=_did_you_mean(dotted_key, (*_SETTABLE, *_FIXED)))
    return _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_as_text(item) for item in value)
    return "a table" if isinstance(value, dict) else str(value)


def set_value(
    text: bytes, dotted_key: str, value: str, instead_of: Collection[str] = (), branches: Collection[str] = ()
) -> bytes:
    """Return the settings file with one value changed, everything else as it was.

    A list is given with commas (`main,release/*`). `default` takes a `gate.` or `import.` key back to its default. The
    keys in `instead_of` said the same, and go. A word that is no name of a branch as a rule is one of `branches`.

    Raises:
        InvalidSettingsError: the file does not read, or the value does not fit.
        UsageError: the key is unknown or cannot be set.
    """
    _refuse_unsettable(dotted_key)
    if dotted_key == "name":
        new: Any = value
    elif value == "default":
        new = None
    elif dotted_key.startswith("gate.options."):
        new = _option_value(value)
    elif dotted_key.startswith(("gate.rules.", "import.roles.")):
        new = value
    else:
        new = _patterns(dotted_key, value, branches)
    return put_values(text, {_path(dotted_key): new, **dict.fromkeys(map(_path, instead_of))})


def _path(dotted_key: str) -> tuple[str, ...]:
    return tuple(dotted_key.split("."))


def _patterns(dotted_key: str, value: str, branches: Collection[str]) -> list[str]:
    """Return the patterns of a list given with commas, or as it stands in the file.

    Raises:
        UsageError: one of them can be no branch; the hint is the right form.
    """
    if value.lstrip().startswith("["):
        with contextlib.suppress(ValueError, RecursionError):
            value = ",".join(map(str, tomllib.loads(f"value = {value}")["value"]))
    patterns = [item.strip() for item in value.split(",") if item.strip()]
    wrong = next((each for each in patterns if _NO_BRANCH.fullmatch(each) and each not in branches), None)
    if wrong is not None:
        raise UsageError(
            f"{dotted_key} lists branches by name or pattern, and {wrong!r} is not a valid one",
            hint=f"rtv config set gate.strict '{','.join(DEFAULT_STRICT)}'   refuses errors there; '*' means all\n"
            "rtv config set gate.report_only 'draft/*'     only reports them there, whatever is strict",
        )
    return patterns


def _option_value(value: str) -> bool | int | float | str:
    """Return true, false or a number where it is written so, else the text."""
    try:
        found = tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, bool | int | float | str) else value


def put_values(text: bytes, changes: Mapping[tuple[str, ...], Any]) -> bytes:
    """Return the settings file with the values at some paths replaced, comments and all else as they were.

    None takes a key away. Any path can be written; what a person may set is for `set_value` to judge.

    Raises:
        InvalidSettingsError: the file does not read, before or after.
    """
    # Only a change needs the slow library that keeps comments.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    parse_settings(text)
    try:
        document = tomlkit.parse(text.decode("utf-8-sig"))
        for path, new in changes.items():
            _put(document, list(path), new, tomlkit.table)
        changed = tomlkit.dumps(document).encode("utf-8")
    except TOMLKitError as error:
        raise InvalidSettingsError(f"{SETTINGS} cannot be edited: {error}", hint="rtv config edit") from error
    parse_settings(changed)
    return changed


def _put(table: Any, parts: list[str], new: Any, make_table: Any) -> None:
    """Put a value at a path below a table; None takes it away."""
    for part in parts[:-1]:
        if part not in table:
            if new is None:
                return
            table[part] = make_table()
        table = table[part]
    if new is not None:
        table[parts[-1]] = new
    elif parts[-1] in table:
        del table[parts[-1]]


def _refuse_unsettable(dotted_key: str) -> None:
    if dotted_key in _FIXED:
        raise UsageError(f"{dotted_key} cannot be set: {_FIXED[dotted_key]}")
    if not _SETTABLE_KEY.fullmatch(dotted_key):
        raise UsageError(f"there is no setting {dotted_key}", hint=_did_you_mean(dotted_key, _SETTABLE))


def _did_you_mean(key: str, known: tuple[str, ...]) -> str:
    ends = {"gate.rules.": "RULE", "gate.options.": "RULE.OPTION", "import.roles.": "LABEL"}
    shown = [name + ends.get(name, "") for name in known]
    return did_you_mean(key, shown, "the settings are " + ", ".join(shown))
