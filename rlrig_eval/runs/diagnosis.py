"""What `doctor` looks at: packages, bundled data, and whether drawings are read back as they were drawn."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version

import numpy as np

from rlrig_eval import models, shapes, suite
from rlrig_eval.assets import checkpoints
from rlrig_eval.extract import build
from rlrig_eval.metrics import scene_graph_iou

SCENES = 50
LEAST_AGREEMENT = 0.99


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    detail: str


def findings() -> Iterator[Finding]:
    """Everything, in the order in which it is looked at."""
    yield Finding("python", good=True, detail=platform.python_version())
    yield from _packages()
    yield _named("suites", suite.names())
    yield _named("models", sorted(models.names()))
    yield _named("checkpoints", checkpoints())
    yield _extractor()


def _packages() -> Iterator[Finding]:
    for line in requires("rlrig-eval") or []:
        if "extra ==" in line:
            continue
        name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
        try:
            yield Finding(name, good=True, detail=version(name))
        except PackageNotFoundError:
            yield Finding(name, good=False, detail=f"not installed; {line} is needed")


def _named(what: str, names: list[str]) -> Finding:
    return Finding(what, bool(names), ", ".join(names) or "none found")


def _extractor() -> Finding:
    rng = np.random.default_rng(0)
    extractor = build("shapes")
    scenes = [shapes.sample(rng) for _ in range(SCENES)]
    agreement = [scene_graph_iou(extractor.extract(shapes.draw(scene)), scene) for scene in scenes]
    mean = sum(iou.sg for iou in agreement) / SCENES
    detail = f"SG-IoU {mean:.3f} on {SCENES} drawn scenes"
    return Finding("extractor shapes", mean >= LEAST_AGREEMENT, detail)
