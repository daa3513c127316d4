"""Rows come out of files of every layout, and trouble is told with its place."""

import gzip
import hashlib
import io
import json
import tracemalloc

import pytest

from rolethread_vcs.errors import InvalidError, NotFoundError, SystemRefusedError
from rolethread_vcs.formats import Draft, Reject, Source, read_drafts

A = {"messages": [{"role": "user", "content": "a"}]}
B = {"messages": [{"role": "user", "content": 'b } ] " \\ ü'}], "n": [[1], {"x": {}}]}


def rows(data, name="x.jsonl"):
    return list(read_drafts(Source(io.BytesIO(data), name=name)))


def text(value, **options):
    return json.dumps(value, ensure_ascii=False, **options).encode()


LAYOUTS = {
    "one row a line": (text(A) + b"\n" + text(B) + b"\n", [1, 2]),
    "no last line feed": (text(A) + b"\n" + text(B), [1, 2]),
    "blank lines": (b"\n \n" + text(A) + b"\n\t\n\n" + text(B) + b"\n\n", [3, 6]),
    "windows": (text(A) + b"\r\n\r\n" + text(B) + b"\r\n", [1, 3]),
    "array on one line": (text([A, B]), [1, 1]),
    "array, a row a line": (b"[\n" + text(A) + b",\n" + text(B) + b"\n]\n", [2, 3]),
    "pretty array": (text([A, B], indent=2), [2, 10]),
    "two arrays": (text([A]) + b"\n" + text([B]), [1, 2]),
    "pretty objects": (text(A, indent=1) + b"\n" + text(B, indent=1), [1, 9]),
    "one row over three lines": (b'{"messages": [\n' + text(A["messages"][0]) + b"\n]}\n" + text(B), [1, 4]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["x.json", "x.jsonl", "x"])
def test_every_layout_is_read_whatever_the_name(layout, name):
    data, lines = LAYOUTS[layout]

    found = rows(data, name)

    assert [row.fields for row in found] == [A, B]
    assert [row.place.row for row in found] == [1, 2]
    assert [row.place.line for row in found] == lines
    assert all(row.raw.strip() in data and json.loads(row.raw) == row.fields for row in found)


@pytest.mark.parametrize(("data", "count"), [(text(A), 1), (text(A, indent=2), 1), (b"[]", 0), (b" [ ]\n", 0)])
def test_a_single_object_and_an_empty_array_are_read(data, count):
    assert [row.fields for row in rows(data)] == [A] * count


def test_a_line_is_cut_at_line_feeds_only():
    row = {"messages": [{"role": "user", "content": "a\u2028b\u2029c\x85d"}]}

    assert [each.fields for each in rows(text(row) + b"\n")] == [row]


def test_size_digest_and_notes_hold_after_the_last_row(tmp_path):
    data = b"\xef\xbb\xbf" + text(A) + b"\r\n" + text(B) + b"\r\n"
    path = tmp_path / "mit Umlaut ü.jsonl"
    path.write_bytes(data)

    with Source(path) as source:
        found = list(read_drafts(source))

    assert [row.fields for row in found] == [A, B]
    assert found[0].raw == text(A) + b"\r"
    assert (source.name, source.size) == ("mit Umlaut ü.jsonl", len(data))
    assert source.sha256 == hashlib.sha256(data).hexdigest()
    assert tuple(source.notes) == (
        "the file starts with a byte order mark",
        "lines end with carriage return and line feed (Windows)",
    )


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows_and_says_so(data):
    source = Source(io.BytesIO(data))

    assert list(read_drafts(source)) == []
    assert "the file is empty" in source.notes


BAD_LINES = {
    b'{"a": NaN}': "NaN is not JSON",
    b'{"a": 1, "a": 2}': "stands twice",
    b'{"a": 123456789012345678901234567890}': "does not fit 64 bits",
    b'{"a": "\\ud800"}': "lone surrogate",
    b'{"a": "\xe4"}': "is not UTF-8",
    b'{"a": 1,}': "trailing comma",
    b"hello": "a value is missing here",
    b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}": "nested deeper than 200 levels",
    b'["text"]': "this one is a list",
    b'"text"': "this one is text",
    b"12": "this one is a number",
    b"true": "this one is true or false",
    b"null": "this one is null",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=list(BAD_LINES.values()))
def test_a_bad_line_costs_only_itself(line):
    found = rows(text(A) + b"\n" + line + b"\n" + text(B) + b"\n")

    assert [type(row) for row in found] == [Draft, Reject, Draft]
    assert (found[1].place.line, found[1].place.row, found[1].raw) == (2, 2, line)
    assert BAD_LINES[line] in found[1].reason


