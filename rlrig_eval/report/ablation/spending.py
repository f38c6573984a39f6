"""What the samples of a run took, and what an edit takes beside a drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rlrig_eval.report.ablation.budget import Operations, Spent
from rlrig_eval.report.ablation.traces import actions, drawn_rows
from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.rows import SampleRow
from rlrig_eval.stats import prompt_means

UNITS = ("images", "operations")
TOLD = ("denoiser_evals", "vlm_calls")
_COSTS = (*UNITS, *TOLD, "seconds")
WITH_REFERENCE = ("kontext", "qwen-edit")
"""Editors whose transformer reads the tokens of the picture that is edited beside those of the one that is made."""


def operations(loop: Opened, single: Opened) -> Operations:
    """What an edit of `loop` costs, in drawings, of which `single` makes one a sample."""
    settings = loop.config.settings or {}
    if settings["editor"]["kind"] in WITH_REFERENCE:
        return Operations.of(settings, int(settings["size"]))
    rows, drawings = drawn_rows(loop), [one.cost["denoiser_evals"] for one in drawn_rows(single)]
    spent = [one.cost["denoiser_evals"] for one in rows]
    return Operations.counted([actions(loop, one) for one in rows], spent, sum(drawings) / len(drawings))


def spending(run: Opened, work: Operations) -> Spent:
    """What each prompt's samples took, as far as they say; operations are in drawings.

    No time of a run that found what it shares with others: that depends on which of them was drawn first.
    """
    shares = run.config.model.options.get("kept") is not None

    def of(one: SampleRow) -> dict[str, float]:
        images, told = one.cost.get("images", 1.0), {unit: one.cost[unit] for unit in TOLD if unit in one.cost}
        took = {} if shares else {"seconds": one.seconds}
        return {"images": images, "operations": work(actions(run, one)), **took, **told}

    return spent_by_prompt(drawn_rows(run), of)


def spent_by_prompt(rows: Sequence[SampleRow], of: Callable[[SampleRow], Mapping[str, float]]) -> Spent:
    """Means over the samples of a prompt, in each unit that they tell of."""
    told = [(one.prompt_id, of(one)) for one in rows]
    return {unit: prompt_means((id_, each[unit]) for id_, each in told if unit in each) for unit in _COSTS}
