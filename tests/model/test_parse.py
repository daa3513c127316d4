"""Reading JSON: exactly what the standard library reads with every key and digit looked at."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rolethread_vcs.model.canonical import JsonProblemError, parse

SPACES = ["", " ", "  ", "\n", "\t", "\r\n"]
PIECES = [
    *("a", "b", ":", '\\"', "\\u0022", "\\u003a", "\\u003A", "\\u0061", "\\\\", "\\/", "\\n", " ", "{", "["),
    *("é", "\u2028", "\x7f", "\\ud83c\\udf7a", "\\ud83c", "1234567890123456789", "NaN"),
]


class _Refused(Exception):
    pass


def _reference(data: bytes) -> Any:
    """Read with the standard library alone."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in items}) < len(items):
            raise _Refused
        return dict(items)

    def integer(digits: str) -> int:
        if not -(2**63) <= int(digits) < 2**64:
            raise _Refused
        return int(digits)

    def real(digits: str) -> float:
        if abs(float(digits)) == float("inf"):
            raise _Refused
        return float(digits)

    def constant(_: str) -> Any:
        raise _Refused

    def depth(value: Any) -> int:
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return max((1 + depth(item) for item in items), default=0)

    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=pairs,
            parse_int=integer,
            parse_float=real,
            parse_constant=constant,
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise _Refused from error
    if depth(value) > 200:
        raise _Refused
    return value


def _outcome(read: Any, data: bytes) -> str:
    try:
        # The representation tells 1 from 1.0 and true, and shows the order of keys.
        return repr(read(data))
    except (JsonProblemError, _Refused):
        return "refused"


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Draw JSON texts in all the styles there are, with things in them that cannot be kept."""
    space = st.sampled_from(SPACES)

    def string() -> str:
        pieces = draw(st.lists(st.sampled_from(PIECES), max_size=4))
        return '"' + "".join(pieces) + '"'

    def number() -> str:
        return draw(
            st.one_of(
                st.integers(-(2**66), 2**66).map(str),
                st.integers(2**64 - 2, 2**64 + 1).map(str),
                st.integers(-(2**63) - 2, -(2**63) + 2).map(str),
                st.floats().map(str),
                st.sampled_from(["-0", "1E5", "1e400", "0.10", "01", "1.", "12345678901234567890123.5", "Infinity"]),
            )
        )

    def value(level: int) -> str:
        kind = draw(st.integers(0, 5 if level else 3))
        if kind == 0:
            return string()
        if kind == 1:
            return number()
        if kind == 2:
            return draw(st.sampled_from(["null", "true", "false", "[]", "{}", "[ ]"]))
        if kind == 3:
            return string()
        between = draw(space)
        if kind == 4:
            items = [value(level - 1) for _ in range(draw(st.integers(0, 3)))]
            return f"[{between}" + f"{between},{between}".join(items) + f"{between}]"
        pairs = [f"{string()}{draw(space)}:{draw(space)}{value(level - 1)}" for _ in range(draw(st.integers(0, 3)))]
        return f"{{{between}" + f"{between},{between}".join(pairs) + f"{between}}}"

    return draw(space) + value(3) + draw(space)


@given(_texts())
@example('{"a":1,"a":2}')
@example('{"a" :1,"\\u0061":2}')
@example('{"a":":","a":"\\u003a\\u003a"}')
@example('{"a":"x","a":"\\u0022\\u003a"}')
@example("[" * 200 + "1" + "]" * 200)
@example("[" * 201 + "1" + "]" * 201)
@example("[" * 201 + "]" * 201)
@example("[" * 202 + "]" * 202)
@example("[" * 5000 + "]" * 5000)
@example('"' + "[" * 300 + '"')
def test_parse_agrees_with_the_standard_library_on_every_text(text: str) -> None:
    data = text.encode()

    assert _outcome(parse, data) == _outcome(_reference, data)


@given(_texts(), st.integers(0, 40))
@example("[12345678901234567890123.5]", 2)
@example("[1e999e5]", 1)
def test_parse_agrees_with_the_standard_library_on_every_torn_text(text: str, cut: int) -> None:
    data = text.encode()[:-cut] if cut else text.encode()

    assert _outcome(parse, data) == _outcome(_reference, data)


@given(st.integers(0, 5), st.integers(0, 40), st.integers(0, 30))
def test_no_run_of_digits_hides_from_the_sample(before: int, digits: int, after: int) -> None:
    data = b"[" + b" " * before + b"9" * (digits + 1) + b" " * after + b"]"

    assert _outcome(parse, data) == _outcome(_reference, data)


def test_parse_passes_over_a_byte_order_mark() -> None:
    assert parse(b"\xef\xbb\xbf[1]") == [1]


def test_parse_passes_over_only_one_byte_order_mark() -> None:
    with pytest.raises(JsonProblemError):
        parse(b"\xef\xbb\xbf\xef\xbb\xbf[1]")


def test_many_brackets_beside_each_other_are_not_deep() -> None:
    value = parse(b"[" + b"[{}]," * 1000 + b"0]")

    assert value == [*([[{}]] * 1000), 0]


def test_nesting_of_a_hundred_thousand_levels_is_refused_in_plain_words() -> None:
    with pytest.raises(JsonProblemError) as caught:
        parse(b"[" * 100_000 + b"]" * 100_000)

    assert (caught.value.reason, caught.value.line, caught.value.column) == ("nested deeper than 200 levels", 1, 201)


def test_a_number_of_many_digits_is_refused_shortened() -> None:
    with pytest.raises(JsonProblemError) as caught:
        parse(b"[1,\n " + b"7" * 10_000 + b"]")

    assert (caught.value.reason, caught.value.line, caught.value.column) == (
        "the number 777777777777777777777777… does not fit 64 bits; write it as text",
        2,
        2,
    )


def test_of_equal_keys_in_many_objects_the_one_that_stands_twice_is_shown() -> None:
    with pytest.raises(JsonProblemError) as caught:
        parse(b'[{"a": 1},\n {"a": 1, "b": {"a": 1}, "a": 2},\n {"a": 1}]')

    assert (caught.value.reason, caught.value.line, caught.value.column) == (
        'the key "a" stands twice in one object',
        2,
        26,
    )


def test_the_message_of_a_problem_begins_with_its_place() -> None:
    with pytest.raises(JsonProblemError) as caught:
        parse(b'{"a": 1,\n}')

    assert caught.value.message == "line 1, column 8: trailing comma"
