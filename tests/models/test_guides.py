"""The guides are true: what they print works from a file and as an entry point, in as few lines as promised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlrig_eval import evaluate, models
from rlrig_eval.errors import Exit, UsageError
from rlrig_eval.runs import scorers
from rlrig_eval.runs.latest import read_samples, read_scores
from rlrig_eval.runs.rescore import rescore
from tests.models import guide
from tests.runs import tiny

SUITE = tiny.suite()
MODEL = guide.block("adding-a-model.md", "python")
SCORER = guide.block("adding-a-scorer.md", "python")


@pytest.mark.parametrize(("source", "limit"), [(MODEL, 40), (SCORER, 30)], ids=["model", "metric"])
def test_it_is_as_short_as_promised(source: str, limit: int) -> None:
    assert len(source.splitlines()) <= limit


def run_model(name: str, out: Path) -> None:
    run = evaluate(SUITE, name, options={"colour": "#ffffff"}, settings={"size": "64"}, limit=4, out=out)
    assert run.exit_code is Exit.OK
    assert run.summary["metrics"]["all_correct"]["mean"] == 0.0
    assert run.summary["settings"] == {"size": 64}
    assert read_samples(out)["p00#s0"].cost == {"images": 1.0, "denoiser_evals": 0.0}


def test_the_model_runs_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "wallpaper.py").write_text(MODEL)
    run_model(f"{tmp_path / 'wallpaper.py'}:Wallpaper", tmp_path / "run")


def test_the_model_runs_as_an_entry_point(site: Path, tmp_path: Path) -> None:
    guide.install(site, "wallpaper", MODEL, guide.block("adding-a-model.md", "toml"))
    assert "wallpaper" in models.names()
    run_model("wallpaper", tmp_path / "run")


def test_a_run_of_an_entry_point_goes_on_with_the_file_that_it_was_begun_with_alone(site: Path, tmp_path: Path) -> None:
    guide.install(site, "wallpaper", MODEL, guide.block("adding-a-model.md", "toml"))
    evaluate(SUITE, "wallpaper", limit=4, out=tmp_path / "run")
    (site / "my_package" / "wallpaper.py").write_text(f"{MODEL}\n# mended")
    with pytest.raises(UsageError, match=r"model\.source_sha256"):
        evaluate(SUITE, "wallpaper", limit=4, out=tmp_path / "run")
    recorded = tmp_path / "run" / "run.json"
    told = json.loads(recorded.read_text())
    del told["model"]["source_sha256"]  # from before it was kept
    recorded.write_text(json.dumps(told))
    assert evaluate(SUITE, "wallpaper", limit=4, out=tmp_path / "run").exit_code is Exit.OK


def test_a_size_that_it_does_not_keep_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "wallpaper.py").write_text(MODEL.replace("(side, side)", "(9, 9)"))
    run = evaluate(SUITE, f"{tmp_path / 'wallpaper.py'}:Wallpaper", limit=4, out=tmp_path / "run")
    assert run.summary["coverage"]["error"] == 4


def run_scorer(name: str, out: Path) -> None:
    evaluate(SUITE, "synthetic", limit=4, out=out)
    run = rescore(out, name)
    assert run.exit_code is Exit.OK
    assert run.summary["metrics"]["crowding.ratio"]["mean"] == 1.0
    assert run.summary["metrics"]["all_correct"]["mean"] == 1.0
    assert read_scores(out, "crowding")["p00#s0"].evidence == {"drawn": 2, "asked": 2}


def test_the_metric_scores_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "crowding.py").write_text(SCORER)
    run_scorer(f"{tmp_path / 'crowding.py'}:crowding", tmp_path / "run")


def test_the_metric_scores_as_an_entry_point(site: Path, tmp_path: Path) -> None:
    guide.install(site, "crowding", SCORER, guide.block("adding-a-scorer.md", "toml"))
    assert "crowding" in scorers.names()
    run_scorer("crowding", tmp_path / "run")
