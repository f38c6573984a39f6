"""What a benchmark leaves behind: a JSON file with the command, and where and when it ran."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from benchmarks.measure import Result
from rlrig_eval.atomic import replace_text
from rlrig_eval.runs.config import Provenance
from rlrig_eval.runs.provenance import provenance
from rlrig_eval.scene.graph import Frozen

RESULTS = Path(__file__).with_name("results")


class Record(Frozen):
    """The content of ``results/<benchmark>.json``. `load` is the machine's load average of a minute."""

    schema_version: Literal[1] = Field(default=1, alias="schema")
    benchmark: str
    command: str
    cpu: str
    load: float
    provenance: Provenance
    results: tuple[Result, ...] = Field(min_length=1)


def record(benchmark: str, results: Sequence[Result]) -> Record:
    """`results` with the machine and the code that they were measured on."""
    return Record(
        benchmark=benchmark,
        command=f"python -m benchmarks {benchmark}",
        cpu=_cpu(),
        load=round(os.getloadavg()[0], 2),
        provenance=provenance(),
        results=tuple(results),
    )


def write(made: Record, folder: Path) -> Path:
    """The file written."""
    path = folder / f"{made.benchmark}.json"
    replace_text(path, made.model_dump_json(by_alias=True, indent=2) + "\n")
    return path


def _cpu() -> str:
    """The processor's name, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
