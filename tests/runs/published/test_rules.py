"""A published benchmark's own rule as a scorer: on pictures whose content is known, its score is the known one."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from rlrig_eval.extract import Unscored
from rlrig_eval.models import Job
from rlrig_eval.models.synthetic import Synthetic
from rlrig_eval.runs import evaluate
from rlrig_eval.runs.plan import Sample
from rlrig_eval.runs.published import compbench as compbench_rules
from rlrig_eval.runs.published.compbench import TAGGER, nouns_of
from rlrig_eval.runs.published.geneval import geneval
from rlrig_eval.runs.published.visor import visor
from rlrig_eval.runs.rows import SampleRow
from rlrig_eval.runs.scorers import Scores, names, resolve
from rlrig_eval.runs.scoring import Scoring, score_all
from rlrig_eval.scene import Box, Entity, Relation, SceneGraph
from rlrig_eval.suite import Prompt, Suite, load
from tests.runs.published.boxes import LEFT, NEARBY, RIGHT, boxed
from tests.suite.importers.conftest import FIXTURES

FILES = {"geneval": "geneval.jsonl", "visor": "visor.json", "hrs": "hrs_spatial.csv"}


def compbench(folder: Path) -> Suite:
    (folder / "spatial_val.txt").write_text(
        "a girl on the left of a lamp\na vase on top of a lamp\na dog next to a cow"
    )
    (folder / "3d_spatial_val.txt").write_text("a lamp in front of a stool\na girl hidden by a cow")
    (folder / "numeracy_val.txt").write_text("three lamps and two stools")
    return load("t2i-compbench", folder)


def scored(suite: Suite, scorer: str, error_rate: float = 0.0) -> dict[str, dict[str, float | None]]:
    """Prompt id, without the benchmark's name -> what a scorer says of one picture that `synthetic` drew for it."""
    model, rule = Synthetic(error_rate), resolve(scorer)
    drawn = {p.id: model.truth(Job(p.id, p.text, p.graph, 0, n)) for n, p in enumerate(suite.prompts)}
    return {p.id.removeprefix(f"{suite.name}-"): dict(rule(drawn[p.id], p, suite).values) for p in suite.prompts}


def values(found: dict[str, dict[str, float | None]], *metrics: str) -> set[float | None]:
    return {row[metric] for row in found.values() for metric in metrics}


@pytest.mark.parametrize("benchmark", [*FILES, "compbench"])
def test_an_imported_suite_names_its_own_rule(benchmark: str, tmp_path: Path) -> None:
    suite = compbench(tmp_path) if benchmark == "compbench" else load(benchmark, FIXTURES / FILES[benchmark])
    assert suite.scorers == ("graph", benchmark)
    assert set(suite.scorers) <= set(names())


ALL = FILES | {
    "dsg-1k": "dsg.csv", "dpg": "dsg.csv", "laion-sg": "laion_sg.json", "corebench": "corebench.json",
    "unigenbench": "unigenbench_en.csv",
}  # fmt: skip


@pytest.mark.parametrize("benchmark", ALL)
def test_what_is_drawn_without_errors_is_all_right_in_every_benchmark(benchmark: str) -> None:
    """Two trees alike (LAION-SG), three mugs on one shelf (DSG); a text that nobody can read has no score (None)."""
    found = scored(load(benchmark, FIXTURES / ALL[benchmark]), "graph")
    assert values(found, "all_correct", "sg_iou") - {None} == {1.0}


def test_geneval_is_one_without_errors_and_nought_with_nothing_but() -> None:
    suite = load("geneval", FIXTURES / "geneval.jsonl")
    assert values(scored(suite, "geneval"), "correct", "correct_corrected") == {1.0}
    assert values(scored(suite, "geneval", error_rate=1.0), "correct") == {0.0}