@pytest.mark.parametrize("line", [line for line in BAD_LINES if line != b'["text"]'], ids=lambda line: line[:12])
def test_a_bad_element_costs_only_itself(line):
    found = rows(b"[" + text(A) + b",\n" + line + b",\n" + text(B) + b"]")

    assert [type(row) for row in found] == [Draft, Reject, Draft]
    assert (found[1].place.line, found[1].raw) == (2, line)
    assert BAD_LINES[line] in found[1].reason


def test_an_array_of_texts_is_bad_row_by_row():
    found = rows(b'["a", "b ] , \\" c",\n 3, null]')

    assert [(row.place.line, row.raw, row.code) for row in found] == [
        (1, b'"a"', "not_an_object"),
        (1, b'"b ] , \\" c"', "not_an_object"),
        (2, b"3", "not_an_object"),
        (2, b"null", "not_an_object"),
    ]


@pytest.mark.parametrize(
    ("data", "line", "raw", "reason"),
    [
        (b"[" + text(A) + b",\n,", 2, b",", "a comma with no row before it"),
        (b"[" + text(A) + b"\n" + text(B) + b"]", 2, text(B), "a comma is missing before this row"),
        (b"[" + text(A) + b",\n" + text(B)[:-9], 2, text(B)[:-9], "the file ends inside this row"),
        (b"[" + text(A), 1, b"", "the file ends before its array is closed"),
        (b"[" + text(A) + b"]\n]", 2, b"]", "a value is missing here (column 1)"),
        (b"[\n" + text(A) + b",\n{\n 'a': 1}]", 3, b"{\n 'a': 1}", "a key in double quotes is missing here (line 4"),
        (b'[{"a": "x\ny"}]', 1, b'{"a": "x\ny"}', "a raw line break"),
        (text(A) + b"\n" + text(B)[:-9], 2, text(B)[:-9], "the file ends inside this line"),
        (text(A, indent=1) + b"\n{\n", 9, b"{\n", "the file ends inside this row"),
    ],
)
def test_trouble_in_a_layout_is_told_with_its_place(data, line, raw, reason):
    bad = [row for row in rows(data) if isinstance(row, Reject)]

    assert [(row.place.line, row.raw) for row in bad][:1] == [(line, raw)]
    assert reason in bad[0].reason


def test_a_torn_first_line_does_not_hide_the_rows_after_it():
    for torn in (b'{"messages": [', b'{"messages": "a', b'{"a": {"b": [1,'):
        found = rows(torn + b"\n" + text(A) + b"\n" + text(B) + b"\n")

        assert [type(row) for row in found] == [Reject, Draft, Draft]


