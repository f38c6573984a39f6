"""A record of every-eval-ever (evaleval/every_eval_ever): an aggregate document and its instance-level rows.

Written without that project's package, after its ``eval.schema.json`` and ``instance_level_eval.schema.json``, both of
version 0.3.0. A metric whose mean is unknown has no entry there, for a score must be a number. Who deployed the model
and whether its weights are open, a run does not say: unknown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from rlrig_eval import __version__
from rlrig_eval.atomic import replace_json, replace_text
from rlrig_eval.report.record import Record, records
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs.compare import PRIMARY
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.summary import summarise

SCHEMA = "0.3.0"


def write(run: Opened, folder: Path) -> list[Path]:
    """``data/<suite>/<developer>/<model>/<run id>.json``, as that data base is laid out, and ``…_samples.jsonl``."""
    made = list(records(run))
    rows = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in instances(run, made))
    developer, _, model = _model(run).partition("/")
    stem = Path("data", run.config.suite.name, developer, model.replace("/", "_"), str(UUID(run.config.run_id)))
    document, lines = folder / stem.with_suffix(".json"), folder / f"{stem}_samples.jsonl"
    replace_text(lines, rows)
    details = {
        "format": "jsonl",
        "file_path": f"{stem.as_posix()}_samples.jsonl",
        "hash_algorithm": "sha256",
        "checksum": hashlib.sha256(rows.encode()).hexdigest(),
        "total_rows": rows.count("\n"),
    }
    replace_json(document, aggregate(run) | {"detailed_evaluation_results": details})
    return [document, lines]


def aggregate(run: Opened) -> dict[str, Any]:
    """The document without its reference to the rows."""
    config = run.config
    summary = summarise(config, run.samples, run.rows, run.scores)
    settings = config.settings or {}
    return {
        "schema_version": SCHEMA,
        "evaluation_id": _id(run),
        "evaluation_timestamp": config.provenance.started,
        "retrieved_timestamp": _epoch(run),
        "source_metadata": {
            "source_name": "RL-RIG Eval",
            "source_type": "evaluation_run",
            "source_organization_name": "unknown",
            "evaluator_relationship": "other",
            "additional_details": {"coverage": json.dumps(summary["coverage"]), "cost": json.dumps(summary["cost"])},
        },
        "eval_library": {
            "name": "rlrig-eval",
            "version": config.provenance.packages.get("rlrig-eval", __version__),
            "additional_details": {"extractor": f"{config.extractor.name} {config.extractor.version}"},
        },
        "model_info": {
            "name": config.model.name,
            "id": _model(run),
            "additional_details": {
                **{key: json.dumps(value) for key, value in settings.items()},
                "deployment_type": "unknown",
                "model_availability": "unknown",
            },
        },
        "evaluation_results": [
            one
            for tag, by_name in ({"": summary["metrics"]} | summary["by_tag"]).items()
            for name, found in by_name.items()
            if (one := _result(run, tag, name, Estimate.model_validate(found))) is not None
        ],
    }


def _result(run: Opened, tag: str, metric: str, found: Estimate) -> dict[str, Any] | None:
    if found.mean is None:
        return None
    lower, upper = found.ci95
    uncertainty: dict[str, Any] = {"num_samples": found.n}
    if lower is not None and upper is not None:
        uncertainty["confidence_interval"] = {
            "lower": lower,
            "upper": upper,
            "confidence_level": 0.95,
            "method": "bootstrap (BCa) over groups of prompts",
        }
    suite = run.config.suite
    # Ours lie in [0, 1]; a scorer of one's own does not say where its scores lie, but they lie where they were seen.
    seen = [score for score in run.prompt_scores.get(metric, {}).values() if score is not None]
    return {
        "evaluation_name": "/".join(filter(None, [suite.name, tag, metric])),
        "source_data": {
            "source_type": "other",
            "dataset_name": suite.name,
            "additional_details": {"version": suite.version, "split": suite.split, "sha256": suite.sha256},
        },
        "metric_config": {
            "evaluation_description": metric,
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": min([0, *seen]),
            "max_score": max([1, *seen]),
        },
        "score_details": {"score": found.mean, "uncertainty": uncertainty},
        "generation_config": {
            "additional_details": {
                "seeds": json.dumps(list(run.config.protocol.seeds)),
                "prompt_variant": run.config.protocol.variant,
            }
        },
    }


def instances(run: Opened, made: list[Record]) -> Iterator[dict[str, Any]]:
    """A row for each picture that has a score in the primary endpoint; the aggregate's coverage counts the others."""
    for record in made:
        score = record.values.get(PRIMARY)
        if score is None:
            continue
        reference = record.prompt.graph.model_dump_json(exclude_defaults=True)
        read = json.dumps(record.read)
        yield {
            "schema_version": SCHEMA,
            "evaluation_id": _id(run),
            "model_id": _model(run),
            "evaluation_name": f"{run.config.suite.name}/{PRIMARY}",
            "sample_id": record.id,
            "sample_hash": hashlib.sha256((record.prompt.text + reference).encode()).hexdigest(),
            "interaction_type": "single_turn",
            "input": {"raw": record.prompt.text, "reference": [reference]},
            "output": {"raw": [record.image.name if record.image is not None else ""]},
            "messages": None,
            "answer_attribution": [
                {
                    "turn_idx": 0,
                    "source": "output.raw",
                    "extracted_value": read,
                    "extraction_method": f"{run.config.extractor.name} {run.config.extractor.version}",
                    "is_terminal": True,
                }
            ],
            "evaluation": {"score": score, "is_correct": score == 1.0},
            "performance": {"generation_time_ms": None if record.seconds is None else 1000.0 * record.seconds},
            "metadata": {
                "group": record.prompt.group,
                "seed": str(record.seed),
                "tags": json.dumps(record.prompt.tags),
            },
        }


def _model(run: Opened) -> str:
    """The schema wants developer/model; for a model of this harness the developer is it."""
    name = run.config.model.name
    return name if "/" in name else f"rlrig-eval/{name}"


def _id(run: Opened) -> str:
    return f"{run.config.suite.name}/{_model(run).replace('/', '_')}/{_epoch(run)}"


def _epoch(run: Opened) -> str:
    """Seconds since 1970 of the run's start; 0 where it did not note it."""
    started = run.config.provenance.started
    return f"{datetime.fromisoformat(started).timestamp():.0f}" if started else "0"
