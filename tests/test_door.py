"""What people pass: one where several are wanted, numbers as ids, keywords in place of intents and options."""

from __future__ import annotations

import gzip
import inspect
import io
import pickle
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rolethread_vcs import Dataset, Entry, ExportOptions, FieldEdit, ImportOptions, Intent, LogFilter
from rolethread_vcs.dataset import Dataset as Door
from rolethread_vcs.door import Group, Method, obliging
from rolethread_vcs.errors import NotFoundError, UsageError
from rolethread_vcs.model.entry import InvalidEntryError
from rolethread_vcs.store.snapshot import NoSuchEntryError


def _words(owner: type, prefix: str = "") -> list[tuple[str, Method[..., Any]]]:
    found = []
    for name, word in vars(owner).items():
        if isinstance(word, Group) and not name.startswith("_"):
            found += _words(type(word), f"{prefix}{name}.")
        elif isinstance(word, Method):
            found.append((f"{prefix}{name}", word))
    return found


WORDS = {name: word._find() for name, word in _words(Door)}
READING = [name for name, word in _words(Door) if type(word) is Method]
SEVERAL = [
    pytest.param(operation, name, id=f"{word}({name})")
    for word, operation in WORDS.items()
    for name, parameter in inspect.signature(operation).parameters.items()
    if re.search(r"^Ids\b|\b(Sequence|Collection|Iterable|list|tuple|set|frozenset)\[", str(parameter.annotation))
]
SAYING = [word for word, operation in WORDS.items() if "intent" in inspect.signature(operation).parameters]


def _taken_by(operation: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """Return what an operation is given when the word that stands for it is given this."""

    def record(*args: Any, **keywords: Any) -> dict[str, Any]:
        return inspect.signature(operation).bind_partial(*args, **keywords).arguments

    record.__module__ = operation.__module__  # where the options are found that its annotations name
    record.__signature__ = inspect.signature(operation)  # type: ignore[attr-defined]
    return obliging(record)(SimpleNamespace(repository=None), **arguments)  # type: ignore[arg-type, return-value]


def _entry(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"q{number}"}, {"role": "assistant", "content": f"a{number}"}]}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset.init(tmp_path / "inn")
    dataset.add([_entry(number) for number in range(1, 13)])
    return dataset


@pytest.mark.parametrize(("operation", "name"), SEVERAL)
def test_a_text_where_several_are_wanted_is_one_and_never_its_letters(operation: Callable[..., Any], name: str) -> None:
    if name in ("rows", "entries", "decisions", "pushed"):  # entries and triples; no text could be meant
        return

    (taken,) = _taken_by(operation, **{name: "12"})[name]

    assert str(taken) == "12"


def test_entries_are_named_by_ids_or_numbers_one_or_several() -> None:
    kinds = {
        f"{word}({name})": str(parameter.annotation).removesuffix(" | None")
        for word, operation in WORDS.items()
        for name, parameter in inspect.signature(operation).parameters.items()
        if name in ("ids", "words") and parameter.kind is not parameter.VAR_POSITIONAL
    }
    known = {
        "hand_edited(ids)",
        "refuse_to_type(ids)",
        "page(words)",
        "copies.status(words)",
    }  # whole ids, and words of a query

    assert {where for where, kind in kinds.items() if kind != "Ids"} - known == set()


def test_there_are_words_that_want_several() -> None:
    assert len(SEVERAL) >= 15


@pytest.mark.parametrize("word", SAYING)
def test_a_word_that_takes_an_intent_takes_keywords_in_its_place(word: str) -> None:
    parameters = inspect.signature(WORDS[word]).parameters

    assert any(each.kind is each.VAR_KEYWORD for each in parameters.values()) or word == "copies.add_folder"


def test_one_id_in_digits_is_one_entry(dataset: Dataset) -> None:
    done = dataset.remove("12", message="the last one")

    assert (done.removed, done.message) == (1, "the last one\n")
    assert [int(each[:8]) for each in dataset.snapshot().ids()] == list(range(1, 12))


@pytest.mark.parametrize("ids", [12, "12", [12], (11, "12"), {"12"}, (each for each in ["11", 12]), b"12"])
def test_ids_come_in_many_shapes(dataset: Dataset, ids: Any) -> None:
    dataset.remove(ids)

    assert 12 not in dataset.snapshot()


@pytest.mark.parametrize("ids", [None, [None], [True], [1.5], True])
def test_what_cannot_be_an_id_is_refused(dataset: Dataset, ids: Any) -> None:
    with pytest.raises(UsageError):
        dataset.remove(ids)

    assert len(dataset.snapshot()) == 12


