"""Suites by name, folder or file; and for each way in which a file can be wrong, the line a user reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.suite import Protocol, load
from rlrig_eval.suite.documents import SHOWN
from tests.suite.conftest import HEADER, Write, graph, row


def message(request: str | Path) -> list[str]:
    """What a user reads, without the folder."""
    with pytest.raises(UsageError) as caught:
        load(request)
    assert caught.value.exit_code == Exit.USAGE
    return [line.removeprefix(f"{request}/") for line in str(caught.value).split("\n")]


def test_a_folder_and_its_yaml_are_the_same_suite(write: Write) -> None:
    folder = write(row("p1"), "", row("p2", text="other"))
    suite = load(folder)
    assert [prompt.id for prompt in suite.prompts] == ["p1", "p2"]
    assert suite == load(folder / "suite.yaml") == load(f"{folder}:test")
    assert suite.protocol == Protocol(seeds=(0,), images_per_prompt=1, variant="text")
    assert (suite.split, suite.counting, suite.error_policy.min_coverage) == ("test", "exact", 0.98)


def test_a_shipped_suite_goes_by_its_name_and_split() -> None:
    test, dev = load("spatial"), load("spatial:dev")
    assert (test.split, dev.split) == ("test", "dev")
    assert test.sha256 != dev.sha256


def test_one_image_is_drawn_for_each_seed(write: Write) -> None:
    suite = load(write(row("p"), header=HEADER + "protocol: {seeds: [3, 4]}\n"))
    assert suite.protocol.images_per_prompt == 2


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("spacial", "unknown suite 'spacial': did you mean 'spatial'?"),
        ("spatial:def", "unknown split of spatial 'def': did you mean 'dev'?"),
        ("no/such/folder", "no/such/folder: there is no such suite file"),
        ("mine.yaml", "mine.yaml: there is no such suite file"),
    ],
)
def test_an_unknown_suite_is_named_with_the_nearest_known_one(request_: str, said: str) -> None:
    assert message(request_) == [said]


def test_a_name_too_long_to_be_a_file_is_that_of_no_suite() -> None:
    assert message("x" * 300)[0].startswith(f"unknown suite '{'x' * 300}': known: ")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (HEADER + "protocl: {}\n", "suite.yaml:4: protocl: unknown key: did you mean 'protocol'?"),
        (
            HEADER + "protocol:\n  seeds: [0]\n  seed: 1\n",
            "suite.yaml:6: protocol.seed: unknown key: did you mean 'seeds'?",
        ),
        (
            HEADER + "protocol: {seeds: [0, 1], images_per_prompt: 4}\n",
            "suite.yaml:4: protocol: images_per_prompt is 4, but there are 2 seeds",
        ),
        (
            HEADER + "protocol: {seeds: [1, 1]}\n",
            "suite.yaml:4: protocol: seeds must be distinct and at least one, not [1, 1]",
        ),
        (HEADER + "name: again\n", "suite.yaml:4: name: this key stands twice"),
        ('version: "1"\nworld: shapes\n', "suite.yaml:1: name: Field required"),
        ("name: a\nversion: 1.0\nworld: shapes\n", "suite.yaml:2: version: Input should be a valid string"),
        (
            HEADER + "splits: {test: ../prompts.jsonl}\n",
            "suite.yaml:4: splits: split 'test': '../prompts.jsonl' is not the name of a file beside suite.yaml",
        ),
        (HEADER + "splits: {test: gone.jsonl}\n", "gone.jsonl: No such file or directory"),
        (HEADER + ": [\n", "suite.yaml:4: bad YAML: expected <block end>, but found ':'"),
        ("- a list\n", "suite.yaml:1: not a mapping of keys to values"),
        ("", "suite.yaml:1: not a mapping of keys to values"),
        (
            HEADER + "description: !!python/name:os.system x\n",
            "suite.yaml:4: bad YAML: could not determine a constructor for the tag {}".format(
                "'tag:yaml.org,2002:python/name:os.system'"
            ),
        ),
        ("name: a\nworld: shapes\nversion: 2026-13-45\n", "suite.yaml:3: bad YAML: '2026-13-45' is no timestamp"),
        (
            "name: a\nworld: shapes\nversion: " + "1" * 5000,
            f"suite.yaml:3: bad YAML: '{'1' * 40}' is no int",
        ),
        (HEADER + "description: !!bool perhaps\n", "suite.yaml:4: bad YAML: 'perhaps' is no bool"),
        (HEADER + "protocol: &a\n  seeds: *a\n", "suite.yaml:5: bad YAML: an alias stands in what it names"),
        (HEADER + "scorers: &a [graph, *a]\n", "suite.yaml:4: bad YAML: an alias stands in what it names"),
        (HEADER + "scorers: " + "[" * 5000, "suite.yaml: bad YAML: nested too deeply"),
    ],
)
def test_a_bad_header_is_located(write: Write, header: str, said: str) -> None:
    assert message(write(row("p"), header=header)) == [said]


def misshapen(**changes: Any) -> dict[str, Any]:
    return row("p", graph=graph() | changes)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [row("p"), row("q", tag=["x"])],
            ["prompts.jsonl:2: tag: unknown key: did you mean 'tags'?"],
        ),
        ([row("p", text=None)], ["prompts.jsonl:1: text: Field required"]),
        (
            [row("p"), json.dumps(row("q")).replace('"text"', '"text": "another", "text"')],
            ["prompts.jsonl:2: bad JSON: the key 'text' stands twice"],
        ),
        ([row("p"), "{no"], ["prompts.jsonl:2: Invalid JSON: key must be a string at line 1 column 2"]),
        (
            [row("p"), row("q"), row("p")],
            ["prompts.jsonl:3: id: 'p' is already the id of prompt 1"],
        ),
        ([row("p", twin="q")], ["prompts.jsonl:1: twin: there is no prompt 'q'"]),
        ([row("p", twin="p")], ["prompts.jsonl:1: twin: a prompt cannot be its own twin"]),
        (
            [row("p", twin="q"), row("q")],
            ["prompts.jsonl:1: twin: 'q' names None as its twin, not 'p'"],
        ),
        (
            [misshapen(relations=[{"subject": "a", "predicate": "near", "object": "z"}])],
            ["prompts.jsonl:1: graph: relation 'near' names the unknown entity 'z'"],
        ),
        (
            [misshapen(relations=[{"subject": "a", "predicate": "between", "object": "b"}])],
            ["prompts.jsonl:1: graph.relations.0: 'between' takes 2 object(s), not 1"],
        ),
        (
            [misshapen(entities=[{"id": "a", "category": "dog", "count": 0}], relations=[])],
            ["prompts.jsonl:1: graph.entities.0.count: Input should be greater than or equal to 1"],
        ),
        (
            [row("../../p")],
            ["prompts.jsonl:1: id: String should match pattern '^[A-Za-z0-9][A-Za-z0-9._-]*$'"],
        ),
        ([""], ["prompts.jsonl: there are no prompts in it"]),
    ],
)
def test_a_bad_prompt_is_located(write: Write, rows: list[Any], said: list[str]) -> None:
    assert message(write(*rows)) == said


def test_all_problems_of_a_file_are_listed(write: Write) -> None:
    said = message(write(row("p", tex="t"), row("q", group=""), "[]"))
    assert [line.split(": ")[0] for line in said] == ["prompts.jsonl:1", "prompts.jsonl:2", "prompts.jsonl:3"]


def test_the_list_of_problems_is_bounded(write: Write) -> None:
    said = message(write(*["{}"] * 30))
    assert len(said) == SHOWN + 1
    assert said[-1] == f"prompts.jsonl: and {30 * 4 - SHOWN} more"  # id, text, graph and group are missing in each


def test_text_that_is_not_utf8_is_located(write: Write) -> None:
    folder = write(row("p"))
    with (folder / "prompts.jsonl").open("ab") as file:
        file.write(b"\n\xff")
    assert message(folder) == ["prompts.jsonl:2: not UTF-8 text"]


def test_a_line_separator_inside_a_text_ends_no_line(write: Write) -> None:
    folder = write('{"id": "p", "group": "g", "text": "a\u2028b", "graph": {}}')
    assert load(folder).prompts[0].text == "a\u2028b"
