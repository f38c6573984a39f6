"""The rows of a run folder's JSONL files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, FiniteFloat

from rlrig_eval.scene.graph import Frozen


class SampleRow(Frozen):
    """One line of ``samples.jsonl``: a picture, or why there is none. A later line of the same id supersedes.

    `image` and `trace` are paths relative to the run folder, `size` is (width, height) in pixels, `seconds`
    the sample's share of its batch's drawing time, `cost` counts images, denoiser_evals, vlm_calls, vlm_tokens_read and
    vlm_tokens_written, `peak_mib` is the most memory that its batch took while it was drawn (`runs.peak`).
    """

    id: str
    prompt_id: str
    seed: int
    batch: int
    status: Literal["ok", "error"]
    image: str | None = None
    image_sha256: str | None = None
    size: tuple[int, int] | None = None
    seconds: float
    cost: dict[str, FiniteFloat] = Field(default_factory=dict)
    peak_mib: dict[str, float] = Field(default_factory=dict)
    trace: str | None = None
    error: str | None = None


def peaks(rows: Iterable[SampleRow]) -> dict[str, list[float]]:
    """Where memory is (ram, gpu) -> the peak in MiB of each row that tells it; a place that none tells is not in it."""
    told = list(rows)
    by_place = {place: [row.peak_mib[place] for row in told if place in row.peak_mib] for place in ("ram", "gpu")}
    return {place: found for place, found in by_place.items() if found}


class ScoreRow(Frozen):
    """One line of ``scores/<scorer>.jsonl``: what a scorer says of the picture with that hash.

    A value is None where the metric has nothing to say (a relation metric on a prompt without relations).
    """

    id: str
    image_sha256: str
    status: Literal["ok", "error", "unscored"]
    values: dict[str, float | None] = Field(default_factory=dict)
    evidence: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None
