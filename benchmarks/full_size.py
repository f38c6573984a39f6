"""python -m benchmarks.full_size: the loop of RL-RIG in the architectures of FLUX.1-dev, Kontext and Qwen2.5-VL-7B.

Random weights, so no download and no opinion on pictures: only time and memory. Without a GPU it says "not run".
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import checkpoint
from benchmarks.loop import inside, places, through_the_harness
from benchmarks.untrained import FULL, Architecture, system
from rlrig_eval import markdown
from rlrig_eval.atomic import replace_text
from rlrig_eval.markdown import fixed
from rlrig_eval.models import Drawn, Job
from rlrig_eval.models.rlrig import drawn_by
from rlrig_eval.runs.peak import watched
from rlrig_eval.runs.plan import Batch, plan
from rlrig_eval.runs.provenance import provenance
from rlrig_eval.suite import load

OVERHEAD, COMPACTION = 0.02, 2.0
"""What issue 7 promises: at most so much on top of the models, and at least so much more throughput."""


@dataclass(frozen=True)
class Asked:
    """How large the measurement is. `batches` are the batch sizes whose speed is compared, pictures a second."""

    architecture: Architecture = FULL
    sizes: tuple[int, ...] = (1024, 512)
    steps: int = 8
    prompts: int = 10
    batches: tuple[int, ...] = (1, 2, 4)
    device: str = "cuda"
    dtype: str = "bfloat16"


class Loop:
    """A pipeline that is already built, as a model of the harness; every batch begins the timetable anew."""

    def __init__(self, pipeline: Any, size: int) -> None:
        self.pipeline, self.settings = pipeline, {"size": size}

    def generate(self, jobs: Sequence[Job]) -> Sequence[Drawn]:
        return drawn_by(self.pipeline, jobs)


def measure(asked: Asked, say: Callable[[str], None] = lambda _: None) -> list[dict[str, float]]:
    """A row for each size: overhead, pictures a second by batch size, peak memory, throughput with compaction."""
    suite = load("spatial")
    (batch,) = plan(suite, (0,), asked.prompts, asked.prompts)
    rows = []
    with TemporaryDirectory(prefix="rlrig-full-size-") as scratch:
        folders = (Path(scratch, f"run-{number}") for number in count())
        say("building the models")
        built = system(asked.architecture, asked.sizes[0], asked.steps, max(asked.batches), asked.device, asked.dtype)
        for size in asked.sizes:
            say(f"measuring at {size} px")
            resized = _at(built, size, asked)
            rows.append({"size": float(size), **_row(batch, Loop(resized, size), asked, folders)})
    return rows


def _at(built: Any, size: int, asked: Asked) -> Any:
    """The same models drawing at another size."""
    from rlrig.backends.flow import FlowDiffuser, KontextEditor
    from rlrig.pipeline import RLRIGPipeline
    from rlrig.presets import RoleSampling

    sampling = RoleSampling(steps=asked.steps, size=size, batch_size=max(asked.batches), dtype=asked.dtype)
    drawer = FlowDiffuser(built.diffuser.pipeline, sampling)
    editor = KontextEditor(built.editor.pipeline, sampling)
    return RLRIGPipeline(drawer, built.checker, built.actor, editor, built.loop)


def _row(batch: Batch, model: Loop, asked: Asked, folders: Any) -> dict[str, float]:
    pipe = model.pipeline

    def once(batches: Sequence[Batch]) -> float:
        pipe.checker.begin()
        began = time.perf_counter()
        through_the_harness(batches, model, next(folders))
        return time.perf_counter() - began

    once([Batch(0, batch.samples[:2])])  # once before the clock runs: kernels are chosen, memory is taken
    with watched() as peak, inside(places(pipe)) as models:
        together = once([batch])
    alone = once([Batch(0, (sample,)) for sample in batch.samples])
    found = {
        "overhead": together / models.wall - 1,
        "seconds": together,
        "compaction": alone / together,
        **{f"peak_{name}_gib": mib / 1024 for name, mib in peak.items()},
    }
    for many in asked.batches:
        jobs = [sample.job for sample in (batch.samples * many)[:many]]
        began = time.perf_counter()
        pipe.diffuser.draw([job.text for job in jobs], [job.noise for job in jobs])
        found[f"pictures_a_second_at_{many}"] = many / (time.perf_counter() - began)
    return found


def table(rows: Sequence[Mapping[str, float]], asked: Asked, hardware: str) -> str:
    """Markdown; without rows it says that nothing was measured."""
    head = ["# RL-RIG at full size: time and memory", ""]
    how = (
        f"FLUX.1-dev, FLUX.1-Kontext-dev and Qwen2.5-VL-7B in architecture, random {asked.dtype} weights, "
        f"{asked.steps} steps, {asked.prompts} prompts, of every five one is right after each number of pictures "
        f"from one to five. Overhead: the whole of a run over the models' own calls, promised at most {OVERHEAD:.0%}. "
        f"Compaction: throughput of all prompts at once over one at a time, promised at least {COMPACTION:g}."
    )
    head += [how, "", "Command: `python -m benchmarks.full_size`.", ""]
    names = ["overhead", "compaction", "peak GPU GiB", *(f"pictures/s, batch {many}" for many in asked.batches)]
    measured = [
        (
            fixed(row["size"], 0),
            f"{row['overhead']:.2%}",
            fixed(row["compaction"], 2),
            fixed(row.get("peak_gpu_gib"), 1, blank="–"),
            *(f"{row[f'pictures_a_second_at_{many}']:.3g}" for many in asked.batches),
            hardware,
        )
        for row in rows
    ]
    missing = [(str(size), *["not run"] * len(names), "no GPU at hand") for size in asked.sizes]
    return "\n".join([*head, *markdown.table(("size", *names, "where"), measured or missing, tight=True)]) + "\n"


def main(arguments: Sequence[str] | None = None, asked: Asked | None = None) -> None:
    """Measure, or say that it could not be; write OUT.json and OUT.md. Without a GPU what was measured stays."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.full_size", description=main.__doc__)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--prompts", type=int, default=10)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024, 512])
    parser.add_argument("--out", type=Path, default=Path("reports/full-size"))
    options = parser.parse_args(arguments)
    asked = asked or Asked(sizes=tuple(options.sizes), steps=options.steps, prompts=options.prompts)
    import torch

    checkpoint.quiet()
    there = asked.device == "cpu" or torch.cuda.is_available()
    if not there and options.out.with_suffix(".json").is_file():
        sys.exit(f"no GPU at hand; {options.out}.json stays as it is")
    hardware = torch.cuda.get_device_name() if there and asked.device != "cpu" else "CPU"
    rows = measure(asked, lambda text: print(text, file=sys.stderr)) if there else []
    if rows:
        record = {"hardware": hardware, "rows": rows, "provenance": provenance().model_dump(mode="json")}
        replace_text(options.out.with_suffix(".json"), json.dumps(record, indent=1) + "\n")
    page = table(rows, asked, hardware)
    replace_text(options.out.with_suffix(".md"), page)
    print(page)


if __name__ == "__main__":
    main()
