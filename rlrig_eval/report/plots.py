"""Two drawings of a leaderboard: a radar over relations, and a ladder over the number of relations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin

from rlrig_eval.report.entry import Entry
from rlrig_eval.report.table import Estimate
from rlrig_eval.runs.compare import PRIMARY

RELATION = "relation:"
STEP = re.compile(r"k=(\d+)")
MOST = 6
"""Lines that can be told apart in one drawing; of more results the best are drawn."""

_RADIUS, _CENTRE = 100.0, (190.0, 140.0)
_LEFT, _TOP, _PLOT_WIDTH, _PLOT_HEIGHT = 40.0, 14.0, 300.0, 200.0


@dataclass(frozen=True)
class Mark:
    """A point with the bar of its interval, in the drawing's units; `told` says the numbers."""

    x: float
    y: float
    low: float
    high: float
    told: str


@dataclass(frozen=True)
class Line:
    """A result: its label and marks; `path` joins them."""

    label: str
    path: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Axis:
    """A label and where it stands, with the end of its line."""

    label: str
    x: float
    y: float
    anchor: str
    end: tuple[float, float]


@dataclass(frozen=True)
class Plot:
    """A drawing of `width` by `height`; `rings` are the paths of equal score."""

    title: str
    width: float
    height: float
    axes: tuple[Axis, ...]
    rings: tuple[str, ...]
    lines: tuple[Line, ...]
    closed: bool


def radar(entries: Sequence[Entry]) -> Plot | None:
    """All correct by relation, 0 in the middle and 1 at the rim; None with fewer than three relations."""
    tags = sorted({tag for one in entries for tag in one.by_tag if tag.startswith(RELATION)})
    if len(tags) < 3:
        return None
    angles = [-pi / 2 + 2 * pi * number / len(tags) for number in range(len(tags))]

    def at(angle: float, share: float) -> tuple[float, float]:
        return _CENTRE[0] + share * _RADIUS * cos(angle), _CENTRE[1] + share * _RADIUS * sin(angle)

    axes = []
    for tag, angle in zip(tags, angles, strict=True):
        x, y = at(angle, 1.1)
        anchor = "middle" if abs(cos(angle)) < 0.2 else "start" if cos(angle) > 0 else "end"
        axes.append(Axis(tag.removeprefix(RELATION), round(x, 1), round(y + 4, 1), anchor, at(angle, 1.0)))
    lines = []
    for one in entries:
        marks = []
        for tag, angle in zip(tags, angles, strict=True):
            found = _primary(one, tag)
            if found is not None and found.mean is not None:
                x, y = at(angle, found.mean)
                marks.append(Mark(x, y, y, y, _told(tag.removeprefix(RELATION), found)))
        lines.append(Line(one.label, _path([(m.x, m.y) for m in marks], closed=True), tuple(marks)))
    rings = tuple(_path([at(angle, share) for angle in angles], closed=True) for share in (0.25, 0.5, 0.75, 1.0))
    return Plot("All correct by relation", 380.0, 280.0, tuple(axes), rings, tuple(lines), closed=True)


def ladder(entries: Sequence[Entry]) -> Plot | None:
    """All correct by the number of relations that a prompt states; None with fewer than two rungs."""
    steps = sorted({int(m[1]) for one in entries for tag in one.by_tag if (m := STEP.fullmatch(tag))})
    if len(steps) < 2:
        return None

    def height(share: float) -> float:
        return _TOP + (1.0 - share) * _PLOT_HEIGHT

    def across(number: int) -> float:
        return _LEFT + (number + 0.5) * _PLOT_WIDTH / len(steps)

    axes = [
        Axis(f"k={step}", across(number), _TOP + _PLOT_HEIGHT + 16, "middle", (across(number), _TOP + _PLOT_HEIGHT))
        for number, step in enumerate(steps)
    ]
    axes += [
        Axis(f"{share:.2g}", _LEFT - 6, height(share) + 4, "end", (_LEFT, height(share))) for share in (0.0, 0.5, 1.0)
    ]
    lines = []
    for place, one in enumerate(entries):
        marks = []
        for number, step in enumerate(steps):
            found = _primary(one, f"k={step}")
            if found is None or found.mean is None:
                continue
            lo, hi = (found.mean if end is None else end for end in found.ci95)
            x = across(number) + 6.0 * (place - (len(entries) - 1) / 2)  # beside each other, so that no bar hides one
            marks.append(Mark(x, height(found.mean), height(hi), height(lo), _told(f"k={step}", found)))
        lines.append(Line(one.label, _path([(m.x, m.y) for m in marks], closed=False), tuple(marks)))
    rings = tuple(f"M{_LEFT:.1f} {height(share):.1f}h{_PLOT_WIDTH:.1f}" for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    title = "All correct by the number of relations in the prompt"
    return Plot(title, 360.0, 250.0, tuple(axes), rings, tuple(lines), closed=False)


def plots(entries: Sequence[Entry]) -> list[Plot]:
    """Those that the tags of the results allow."""
    drawn = entries if len(entries) <= MOST else sorted(entries, key=_score, reverse=True)[:MOST]
    return [plot for plot in (radar(drawn), ladder(drawn)) if plot is not None]


def _score(one: Entry) -> float:
    found = one.metrics.get(PRIMARY)
    return -1.0 if found is None or found.mean is None else found.mean


def _primary(one: Entry, tag: str) -> Estimate | None:
    return one.by_tag.get(tag, {}).get(PRIMARY)


def _told(where: str, found: Estimate) -> str:
    lo, hi = found.ci95
    bounds = "" if lo is None or hi is None else f" [{lo:.2f}, {hi:.2f}]"
    return f"{where}: {found.mean:.2f}{bounds}, {found.n} prompts"


def _path(points: Sequence[tuple[float, float]], closed: bool) -> str:
    if not points:
        return ""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")
