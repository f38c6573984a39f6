"""From a LAION-SG file to a row of RL-RIG's table: drawn, read by a VLM in both of its modes, scored, printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from rlrig_eval import evaluate
from rlrig_eval.report.paper import load_paper, paper_tables
from rlrig_eval.report.render import render_tables
from rlrig_eval.report.table import Estimate
from rlrig_eval.suite import load
from tests.judges import server
from tests.report.latex import faults

FILE = Path(__file__).parents[1] / "suite" / "fixtures" / "laion_sg.json"
"""One record: an old tall tree behind a barn, and leaning on it."""

NAMES = {"scene_graph": [["tree", "behind", "barn"]], "object_list": ["tree", "barn"], "predicate_list": ["behind"]}
INSTANCES = {
    "things": [
        {"id": "t", "category": "tree", "attributes": ["old", "tall"]},
        {"id": "b", "category": "barn", "attributes": []},
    ],
    "relations": [{"subject": "t", "predicate": "behind", "objects": ["b"]}],
}
NOTHING = {"things": [], "relations": []}


def answers(mode: str) -> server.Answer:
    """Sees the tree behind the barn, not that it leans on it; in strict mode it is asked of an empty picture last."""
    replies = iter([NAMES] if mode == "published" else [INSTANCES, NOTHING])
    return lambda asked: server.completion(json.dumps(next(replies)))


@pytest.fixture(params=["published", "strict"])
def measured(request: pytest.FixtureRequest, httpserver: HTTPServer, tmp_path: Path) -> tuple[str, Path]:
    mode: str = request.param
    server.serve(httpserver, answers(mode))
    asked: dict[str, Any] = {
        "model": "org/vlm", "base_url": httpserver.url_for("/v1"), "cache": "off", "concurrency": 1, "mode": mode,
    }  # fmt: skip
    run = evaluate(load("laion-sg", FILE), "synthetic", extractor="vlm", extractor_options=asked, out=tmp_path / "run")
    assert run.summary["coverage"]["ok"] == 1
    return mode, run.folder


def test_spatial_triples_are_scored_apart_and_stand_beside_the_published_figures(measured: tuple[str, Path]) -> None:
    mode, folder = measured
    (table,) = paper_tables(load_paper("rl-rig"), [folder])
    row = next(row for row in table.records() if row["system"] == "synthetic")
    value = {name: cell.mean for name, cell in row.items() if isinstance(cell, Estimate)}
    assert (value["measured.sg_iou"], value["measured.spatial"], value["measured.other"]) == (0.5, 1.0, 0.0)
    assert row["published.sg_iou"] is None
    assert "1/1 scored, read by vlm" in str(row["how"])
    assert f"mode {mode}" in str(row["how"])
    assert faults(render_tables([table], "tex")) == []
