"""Runs in the formats of others, read back by those who own the format where they are installed, and by its rules.

Neither of the two is a dependency: RLRIG_INSPECT_PYTHON names a Python that has inspect_ai, RLRIG_EEE_PYTHON one that
has every_eval_ever and jsonschema; without them their tests are skipped.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import math
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from benchmarks.judging import INSPECT
from rlrig_eval import results
from rlrig_eval.atomic import replace_json
from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.report.export import FORMATS, export
from rlrig_eval.report.record import records
from rlrig_eval.runs import open_run
from rlrig_eval.runs.baseline import Rule, baseline_of
from rlrig_eval.runs.rescore import rescore
from rlrig_eval.runs.summary import metric_name
from tests.report.contestants import BROKEN, UNREADABLE


@pytest.fixture(scope="module")
def made(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """The single-pass run, with its error and its unreadable picture, in every format."""
    root = tmp_path_factory.mktemp("export")
    return {to: export(runs[0], to, root / to) for to in FORMATS}


EEE = "RLRIG_EEE_PYTHON"


def elsewhere(variable: str, script: str, *arguments: Path) -> Any:
    """The JSON that a script prints, run by the Python that an environment variable names."""
    python = os.environ.get(variable)
    if python is None:
        pytest.skip(f"{variable} names no Python")
    command = [python, "-I", "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def scored(folder: Path) -> dict[str, dict]:
    lines = (folder / "scores" / "graph.jsonl").read_text().splitlines()
    return {row["id"]: row["values"] for row in map(json.loads, lines) if row["status"] == "ok"}


class TestHuggingFace:
    def test_load_dataset_reads_the_folder_as_it_lies(self, made, runs: list[Path], tmp_path: Path) -> None:
        from datasets import load_dataset, utils

        utils.logging.disable_progress_bar()
        rows = load_dataset(str(made["hf"][1].parent), split="test", cache_dir=str(tmp_path))
        by_id = {row["id"]: row for row in rows}
        expected = {record.id: record for record in records(open_run(runs[0]))}
        assert by_id.keys() == expected.keys()
        assert len(rows) == 8
        for id_, row in by_id.items():
            record = expected[id_]
            assert (row["prompt"], row["status"], row["tags"]) == (
                record.prompt.text,
                record.status,
                list(record.prompt.tags),
            )
            assert row["all_correct"] == scored(runs[0]).get(id_, {}).get("all_correct")
            if record.image is not None:
                assert row["image"].convert("RGB").tobytes() == Image.open(record.image).convert("RGB").tobytes()
        assert by_id[f"{BROKEN}#s0"]["image"] is None
        assert by_id[f"{BROKEN}#s0"]["reason"] == "out of paint"
        assert by_id[f"{UNREADABLE}#s0"]["status"] == "unscored"
        assert "pair_accuracy" not in rows.column_names  # it is of two pictures


@pytest.fixture(scope="module")
def log(made) -> dict:
    return json.loads(made["inspect"][0].read_text())


READ_LOG = """
import json, sys
from inspect_ai.log import read_eval_log

