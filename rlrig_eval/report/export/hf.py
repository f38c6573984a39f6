"""A data set for the Hugging Face Hub: parquet with the pictures in it, and a card that `load_dataset` reads.

`datasets.load_dataset("path/to/folder")` loads it as it lies; uploaded as it lies, so does the Hub.
"""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from rlrig_eval.atomic import replace_text
from rlrig_eval.report.record import Record, records
from rlrig_eval.runs.opened import Opened

BATCH = 100
"""Rows of a parquet row group: so many pictures are in memory at once."""


def write(run: Opened, folder: Path) -> list[Path]:
    """``data/<split>-00000-of-00001.parquet`` and ``README.md``."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Features, Image, List, Value

    columns = _scored(run)
    text, number = Value("string"), Value("float64")
    features = Features(
        {
            "id": text,
            "prompt_id": text,
            "prompt": text,
            "seed": Value("int64"),
            "group": text,
            "tags": List(text),
            "image": Image(),
            "status": text,
            "reason": text,
            "expected_graph": text,
            "read_graph": text,
            "satisfied": text,
            "seconds": number,
            "cost": text,
            **dict.fromkeys(columns, number),
        }
    )
    path, card = folder / "data" / f"{_split(run)}-00000-of-00001.parquet", folder / "README.md"
    path.parent.mkdir(exist_ok=True)
    schema = features.arrow_schema  # with the metadata by which `load_dataset` knows a picture from bytes
    rows = (_row(record, columns) for record in records(run))
    with pq.ParquetWriter(path, schema) as parquet:
        while batch := list(islice(rows, BATCH)):
            parquet.write_table(pa.Table.from_pylist(batch, schema=schema))
    replace_text(card, _card(run, len(run.samples)))
    return [path, card]


def _scored(run: Opened) -> list[str]:
    """The metrics of single pictures: all but those, such as pair accuracy, that take more than one."""
    seen = {name for record in records(run) for name in record.values}
    return [metric for metric in sorted(run.prompt_scores) if metric in seen]


def _row(record: Record, columns: list[str]) -> dict[str, Any]:
    image = record.image
    there = image is not None and image.is_file()
    return {
        "id": record.id,
        "prompt_id": record.prompt.id,
        "prompt": record.prompt.text,
        "seed": record.seed,
        "group": record.prompt.group,
        "tags": list(record.prompt.tags),
        "image": {"bytes": image.read_bytes(), "path": image.name} if image is not None and there else None,
        "status": record.status,
        "reason": record.reason,
        "expected_graph": record.prompt.graph.model_dump_json(exclude_defaults=True),
        "read_graph": json.dumps(record.read) if record.read else None,
        "satisfied": json.dumps(record.satisfied) if record.satisfied else None,
        "seconds": record.seconds,
        "cost": json.dumps(record.cost),
        **{column: record.values.get(column) for column in columns},
    }


def _split(run: Opened) -> str:
    """The split under a name that `datasets` takes: it knows no hyphens."""
    return run.suite.split.replace("-", "_")


def _card(run: Opened, samples: int) -> str:
    config, split = run.config, _split(run)
    front = {
        "task_categories": ["text-to-image"],
        "tags": ["evaluation", "spatial-reasoning", "rlrig-eval"],
        "configs": [{"config_name": "default", "data_files": [{"split": split, "path": f"data/{split}-*"}]}],
    }
    settings = yaml.safe_dump(config.settings or {}, sort_keys=True, allow_unicode=True)
    seeds = ", ".join(map(str, config.protocol.seeds))
    return f"""---
{yaml.safe_dump(front, sort_keys=False)}---

# {config.model.name} on {run.suite.name} {run.suite.version} ({split})

{samples} pictures drawn and scored by RL-RIG Eval {config.provenance.packages.get("rlrig-eval", "")}: seeds {seeds},
prompt variant {config.protocol.variant}, read by {config.extractor.name} {config.extractor.version}.
Suite sha256 {config.suite.sha256}.

A picture that failed has `status` error and no score; one that could not be read is unscored. Neither is a zero.
`expected_graph`, `read_graph`, `satisfied` (requirement id to verdict) and `cost` are JSON.

```yaml
{settings}```
"""
