"""What the ablation was to show, written down before it was run, beside what it shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlrig_eval.report.ablation.contestants import BEST, BOTH, LOOP, SINGLE, TRUTH
from rlrig_eval.report.ablation.figures import ALL, HARD
from rlrig_eval.report.ablation.judged import MEASURES

HEADROOM = 0.4
BAND = 0.5
"""The share of the single pass's edges and colours below which a row has bought its score (UniRL #407)."""
_TITLES = {"requirements": "the share of requirements", "all_correct": "all correct"}
_NOTHING = 1e-12
"""A mean difference below it is exactly 0, added up in another order."""


@dataclass(frozen=True)
class Promise:
    """A figure to reach, what was found, and whether that reaches it; None where it could not be measured."""

    what: str
    found: str
    kept: bool | None


def promises(figures: Mapping[str, Any]) -> list[Promise]:
    """Of the row with both adapters and every further training seed of it: one that falls short breaks a promise."""
    both = [name for name in figures["rows"] if name.startswith(BOTH)]
    return [
        _above(figures, both, LOOP, ALL),
        _above(figures, both, LOOP, HARD),
        _above(figures, both, BEST, HARD),
        _headroom(figures, both, "all_correct", "all correct"),
        _headroom(figures, both, "sg_iou", "strict SG-IoU"),
        _cheaper(figures, both),
        _in_band(figures),
        *_agreeing(figures),
    ]


def _above(figures: Mapping[str, Any], both: Sequence[str], other: str, part: str) -> Promise:
    what = f"{BOTH} above {other}, {part}: all correct, interval above 0"
    found = {name: figures["same_cap"][other][name].get(part, {}).get("all_correct") for name in both}
    bounds = {name: one["ci95"] for name, one in found.items() if one and None not in one["ci95"]}
    words = "; ".join(f"[{low:+.3f}, {high:+.3f}]" for low, high in bounds.values())
    return Promise(
        what, words, all(low > 0 for low, _ in bounds.values()) if both and len(bounds) == len(both) else None
    )


def _headroom(figures: Mapping[str, Any], both: Sequence[str], metric: str, title: str) -> Promise:
    found = [figures["rows"][name]["headroom"].get(metric) for name in both]
    return _each(f"{BOTH} closes at least {HEADROOM:.2f} of the headroom, {title}", found, lambda x: x >= HEADROOM)


def _cheaper(figures: Mapping[str, Any], both: Sequence[str]) -> Promise:
    before = figures["rows"][LOOP]["images_per_solved"]
    found = [figures["rows"][name]["images_per_solved"] for name in both]
    what = f"images per solved prompt: {BOTH} under {LOOP}"
    if before is None:  # which solved none
        return Promise(what, "", None)
    made = _each(what, found, lambda x: x < before)
    return made if made.kept is None else Promise(what, f"{made.found} against {before:.2f}", made.kept)


def _in_band(figures: Mapping[str, Any]) -> Promise:
    what = f"edges and colours of every row at least {BAND:.2f} of the {SINGLE}'s"
    looks = {name: row["looks"] for name, row in figures["rows"].items() if row["looks"] and name != TRUTH}
    first = looks.get(SINGLE)
    if first is None:
        return Promise(what, "", None)
    least = min((looks[name][which] / first[which], name, which) for name in looks for which in first if first[which])
    share, name, which = least
    return Promise(what, f"the least: {share:.2f} ({name}, {which.replace('_', ' ')})", share >= BAND)


def _agreeing(figures: Mapping[str, Any]) -> list[Promise]:
    """Judge and reader on the same prompts, row by row against the loop without RL, each measure by itself."""
    told, rows = "agrees in direction with the reader", f"every judged row against {LOOP}"
    if not figures["judges"]:
        return [Promise(f"the final judge {told}, {rows}", "no judge was asked", None)]
    return [
        _agrees(f"{judge} {told} on {_TITLES[measure]}, {rows}", figures, judge, measure)
        for judge in figures["judges"]
        for measure in MEASURES
    ]


def _agrees(what: str, figures: Mapping[str, Any], judge: str, measure: str) -> Promise:
    rows = figures["judged"][judge]
    pairs = {name: _means(parts.get(ALL, {}).get(measure)) for name, parts in rows.items()}
    known = {name: both for name, both in pairs.items() if both is not None}
    flat = [name for name, both in known.items() if min(map(abs, both)) < _NOTHING]
    apart = [name for name, (read, judged) in known.items() if name not in flat and read * judged < 0]
    lists = {
        "apart": [f"{name} ({_two(*known[name])})" for name in apart],
        "no direction": [f"{name} ({_two(*known[name])})" for name in flat],
        "no prompt that both scored": [name for name in pairs if name not in known],
        "not judged": [name for name in figures["same_cap"][LOOP] if name not in rows],
    }
    agreed = len(known) - len(apart) - len(flat)
    found = [
        f"in {agreed} of {len(pairs)} judged rows",
        *(f"{word}: {', '.join(of)}" for word, of in lists.items() if of),
    ]
    whole = bool(pairs) and len(known) == len(pairs)
    return Promise(what, "; ".join(found), False if apart or flat else whole or None)


def _means(found: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """The reader's and the judge's."""
    read, judged = (found["reader"]["mean"], found["judge"]["mean"]) if found else (None, None)
    return None if read is None or judged is None else (read, judged)


def _two(*both: float) -> str:
    words = ("exactly 0" if abs(value) < _NOTHING else f"{value:+.4f}" for value in both)
    return ", ".join(f"{who} {word}" for who, word in zip(("reader", "judge"), words, strict=True))


def _each(what: str, found: Sequence[float | None], reaches: Callable[[float], bool]) -> Promise:
    known = [value for value in found if value is not None]
    words = "; ".join(f"{value:.2f}" for value in known)
    return Promise(what, words, all(map(reaches, known)) if known and len(known) == len(found) else None)
