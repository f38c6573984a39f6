"""Files into records, each with its line; and what was read into a suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlrig_eval.errors import UsageError
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite import Prompt, importers, load
from rlrig_eval.suite.importers.ids import LONGEST, prompt_id
from rlrig_eval.suite.importers.records import records
from tests.suite.importers.conftest import Changed, message

LEAVES = st.none() | st.integers() | st.text()
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
Folders = pytest.TempPathFactory


@given(st.lists(JSON), st.sampled_from([None, 1, 4]))
def test_an_array_is_read_as_json_reads_it(tmp_path_factory: Folders, values: list, indent: int | None) -> None:
    file = tmp_path_factory.mktemp("json") / "a.json"
    text = json.dumps(values, indent=indent)
    file.write_text(text)
    found = list(records(file))
    assert [raw.data for raw in found] == values
    assert all(1 <= raw.line <= text.count("\n") + 1 for raw in found)


@given(st.dictionaries(st.text(), JSON))
def test_an_object_is_read_as_json_reads_it(tmp_path_factory: Folders, values: dict) -> None:
    file = tmp_path_factory.mktemp("json") / "a.json"
    file.write_text(json.dumps(values, indent=2))
    assert {raw.key: raw.data for raw in records(file)} == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[\n{"a": 1}\n{"a": 2}]', "a.json:3: bad JSON: expected ','"),
        ('[\n{"a": 1},\n{"a" 2}]', "a.json:3: bad JSON: Expecting ':' delimiter"),
        ('[\n{"a": 1}\n]\n[]', "a.json:4: bad JSON: more follows the end"),
        ('[\n{"a": 1},', "a.json:2: bad JSON: Expecting value"),
        ("", "a.json:1: bad JSON: Expecting value"),
        ('[\n{"a": 1, "b": {"c": 1, "c": 2}}]', "a.json:2: bad JSON: the key 'c' stands twice"),
        ('{"1": {},\n"2": {},\n"1": {}}', "a.json:3: bad JSON: the key '1' stands twice"),
    ],
)
def test_broken_json_is_located(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.json").write_text(text)
    assert message("visor", tmp_path / "a.json") == [said]


def test_every_broken_line_of_a_jsonl_is_told(jsonl: Changed) -> None:
    said = message("geneval", jsonl("{no", "", "[1, 2"))
    assert [line.split(": ")[0] for line in said] == ["records.jsonl:1", "records.jsonl:3"]


@pytest.mark.parametrize(
    ("value", "problem"),
    [("[" * 100_000, "recursion"), ("1" * 5000, "digits"), ('{"a": 1, "a": 2}', "the key 'a' stands twice")],
)
def test_a_value_that_python_cannot_read_is_located(tmp_path: Path, jsonl: Changed, value: str, problem: str) -> None:
    (tmp_path / "a.json").write_text(f"[{{}},\n{value}")
    (tmp_path / "b.json").write_text(f'{{"a": {{}},\n"b": {value}')
    for path, where in ((jsonl("{}", value), "records.jsonl:2: "), (tmp_path / "a.json", "a.json:2: ")):
        with pytest.raises(UsageError, match=rf"{where}bad JSON: .*{problem}"):
            list(records(path))
    with pytest.raises(UsageError, match=r"b\.json(:2)?: bad JSON: "):
        list(records(tmp_path / "b.json"))


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,a\n1,2,3\n")
    with pytest.raises(UsageError, match=r"a\.csv:1: the column 'a' stands twice"):
        list(records(tmp_path / "a.csv"))
    (tmp_path / "a.csv").write_text(",a,\n1,2,3\n")  # columns without a name are nobody's
    assert [raw.data["a"] for raw in records(tmp_path / "a.csv")] == ["2"]


def test_a_record_that_is_no_object_is_located(jsonl: Changed) -> None:
    (said,) = message("geneval", jsonl("[1]"))
    assert said.startswith("records.jsonl:1: Input should be a valid dictionary")


def test_a_cell_with_line_ends_is_one_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'a,b\r\n"one\r\ntwo",2\r\n3,4')
    found = list(records(tmp_path / "a.csv"))
    assert [(raw.line, raw.data) for raw in found] == [(2, {"a": "one\ntwo", "b": "2"}), (4, {"a": "3", "b": "4"})]


@pytest.mark.parametrize("name", importers.names())
def test_every_benchmark_says_where_it_is_from_and_on_what_terms(name: str, tmp_path: Path) -> None:
    known = importers.benchmark(name)
    assert known.name == name
    assert known.source
    assert known.licence
    with pytest.raises(UsageError, match="no such file or folder"):
        load(name, tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="in it"):
        load(name, tmp_path / "empty")


def test_an_empty_file_has_no_prompts(jsonl: Changed) -> None:
    assert message("geneval", jsonl()) == ["records.jsonl: there are no prompts in it"]


def test_an_unknown_benchmark_suggests_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown benchmark 'genevall': did you mean 'geneval'"):
        load("genevall", tmp_path)


@given(st.text(min_size=1, max_size=200))
def test_any_own_id_becomes_a_safe_name(own: str) -> None:
    name = prompt_id("laion-sg", own)
    assert Prompt(id=name, text="x", graph=SceneGraph(), group="g").id == name
    assert len(name) <= LONGEST


@given(st.text(min_size=1), st.text(min_size=1))
def test_different_own_ids_stay_different(one: str, other: str) -> None:
    assert (prompt_id("x", one) == prompt_id("x", other)) == (one == other)


def test_the_version_is_the_files_and_nothing_else(jsonl: Changed, tmp_path: Path) -> None:
    record = {"tag": "t", "include": [{"class": "lamp", "count": 1}], "prompt": "a lamp"}
    one, same, other = (
        load("geneval", jsonl(*records_, name=name))
        for name, records_ in (("a.jsonl", [record]), ("b.jsonl", [record]), ("c.jsonl", [record, record]))
    )
    assert one.version == same.version != other.version
    assert one.sha256 == same.sha256 != other.sha256