def test_visor_speaks_of_relational_prompts_alone() -> None:
    found = scored(load("visor", FIXTURES / "visor.json"), "visor")
    silent = {name for name, row in found.items() if row["uncond"] is None}
    assert silent == {"00048", "31600"}
    assert values({name: row for name, row in found.items() if name not in silent}, "oa", "uncond") == {1.0}


def test_hrs_holds_four_objects_against_the_wrong_ones() -> None:
    """As published the first relation is held against the fourth object, and the second against a fifth: no verdict."""
    found = scored(load("hrs", FIXTURES / "hrs_spatial.csv"), "hrs")
    assert [found[f"spatial-{n:04d}"]["spatial"] for n in range(3)] == [1.0, 1.0, 1.0]
    assert found["spatial-0003"]["spatial"] in (0.0, None)
    assert values(found, "spatial_corrected") == {1.0}


def test_compbench_scores_each_category_by_its_own_rule(tmp_path: Path) -> None:
    found = scored(compbench(tmp_path), "compbench")
    assert found["spatial-0000"]["2d"] == found["spatial-0000"]["2d_corrected"] == 1.0
    # "on top of" has no rule as published, and what is left without a position score is cut.
    assert (found["spatial-0001"]["2d"], found["spatial-0001"]["2d_corrected"]) == (0.0, 1.0)
    assert found["spatial-0002"]["2d"] == 1.0
    # Without overlap nothing is in front of anything, as published.
    assert {(found[name]["3d"], found[name]["3d_corrected"]) for name in ("3d_spatial-0000", "3d_spatial-0001")} == {
        (0.5, 1.0)
    }
    assert found["numeracy-0000"]["numeracy"] == 1.0
    assert found["numeracy-0000"]["2d"] is found["spatial-0000"]["numeracy"] is None


