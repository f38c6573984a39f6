"""The plan of a comparison or gate as a table: groups, effect, power."""

from __future__ import annotations

from dataclasses import dataclass

from rlrig_eval.errors import UsageError
from rlrig_eval.report.table import Cell, Column, Table
from rlrig_eval.stats import Spread, detectable, gate_test, groups_needed, power
from rlrig_eval.stats.power import COMPARISON, Test

USUAL = (40, 100, 200, 300, 553, 1000)
"""Groups for which a plan without numbers is made; GenEval has 553 prompts, 100 of them on position."""

ASSUMED = 0.2
"""The discordance where nobody says how much runs differ: one prompt in five is right in one of two runs alone."""


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
        UsageError: more than one spread, or numbers that cannot be.
    """
    given = _given(asked, pilot)
    try:
        spread, seen = pilot or (_spread(asked), None)
        test = COMPARISON if asked.delta is None else gate_test(asked.delta)
        sizes = (asked.groups,) if asked.groups is not None else (seen,) if seen is not None else USUAL
        if asked.effect is None:
            rows = [_row(n, detectable(n, spread, asked.wanted, test), asked.wanted) for n in sizes]
        elif asked.groups is None:
            rows = [_row(groups_needed(asked.effect, spread, asked.wanted, test), asked.effect, asked.wanted)]
        else:
            rows = [_row(asked.groups, asked.effect, power(asked.effect, asked.groups, spread, test))]
    except ValueError as problem:
        raise UsageError(
            f"{problem}{'' if given else f' ({ASSUMED:g} is assumed: say how much runs differ)'}"
        ) from None
    columns = (
        Column(name="groups", title="groups", kind="count"),
        Column(name="effect", title="difference" if asked.delta is None else "fall", kind="number"),
        Column(name="power", title="power", kind="share"),
    )
    return Table(title=_title(test, asked), columns=columns, rows=tuple(rows), notes=_notes(spread, rows, bool(given)))


def _given(asked: Question, pilot: tuple[Spread, int] | None) -> list[str]:
    """What says how much runs differ: nothing, or one thing."""
    given = [name for name in ("discordance", "sd") if getattr(asked, name) is not None]
    given += ["pilot"] if pilot is not None else []
    if len(given) > 1:
        raise UsageError("say how much runs differ once: one of --discordance, --sd and --pilot RUN_A RUN_B")
    return given


def _spread(asked: Question) -> Spread:
    if asked.sd is None and asked.discordance is None:
        return Spread(discordance=ASSUMED)
    return Spread(sd=asked.sd, discordance=asked.discordance)


def _row(groups: int | None, effect: float | None, chance: float) -> tuple[Cell, ...]:
    return groups, effect, chance


def _title(test: Test, asked: Question) -> str:
    if asked.delta is None:
        return "A paired comparison, two-sided at 5 %"
    return f"A gate with delta {asked.delta:g}, one-sided at 5 %"


def _notes(spread: Spread, rows: list[tuple[Cell, ...]], given: bool) -> tuple[str, ...]:
    how = f"discordance {spread.discordance:g}" if spread.sd is None else f"sd {spread.sd:.3f}"
    assumed = () if given else (f"Assumed: {how}. Say how much your runs differ: --discordance, --sd or --pilot.",)
    blank = any(None in row for row in rows)
    unseen = ("–: no size, or no difference that such runs can have, reaches that power.",) if blank else ()
    usual = f"A group's difference has {how}; groups are prompts with their twins and paraphrases."
    return (*assumed, usual, *unseen)
