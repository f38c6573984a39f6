"""What is watched while a reward climbs, for signs that it climbs by other means than better pictures."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL.Image import Image

from rlrig.grpo.outcomes import Outcome
from rlrig.grpo.rewards import requirements_hard, requirements_soft, well_formed
from rlrig_eval.metrics import appearance

COPY = 0.02  # share of changed pixels below which an edit is its input again: less than the smallest thing covers
VISIBLE = 16  # levels by which a changed pixel differs in a channel; what an autoencoder does to edges may reach it
REWARD = "reward_"  # before the name of a phase: what it is trained on, on dev
BAND = 0.5  # share of the first value that a picture statistic may fall to


def watch(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Means over edits: soft and hard requirement share, how far soft rose and what is kept of that, as the loop keeps
    the better picture (each over those that have one), how often the Checker accepts all, statistics of the pictures,
    the share of copies, words an instruction, the share that is no instruction."""
    after, before = [o.after.image for o in outcomes], [o.before.image for o in outcomes]
    soft, idle = ([requirements_soft(o) for o in made] for made in (outcomes, [o.undone() for o in outcomes]))
    return {
        "soft": mean(soft),
        "gain": mean([now - was for now, was in zip(soft, idle, strict=True)]),
        "kept": mean([max(was, now) for now, was in zip(soft, idle, strict=True) if not math.isnan(was + now)]),
        "hard": mean([requirements_hard(o) for o in outcomes]),
        "accepted": mean([o.after.view.satisfied for o in outcomes]),
        "edge_density": mean([edge_density(image) for image in after]),
        "colour_entropy": mean([colour_entropy(image) for image in after]),
        "copied": mean([_changed(a, b) < COPY for a, b in zip(after, before, strict=True)]),
        "words": mean([len(o.instruction.split()) for o in outcomes]),
        "unparsable": mean([not well_formed(o) for o in outcomes]),
    }


def edge_density(image: Image) -> float:
    return appearance.edge_density(np.asarray(image.convert("L")))


def colour_entropy(image: Image) -> float:
    return appearance.colour_entropy(np.asarray(image.convert("RGB")))


def out_of_band(first: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """What of the pictures has collapsed since the first evaluation (UniRL #407: edges -60 %, colours -54 %)."""
    return [
        f"{name} fell from {first[name]:.3f} to {now[name]:.3f}"
        for name in ("edge_density", "colour_entropy")
        if now[name] < BAND * first[name]
    ]


def hacked(evaluations: Sequence[Mapping[str, Any]], patience: int, margin: float) -> str | None:
    """Why training must stop, or None: `patience` evaluations or more after the judge's best, the Checker's mean P(yes)
    or a reward that is trained on is `margin` above what it was then, and the last `patience` judgements all were
    `margin` below. Evaluations without a judgement, or without that reward, do not count."""
    names = {name for row in evaluations for name in row if name == "soft" or name.startswith(REWARD)}
    return next(filter(None, (_climbing(evaluations, name, patience, margin) for name in sorted(names))), None)


def _climbing(evaluations: Sequence[Mapping[str, Any]], name: str, patience: int, margin: float) -> str | None:
    judged = [row for row in evaluations if math.isfinite(row.get("held_out", math.nan) + row.get(name, math.nan))]
    if not judged:
        return None
    best = max(range(len(judged)), key=lambda i: judged[i]["held_out"])
    since = judged[best + 1 :]
    if len(since) < patience or since[-1][name] <= judged[best][name] + margin:
        return None
    if any(row["held_out"] >= judged[best]["held_out"] - margin for row in since[-patience:]):
        return None
    what = "the reward" if name == "soft" else f"the {name.removeprefix(REWARD)}'s reward"
    return (
        f"{what} rose from {judged[best][name]:.3f} to {since[-1][name]:.3f} while the held-out judge fell "
        f"from {judged[best]['held_out']:.3f} to {since[-1]['held_out']:.3f}, over {len(since)} evaluations"
    )


def best_reward(evaluations: Sequence[Mapping[str, Any]]) -> float:
    """The highest so far of what is kept; minus infinity where none has one."""
    return max((row["kept"] for row in evaluations if not math.isnan(row["kept"])), default=-math.inf)


def _changed(a: Image, b: Image) -> float:
    one, other = (np.asarray(image.convert("RGB"), dtype=int) for image in (a, b))
    return float((np.abs(one - other).max(2) > VISIBLE).mean())


def mean(values: Sequence[float]) -> float:
    """Over what is a number: one answer that is missing does not hide the others. NaN where there is none."""
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan
