"""Wherever a stream is cut into blocks, the same rows come out."""

import json

from hypothesis import given
from hypothesis import strategies as st

from rolethread_vcs.formats._reader import split_lines
from rolethread_vcs.formats._splitter import ElementSplitter, find_end

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\[]{},: \nü', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a"[{\\', max_size=3), inner, max_size=3),
    max_leaves=25,
)
OBJECTS = st.lists(st.dictionaries(st.text('a"]}', max_size=3), JSON, max_size=3), max_size=4)


def blocks(data, size):
    return (data[start : start + size] for start in range(0, len(data), size))


@given(OBJECTS, st.integers(1, 40), st.sampled_from([None, 0, 2]))
def test_the_elements_of_an_array_come_out_as_they_went_in(values, size, indent):
    data = json.dumps(values, indent=indent).encode()

    pieces = list(ElementSplitter(blocks(data, size)).pieces())

    assert [json.loads(raw) for _, raw, _ in pieces] == values
    assert all(problem is None for _, _, problem in pieces)
    lines = data.split(b"\n")
    assert all(raw.split(b"\n")[0] in lines[line - 1] for line, raw, _ in pieces)


@given(OBJECTS, st.integers(1, 40))
def test_objects_one_after_the_other_come_out_as_they_went_in(values, size):
    data = b"\n".join(json.dumps(value, indent=1).encode() for value in values)

    assert [json.loads(raw) for _, raw, _ in ElementSplitter(blocks(data, size)).pieces()] == values


@given(st.text('a"\\[]{}, \n1', max_size=40), st.integers(1, 10))
def test_no_byte_but_white_space_and_commas_is_lost_whatever_comes(text, size):
    data = text.encode()

    kept = b"".join(raw for _, raw, _ in ElementSplitter(blocks(data, size)).pieces())

    ignored = b" \n,[]"
    assert kept.translate(None, ignored) == data.translate(None, ignored)
    assert list(ElementSplitter(blocks(data, size)).pieces()) == list(ElementSplitter([data]).pieces())


@given(st.lists(st.sampled_from([b"a", b"bc", b" ", b"", b"\r", b"\x85"]), max_size=8), st.integers(1, 5))
def test_lines_come_out_as_they_went_in(lines, size):
    data = b"\n".join(lines)

    pieces = list(split_lines(blocks(data, size)))

    expected = [(number, line) for number, line in enumerate(lines, start=1) if line and not line.isspace()]
    assert [(line, raw) for line, raw, _ in pieces] == expected


@given(JSON.filter(lambda value: isinstance(value, list | dict)))
def test_the_end_of_a_container_is_found(value):
    data = json.dumps(value).encode()

    assert find_end(data + b" ]}", 0) == len(data)
    assert find_end(data[:-1], 0) is None


def test_deep_and_shallow_containers_end_in_the_same_way():
    for depth in (1, 4, 5, 7, 8, 9, 300):
        data = b"[" * depth + b'"]"' + b"]" * depth

        assert find_end(data, 0) == len(data)
        assert [raw for _, raw, _ in ElementSplitter([b"[" + data + b"," + data + b"]"]).pieces()] == [data, data]