def test_one_entry_is_one_and_a_generator_is_several(dataset: Dataset) -> None:
    assert dataset.add(_entry(13)).added == 1
    assert dataset.add(_entry(number) for number in (14, 15)).added == 2  # type: ignore[arg-type]


def test_several_names_come_as_a_list(dataset: Dataset) -> None:
    dataset.branch("one")
    dataset.branch("two")

    dataset.branches.delete(["one", "two"])  # type: ignore[arg-type]

    assert dataset.branches.names() == ("main",)


@pytest.mark.parametrize("ids", ["12", 12, ["12"], (12,)])
def test_a_part_of_a_merge_is_named_by_a_number(dataset: Dataset, ids: Any) -> None:
    dataset.branch("warm", switch=True)
    dataset.replace({"11": _entry(21), "12": _entry(22)})
    dataset.switch("main")

    assert len(dataset.merges.preview("warm", ids=ids).entries) == 1
    assert dataset.merge("warm", ids=ids, message="one of two").committed.changed == 1


def test_a_revision_stands_for_its_snapshot(dataset: Dataset) -> None:
    dataset.remove("12")

    dataset.restore("12", "@~1")  # type: ignore[arg-type]

    assert dataset.snapshot()[12].messages[0]["content"] == "q12"


def test_a_snapshot_is_a_mapping_and_one_commit_is_one(dataset: Dataset) -> None:
    snapshot = dataset.snapshot()

    assert snapshot.keys() == snapshot.ids()
    assert dict(snapshot.items()) == dict(zip(snapshot.keys(), snapshot.values(), strict=True))
    assert (snapshot.get(13), snapshot.get(13, "none"), snapshot.get(12, "none")) == (None, "none", snapshot[12])
    assert len({snapshot, dataset.snapshot("main"), dataset.snapshot("@~1")}) == 2
    assert snapshot == dataset.snapshot("main") != dataset.snapshot("@~1")


def test_an_entry_is_named_by_its_number(dataset: Dataset) -> None:
    snapshot = dataset.snapshot()

    assert snapshot[12] == snapshot["12"] == snapshot[snapshot.ids()[11]]
    assert snapshot.get(12) is not None
    assert (12 in snapshot, "12" in snapshot, 13 in snapshot, None in snapshot) == (True, True, False, False)
    assert snapshot.get(13) is None
    assert dict(snapshot.items()).keys() == set(snapshot.ids())


@pytest.mark.parametrize("word", [13, "13", "nobody", "00000013-k2x9m3ab"])
def test_an_entry_that_is_not_there_is_a_key_error_too(dataset: Dataset, word: Any) -> None:
    with pytest.raises(KeyError) as caught:
        dataset.snapshot()[word]

    assert isinstance(caught.value, NoSuchEntryError)
    assert "there is no entry" in str(caught.value)


@pytest.mark.parametrize("word", [slice(2), slice(2, 4), -1, None, 1.5, True])
def test_an_entry_has_no_place_to_be_named_by(dataset: Dataset, word: Any) -> None:
    with pytest.raises(UsageError):
        dataset.snapshot()[word]


def test_an_edit_takes_back_what_it_added(dataset: Dataset) -> None:
    with dataset.edit("three") as change:
        kept, gone = change.add(_entry(13)), change.add(_entry(14))
        change.put(kept, _entry(15))
        change.put(13, {**_entry(16), "tags": ["tavern"]})
        change.remove(gone)
        change.remove(12)
        assert change[13].tags == ("tavern",)

    assert (change.result.added, change.result.removed) == (1, 1)  # type: ignore[union-attr]
    assert dataset.snapshot()[kept].messages[0]["content"] == "q16"
    assert gone not in dataset.snapshot()


def test_an_edit_may_be_tried_and_allowed(dataset: Dataset) -> None:
    with dataset.edit("alone", allow="no_assistant", because="a test", dry_run=True) as change:
        change.add({"messages": [{"role": "user", "content": "Anybody?"}]})

    assert change.result is not None
    assert [finding.name for finding in change.result.findings] == ["no_assistant"]
    assert len(dataset.snapshot()) == 12


def test_a_reason_is_remembered_though_nothing_had_to_be_let_through(dataset: Dataset) -> None:
    done = dataset.add(_entry(13), message="one more", because="the last\n of a dozen")

    assert done.message == "one more\n\nBecause: the last of a dozen\n"
    assert dataset.repository.objects.commit(dataset.snapshot().id).message == done.message


def test_what_is_said_of_a_change_without_a_commit_is_in_the_operation_log(dataset: Dataset) -> None:
    dataset.branch("try", switch=True, because="a test")
    dataset.switch("main", message="back")
    dataset.branches.delete("try", because="it failed", message="away")

    said = [dict(each.operation.details) for each in dataset.operations.list()][:3]
    assert said == [{"because": "it failed", "message": "away"}, {"message": "back"}, {"because": "a test"}]


