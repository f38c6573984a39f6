"""The default extractor: reads drawings, refuses the rest, and is found by name, file and world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rlrig_eval import evaluate, shapes
from rlrig_eval.errors import UsageError
from rlrig_eval.extract import Unscored, Words, build, default_for, names
from tests.runs import tiny

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))

BLIND = """
from rlrig_eval.scene import SceneGraph
class Blind:
    name, version = "blind", "3"
    def extract(self, image):
        if image.size != (64, 64):
            raise ValueError("too big")
        return SceneGraph()
"""


def test_it_reads_what_was_drawn() -> None:
    scene = shapes.sample(np.random.default_rng(4), entities=3)
    read = build("shapes").extract(shapes.draw(scene))
    assert sorted(e.category for e in read.entities) == sorted(e.category for e in scene.entities)


@pytest.mark.parametrize("image", [NOISE, Image.new("RGB", (64, 64)), Image.new("RGB", (64, 32))])
def test_it_refuses_what_is_no_drawing(image: Image.Image) -> None:
    with pytest.raises(Unscored, match="not a shapes drawing"):
        build("shapes").extract(image)


def test_whose_own_left_it_is_no_drawing_says_and_coverage_shows_it(tmp_path: Path) -> None:
    first, second, *_ = tiny.suite().prompts
    (side,) = first.graph.relations
    own = first.graph.model_copy(update={"relations": (side.model_copy(update={"frame": "object"}),)})
    asked = (first.model_copy(update={"graph": own, "twin": None}), second.model_copy(update={"twin": None}))
    suite = tiny.suite().model_copy(update={"prompts": asked})
    run = evaluate(suite, "synthetic", extractor="shapes", seeds=[0], out=tmp_path / "run")
    assert run.summary["coverage"] == {"planned": 2, "ok": 1, "error": 0, "unscored": 1}
    assert run.summary["metrics"]["all_correct"]["n"] == 1
    with pytest.raises(Unscored, match="no shape has a left and a right of its own"):
        build("shapes").extract_worded(shapes.draw(shapes.sample(np.random.default_rng(4), entities=3)), Words.of(own))


def test_the_world_of_a_suite_names_its_extractor() -> None:
    assert default_for("shapes") == "shapes"
    assert default_for("photo") == "detector"
    assert {"shapes", "detector", "vlm"} <= set(names())
    with pytest.raises(UsageError, match="no extractor reads pictures of world 'clay'"):
        default_for("clay")


def test_an_extractor_in_a_file_needs_no_more_than_a_path(tmp_path: Path) -> None:
    (tmp_path / "blind.py").write_text(BLIND)
    source = f"{tmp_path / 'blind.py'}:Blind"
    run = evaluate(tiny.suite(), "synthetic", extractor=source, limit=4, out=tmp_path / "run")
    assert run.summary["extractor"] == {"name": "blind", "version": "3"}
    assert run.summary["metrics"]["all_correct"]["mean"] == 0.0


def test_an_extractor_that_throws_makes_errors_and_no_scores(tmp_path: Path) -> None:
    (tmp_path / "blind.py").write_text(BLIND.replace("(64, 64)", "(1, 1)"))
    run = evaluate(tiny.suite(), "synthetic", extractor=f"{tmp_path / 'blind.py'}:Blind", limit=4, out=tmp_path / "run")
    assert run.summary["coverage"] == {"planned": 4, "ok": 0, "error": 4, "unscored": 0}
    assert run.summary["metrics"]["all_correct"]["n"] == 0
