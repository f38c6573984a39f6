"""The harness measured on a model whose true scores are known: ``python -m rlrig_eval.runs.known_truth --out reports``.

Runs `synthetic` on a whole suite at several error rates and holds what was measured (draw, read back, score, average)
against what the drawing's truth predicts, without looking at a picture.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.stats import binom, norm

from rlrig_eval.atomic import replace_json, replace_text
from rlrig_eval.errors import leave
from rlrig_eval.folders import writable
from rlrig_eval.markdown import fixed, interval, table
from rlrig_eval.models.synthetic import Synthetic
from rlrig_eval.runs.evaluation import evaluate
from rlrig_eval.runs.finish import samples_of
from rlrig_eval.runs.plan import Sample, plan
from rlrig_eval.runs.scorers import graph_scores
from rlrig_eval.suite import Suite, load

RATES = (0.0, 0.1, 0.3, 1.0)
LEVEL = 0.95
SLACK = 1e-9  # of a sum of floats, where the truth leaves no room at all


@dataclass(frozen=True)
class Outcome:
    """One metric at one error rate: what was measured, and the interval that the truth predicts."""

    error_rate: float
    metric: str
    measured: float
    predicted: float
    low: float
    high: float
    prompts: int

    @property
    def inside(self) -> bool:
        return self.low - SLACK <= self.measured <= self.high + SLACK


def outcomes(suite: Suite, rates: Sequence[float] = RATES) -> list[Outcome]:
    """Both metrics at every rate; each rate is a run of its own, in a folder that is thrown away."""
    samples = samples_of(plan(suite, suite.protocol.seeds, None, 1))
    right, wrong = (np.array([_true_iou(s, suite, rate) for s in samples]) for rate in (0.0, 1.0))
    found = []
    for rate in rates:
        with TemporaryDirectory() as folder:
            run = evaluate(suite, "synthetic", options={"error_rate": rate}, out=Path(folder) / "run", progress=True)
        measured = {name: run.summary["metrics"][name]["mean"] for name in ("all_correct", "sg_iou")}
        found.append(Outcome(rate, "all_correct", measured["all_correct"], *_share(rate, len(samples))))
        found.append(Outcome(rate, "sg_iou", measured["sg_iou"], *_mixture(rate, right, wrong)))
    return found


def _true_iou(sample: Sample, suite: Suite, rate: float) -> float:
    """Strict SG-IoU of what is drawn for `sample` at that rate, by the drawing's own truth; NaN without relations."""
    value = graph_scores(Synthetic(rate).truth(sample.job), sample.prompt, suite).values["sg_iou"]
    return np.nan if value is None else value


def _share(rate: float, count: int) -> tuple[float, float, float, int]:
    """Mean, interval and n of the share of right pictures: binomial, one trial a prompt."""
    low, high = binom.interval(LEVEL, count, 1 - rate)
    return 1 - rate, float(low) / count, float(high) / count, count


def _mixture(rate: float, right: np.ndarray, wrong: np.ndarray) -> tuple[float, float, float, int]:
    """Mean, interval and n of the mean IoU: prompt i scores wrong[i] with probability `rate`, else right[i]."""
    kept = ~np.isnan(right)
    gain = right[kept] - wrong[kept]
    mean = float(np.mean(right[kept] - rate * gain))
    reach = float(norm.ppf((1 + LEVEL) / 2) * np.sqrt(rate * (1 - rate) * np.sum(gain**2)) / kept.sum())
    return mean, mean - reach, mean + reach, int(kept.sum())


def as_markdown(found: Sequence[Outcome], suite: Suite, command: str) -> str:
    """The report."""
    about = (
        f"`{command}` runs the model `synthetic` on {suite.name} {suite.version} ({suite.split}, {len(suite.prompts)} "
        "prompts). It draws each prompt's own graph and, in a known share of the pictures, gets one stated thing "
        "wrong. Measured: drawn, read back by `shapes`, scored. Predicted: from the truth of the drawings alone, with "
        f"the {LEVEL:.0%} interval that chance leaves to the choice of the wrong ones."
    )
    head = ("error rate", "metric", "measured", "predicted", "interval", "prompts", "inside")
    lines = table(head, map(_cells, found), "rlrrlrl", tight=True)
    return "\n".join(["# Synthetic: what is measured against what is true", "", about, "", *lines, ""])


def _cells(one: Outcome) -> tuple[str, ...]:
    figures = fixed(one.measured, 4), fixed(one.predicted, 4), interval((one.low, one.high), 4)
    return f"{one.error_rate:g}", one.metric, *figures, str(one.prompts), "yes" if one.inside else "NO"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report; 1 when a measured score lies outside its interval.

    Raises UsageError for no such suite, or a folder that cannot be written.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", default="spatial")
    parser.add_argument("--out", type=Path, required=True, help="the folder for synthetic.md and synthetic.json")
    given = parser.parse_args(arguments)
    suite = load(given.suite)
    writable(given.out)  # before minutes of drawing
    found = outcomes(suite)
    command = f"python -m rlrig_eval.runs.known_truth --suite {given.suite} --out {given.out}"
    about: dict[str, Any] = {"schema": 1, "command": command, "suite": suite.name, "sha256": suite.sha256}
    rows = [asdict(one) | {"inside": one.inside} for one in found]
    replace_json(given.out / "synthetic.json", about | {"level": LEVEL, "outcomes": rows})
    text = as_markdown(found, suite, command)
    replace_text(given.out / "synthetic.md", text)
    print(text)
    return 0 if all(one.inside for one in found) else 1


if __name__ == "__main__":
    leave(main)