def test_options_are_keywords(dataset: Dataset, tmp_path: Path) -> None:
    done = dataset.export(path=tmp_path / "a.jsonl", clean=True, where="id:12")

    assert (done.options, done.entries) == (ExportOptions(clean=True, where="id:12", container="jsonl"), 1)
    assert dataset.import_file(tmp_path / "a.jsonl", format="messages", dry_run=True, message="x").unchanged == 1
    assert [logged.commit.subject for logged in dataset.log(verb="add")] == ["add 12 entries"]


@pytest.mark.parametrize(
    "call",
    [
        lambda dataset: dataset.export(path="x", claen=True),
        lambda dataset: dataset.remove("12", mesage="x"),
        lambda dataset: dataset.merge("main", mesage="x"),
        lambda dataset: dataset.remove("12", Intent("remove", "remove"), message="x"),
        lambda dataset: dataset.log(autor="x"),
    ],
)
def test_a_keyword_that_nobody_takes_is_refused(dataset: Dataset, call: Callable[[Dataset], object]) -> None:
    with pytest.raises(TypeError):
        call(dataset)

    assert 12 in dataset.snapshot()


def test_an_export_without_a_place_to_go_is_refused(dataset: Dataset) -> None:
    with pytest.raises(UsageError):
        dataset.export("main")


@pytest.mark.parametrize(
    ("name", "keywords", "is_array", "is_warned"),
    [
        ("a.json", {}, True, False),
        ("a.JSON.gz", {}, True, False),
        ("a.jsonl", {}, False, False),
        ("a.json", {"container": "jsonl"}, False, False),
        ("a.parquet", {}, False, True),
        ("a.csv", {"options": ExportOptions(clean=True)}, False, True),
    ],
)
def test_an_export_holds_what_its_name_says(
    dataset: Dataset, tmp_path: Path, name: str, keywords: dict[str, Any], is_array: bool, is_warned: bool
) -> None:
    done = dataset.export(path=tmp_path / name, **keywords)

    data = (tmp_path / name).read_bytes()
    assert (gzip.decompress(data) if name.endswith("gz") else data).startswith(b"[") is is_array
    assert bool(done.warnings) is is_warned
    assert done.options.container == dataset.which(tmp_path / name).details["container"]
    assert done.options.container == ("json" if is_array else "jsonl")


def test_an_export_with_two_places_to_go_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        dataset.export(path=tmp_path / "a.jsonl", write=lambda chunk: None)

    assert not (tmp_path / "a.jsonl").exists()


