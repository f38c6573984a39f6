"""A small scene to judge, and back ends that say what they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from PIL import Image

from rlrig_eval.judges import Reply, Request, Task, Trouble
from rlrig_eval.scene import SceneGraph
from tests.runs import tiny

GRAPH: SceneGraph = tiny.graph("left of")
PROMPT = "a red circle left of a blue square"


def task(picture: Image.Image | Path | None = None, graph: SceneGraph = GRAPH) -> Task:
    return Task(picture or Image.new("RGB", (8, 8)), PROMPT, graph.requirements())


def answers(*said: str) -> str:
    """The reply of a well-behaved model to yes-no/1."""
    return "{" + ", ".join(f'"q{i}": "{word}"' for i, word in enumerate(said, start=1)) + "}"


class Saying:
    """Answers each request with what a function makes of it."""

    def __init__(self, say: Callable[[Request], Reply | Trouble | str]) -> None:
        self.say, self.asked = say, 0

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply | Trouble]:
        for request in requests:
            self.asked += 1
            said = self.say(request)
            yield Reply(said) if isinstance(said, str) else said
