"""The model whose true score is known: it draws the prompt's graph, with known mistakes at a known rate.

What the shapes world knows is drawn as shapes. Anything else is a coloured patch on a grid, with what it stands for
written into the picture, for the extractor `written` to read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

import numpy as np
from PIL import Image, ImageDraw
from pydantic import Field

from rlrig_eval.extract.written import SIDE, inscribed, seen
from rlrig_eval.models.contract import Drawn, Failure, Job
from rlrig_eval.models.tableau import tableau
from rlrig_eval.scene import Entity, Relation, SceneGraph, opposite
from rlrig_eval.scene.attributes import COLOURS as COLOUR_WORDS
from rlrig_eval.shapes import CANVAS, LayoutError, layout, render, truth
from rlrig_eval.shapes.vocabulary import COLOURS, GROUND, SHAPES
from rlrig_eval.suite.hard.room import roomy, spacing

Told = tuple[tuple[Entity, ...], tuple[Relation, ...]]
"""Things with boxes, and what holds of them that boxes do not decide."""

STRANGER = "tuba"
"""What stands in the place of a thing that was to be drawn; no benchmark at hand asks for one."""


class Synthetic:
    """Draws every graph; `error_rate` of the samples have exactly one stated thing wrong.

    Which samples, and what is wrong in them (a relation reversed, a colour changed, a thing left out), is a
    function of the job's noise alone.
    """

    batch_size = 16
    reads: Mapping[str, str] = MappingProxyType({"photo": "written"})
    """World -> the extractor that reads its pictures, where it is not the world's own."""

    def __init__(self, error_rate: Annotated[float, Field(ge=0, le=1)] = 0.0) -> None:
        self.error_rate = error_rate
        self.settings: Mapping[str, Any] = {"size": CANVAS}

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return [self._draw(job) for job in jobs]

    def truth(self, job: Job) -> SceneGraph:
        """What a perfect reader sees in the picture of `job`.

        Raises:
            LayoutError, ValueError: the prompt's graph cannot be drawn.
        """
        return truth(self._scene(job)) if _of_shapes(job.graph) else seen(*self._tableau(job))

    def mistaken(self, job: Job) -> bool:
        """Whether the picture of `job` has a mistake in it."""
        return _uniform(job.noise, "mistake") < self.error_rate

    def _draw(self, job: Job) -> Image.Image | Failure:
        try:
            return render(self._scene(job)) if _of_shapes(job.graph) else _patches(self._tableau(job))
        except (LayoutError, ValueError) as problem:
            return Failure(f"this prompt cannot be drawn: {problem}")

    def _scene(self, job: Job) -> SceneGraph:
        rng = np.random.default_rng(job.noise)
        graph = _painted(job.graph)
        if not self.mistaken(job):
            try:
                return layout(graph, rng, attempts=400, placement=spacing(graph))
            except LayoutError:
                return layout(roomy(graph), rng, attempts=400, foresight=200, placement=spacing(graph))
        for mistake in sorted(
            mistakes(graph, job.graph), key=lambda wrong: _uniform(job.noise, wrong.model_dump_json())
        ):
            try:
                return layout(mistake, rng)
            except LayoutError:
                continue  # not every reversed relation can be drawn beside the others
        raise LayoutError("no single mistake in this prompt leaves a scene that can be drawn")

    def _tableau(self, job: Job) -> Told:
        rng = np.random.default_rng(job.noise)
        if not self.mistaken(job):
            return tableau(job.graph, rng)
        wrong = [*mistakes(job.graph, job.graph), *_renamed(job.graph)]
        for mistake in sorted(wrong, key=lambda one: _uniform(job.noise, one.model_dump_json())):
            try:
                return tableau(mistake, rng)
            except LayoutError:
                continue
        raise LayoutError("no single mistake in this prompt leaves a scene that can be drawn")


def _of_shapes(graph: SceneGraph) -> bool:
    return bool(graph.entities) and all(entity.category in SHAPES for entity in graph.entities)


def _renamed(graph: SceneGraph) -> Iterator[SceneGraph]:
    """Every graph with another thing in the place of one."""
    for entity in graph.entities:
        yield _with_entity(graph, entity.model_copy(update={"category": STRANGER}))


def _patches(scene: Told) -> Image.Image:
    """A patch for each thing, in its colour where it has one, the nearer over the farther, and what it all means."""
    image = Image.new("RGB", (CANVAS, CANVAS), GROUND)
    brush = ImageDraw.Draw(image)
    for entity in sorted(scene[0], key=lambda one: -(one.depth or 0.0)):
        colour = next((COLOURS[word] for word in entity.attributes if word in COLOURS), (128, 128, 128))
        brush.rectangle([edge * CANVAS / SIDE for edge in entity.box or (0, 0, 0, 0)], fill=colour)
    return inscribed(image, *scene)


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