@pytest.mark.parametrize(
    "call",
    [
        lambda dataset: dataset.remove("12", "too short"),
        lambda dataset: dataset.add(_entry(1), _entry(2)),
        lambda dataset: dataset.export("main", "x.jsonl"),
        lambda dataset: dataset.import_file("x.jsonl", "messages"),
        lambda dataset: dataset.import_file(None),
        lambda dataset: dataset.undo("the last"),
        lambda dataset: dataset.page(limit=None),
        lambda dataset: dataset.switch(None),
        lambda dataset: dataset.switch(["main"]),
        lambda dataset: dataset.to_dicts("main", "messages"),
        lambda dataset: dataset.remove("12", message=["x"]),
        lambda dataset: dataset.remove("12", dry_run="no"),
        lambda dataset: dataset.edit(["x"]).__enter__(),
        lambda dataset: dataset.edit(dry_run=1).__enter__(),
        lambda dataset: dataset.import_rows([_entry(13)], format=["alpaca"]),
        lambda dataset: dataset.import_rows([_entry(13)], roles="narrator=assistant"),
        lambda dataset: dataset.import_file(["x.jsonl"]),
        lambda dataset: dataset.import_file(io.StringIO("{}")),
        lambda dataset: dataset.page(limit=-1),
        lambda dataset: dataset.log(count=-1),
        lambda dataset: dataset.log(author=["x"]),
        lambda dataset: dataset.edit_fields("12", {"add_tags": "x"}),
        lambda dataset: dataset.replace([1]),
        lambda dataset: dataset.merge("main", ids=1.5),
        lambda dataset: dataset.merge("main", keeps_rest="no"),
        lambda dataset: Dataset("inn"),
        lambda dataset: Dataset(5),
        lambda dataset: dataset.add(_entry(13), message=5),
        lambda dataset: dataset.add(_entry(13), branch=5),
        lambda dataset: dataset.edit(5).__enter__(),
        lambda dataset: dataset.branch("try", note=5),
        lambda dataset: dataset.snapshot(5),
        lambda dataset: dataset.select(where=5),
        lambda dataset: dataset.export(path=5),
        lambda dataset: dataset.import_file(5),
        lambda dataset: dataset.gate.rule(5),
        *(
            lambda dataset, open=open, args=args: open(*args)
            for open, args in (
                *(
                    (open, (what,))
                    for open in (Dataset.init, Dataset.open, Dataset.open_to_go_back)
                    for what in (5, None)
                ),
                (Dataset.clone, (5, "copy")),
                (Dataset.clone, ("inn", 5)),
            )
        ),
        lambda dataset: Dataset.init("inn", name=5),
        lambda dataset: dataset.edit_fields("12", FieldEdit(message=0, content=5)),
        lambda dataset: dataset.edit_fields("12", FieldEdit(message=0, train="no")),
        lambda dataset: dataset.export(path="x.jsonl", options=ExportOptions(clean="no")),
        lambda dataset: dataset.import_rows([_entry(13)], ImportOptions(fix="no")),
        lambda dataset: dataset.log(only=LogFilter(author=5)),
        lambda dataset: dataset.add(_entry(13), intent=Intent("add", "add", dry_run="no")),
        lambda dataset: Dataset.init("inn", id=5),
    ],
)
def test_what_does_not_fit_is_refused_by_name(dataset: Dataset, call: Callable[[Dataset], object]) -> None:
    with pytest.raises(UsageError) as caught:
        call(dataset)

    assert " is " in caught.value.message
    assert 12 in dataset.snapshot()


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        (
            lambda dataset: dataset.import_rows([], formt="alpaca"),
            "import_rows() got .* 'formt'; did you mean 'format'",
        ),
        (lambda dataset: dataset.remove("12", mesage="x"), "remove() got .* 'mesage'; did you mean 'message'"),
        (lambda dataset: dataset.import_file("x.jsonl", keey="id"), "import_file() got .* 'keey'; did you mean 'key'"),
    ],
)
def test_a_keyword_that_nobody_takes_is_told_by_the_word(
    dataset: Dataset, call: Callable[[Dataset], object], meant: str
) -> None:
    with pytest.raises(TypeError, match=meant.replace("()", r"\(\)")):
        call(dataset)


def test_what_is_not_an_entry_is_refused_alone_and_among_others(dataset: Dataset) -> None:
    for wrong in (5, None, "text", [5], [None]):
        with pytest.raises(InvalidEntryError):
            dataset.add(wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidEntryError):
            Entry.of(wrong)  # type: ignore[arg-type]


def test_a_log_takes_moments(dataset: Dataset) -> None:
    future = datetime.now() + timedelta(days=2)

    assert list(dataset.log(since=future)) == list(dataset.log(since=future.isoformat())) == []
    assert len(list(dataset.log(since="2020-01-01", until=future))) == 2


def test_numbers_come_as_text_too(dataset: Dataset) -> None:
    assert len(dataset.page(limit="3").rows) == 3  # type: ignore[arg-type]
    assert [operation.command for operation in dataset.undo("1").operations] == ["add"]  # type: ignore[arg-type]


def test_a_revision_that_is_not_there_is_told_at_once(dataset: Dataset) -> None:
    with pytest.raises(NotFoundError):
        dataset.to_dicts("nowhere")


def test_the_words_that_the_page_lists_are_there(dataset: Dataset) -> None:
    page = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
    rows = [line.split(" | ")[0] for line in page.partition("## What else")[2].splitlines() if line.startswith("| `")]

    for row in rows:
        group = ""
        for word in re.findall(r"`([.a-z_]+)", row):
            group = word.rpartition(".")[0].partition(".")[0] or group if "." in word and word[0] != "." else group
            assert callable(attrgetter(f"{group}{word}" if word[0] == "." else word)(dataset)), word
    assert len(rows) > 8


@pytest.mark.parametrize("word", READING)
def test_what_a_word_that_reads_holds_can_be_pickled(dataset: Dataset, word: str) -> None:
    def held(function: Any) -> Iterator[Any]:
        for cell in getattr(function, "__closure__", None) or ():
            found = cell.cell_contents
            for each in found.values() if isinstance(found, dict) else [found]:
                yield each
                yield from held(each)

    for each in held(attrgetter(word)(dataset).__func__):
        if not inspect.isfunction(each) and not isinstance(each, (inspect.Signature, inspect.Parameter)):
            pickle.dumps(each)


def test_an_unknown_option_is_refused_with_the_name_of_the_function(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"init\(\).*'bare'"):
        Dataset.init(tmp_path, bare=True)  # type: ignore[call-arg]