log = read_eval_log(sys.argv[1])
print(json.dumps({
    "status": log.status,
    "means": {one.name: one.metrics["mean"].value for one in log.results.scores},
    "values": {one.id: {name: score.value for name, score in one.scores.items()} for one in log.samples},
    "errors": {one.id: one.error.message for one in log.samples if one.error is not None},
    "pictures": {
        one.id: [part.image for part in one.output.choices[0].message.content]
        for one in log.samples
        if not isinstance(one.output.choices[0].message.content, str)
    },
}))
"""


class TestInspect:
    def test_inspect_reads_back_what_was_written(self, made, log: dict, runs: list[Path]) -> None:
        read = elsewhere(INSPECT, READ_LOG, made["inspect"][0])
        assert read["status"] == "success"
        metrics = json.loads((runs[0] / "summary.json").read_text())["metrics"]
        assert read["means"] == {name: one["mean"] for name, one in metrics.items() if one["mean"] is not None}
        samples = {one["id"]: one for one in log["samples"]}
        assert read["values"].keys() == samples.keys()
        for id_, values in scored(runs[0]).items():
            assert read["values"][id_.split("#")[0]] == {k: v for k, v in values.items() if v is not None}
        assert read["errors"] == {BROKEN: "out of paint"}
        assert read["pictures"].keys() == samples.keys() - {BROKEN}
        for id_, (picture,) in read["pictures"].items():
            assert picture == samples[id_]["output"]["choices"][0]["message"]["content"][0]["image"]

    def test_the_scores_are_those_of_the_summary(self, log: dict, runs: list[Path]) -> None:
        metrics = json.loads((runs[0] / "summary.json").read_text())["metrics"]
        told = {one["name"]: one["metrics"]["mean"]["value"] for one in log["results"]["scores"]}
        assert told == {name: one["mean"] for name, one in metrics.items() if one["mean"] is not None}
        (primary,) = (one for one in log["results"]["scores"] if one["name"] == "all_correct")
        assert (primary["scored_samples"], primary["unscored_samples"]) == (6, 2)

    def test_a_sample_has_its_picture_its_scores_and_its_trouble(self, log: dict, runs: list[Path]) -> None:
        samples = {one["id"]: one for one in log["samples"]}
        for id_, values in scored(runs[0]).items():
            sample = samples[id_.split("#")[0]]
            assert {name: one["value"] for name, one in sample["scores"].items()} == {
                name: value for name, value in values.items() if value is not None
            }
            (picture,) = sample["output"]["choices"][0]["message"]["content"]
            kind, _, content = picture["image"].partition(",")
            assert kind == "data:image/png;base64"
            assert Image.open(io.BytesIO(base64.b64decode(content))).size == (64, 64)
        assert samples[BROKEN]["error"]["message"] == "out of paint"
        assert samples[BROKEN]["scores"] == samples[UNREADABLE]["scores"] == {}
        assert "error" not in samples[UNREADABLE]


BY_SCHEMA = """
import json, sys
from importlib.util import find_spec
from pathlib import Path
from jsonschema.validators import validator_for

def checked(name, text):
    schema = json.loads((schemas / f"{name}.schema.json").read_text())
    kind = validator_for(schema)
    return [f"{name}: {fault.json_path}: {fault.message}" for fault in kind(schema).iter_errors(json.loads(text))]