def test_two_things_that_stand_wrong_are_cut_as_they_are_with_confidences(tmp_path: Path) -> None:
    suite = compbench(tmp_path)
    prompt = next(p for p in suite.prompts if p.text == "a girl on the left of a lamp")
    wrong = resolve("compbench")(boxed(("lamp", LEFT, 0), ("girl", RIGHT, 0)), prompt, suite).values
    right = resolve("compbench")(boxed(("girl", LEFT, 0), ("lamp", RIGHT, 0)), prompt, suite).values
    assert (wrong["2d"], wrong["2d_corrected"], right["2d"], right["2d_corrected"]) == (0.0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize("category", ["spatial", "3d_spatial", "complex"])
def test_of_a_text_that_nobody_could_read_nothing_is_said(category: str, tmp_path: Path) -> None:
    texts = "tranquillity, as Monet would have it\na lamp left of a stool and above a cow"
    (tmp_path / f"{category}_val.txt").write_text(texts)
    suite = load("t2i-compbench", tmp_path)
    seen = boxed(("lamp", LEFT, 0.2), ("stool", RIGHT, 0.4))
    found = {
        p.id.removeprefix(f"t2i-compbench-{category}-"): resolve("compbench")(seen, p, suite) for p in suite.prompts
    }
    assert set(found["0000"].values.values()) == {None}
    # Two relations: which two things a complex prompt means is not known without the tagger.
    assert (set(found["0001"].values.values()) == {None}) == (category == "complex" and find_spec(TAGGER) is None)


def test_numeracy_wants_no_playground(tmp_path: Path) -> None:
    (tmp_path / "numeracy_val.txt").write_text("a lamp, and two stools were on the playground")
    suite = load("t2i-compbench", tmp_path)
    seen = boxed(("lamp", LEFT, 0), ("stool", RIGHT, 0), ("stool", (300, 0, 340, 40), 0))
    assert resolve("compbench")(seen, suite.prompts[0], suite).values["numeracy"] == 1.0


@pytest.mark.parametrize(("first", "second"), [(0.2, 0.4), (0.4, 0.2)])
def test_a_noun_that_stands_twice_is_two_things_when_corrected(first: float, second: float, tmp_path: Path) -> None:
    (tmp_path / "3d_spatial_val.txt").write_text("a desk hidden by a desk")
    suite = load("t2i-compbench", tmp_path)
    two = resolve("compbench")(boxed(("desk", LEFT, first), ("desk", RIGHT, second)), suite.prompts[0], suite).values
    assert (two["3d"], two["3d_corrected"]) == (0.5, 1.0)
    alone = resolve("compbench")(boxed(("desk", LEFT, first)), suite.prompts[0], suite).values
    assert alone["3d_corrected"] == 0.25


@pytest.mark.parametrize(
    ("text", "shown", "place", "published", "corrected"),
    [
        ("a cat next to a cat", "cat", [LEFT], 1.0, 0.0),
        ("a cat next to a cat", "cat", [LEFT, NEARBY], 1.0, 1.0),
        ("a cat next to a cat", "cat", [LEFT, RIGHT], 1.0, 0.875),
        ("a cat on the left of a cat", "cat", [LEFT], 0.0, 0.0),
        ("a cat on the left of a cat", "cat", [RIGHT, LEFT], 0.0, 1.0),
        ("a cat on the top of a cat", "cat", [LEFT, RIGHT], 0.0, 0.0),
        ("a girl next to a boy", "girl", [LEFT], 1.0, 0.0),  # the detector calls both of them a person
    ],
)
def test_in_the_plane_too_a_noun_that_stands_twice_is_two_things_when_corrected(
    text: str, shown: str, place: list[Box], published: float, corrected: float, tmp_path: Path
) -> None:
    (tmp_path / "spatial_val.txt").write_text(text)
    suite = load("t2i-compbench", tmp_path)
    seen = boxed(*((shown, box, 0) for box in place))
    found = resolve("compbench")(seen, suite.prompts[0], suite).values
    assert (found["2d"], found["2d_corrected"]) == (published, corrected)


class Ends:
    """An extractor that sees a dog and a cow in the pictures' own pixels: 4/10 of their side apart in x and in y."""

    name, version = "ends", "1"

    def extract(self, image: Image.Image) -> SceneGraph:
        tenth = image.width / 10
        boxes = ((tenth, tenth, 2 * tenth, 2 * tenth), (5 * tenth, 5 * tenth, 6 * tenth, 6 * tenth))
        things = zip(("dog", "cow"), boxes, strict=True)
        return SceneGraph(entities=tuple(Entity(id=name, category=name, box=box) for name, box in things))


@pytest.mark.parametrize("side", [240, 480, 1024])
def test_next_to_counts_pixels_of_a_picture_of_480_however_large_it_is(tmp_path: Path, side: int) -> None:
    suite = compbench(tmp_path)
    prompt = next(p for p in suite.prompts if p.text == "a dog next to a cow")
    Image.new("RGB", (side, side)).save(tmp_path / "one.png")
    sample = Sample(prompt, Job(prompt.id, prompt.text, prompt.graph, 0, 0))
    row = SampleRow(
        id=sample.id, prompt_id=prompt.id, seed=0, batch=0, status="ok", image="one.png", size=(side, side), seconds=0
    )
    scoring = Scoring(suite, Ends(), {"compbench": resolve("compbench")})
    (found,) = score_all([sample], {sample.id: row}, tmp_path, scoring)
    # 4/10 of 480 px are 192 px: S = .25 + .25 + .5 * 150 / 192. A smaller picture is not enlarged, as published.
    far, near = 0.5 + 0.5 * 150 / 192, 1.0
    assert found["compbench"].values["2d"] == pytest.approx(near if side == 240 else far, abs=1e-12)
    assert found["compbench"].values["2d_corrected"] == pytest.approx(far, abs=1e-12)


def test_without_a_depth_the_3d_rule_says_nothing(tmp_path: Path) -> None:
    suite = compbench(tmp_path)
    prompt = next(p for p in suite.prompts if p.tags[0] == "3d_spatial")
    boxes = ((0, 0, 9, 9), (40, 0, 49, 9))
    flat = tuple(e.model_copy(update={"box": box}) for e, box in zip(prompt.graph.entities, boxes, strict=True))
    assert resolve("compbench")(SceneGraph(entities=flat), prompt, suite).values["3d"] is None


def test_nouns_are_single_words_and_people_are_persons() -> None:
    def nouns(one: str, other: str) -> tuple[str | None, str | None]:
        things = (Entity(id="e0", category=one), Entity(id="e1", category=other))
        return nouns_of(Prompt(id="p", text="x", graph=SceneGraph(entities=things), group="g"))[0]

    assert nouns("girl", "fire hydrant") == ("person", "hydrant")
    assert nouns("traffic light", "dog") == ("traffic", "dog")


@pytest.mark.parametrize("scorer", ["geneval", "visor", "3d"])
def test_things_without_a_box_are_no_zero(scorer: str) -> None:
    dog, bench = Entity(id="a", category="dog"), Entity(id="b", category="bench")
    relation = Relation(subject="a", predicate="left of", object="b")
    graph = SceneGraph(entities=(bench, dog), relations=(relation,))
    prompt = Prompt(id="p", text="a dog left of a bench", graph=graph, tags=("position",), group="p")
    rules = {
        "geneval": lambda: geneval(graph, prompt, Suite.model_construct()),
        "visor": lambda: visor(graph, prompt, Suite.model_construct()),
        "3d": lambda: compbench_rules._depth(graph, "a dog in front of a bench", ("dog", "bench"), "published"),
    }
    with pytest.raises(Unscored, match="gives no boxes"):
        rules[scorer]()


def test_people_and_ships_are_counted_by_the_names_that_they_were_found_under() -> None:
    boys = tuple(Entity(id=f"b{n}", category="boy", box=(40.0 * n, 0.0, 40.0 * n + 30, 30.0)) for n in range(2))
    asked = SceneGraph(entities=(Entity(id="a", category="boy", count=2),))
    prompt = Prompt(id="p", text="two boys", graph=asked, tags=("numeracy",), group="p")
    assert compbench_rules._counted(SceneGraph(entities=boys), prompt) == {"numeracy": 1.0}


def test_a_run_with_synthetic_needs_no_detector_and_gives_the_known_score(tmp_path: Path) -> None:
    suite = load("geneval", FIXTURES / "geneval.jsonl")
    run = evaluate(suite, "synthetic", seeds=[0], out=tmp_path / "run")
    assert run.summary["extractor"]["name"] == "written"
    assert run.summary["coverage"] == {"planned": 5, "ok": 5, "error": 0, "unscored": 0}
    assert run.summary["metrics"]["geneval.overall"]["mean"] == run.summary["metrics"]["all_correct"]["mean"] == 1.0
    assert run.summary["by_tag"]["position"]["geneval.correct"]["mean"] == 1.0
    assert json.loads((tmp_path / "run" / "summary.json").read_text()) == run.summary


def test_a_reading_without_the_own_side_that_is_asked_for_is_wrong() -> None:
    things = (Entity(id="a", category="cup"), Entity(id="b", category="dog"))
    boxes: Any = {"a": (0, 20, 10, 30), "b": (40, 20, 50, 30)}
    seen = tuple(e.model_copy(update={"box": boxes[e.id]}) for e in things)
    own = Relation(subject="a", predicate="left of", object="b", frame="object")
    asked = Prompt(
        id="p", text="a cup on the dog's left", graph=SceneGraph(entities=things, relations=(own,)), group="g"
    )
    suite = Suite(name="s", version="1", world="photo", split="test", prompts=(asked,))
    viewer = own.model_copy(update={"frame": "viewer"})

    def all_correct(*relations: Relation) -> float | None:
        found: Scores = resolve("graph")(SceneGraph(entities=seen, relations=relations), asked, suite)
        return found.values["all_correct"]

    other = own.model_copy(update={"predicate": "right of"})
    assert [all_correct(*seen) for seen in ((), (viewer,), (other,), (own,))] == [0.0, 0.0, 0.0, 1.0]
