"""A suite of any size, to have something to draw."""

from __future__ import annotations

import numpy as np

from rlrig_eval.shapes import SEEN
from rlrig_eval.suite import Prompt, Suite
from rlrig_eval.suite.structures import compose
from rlrig_eval.suite.wording import word


def suite(prompts: int) -> Suite:
    """That many prompts of the kind "a red circle left of a blue square"; the same ones every time."""
    rng = np.random.default_rng(0)
    graphs = [compose(rng, "pair", SEEN, "left of") for _ in range(prompts)]
    made = (
        Prompt(id=f"p{number}", text=word(graph), graph=graph, group=f"p{number}")
        for number, graph in enumerate(graphs)
    )
    return Suite(name="benchmark", version="1", world="shapes", split="test", prompts=tuple(made))
