"""DSG-1k: propositions that depend on one another."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rlrig_eval.metrics.dsg import dsg_scores
from rlrig_eval.suite import Prompt, load
from tests.suite.importers.conftest import FIXTURES, PUBLISHED, by_id, message, published, told

FILE = FIXTURES / "dsg.csv"


def parents(name: str) -> dict[str, tuple[str, ...]]:
    return {question.id: question.depends for question in by_id(load("dsg-1k", FILE))[name].questions}


def changed(tmp_path: Path, before: str, after: str) -> Path:
    text = FILE.read_text()
    assert before in text
    file = tmp_path / "dsg.csv"
    file.write_text(text.replace(before, after))
    return file


def test_the_graph_is_what_the_tuples_say() -> None:
    prompts = by_id(load("dsg-1k", FILE))
    mugs, shelf = prompts["whoops_1"].graph.entities
    assert (mugs.category, mugs.count, shelf.category) == ("mug", 3, "shelf")
    assert told(prompts["whoops_1"]) == [("mug", "on", "shelf")]
    assert told(prompts["vrd_2"]) == [("green vase", "left of", "clock")]


def test_what_the_graph_cannot_hold_is_asked_all_the_same_and_tagged() -> None:
    prompts = by_id(load("dsg-1k", FILE))
    assert "partial" not in prompts["whoops_1"].tags
    assert "partial" in prompts["vrd_2"].tags
    assert [question.text for question in prompts["vrd_2"].questions][-1] == "Is this a still life?"
    assert prompts["vrd_2"].questions[0].tags == ("entity - whole",)


HEADER = FILE.read_text().split("\n")[0].strip()


def stated(tmp_path: Path, *rows: tuple[str, str]) -> Prompt:
    """A prompt of (dependency, tuple), numbered from 1."""
    lines = [
        f'x_1,t,,{number},"{depends}",{tuple_.split(" - ")[0]},{tuple_.split(" - ")[1].split(" (")[0]},"{tuple_}",q?'
        for number, (depends, tuple_) in enumerate(rows, start=1)
    ]
    (tmp_path / "dsg.csv").write_text("\n".join([HEADER, *lines]))
    (prompt,) = load("dsg-1k", tmp_path / "dsg.csv").prompts
    return prompt


def test_the_scale_of_a_thing_is_no_thing(tmp_path: Path) -> None:
    prompt = stated(tmp_path, ("0", "entity - whole (mug)"), ("1", "entity - scale (mug, small)"))
    assert [(thing.category, thing.attributes) for thing in prompt.graph.entities] == [("mug", ("small",))]
    assert "partial" not in prompt.tags


def test_of_two_things_called_alike_the_one_that_is_depended_on_is_meant(tmp_path: Path) -> None:
    prompt = stated(
        tmp_path,
        ("0", "entity - whole (vase)"),
        ("0", "entity - whole (clock)"),
        ("0", "entity - whole (vase)"),
        ("3", "attribute - color (vase, green)"),
        ("1,2", "relation - spatial (vase, clock, above)"),
        ("3,1", "relation - spatial (vase, vase, beside)"),
        ("3", "other - count (vase, ==2)"),
    )
    things, relations = prompt.graph.entities, prompt.graph.relations
    assert [(t.category, t.attributes, t.count) for t in things] == [
        ("vase", (), 1),
        ("clock", (), 1),
        ("vase", ("green",), 2),
    ]
    assert [(r.subject, r.predicate, r.object) for r in relations] == [("e0", "above", "e1"), ("e2", "near", "e0")]
    assert "partial" not in prompt.tags


@pytest.mark.parametrize("depends", ["0", "2", "1,2,3"])
def test_a_tuple_that_leaves_open_which_is_meant_is_not_in_the_graph(tmp_path: Path, depends: str) -> None:
    prompt = stated(
        tmp_path,
        ("0", "entity - whole (vase)"),
        ("0", "entity - whole (clock)"),
        ("0", "entity - whole (vase)"),
        (depends, "relation - spatial (vase, clock, above)"),
    )
    assert (len(prompt.graph.entities), prompt.graph.relations) == (3, ())
    assert "partial" in prompt.tags


def test_trap_crlf_and_no_end_of_the_last_line() -> None:
    assert b"\r\n" in FILE.read_bytes()
    assert not FILE.read_bytes().endswith(b"\n")
    assert sum(len(prompt.questions) for prompt in load("dsg-1k", FILE).prompts) == 10


def test_trap_words_in_a_dependency() -> None:
    assert parents("vrd_2")["1"] == ("2",)  # the cell is "2, right"


def test_trap_references_to_itself_mixed_with_the_root() -> None:
    assert parents("whoops_1")["3"] == ()  # "0, 3" in proposition 3


def test_trap_repeated_parents() -> None:
    assert parents("whoops_1")["4"] == ("1", "3")  # "1,3,1"


def test_trap_a_missing_proposition_is_nobodys_parent() -> None:
    assert parents("vrd_2")["5"] == ("1", "4")  # "1,4,3", and there is no proposition 3


def test_trap_forward_references_are_kept() -> None:
    assert parents("vrd_2")["6"] == ("4", "7")


def test_trap_a_cycle_is_kept_and_can_be_scored() -> None:
    depends = parents("vrd_2")
    assert (depends["1"], depends["2"]) == (("2",), ("1",))
    assert dsg_scores(dict.fromkeys(depends, 1.0) | {"4": 0.0}, depends)["2"] == 1.0


def test_what_was_passed_over_is_counted() -> None:
    said = "Passed over in the dependencies: 1 cells with words, 1 references to themselves, 1 references to nothing"
    assert said in load("dsg-1k", FILE).description


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("a shelf,shelf,3", "it,shelf,3", "4: text: differs from that of line 2, which has the same item_id"),
        ("shelf,shelf,3,", "shelf,shelf,2,", "4: proposition_id: 2 stands twice in item 'whoops_1'"),
        ("shelf,shelf,3,", "shelf,shelf,,", "4: proposition_id: Input should be a valid integer"),
        ("mugs,1,0,", "mugs,1,", "2: has 8 cells, but the header has 9"),
        ("dependency,", "depends,", "2: dependency: Field required"),
    ],
)
def test_what_is_wrong_is_located(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert message("dsg-1k", changed(tmp_path, before, after))[0].startswith(f"dsg.csv:{said}")


@published
def test_the_published_file() -> None:
    suite = load("dsg-1k", PUBLISHED / "dsg")
    assert len(suite.prompts) == 1060
    asked = Counter(question.tags[0].split(" - ")[0] for prompt in suite.prompts for question in prompt.questions)
    assert asked == {"entity": 3395, "relation": 2069, "attribute": 1950, "global": 475, "other": 293}
    assert sum("asks spatial" in prompt.tags for prompt in suite.prompts) == 606
    assert "10 cells with words, 44 references to themselves, 8 references to nothing" in suite.description
    assert told(by_id(suite)["tifa160_5"]) == [("woman", "show", "watermelon slice"), ("woman", "on", "scooter")]
    assert len(by_id(suite)["tifa160_5"].graph.entities) == 4
    whole = by_id(suite)["tifa160_134"]
    assert all("1" not in question.depends for question in whole.questions)
    twice = Counter(prompt.text for prompt in suite.prompts).most_common(1)[0][0]
    assert len({prompt.group for prompt in suite.prompts if prompt.text == twice}) == 1
