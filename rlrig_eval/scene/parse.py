"""Prompt text to scene graph."""

from rlrig_eval.scene.graph import SceneGraph


def parse(text: str) -> SceneGraph:
    raise NotImplementedError
