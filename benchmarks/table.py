"""The results as one table."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table

from benchmarks.measure import Result, Spread

_COLOURS = {"kept": "green", "unclear": "yellow", "missed": "red"}


def table(results: Sequence[Result]) -> Table:
    """A row a comparison, two lines each: ours above the peer's, processor time above the rest."""
    made = Table(
        title="Ours against the peer's, in turns",
        caption="processor ms and their ratio, with quartiles; below, by the clock and of peaks",
        box=box.SIMPLE,
        padding=(0, 1, 1, 0),
    )
    made.add_column("")
    for column in ("ms", "ours / peer", "promised"):
        made.add_column(column, justify="right", no_wrap=True)
    for result in results:
        made.add_row(
            f"{result.name}\n[dim]against {result.peer}[/dim]",
            f"{number(result.ours_ms.median)}\n[dim]{number(result.peer_ms.median)}[/dim]",
            f"{spread(result.ratio)}\n[dim]{others(result)}[/dim]",
            _promise(result),
        )
    return made


def spread(ratio: Spread) -> str:
    return f"{number(ratio.median)} ({number(ratio.low)}–{number(ratio.high)})"


def others(result: Result) -> str:
    """The other ratios, and what was promised of them not as a ratio."""
    clock = f"clock {number(result.wall_ratio.median)}"
    if result.ours_wall_ms is not None and result.most_wall_ms is not None:
        clock += f" ({number(result.ours_wall_ms.median)} ms)"
    if result.memory_ratio is None:
        return clock
    memory = f"memory {number(result.memory_ratio.median)}"
    if result.ours_mib is not None and result.most_mib is not None:
        memory += f" ({number(result.ours_mib.median)} MiB)"
    return f"{clock}, {memory}"


def number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def promised(result: Result) -> list[str]:
    """What was promised, a bound each."""
    bounds = (
        (result.most, ""),
        (result.most_ms, " ms"),
        (result.most_wall_ms, " ms by the clock"),
        (result.most_mib, " MiB"),
        (result.most_memory, " of memory"),
    )
    return [f"<= {most:g}{unit}" for most, unit in bounds if most is not None]


def _promise(result: Result) -> str:
    if result.verdict is None:
        return ""
    return "\n".join((*promised(result), f"[{_COLOURS[result.verdict]}]{result.verdict}"))
