"""The scene nearest to another that shows a prompt: what a mend should end in."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from numpy.random import Generator

from rlrig.bundled.lessons.relaid import as_large, extent, middle, of_size, prominence, settled
from rlrig.instructions.sentences import SETTLING, name
from rlrig_eval.scene import Entity, SceneGraph, check
from rlrig_eval.shapes import LayoutError, truth

_ATTEMPTS = 2


def nearest(rng: Generator, prompt: SceneGraph, spoilt: SceneGraph, ideal: SceneGraph, moved: str | None) -> SceneGraph:
    """A scene that shows `prompt` and has as much as may be where it is in `spoilt`.

    Nothing in it is left to chance that a rule of `edits` can decide. `ideal` is a scene that shows the prompt, with
    the ids of `spoilt`, where what is not in `ideal` is one more of something; it is the answer where no nearer one is
    found. Things called `moved` are the first to be moved, if one must be.
    """
    standing = _without_surplus(prompt, spoilt, ideal)
    resized = [e.id for e in ideal.entities if e.id in standing and _resized(e, standing[e.id], ideal)]
    for freed in _freed(standing, ideal, moved):
        fixed = {number: thing for number, thing in standing.items() if number not in (*freed, *resized)}
        found = _laid_out(rng, fixed, standing, ideal)
        if found is not None and not unmet(prompt, found):
            return found
    return ideal


def unmet(prompt: SceneGraph, scene: SceneGraph) -> int:
    """How many requirements of the prompt a laid-out scene does not meet."""
    return sum(not met for met in check(prompt.requirements(), truth(scene)).values())


def _resized(asked: Entity, there: Entity, ideal: SceneGraph) -> bool:
    """Whether the prompt says how large it is, and it came out otherwise."""
    return extent(there) != extent(asked) and _sized(asked, ideal)


def _without_surplus(prompt: SceneGraph, spoilt: SceneGraph, ideal: SceneGraph) -> dict[str, Entity]:
    """The things of `ideal` that are there, by id, as they should look, where they are in `spoilt`.

    Of things alike that one goes without which most holds, of equals as `prominence` says.
    """
    asked = {entity.id: entity for entity in ideal.entities}
    there = {entity.id: entity for entity in spoilt.entities}
    for surplus in [entity for entity in spoilt.entities if entity.id not in asked]:
        alike = [number for number, e in there.items() if name(e) == name(surplus) == name(asked.get(number, e))]

        def order(number: str) -> tuple[float, ...]:
            rest = tuple(entity for other, entity in there.items() if other != number)
            return unmet(prompt, SceneGraph(entities=rest)), *prominence(there[number])

        gone = min(alike, key=order)
        left = there.pop(surplus.id)
        if gone != surplus.id:
            there[gone] = left
    return {number: asked[number].model_copy(update={"box": entity.box}) for number, entity in there.items()}


def _freed(standing: Mapping[str, Entity], ideal: SceneGraph, moved: str | None) -> Iterator[Sequence[str]]:
    """What may be moved, the fewest first: nothing, one that is told to be, all that is not where it was."""
    yield ()
    for number, thing in standing.items():
        if name(thing) == moved:
            yield (number,)
    displaced = [e.id for e in ideal.entities if e.id in standing and standing[e.id].box != e.box]
    for number in displaced:
        yield (number,)
    yield displaced


def _laid_out(
    rng: Generator, fixed: Mapping[str, Entity], standing: Mapping[str, Entity], ideal: SceneGraph
) -> SceneGraph | None:
    """The things of `ideal` with those in `fixed` where they are, and the others near where they stand or belong."""
    if len(fixed) == len(ideal.entities):
        return SceneGraph(entities=tuple(fixed[e.id] for e in ideal.entities), relations=ideal.relations)
    near, entities = {}, []
    for thing in ideal.entities:
        if thing.id in fixed:
            entities.append(fixed[thing.id])
            continue
        bare = thing.model_copy(update={"box": None, "depth": None})
        by = standing.get(thing.id) or _anchor(thing, fixed, ideal)
        near[thing.id] = middle(by or bare)
        like = by or min(fixed.values(), key=prominence, default=thing)
        entities.append(bare if _sized(thing, ideal) else as_large(bare, like))
    for smaller in (False, True):  # where there is no room for what is as large, for something small there may be
        told = [of_size(e, "small") if smaller and e.id in near and not _sized(e, ideal) else e for e in entities]
        graph = SceneGraph(entities=tuple(told), relations=ideal.relations)
        with suppress(LayoutError):
            return settled(graph, rng, _ATTEMPTS, fixed, near)
    return None


def _sized(thing: Entity, ideal: SceneGraph) -> bool:
    """Whether the prompt says how large it is, by a word or by a relation."""
    told = (r for r in ideal.relations if thing.id in (r.subject, *r.objects) and not r.negated)
    return len(thing.attributes) > 1 or any(r.predicate in (*SETTLING, "around") for r in told)


def _anchor(thing: Entity, fixed: Mapping[str, Entity], ideal: SceneGraph) -> Entity | None:
    """What a new thing is placed by: the first in place that a relation names with it."""
    for relation in ideal.relations:
        related = (relation.subject, *relation.objects)
        if thing.id in related and not relation.negated:
            for number in related:
                if number in fixed:
                    return fixed[number]
    return None
