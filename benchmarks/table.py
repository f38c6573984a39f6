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
            f"{_number(result.ours_ms.median)}\n[dim]{_number(result.peer_ms.median)}[/dim]",
            f"{_spread(result.ratio)}\n[dim]{_others(result)}[/dim]",
            _promise(result),
        )
    return made


def _spread(ratio: Spread) -> str:
    return f"{_number(ratio.median)} ({_number(ratio.low)}–{_number(ratio.high)})"


def _others(result: Result) -> str:
    """The other ratios, and what was promised of them not as a ratio."""
    clock = f"clock {_number(result.wall_ratio.median)}"
    if result.ours_wall_ms is not None and result.most_wall_ms is not None:
        clock += f" ({_number(result.ours_wall_ms.median)} ms)"
    if result.memory_ratio is None:
        return clock
    memory = f"memory {_number(result.memory_ratio.median)}"
    if result.ours_mib is not None and result.most_mib is not None:
        memory += f" ({_number(result.ours_mib.median)} MiB)"
    return f"{clock}, {memory}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _promise(result: Result) -> str:
    if result.verdict is None:
        return ""
    bounds = (
        (result.most, ""),
        (result.most_ms, " ms"),
        (result.most_wall_ms, " ms by the clock"),
        (result.most_mib, " MiB"),
        (result.most_memory, " of memory"),
    )
    promised = [f"<= {most:g}{unit}" for most, unit in bounds if most is not None]
    return "\n".join((*promised, f"[{_COLOURS[result.verdict]}]{result.verdict}"))
