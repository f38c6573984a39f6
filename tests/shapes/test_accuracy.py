"""The accuracy report counts what it says it counts, and its command writes the same figures twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rlrig_eval.scene import SceneGraph
from rlrig_eval.shapes import truth
from rlrig_eval.shapes.accuracy import TARGETS, compare
from rlrig_eval.shapes.damage import DAMAGES
from tests.shapes.scenes import scene, thing

REPORT = Path(__file__).parents[2] / "reports" / "shapes-read.json"
LEFT = thing("a", "red", "circle", (4, 20, 18, 34))
RIGHT = thing("b", "blue", "square", (30, 20, 54, 44))
GOLD = truth(scene(LEFT, RIGHT))  # a left of b, b bigger than a


def test_the_truth_is_all_right() -> None:
    tally = compare(GOLD, GOLD)
    assert tally.row("entity") == {"precision": 1, "recall": 1, "f1": 1, "drawn": 2}
    assert tally.row("relation")["f1"] == 1


def test_names_and_order_of_the_things_do_not_matter() -> None:
    swapped = truth(scene(RIGHT.model_copy(update={"id": "x"}), LEFT.model_copy(update={"id": "y"})))
    assert compare(GOLD, swapped) == compare(GOLD, GOLD)


@pytest.mark.parametrize(
    "wrong",
    [
        thing("a", "green", "circle", LEFT.box),
        thing("a", "red", "ring", LEFT.box),
        thing("a", "red", "circle", (4, 20, 28, 44)),  # large
        thing("a", "red", "circle", (4, 40, 18, 54)),  # elsewhere
    ],
    ids=["colour", "shape", "size", "place"],
)
def test_a_thing_misread_costs_it_and_its_relations(wrong) -> None:
    tally = compare(GOLD, truth(scene(wrong, RIGHT)))
    assert tally.row("entity") == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "drawn": 2}
    assert tally.row("relation")["recall"] == 0


def test_an_invented_thing_costs_precision_alone() -> None:
    tally = compare(GOLD, truth(scene(LEFT, RIGHT, thing("c", "black", "star", (4, 44, 18, 58)))))
    assert tally.row("entity")["precision"] == pytest.approx(2 / 3)
    assert tally.row("entity")["recall"] == 1
    assert tally.row("shape", "star") == {"precision": 0, "recall": None, "f1": 0, "drawn": 0}


def test_a_missing_relation_costs_its_predicate_alone() -> None:
    kept = tuple(relation for relation in GOLD.relations if relation.predicate != "left of")
    tally = compare(GOLD, GOLD.model_copy(update={"relations": kept}))
    assert tally.row("entity")["f1"] == 1
    assert tally.row("predicate", "left of")["recall"] == 0
    assert tally.row("predicate", "bigger than")["f1"] == 1


def test_a_refused_drawing_is_a_drawing_of_nothing() -> None:
    tally = compare(GOLD, SceneGraph())
    assert tally.row("entity") == {"precision": None, "recall": 0, "f1": 0, "drawn": 2}


def test_the_command_writes_the_same_figures_for_any_number_of_processes(tmp_path: Path) -> None:
    for workers in ("1", "2"):
        command = [sys.executable, "-m", "rlrig_eval.shapes.accuracy", "--scenes", "4", "--seed", "1"]
        subprocess.run([*command, "--workers", workers, "--out", tmp_path / workers], check=True, capture_output=True)
    one, two = (json.loads((tmp_path / f"{workers}.json").read_text()) for workers in ("1", "2"))
    assert {**one, "command": ""} == {**two, "command": ""}
    assert set(one["damages"]) == set(DAMAGES)
    assert "| as drawn, 64 x 64 | " in (tmp_path / "1.md").read_text()


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_committed_report_meets_the_targets(damage: str) -> None:
    report = json.loads(REPORT.read_text())
    measured = report["damages"][damage]
    assert report["scenes"] == 5000
    assert min(measured["entity"]["f1"], measured["relation"]["f1"]) >= TARGETS[damage]
    assert min(row["f1"] for row in measured["by_predicate"].values()) >= TARGETS[damage]
