"""Tables of words in GitHub-flavoured Markdown, and how a figure stands in one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

RULES = {"l": "---", "r": "---:"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]], align: str = "", tight: bool = False) -> list[str]:
    """The lines of a table, each as wide as `head`.

    Args:
        align: `l` or `r` a column; all to the left when empty.
        tight: whether the line under the head has no spaces, and an empty cell one.

    >>> table(["what", "share"], [["right", "0.500"], ["wrong", ""]], "lr")
    ['| what | share |', '| --- | ---: |', '| right | 0.500 |', '| wrong |  |']
    >>> table(["what", "share"], [["wrong", ""]], "lr", tight=True)
    ['| what | share |', '|---|---:|', '| wrong | |']
    """
    rules = [RULES[side] for side in align or "l" * len(head)]
    if not tight:
        return [f"| {' | '.join(cells)} |" for cells in (head, rules, *rows)]
    return [_tight(head), f"|{'|'.join(rules)}|", *map(_tight, rows)]


def fixed(value: float | None, digits: int, blank: str = "") -> str:
    """`value` with so many digits after the point; `blank` for None."""
    return blank if value is None else f"{value:.{digits}f}"


def interval(bounds: Sequence[float | None], digits: int) -> str:
    """Both bounds; "–" where there is no interval.

    >>> interval((0.25, 0.5), 2), interval((None, None), 2)
    ('0.25 to 0.50', '–')
    """
    low, high = bounds
    return "–" if low is None or high is None else f"{low:.{digits}f} to {high:.{digits}f}"


def _tight(cells: Iterable[str]) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"
