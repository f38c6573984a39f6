"""All correct against what a prompt costs (images, denoiser evaluations, seconds), with the Pareto front."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log10

from rlrig_eval.report.entry import Entry
from rlrig_eval.report.plots import MOST, Axis, Line, Mark, Plot
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs.compare import PRIMARY

_LEFT, _TOP, _WIDTH, _HEIGHT = 40.0, 14.0, 300.0, 200.0
_WIDE = 20.0
"""From this ratio of the dearest to the cheapest on, costs stand on a logarithmic axis."""

Cost = Callable[[Entry], float | None]


def _of(name: str) -> Cost:
    def cost(one: Entry) -> float | None:
        found = one.cost.get(f"{name}_per_sample")
        return None if found is None else found * one.images_per_prompt

    return cost


COSTS: Mapping[str, Cost] = {
    "images per prompt": _of("images"),
    "denoiser evaluations per prompt": _of("denoiser_evals"),
    "seconds per prompt": lambda one: None if one.seconds is None else one.seconds * one.images_per_prompt,
}


def front(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The names of those (cost, quality) that no other point beats, by rising cost.

    One point beats another that costs no less and is no better, unless the two are the same.

    >>> front({"a": (1, 0.5), "b": (5, 0.8), "c": (5, 0.7), "d": (9, 0.8)})
    ['a', 'b']
    """

    def beaten(point: tuple[float, float]) -> bool:
        return any(o != point and o[0] <= point[0] and o[1] >= point[1] for o in points.values())

    return sorted((name for name, point in points.items() if not beaten(point)), key=lambda name: points[name])


def paretos(entries: Sequence[Entry]) -> list[Plot]:
    """A plot for each cost that two results or more tell, of those that can be compared with the first."""
    alike = [one for one in entries if one.comparable(entries[0])]
    found = (_plot(_drawn(alike, cost), name, cost) for name, cost in COSTS.items())
    return [plot for plot in found if plot is not None]


def _drawn(entries: Sequence[Entry], cost: Cost) -> list[Entry]:
    """At most MOST of those that tell this cost, in their order: the front from the best, then the best of the rest."""
    points = {}
    for one in entries:
        spent, score = cost(one), one.metrics.get(PRIMARY)
        if spent is not None and score is not None and score.mean is not None:
            points[one.label] = spent, score.mean
    best = front(points)
    order = sorted(points, key=lambda label: (label not in best, -points[label][1]))[:MOST]
    return [one for one in entries if one.label in order]


def _plot(entries: Sequence[Entry], name: str, cost: Cost) -> Plot | None:
    known: dict[str, tuple[float, Estimate]] = {}
    for one in entries:
        spent, score = cost(one), one.metrics.get(PRIMARY)
        if spent is not None and score is not None and score.mean is not None:
            known[one.label] = spent, score
    points = {label: (spent, score.mean) for label, (spent, score) in known.items() if score.mean is not None}
    if len(points) < 2:
        return None
    across, ticks = _scale([spent for spent, _ in points.values()])

    def height(share: float) -> float:
        return _TOP + (1.0 - share) * _HEIGHT

    bottom = _TOP + _HEIGHT
    axes = [Axis(f"{tick:.4g}", across(tick), bottom + 16, "middle", (across(tick), bottom)) for tick in ticks]
    axes += [
        Axis(f"{share:.2g}", _LEFT - 6, height(share) + 4, "end", (_LEFT, height(share))) for share in (0.0, 0.5, 1.0)
    ]
    best = front(points)
    lines = []
    for one in entries:
        marks = []
        if one.label in known:
            spent, score = known[one.label]
            marks = [_mark(across(spent), height, score, f"{spent:.4g} {name}", one.label in best)]
        lines.append(Line(one.label, "", tuple(marks)))  # also without a mark, so that colours stay those of the runs
    grid = [f"M{_LEFT:.1f} {height(share):.1f}h{_WIDTH:.1f}" for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    stairs = _stairs([(across(points[label][0]), height(points[label][1])) for label in best])
    title = f"All correct against {name}; the line joins those that none beats"
    return Plot(title, 360.0, 250.0, tuple(axes), (*grid, stairs), tuple(lines), closed=False)


def _mark(x: float, height: Callable[[float], float], score: Estimate, told: str, unbeaten: bool) -> Mark:
    mean = score.mean or 0.0
    lo, hi = (mean if end is None else end for end in score.ci95)
    said = f"{told}: {mean:.2f} [{lo:.2f}, {hi:.2f}]{', on the front' if unbeaten else ''}"
    return Mark(x, height(mean), height(hi), height(lo), said)


def _scale(costs: Sequence[float]) -> tuple[Callable[[float], float], tuple[float, ...]]:
    """Where a cost stands on the axis, and which are written under it: the cheapest and the dearest."""
    least, most = min(costs), max(costs)
    ticks = (least, most) if most > least else (least,)
    if least > 0 and most / least >= _WIDE:
        low, high = log10(least), log10(most)
        return lambda cost: _LEFT + (0.05 + 0.9 * (log10(cost) - low) / (high - low)) * _WIDTH, ticks
    top = most or 1.0
    return lambda cost: _LEFT + 0.95 * cost / top * _WIDTH, ticks


def _stairs(points: Sequence[tuple[float, float]]) -> str:
    """What can be had at each cost: level up to the next point of the front, then up to it."""
    (x, y), *others = points
    return f"M{x:.1f} {y:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in others) + f"H{_LEFT + _WIDTH:.1f}"
