"""The plan of a comparison or gate as a table: groups, effect, power."""

from __future__ import annotations

from dataclasses import dataclass

from rlrig_eval.errors import UsageError
from rlrig_eval.report.table import Cell, Column, Table
from rlrig_eval.stats import Spread, detectable, gate_test, groups_needed, power
from rlrig_eval.stats.power import COMPARISON, Test

USUAL = (40, 100, 200, 300, 553, 1000)
"""Groups for which a plan without numbers is made; GenEval has 553 prompts, 100 of them on position."""


@dataclass(frozen=True)
class Question:
    """The flags of ``rlrig-eval power``; None: not given."""

    groups: int | None
    effect: float | None
    discordance: float | None
    sd: float | None
    delta: float | None
    wanted: float


def plan(asked: Question, pilot: tuple[Spread, int] | None = None) -> Table:
    """The answer: a row for each size.

    Args:
        pilot: the spread of two runs, and their groups, which are the size where none is asked about.

    Raises:
        UsageError: no spread or more than one, or numbers that cannot be.
    """
    try:
        spread, seen = _spread(asked, pilot)
        test = COMPARISON if asked.delta is None else gate_test(asked.delta)
        sizes = (asked.groups,) if asked.groups is not None else (seen,) if seen is not None else USUAL
        if asked.effect is None:
            rows = [_row(n, detectable(n, spread, asked.wanted, test), asked.wanted) for n in sizes]
        elif asked.groups is None:
            rows = [_row(groups_needed(asked.effect, spread, asked.wanted, test), asked.effect, asked.wanted)]
        else:
            rows = [_row(asked.groups, asked.effect, power(asked.effect, asked.groups, spread, test))]
    except ValueError as problem:
        raise UsageError(str(problem)) from None
    columns = (
        Column(name="groups", title="groups", kind="count"),
        Column(name="effect", title="difference" if asked.delta is None else "fall", kind="number"),
        Column(name="power", title="power", kind="share"),
    )
    return Table(title=_title(test, asked), columns=columns, rows=tuple(rows), notes=_notes(spread, rows))


def _spread(asked: Question, pilot: tuple[Spread, int] | None) -> tuple[Spread, int | None]:
    given = [name for name in ("discordance", "sd") if getattr(asked, name) is not None]
    given += ["pilot"] if pilot is not None else []
    if len(given) != 1:
        raise UsageError("say how much runs differ: one of --discordance, --sd and --pilot RUN_A RUN_B")
    return pilot if pilot is not None else (Spread(sd=asked.sd, discordance=asked.discordance), None)


def _row(groups: int | None, effect: float | None, chance: float) -> tuple[Cell, ...]:
    return groups, effect, chance


def _title(test: Test, asked: Question) -> str:
    if asked.delta is None:
        return "A paired comparison, two-sided at 5 %"
    return f"A gate with delta {asked.delta:g}, one-sided at 5 %"


def _notes(spread: Spread, rows: list[tuple[Cell, ...]]) -> tuple[str, ...]:
    how = f"discordance {spread.discordance:g}" if spread.sd is None else f"sd {spread.sd:.3f}"
    blank = any(None in row for row in rows)
    unseen = ("–: no size, or no difference that such runs can have, reaches that power.",) if blank else ()
    return (f"A group's difference has {how}; groups are prompts with their twins and paraphrases.", *unseen)