def test_a_row_of_fifty_megabytes_is_read():
    row = b'{"messages": [{"role": "user", "content": "' + b"x" * 50_000_000 + b'"}]}'

    for data in (row + b"\n" + text(A), b"[" + row + b"," + text(A) + b"]"):
        assert [len(each.raw) for each in rows(data)] == [len(row), len(text(A))]


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "big.json"
    row = text({"messages": [{"role": "user", "content": "word " * 400}]})
    with path.open("wb") as file:
        file.write(b"[" + row)
        for _ in range(12_000):
            file.write(b"," + row)
        file.write(b"]")

    tracemalloc.start()
    count = sum(1 for _ in read_drafts(Source(path)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 12_001
    assert peak < 8 << 20 < path.stat().st_size


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(encoding):
    with pytest.raises(InvalidError, match="looks like UTF-16") as caught:
        rows(json.dumps(A).encode(encoding))

    assert "iconv" in caught.value.hint


def test_the_way_out_of_utf_16_can_be_pasted_for_a_path_with_spaces():
    source = Source(io.BytesIO(json.dumps(A).encode("utf-16-le")), name="../my chats/x.jsonl")

    with pytest.raises(InvalidError) as caught:
        list(read_drafts(source))

    assert caught.value.hint == (
        "rtv import '../my chats/x.jsonl' --encoding utf-16-le\n"
        "or make it UTF-8: iconv -f UTF-16LE -t UTF-8 '../my chats/x.jsonl' > '../my chats/utf8-x.jsonl'"
    )


@pytest.mark.parametrize(("data", "line"), [(b"\x01\x02\x03\x04\x05\x00\x07", 1), (bytes(50), 1), (b"a\n{\x00", 2)])
def test_a_binary_file_is_no_text(data, line):
    with pytest.raises(InvalidError, match=f"is no text file: there is a null byte on line {line}"):
        rows(data)


@pytest.mark.parametrize(
    "data",
    [
        text(A) + b"\n" + bytes(300),
        bytes(20) + b"\n" + text(A) + b"\n",
        b"[" + text(A) + b",\n" + bytes(20) + b"]",
        b"no row\n" + text(A) + b"\n" + text(B).replace(b'"', b"\x00", 1),
    ],
)
def test_null_bytes_cost_the_rows_they_stand_in(data):
    found = rows(data)

    assert [row.fields for row in found if isinstance(row, Draft)] == [A]
    assert {row.code for row in found if isinstance(row, Reject)} == {"not_json"}


def test_a_trailing_comma_is_no_row_and_noted():
    source = Source(io.BytesIO(b"[" + text(A) + b",\n]\n[" + text(B) + b"]"))

    found = list(read_drafts(source))

    assert [(row.fields, row.place.row) for row in found] == [(A, 1), (B, 2)]
    assert tuple(source.notes) == ("the comma on line 1 has no row behind it; it is read as if it were not there",)


# ---- compressed


def test_a_gz_file_is_unpacked_and_its_own_bytes_are_hashed(tmp_path):
    packed = gzip.compress(text(A) + b"\n") + gzip.compress(text(B) + b"\n") + b"\x00" * 512
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(packed)

    source = Source(path)
    found = list(read_drafts(source))

    assert [row.fields for row in found] == [A, B]
    assert (source.size, source.sha256) == (len(packed), hashlib.sha256(packed).hexdigest())


@pytest.mark.parametrize("cut", [5, 15, -1, -9])
def test_a_torn_gz_file_is_refused(cut):
    packed = gzip.compress(b"\n".join(text({**A, "n": index}) for index in range(2000)))

    with pytest.raises(InvalidError, match="is torn"):
        rows(packed[:cut], "x.gz")


def test_a_damaged_gz_file_is_refused():
    packed = bytearray(gzip.compress(text(A) * 500))
    packed[-6] ^= 0xFF

    with pytest.raises(InvalidError, match="is damaged"):
        rows(bytes(packed), "x.gz")


def test_a_plain_file_with_the_suffix_of_gz_is_named():
    with pytest.raises(InvalidError, match=r"not compressed, though its name ends in \.gz") as caught:
        rows(text(A), "my chats.gz")
    assert caught.value.hint == "rtv import - < 'my chats.gz'"


def test_the_way_to_unpack_standard_input_names_no_file():
    with pytest.raises(InvalidError, match="compressed with gzip") as caught:
        rows(gzip.compress(text(A)), "standard input")
    assert caught.value.hint.startswith("gunzip < FILE | rtv import -")


def test_a_gz_file_without_the_suffix_is_named():
    with pytest.raises(InvalidError, match="compressed with gzip"):
        rows(gzip.compress(text(A)), "x.jsonl")


# ---- opening


def test_a_missing_file_is_not_found(tmp_path):
    for path in (tmp_path / "no.json", tmp_path / "no" / "x.json"):
        with pytest.raises(NotFoundError, match="there is no file"):
            Source(path)


def test_a_path_through_a_file_is_not_found(tmp_path):
    (tmp_path / "x.json").write_bytes(b"")

    with pytest.raises(NotFoundError, match="no folder"):
        Source(tmp_path / "x.json" / "y.json")


def test_a_folder_is_invalid(tmp_path):
    with pytest.raises(InvalidError, match="is a folder"):
        Source(tmp_path)


def test_what_the_system_does_not_open_is_told(tmp_path):
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)

    with pytest.raises(SystemRefusedError, match="cannot be opened"):
        Source(loop)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join(text({**A, "pad": "x" * 1000}) for _ in range(3000)))
    drafts = read_drafts(Source(path))
    next(drafts)

    with path.open("ab") as file:
        file.write(b"\n" + text(B))

    with pytest.raises(InvalidError, match="changed while it was being read"):
        list(drafts)


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"\n".join(text({**A, "pad": "x" * 1000}) for _ in range(3000)))
    drafts = read_drafts(Source(path))
    next(drafts)

    with path.open("r+b") as file:
        file.truncate(2_000_000)

    with pytest.raises(InvalidError, match="changed while it was being read"):
        list(drafts)


def test_a_stream_that_was_passed_in_stays_open():
    stream = io.BytesIO(text(A))

    with Source(stream) as source:
        assert source.name == "standard input"
        assert len(list(read_drafts(source))) == 1

    assert not stream.closed
