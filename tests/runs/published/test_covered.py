"""What a published rule speaks of, and what it has nothing to say of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlrig_eval.runs import evaluate
from rlrig_eval.runs.rescore import rescore
from rlrig_eval.runs.scorers import resolve
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.suite import Prompt, Suite
from tests.runs.published.boxes import boxed


def asking(*relations: Relation, things: int = 2, **about: Any) -> Prompt:
    """A prompt for things a, b, c, ... that stand so."""
    entities = tuple(Entity(id=name, category=f"thing {name}", **about) for name in "abcd"[:things])
    graph = SceneGraph(entities=entities, relations=relations)
    return Prompt(id="p", text="things that stand so", graph=graph, group="p")


def stands(subject: str, predicate: str, *objects: str, **how: Any) -> Relation:
    return Relation(subject=subject, predicate=predicate, object=objects if len(objects) == 2 else objects[0], **how)


COVERED = {
    ("geneval", "b left of a"): asking(stands("b", "left of", "a")),
    ("geneval", "red, and two of each"): asking(attributes=("red",), count=2),
    ("visor", "a left of b"): asking(stands("a", "left of", "b")),
    ("visor", "b left of a"): asking(stands("b", "left of", "a")),
    ("hrs", "a on b"): asking(stands("a", "on", "b")),
    ("hrs", "a above b, left of c"): asking(stands("a", "above", "b"), stands("a", "left of", "c"), things=3),
    ("hrs", "a between b and c"): asking(stands("a", "between", "b", "c"), things=3),
    ("hrs", "a and b between c and d"): asking(*(stands(x, "between", "c", "d") for x in "ab"), things=4),
    ("hrs", "a and b above c, below d"): asking(
        *(stands(x, how, y) for how, y in (("above", "c"), ("below", "d")) for x in "ab"), things=4
    ),
    ("hrs", "a bigger than b and c, smaller than d"): asking(
        *(stands("a", how, y) for y, how in zip("bcd", ("bigger than", "bigger than", "smaller than"), strict=True)),
        things=4,
    ),
}
UNCOVERED = {
    ("compbench", "no category"): asking(stands("a", "left of", "b")),
    ("geneval", "nothing"): asking(things=0),
    ("geneval", "a left of what comes later"): asking(stands("a", "left of", "b")),
    ("geneval", "between"): asking(stands("c", "between", "a", "b"), things=3),
    ("geneval", "bigger than"): asking(stands("b", "bigger than", "a")),
    ("geneval", "two positions of one thing"): asking(stands("c", "above", "a"), stands("c", "below", "b"), things=3),
    ("geneval", "not left of"): asking(stands("b", "left of", "a", negated=True)),
    ("geneval", "on its own left"): asking(stands("b", "left of", "a", frame="object")),
    ("geneval", "small"): asking(attributes=("small",)),
    ("geneval", "red and large"): asking(attributes=("red", "large")),
    ("visor", "smaller than"): asking(stands("a", "smaller than", "b")),
    ("visor", "two relations"): asking(stands("a", "left of", "b"), stands("b", "above", "c"), things=3),
    ("visor", "a third thing"): asking(stands("a", "left of", "b"), things=3),
    ("visor", "not above"): asking(stands("a", "above", "b", negated=True)),
    ("visor", "two of each"): asking(stands("a", "above", "b"), count=2),
    ("visor", "red"): asking(stands("a", "above", "b"), attributes=("red",)),
    ("hrs", "no relation"): asking(),
    ("hrs", "in front of"): asking(stands("a", "in front of", "b")),
    ("hrs", "of the second thing"): asking(stands("b", "above", "a")),
    ("hrs", "one relation of three things"): asking(stands("a", "above", "b"), things=3),
    ("hrs", "a place and a size"): asking(stands("a", "above", "b"), stands("a", "bigger than", "c"), things=3),
    ("hrs", "a and b otherwise"): asking(
        stands("a", "above", "c"), stands("b", "below", "c"), *(stands(x, "above", "d") for x in "ab"), things=4
    ),
    ("hrs", "three sizes"): asking(
        *(stands("a", how, y) for y, how in zip("bcd", ("bigger than", "smaller than", "bigger than"), strict=True)),
        things=4,
    ),
    ("hrs", "red"): asking(stands("a", "above", "b"), attributes=("red",)),
}


def said(scorer: str, prompt: Prompt) -> set[float | None]:
    seen = boxed(
        *((entity.category, (10.0 * n, 0, 10.0 * n + 5, 5), 0) for n, entity in enumerate(prompt.graph.entities))
    )
    return {*resolve(scorer)(seen, prompt, Suite.model_construct()).values.values()}


@pytest.mark.parametrize(("scorer", "what"), COVERED)
def test_a_rule_speaks_of_what_a_prompt_of_its_benchmark_can_ask(scorer: str, what: str) -> None:
    assert said(scorer, COVERED[scorer, what]) & {0.0, 1.0}


@pytest.mark.parametrize(("scorer", "what"), UNCOVERED)
def test_a_rule_has_nothing_to_say_of_what_its_benchmark_never_asks(scorer: str, what: str) -> None:
    assert said(scorer, UNCOVERED[scorer, what]) == {None}


@pytest.mark.parametrize("scorer", ["geneval", "visor", "hrs", "compbench"])
def test_a_rule_that_covers_no_prompt_of_a_suite_costs_no_coverage(scorer: str, tmp_path: Path) -> None:
    evaluate("spatial", "synthetic", limit=8, out=tmp_path / "run")
    run = rescore(tmp_path / "run", scorer)
    assert (run.exit_code, run.summary["coverage_by_scorer"][scorer]["ok"]) == (0, 8)
    assert {told["n"] for name, told in run.summary["metrics"].items() if name.startswith(f"{scorer}.")} == {0}