schemas = Path(find_spec("every_eval_ever").origin).parent / "schemas"
document, lines = map(Path, sys.argv[1:])
rows = lines.read_text().splitlines()
faults = checked("eval", document.read_text()) + [f for row in rows for f in checked("instance_level_eval", row)]
empty = checked("eval", "{}") and checked("instance_level_eval", "{}")
print(json.dumps({"faults": faults, "rows": len(rows), "an empty document is refused": bool(empty)}))
"""


class TestEveryEvalEver:
    def test_its_own_schemas_accept_it(self, made, runs: list[Path]) -> None:
        found = elsewhere(EEE, BY_SCHEMA, *made["every-eval-ever"])
        assert found == {"faults": [], "rows": len(scored(runs[0])), "an empty document is refused": True}

    def test_the_results_are_those_of_the_summary(self, made, runs: list[Path]) -> None:
        document = json.loads(made["every-eval-ever"][0].read_text())
        summary = json.loads((runs[0] / "summary.json").read_text())
        found = {one["evaluation_name"]: one for one in document["evaluation_results"]}
        known = {name: one for name, one in summary["metrics"].items() if one["mean"] is not None}
        for name, one in known.items():
            told = found[f"tiny/{name}"]["score_details"]
            assert told["score"] == one["mean"]
            bounds = told["uncertainty"].get("confidence_interval", {})
            assert [bounds.get("lower"), bounds.get("upper")] == one["ci95"]
        assert {name for name in found if name.count("/") == 1} == {f"tiny/{name}" for name in known}
        assert "tiny/pair/all_correct" in found

    def test_the_rows_are_named_counted_and_hashed(self, made, runs: list[Path]) -> None:
        document, lines = made["every-eval-ever"]
        aggregate, rows = (
            json.loads(document.read_text()),
            [json.loads(line) for line in lines.read_text().splitlines()],
        )
        told = aggregate["detailed_evaluation_results"]
        assert lines.as_posix().endswith(f"/{told['file_path']}")
        assert told["file_path"].startswith("data/tiny/rlrig-eval/single/")
        assert told["total_rows"] == len(rows)
        assert told["checksum"] == hashlib.sha256(lines.read_bytes()).hexdigest()
        assert {row["evaluation_id"] for row in rows} == {aggregate["evaluation_id"]}
        scores = {row["sample_id"]: row["evaluation"]["score"] for row in rows}
        assert scores == {id_: values["all_correct"] for id_, values in scored(runs[0]).items()}


RANGES = {"all_correct": (0, 1), "far.x": (0, 12), "far.y": (-3, 1)}


def test_a_scorer_of_one_s_own_widens_the_range_that_is_told(runs: list[Path], tmp_path: Path) -> None:
    out, scorer = shutil.copytree(runs[1], tmp_path / "run"), tmp_path / "mine.py"
    scorer.write_text("from rlrig_eval.runs import Scores\ndef far(*_):\n    return Scores({'x': 12.0, 'y': -3.0})\n")
    rescore(out, scorer=f"{scorer}:far")
    told = json.loads(export(out, "every-eval-ever", tmp_path / "out")[0].read_text())["evaluation_results"]
    ranges = {one["evaluation_name"]: one["metric_config"] for one in told}
    found = {name: (ranges[f"tiny/{name}"]["min_score"], ranges[f"tiny/{name}"]["max_score"]) for name in RANGES}
    assert found == RANGES


def test_an_unknown_format_and_an_unfinished_run(runs: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'inspect'"):
        export(runs[0], "inspekt")
    with pytest.raises(UsageError, match="not a run folder"):
        export(tmp_path, "hf")


def test_a_picture_that_is_none_is_named(runs: list[Path], tmp_path: Path) -> None:
    out = shutil.copytree(runs[1], tmp_path / "run")
    (out / "images" / "p000_0.png").write_text("no picture")
    with pytest.raises(UnreadableFile, match=r"images/p000_0\.png: no readable picture"):
        export(out, "inspect", tmp_path / "out")


def test_a_value_has_the_name_that_its_summary_gives_it() -> None:
    assert metric_name("judge.panel", "kappa") == "judge.panel.kappa"


@pytest.fixture(scope="module")
def repository(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    for folder in runs[1:]:
        made = baseline_of(open_run(folder), Rule(metric="all_correct", delta=0.05, least_n=1))
        replace_json(root / f"{made.model}.json", made.model_dump(mode="json", by_alias=True))
    return root


class TestResults:
    def test_metrics_are_those_of_the_summaries(self, runs: list[Path], repository: Path) -> None:
        frame = results.metrics([runs[0], repository])
        assert set(frame["run"]) == {"single", "best-of-n", "loop"}
        for label, folder in zip(("single", "best-of-n", "loop"), runs, strict=True):
            summary = json.loads((folder / "summary.json").read_text())["metrics"]["all_correct"]
            of_run = frame[(frame["run"] == label) & (frame["tag"] == "") & (frame["metric"] == "all_correct")]
            (row,) = of_run.to_dict("records")
            assert [row["mean"], [row["lo"], row["hi"]], row["n"]] == [summary["mean"], summary["ci95"], summary["n"]]
        assert set(frame[(frame["tag"] == "pair") & (frame["metric"] == "all_correct")]["run"]) == set(frame["run"])

    def test_prompts_are_scored_or_nan(self, runs: list[Path], repository: Path) -> None:
        frame = results.prompts([runs[0], repository]).set_index(["run", "prompt"])
        assert len(frame) == 24
        assert math.isnan(frame.loc[("single", BROKEN), "all_correct"])
        assert frame["all_correct"].dtype == "float64"
        assert frame.loc[("loop", "p000"), "group"] == "g0"
        expected = open_run(runs[2]).prompt_scores["sg_iou"]
        told = frame.loc["loop", "sg_iou"]
        assert {p: told[p] for p in expected} == pytest.approx(expected, nan_ok=True)

    def test_samples_are_of_run_folders_alone(self, runs: list[Path], repository: Path) -> None:
        frame = results.samples(runs[0]).set_index("sample")
        assert frame.loc[f"{BROKEN}#s0", "status"] == "error"
        assert frame["all_correct"].notna().sum() == 6
        assert Path(frame.loc["p000#s0", "image"]).is_file()
        assert results.samples(runs[2])["cost.images"].min() >= 1.0
        with pytest.raises(UsageError, match="a baseline file has no pictures"):
            results.samples(repository)
