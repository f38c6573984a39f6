"""The shapes world: sample a scene, draw it, read it back."""

from rlrig_eval.shapes.draw import CANVAS, PLAIN, Style, render
from rlrig_eval.shapes.layout import LayoutError, layout
from rlrig_eval.shapes.placement import CLEAR, CLOSE, FREE, NEAT, Placement
from rlrig_eval.shapes.read import UNKNOWN, NotAShapesDrawing, read
from rlrig_eval.shapes.splits import Split, split, unseen
from rlrig_eval.shapes.world import PAIRINGS, SEEN, draw, sample, truth

__all__ = [
    "CANVAS",
    "CLEAR",
    "CLOSE",
    "FREE",
    "NEAT",
    "PAIRINGS",
    "PLAIN",
    "SEEN",
    "UNKNOWN",
    "LayoutError",
    "NotAShapesDrawing",
    "Placement",
    "Split",
    "Style",
    "draw",
    "layout",
    "read",
    "render",
    "sample",
    "split",
    "truth",
    "unseen",
]
