"""The model whose true score is known: it draws the prompt's graph, with known mistakes at a known rate."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from PIL import Image
from pydantic import Field

from rlrig_eval.models.contract import Drawn, Failure, Job
from rlrig_eval.scene import Entity, Relation, SceneGraph, opposite
from rlrig_eval.scene.attributes import COLOURS as COLOUR_WORDS
from rlrig_eval.shapes import CANVAS, LayoutError, layout, render, truth
from rlrig_eval.shapes.vocabulary import COLOURS


class Synthetic:
    """Draws in the shapes world; `error_rate` of the samples have exactly one stated thing wrong.

    Which samples, and what is wrong in them (a relation reversed, a colour changed, a thing left out), is a
    function of the job's noise alone.
    """

    batch_size = 16

    def __init__(self, error_rate: Annotated[float, Field(ge=0, le=1)] = 0.0) -> None:
        self.error_rate = error_rate
        self.settings: Mapping[str, Any] = {"size": CANVAS}

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return [self._draw(job) for job in jobs]

    def truth(self, job: Job) -> SceneGraph:
        """What a perfect reader sees in the picture of `job`.

        Raises:
            LayoutError, ValueError: the prompt's graph cannot be drawn in the shapes world.
        """
        return truth(self._scene(job))

    def mistaken(self, job: Job) -> bool:
        """Whether the picture of `job` has a mistake in it."""
        return _uniform(job.noise, "mistake") < self.error_rate

    def _draw(self, job: Job) -> Image.Image | Failure:
        try:
            return render(self._scene(job))
        except (LayoutError, ValueError) as problem:
            return Failure(f"the shapes world cannot draw this prompt: {problem}")

    def _scene(self, job: Job) -> SceneGraph:
        rng = np.random.default_rng(job.noise)
        graph = _painted(job.graph)
        if not self.mistaken(job):
            return layout(graph, rng, attempts=400)
        for mistake in sorted(
            mistakes(graph, job.graph), key=lambda wrong: _uniform(job.noise, wrong.model_dump_json())
        ):
            try:
                return layout(mistake, rng)
            except LayoutError:
                continue  # not every reversed relation can be drawn beside the others
        raise LayoutError("no single mistake in this prompt leaves a scene that can be drawn")


def mistakes(graph: SceneGraph, gold: SceneGraph) -> Iterator[SceneGraph]:
    """Every graph with one thing otherwise than in `graph`, such that no drawing of it satisfies `gold`.

    `graph` is `gold` with a colour for every entity; one that `gold` leaves open is nothing to get wrong.
    """
    for index, relation in enumerate(graph.relations):
        yield from (_with_relation(graph, index, wrong) for wrong in _reversed(relation))
    used = {word for entity in graph.entities for word in entity.attributes if word in COLOURS}
    for entity in graph.entities:
        stated = any(word in COLOURS for word in gold.entity(entity.id).attributes)
        for colour in sorted(COLOURS.keys() - used) if stated else ():  # a colour in use could hide the mistake
            yield _with_entity(graph, _coloured(entity, colour))
        if len(graph.entities) > 1:
            yield _without(graph, entity.id)


def _reversed(relation: Relation) -> Iterator[Relation]:
    if relation.negated:
        yield relation.model_copy(update={"negated": False})
    elif opposite(relation.predicate) != relation.predicate:
        yield relation.model_copy(update={"predicate": opposite(relation.predicate)})


def _painted(graph: SceneGraph) -> SceneGraph:
    """The graph with a colour for every entity: a prompt may leave one open, a drawing cannot."""
    used = {word for entity in graph.entities for word in entity.attributes}
    free = iter([colour for colour in COLOURS if colour not in used] or list(COLOURS))
    for entity in graph.entities:
        if not used & COLOUR_WORDS & set(entity.attributes):
            graph = _with_entity(graph, _coloured(entity, next(free)))
    return graph


def _coloured(entity: Entity, colour: str) -> Entity:
    others = tuple(word for word in entity.attributes if word not in COLOUR_WORDS)
    return entity.model_copy(update={"attributes": (*others, colour)})


def _with_entity(graph: SceneGraph, changed: Entity) -> SceneGraph:
    entities = tuple(changed if entity.id == changed.id else entity for entity in graph.entities)
    return SceneGraph(entities=entities, relations=graph.relations)


def _with_relation(graph: SceneGraph, index: int, changed: Relation) -> SceneGraph:
    relations = (*graph.relations[:index], changed, *graph.relations[index + 1 :])
    return SceneGraph(entities=graph.entities, relations=relations)


def _without(graph: SceneGraph, id_: str) -> SceneGraph:
    entities = tuple(entity for entity in graph.entities if entity.id != id_)
    relations = tuple(r for r in graph.relations if id_ not in (r.subject, *r.objects))
    return SceneGraph(entities=entities, relations=relations)


def _uniform(noise: int, about: str) -> float:
    """A number in [0, 1), fixed by the noise seed and what it is about."""
    digest = hashlib.sha256(f"{noise}:{about}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
