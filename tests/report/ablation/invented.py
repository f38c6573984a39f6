"""Figures of an ablation that nobody ran."""

from __future__ import annotations

from rlrig_eval.report.ablation.contestants import LOOP, SINGLE
from rlrig_eval.report.ablation.figures import ALL, HARD


def differs(mean: float | None) -> dict:
    return {"mean": mean, "ci95": [-1.0, 1.0], "n": 0 if mean is None else 9}


def told(
    *,
    low: float = 0.01,
    closed: float = 0.5,
    images: float = 3.0,
    edges: float = 0.04,
    judged: float | None = 0.1,
    right: float | None = 0.1,
) -> dict:
    """Figures of two training seeds; the second does as it is told, in all correct by the judge `right`."""

    def row(closed: float, images: float, edges: float) -> dict:
        looks = {"edge_density": edges, "colour_entropy": 0.6}
        return {"headroom": {"all_correct": closed, "sg_iou": closed}, "images_per_solved": images, "looks": looks}

    def over(low: float) -> dict:
        by = {"all_correct": {"mean": low + 0.05, "ci95": [low, low + 0.1]}, "requirements": differs(0.05)}
        # What the judge's answers can be counted as besides, and over prompts that the reader could not score.
        others = {f"judge.x{ending}": differs(-0.3) for ending in ("", ".all_correct", ".one_level", ".soft_am")}
        return {part: {**by, **others} for part in (ALL, HARD)}

    def both(judged: float | None, right: float | None) -> dict:
        pairs = {"requirements": judged, "all_correct": right}
        return {ALL: {measure: {"reader": differs(0.05), "judge": differs(by)} for measure, by in pairs.items()}}

    seeds = {"both trained": 0.01, "both trained, seed 1": low}
    return {
        "rows": {
            SINGLE: row(0, 3.0, 0.05),
            LOOP: row(0.2, 4.0, 0.05),
            "both trained": row(0.5, 3.0, 0.05),
            "both trained, seed 1": row(closed, images, edges),
        },
        "same_cap": {other: {name: over(of) for name, of in seeds.items()} for other in (LOOP, "best-of-n")},
        "judges": ["judge.x"],
        "judged": {"judge.x": {"both trained": both(0.1, 0.1), "both trained, seed 1": both(judged, right)}},
    }
