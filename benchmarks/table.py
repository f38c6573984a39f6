"""The results as one table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from benchmarks.measure import Result

_COLOURS = {"kept": "green", "unclear": "yellow", "missed": "red"}


def table(results: Sequence[Result]) -> Table:
    """A row a comparison; ratios are ours over the peer's, with their quartiles."""
    made = Table(
        title="Ours over the peer's, measured in turns: median (quartiles)",
        caption="ms and ratio: processor time; wall: the ratio by the clock; memory: the ratio of peaks",
        show_lines=True,
    )
    made.add_column("ours / peer")
    for column in ("ms", "peer", "ratio", "wall", "memory", "promised"):
        made.add_column(column, justify="right")
    for result in results:
        made.add_row(
            f"{result.name}\n[dim]{result.ours} / {result.peer}[/dim]",
            f"{result.ours_ms.median:.3g}",
            f"{result.peer_ms.median:.3g}",
            f"{result.ratio.median:.3g}\n({result.ratio.low:.3g} to {result.ratio.high:.3g})",
            f"{result.wall_ratio.median:.3g}",
            "" if result.memory_ratio is None else f"{result.memory_ratio.median:.2f}",
            _promise(result),
        )
    return made


def _promise(result: Result) -> str:
    if result.verdict is None:
        return ""
    bound = f"<= {result.most:g}" if result.most is not None else f"<= {result.most_ms:g} ms"
    return f"{bound}\n[{_COLOURS[result.verdict]}]{result.verdict}"
