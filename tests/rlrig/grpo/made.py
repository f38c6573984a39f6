"""Starts and outcomes without a model: plain pictures with given probabilities."""

from PIL import Image

from rlrig.grpo.outcomes import Outcome, Start
from rlrig_eval.scene import SceneGraph

GRAPH = SceneGraph.from_triples([("red circle", "left of", "blue square")])
PROMPT = "a red circle left of a blue square"
COUNT = len(GRAPH.requirements())


def start(probabilities=None, colour="white", prompt=PROMPT):
    """A picture of one colour; without probabilities half of the requirements hold."""
    given = [0.9] * (COUNT // 2) + [0.1] * (COUNT - COUNT // 2) if probabilities is None else probabilities
    return Start(prompt, GRAPH, Image.new("RGB", (16, 16), colour), tuple(given))


def outcome(
    after, before=None, instruction="move the red circle left of the blue square", finished=True, colour="white"
):
    return Outcome(before or start(), start(after, colour), instruction, finished)
