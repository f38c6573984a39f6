"""Things with boxes, as an extractor finds them."""

from __future__ import annotations

from rlrig_eval.scene import Entity, SceneGraph


def boxed(*things: tuple[str, tuple[float, float, float, float], float]) -> SceneGraph:
    """Things with boxes and depths, the most confident first."""
    return SceneGraph(
        entities=tuple(Entity(id=f"e{n}", category=c, box=box, depth=d) for n, (c, box, d) in enumerate(things))
    )


LEFT, NEARBY, RIGHT = (0.0, 0.0, 40.0, 40.0), (100.0, 0.0, 140.0, 40.0), (200.0, 0.0, 240.0, 40.0)
