"""Draw the batches of a plan and write what came of them."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from rlrig_eval.atomic import replace_bytes, replace_json
from rlrig_eval.models import Failure, Generator, Picture
from rlrig_eval.models.pictures import Size, admit
from rlrig_eval.runs.peak import watched
from rlrig_eval.runs.plan import Batch, Sample
from rlrig_eval.runs.rows import SampleRow
from rlrig_eval.runs.storable import legible


def owed(batches: Sequence[Batch], rows: Mapping[str, SampleRow]) -> tuple[Batch, ...]:
    """The batches with a sample that was not drawn, or not drawn well; each is drawn whole again.

    A picture differs by a rounding from one drawn in other company, so a batch is never redone in part.
    """

    def done(sample: Sample) -> bool:
        row = rows.get(sample.id)
        return row is not None and row.status == "ok"

    return tuple(batch for batch in batches if not all(map(done, batch.samples)))


def draw(batch: Batch, generator: Generator, size: Size | None, folder: Path) -> list[SampleRow]:
    """Draw one batch and store its pictures and traces; what goes wrong inside the model becomes error rows.

    Raises:
        OSError: a file cannot be written.
    """
    began = time.perf_counter()
    with watched() as peak:
        drawn = _outcomes(batch, generator, size)
    took = {"seconds": (time.perf_counter() - began) / len(batch.samples), "peak_mib": peak}
    return [
        _stored(sample, batch.index, outcome, took, folder)
        for sample, outcome in zip(batch.samples, drawn, strict=True)
    ]


def image_path(sample: Sample) -> str:
    """A sample's picture in its run folder; a prompt's id is safe in a file name (`suite.schema.Name`)."""
    return f"images/{_stem(sample)}.png"


def _outcomes(batch: Batch, generator: Generator, size: Size | None) -> list[Picture | Failure]:
    jobs = [sample.job for sample in batch.samples]
    try:
        drawn = list(generator.generate(jobs))
    except (Exception, SystemExit) as problem:  # whatever a model does wrong is data; the run goes on
        return [Failure(f"{type(problem).__name__}: {problem}")] * len(jobs)
    if len(drawn) != len(jobs):
        return [Failure(f"the model returned {len(drawn)} pictures for {len(jobs)} jobs")] * len(jobs)
    return [admit(one, size) for one in drawn]


def _stored(sample: Sample, batch: int, outcome: Picture | Failure, took: Mapping[str, Any], folder: Path) -> SampleRow:
    try:
        return _row(sample, batch, outcome, took, folder)
    except (AttributeError, TypeError, ValueError) as problem:  # a cost that is no number, a trace that is no JSON
        why = f"what came with the picture cannot be kept: {type(problem).__name__}: {problem}"
        return _row(sample, batch, Failure(why), took, folder)


def _row(sample: Sample, batch: int, outcome: Picture | Failure, took: Mapping[str, Any], folder: Path) -> SampleRow:
    about: dict[str, Any] = {
        "id": sample.id,
        "prompt_id": sample.prompt.id,
        "seed": sample.job.seed,
        "batch": batch,
        **took,
    }
    if isinstance(outcome, Failure):
        return SampleRow(**about, status="error", error=legible(outcome.reason))
    path = image_path(sample)
    content = _png(outcome.image)
    replace_bytes(folder / path, content)
    return SampleRow(
        **about,
        status="ok",
        image=path,
        image_sha256=hashlib.sha256(content).hexdigest(),
        size=outcome.image.size,
        cost={name: float(value) for name, value in outcome.cost.items()},
        trace=_store_trace(sample, outcome, folder),
    )


def _store_trace(sample: Sample, picture: Picture, folder: Path) -> str | None:
    if picture.trace is None:
        return None
    path = f"traces/{_stem(sample)}.json"
    replace_json(folder / path, picture.trace)
    for index, image in enumerate(picture.rounds):
        replace_bytes(folder / f"traces/{_stem(sample)}_r{index}.png", _png(image))
    return path


def _stem(sample: Sample) -> str:
    return f"{sample.prompt.id}_{sample.job.seed}"


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
