"""A log of Inspect (inspect_ai), format version 2, as JSON: `inspect view` shows it, `read_eval_log` reads it.

Written without that library, after its `EvalLog` (UKGovernmentBEIS/inspect_ai: src/inspect_ai/log/_log.py). A sample's
seed is its epoch, counted from 1; its picture is the assistant's answer, inline. Every metric is a scorer with a mean.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from rlrig_eval.atomic import replace_json
from rlrig_eval.errors import UnreadableFile
from rlrig_eval.report.record import Record, records
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.summary import summarise

MIME = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def write(run: Opened, folder: Path) -> list[Path]:
    """``<suite>_<model>.json``."""
    path = folder / f"{run.suite.name}_{run.config.model.name}.json"
    replace_json(path, log(run))
    return [path]


def log(run: Opened) -> dict[str, Any]:
    """The document."""
    config = run.config
    how = config.provenance
    seeds = config.protocol.seeds
    made = list(records(run))
    model = f"rlrig-eval/{config.model.name}"
    started = how.started or "1970-01-01T00:00:00+00:00"
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": config.run_id,
            "run_id": config.run_id,
            "created": started,
            "task": f"{run.suite.name}-{run.suite.split}",
            "task_id": config.suite.sha256[:22],
            "task_version": run.suite.version,
            "dataset": {
                "name": run.suite.name,
                "samples": len({record.prompt.id for record in made}),
                "sample_ids": list(dict.fromkeys(record.prompt.id for record in made)),
                "shuffled": False,
            },
            "model": model,
            "model_args": {"options": config.model.options, "settings": config.settings or {}},
            "config": {"epochs": len(seeds), "epochs_reducer": ["mean"], "limit": config.limit},
            "packages": how.packages,
            "metadata": {
                "suite_sha256": config.suite.sha256,
                "protocol": config.protocol.model_dump(mode="json"),
                "extractor": {"name": config.extractor.name, "version": config.extractor.version},
                "commit": how.commit,
                "hardware": how.hardware,
            },
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": _results(run, made),
        "stats": {"started_at": started, "completed_at": started, "model_usage": {}},
        "samples": [_sample(record, seeds.index(record.seed) + 1, model) for record in made],
    }


def _results(run: Opened, made: list[Record]) -> dict[str, Any]:
    summary = summarise(run.config, run.samples, run.rows, run.scores)
    return {
        "total_samples": summary["coverage"]["planned"],
        "completed_samples": summary["coverage"]["planned"] - summary["coverage"]["error"],
        "scores": list(_scores(summary["metrics"], made)),
        "metadata": {"coverage": summary["coverage"], "cost": summary["cost"]},
    }


def _scores(metrics: dict[str, Any], made: list[Record]) -> Iterator[dict[str, Any]]:
    for name, found in metrics.items():
        if found["mean"] is None:
            continue  # a metric has a number in this format, and nothing is no zero
        scored = sum(record.values.get(name) is not None for record in made)
        lo, hi = found["ci95"]
        yield {
            "name": name,
            "scorer": name,
            "reducer": "mean",
            "scored_samples": scored,
            "unscored_samples": len(made) - scored,
            "metrics": {
                "mean": {
                    "name": "mean",
                    "value": found["mean"],
                    "metadata": {"ci95_lower": lo, "ci95_upper": hi, "prompts": found["n"]},
                }
            },
        }


def _sample(record: Record, epoch: int, model: str) -> dict[str, Any]:
    answer = {"role": "assistant", "source": "generate", "model": model, "content": _content(record)}
    failed = record.status == "error"
    sample: dict[str, Any] = {
        "id": record.prompt.id,
        "epoch": epoch,
        "input": record.prompt.text,
        "target": record.prompt.graph.model_dump_json(exclude_defaults=True),
        "messages": [{"role": "user", "source": "input", "content": record.prompt.text}, answer],
        "output": {"model": model, "choices": [{"message": answer, "stop_reason": "stop"}], "time": record.seconds},
        "scores": {
            name: {"value": value, "explanation": _missed(record)}
            for name, value in record.values.items()
            if value is not None
        },
        "metadata": {
            "seed": record.seed,
            "group": record.prompt.group,
            "tags": list(record.prompt.tags),
            "status": record.status,
            "reason": record.reason,
            "cost": dict(record.cost),
            "read_graph": record.read or None,
        },
    }
    if failed:
        sample["error"] = {"message": record.reason or "", "traceback": "", "traceback_ansi": ""}
    return sample


def _content(record: Record) -> str | list[dict[str, str]]:
    if record.image is None or not record.image.is_file():
        return record.reason or ""
    try:
        with Image.open(record.image) as image:
            mime = MIME.get(image.format or "", "image/png")
    except UnidentifiedImageError:
        raise UnreadableFile("no readable picture", path=record.image) from None
    coded = base64.b64encode(record.image.read_bytes()).decode()
    return [{"type": "image", "image": f"data:{mime};base64,{coded}"}]


def _missed(record: Record) -> str:
    missed = [name for name, held in record.satisfied.items() if not held]
    return f"not satisfied: {json.dumps(missed)}" if missed else ""
