"""Edits of drawn scenes: what the editor is trained to do, and what the Actor is trained to ask for.

`sample_edit` makes (scene, instruction, scene) triples; `repair` says, for a prompt and a scene whose truth is known,
which instruction mends its first failed requirement. Both speak the same few sentences.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.random import Generator

from rlrig_eval.scene import Entity, Reference, Relation, Requirement, SceneGraph, check
from rlrig_eval.scene.phrases import describe, with_article
from rlrig_eval.shapes import NEAT, SEEN, LayoutError, layout, truth
from rlrig_eval.shapes.vocabulary import COLOURS, CONTAINERS
from rlrig_eval.suite.structures import DIRECTIONS, MEASURES, Pairing

Instruction = str
MOVES = (*DIRECTIONS, *MEASURES, "inside", "in front of", "behind")


@dataclass(frozen=True)
class Edit:
    """Two laid-out scenes that differ by what `instruction` asks for, and by nothing else.

    `touched` are the ids of the source's things that the edit may change; `goal` is the relation that it asks for.
    """

    source: SceneGraph
    target: SceneGraph
    instruction: Instruction
    touched: frozenset[str] = frozenset()
    goal: Requirement | None = None


def move(subject: str, predicate: str, object_: str) -> Instruction:
    """
    >>> move("red circle", "left of", "blue square"), move("red circle", "bigger than", "blue square")
    ('move the red circle left of the blue square', 'make the red circle bigger than the blue square')
    """
    verb = "make" if predicate in ("bigger than", "smaller than") else "move"
    return f"{verb} the {subject} {predicate} the {object_}"


def add(thing: str, place: str = "") -> Instruction:
    return f"add {with_article(thing)}{place}"


def remove(thing: str) -> Instruction:
    return f"remove {with_article(thing)}"


def recolour(thing: str, colour: str) -> Instruction:
    return f"make the {thing} {colour}"


def replace(thing: str, other: str) -> Instruction:
    return f"turn the {thing} into {with_article(other)}"


def swap(thing: str, other: str) -> Instruction:
    return f"swap the {thing} and the {other}"


def name(entity: Entity) -> str:
    """How instructions call a thing: colour and shape, never the size."""
    return describe(entity.category, tuple(word for word in entity.attributes if word in COLOURS))


def sample_edit(rng: Generator, pairings: Sequence[Pairing] = SEEN) -> Edit:
    """One edit of a random scene of one to four things."""
    while True:
        kind = _KINDS[int(rng.choice(len(_KINDS), p=_WEIGHTS))]
        try:
            return EDITS[kind](rng, _scene(rng, pairings), pairings)
        except (LayoutError, _Unfit):
            continue


class _Unfit(Exception):
    """The drawn scene does not admit this kind of edit."""


def _scene(rng: Generator, pairings: Sequence[Pairing]) -> SceneGraph:
    """Laid-out things with distinct names, now and then two alike."""
    count = int(rng.choice([1, 2, 3, 4], p=[0.1, 0.3, 0.35, 0.25]))
    chosen = [pairings[i] for i in rng.choice(len(pairings), size=count, replace=False)]
    entities = [Entity(id=f"e{n}", category=shape, attributes=(colour,)) for n, (colour, shape) in enumerate(chosen)]
    if count > 1 and rng.random() < 0.15:
        entities[-1] = entities[0].model_copy(update={"id": entities[-1].id})
    relations: tuple[Relation, ...] = ()
    if count > 1 and rng.random() < 0.25:
        a, b = entities[0], entities[1]
        predicate = "inside" if b.category in CONTAINERS and rng.random() < 0.5 else "in front of"
        if _distinct(a, b) and not (predicate == "in front of" and a.category == "ring"):
            relations = (Relation(subject=a.id, predicate=predicate, object=b.id),)
    return layout(SceneGraph(entities=tuple(entities), relations=relations), rng, attempts=6, placement=NEAT)


def _distinct(a: Entity, b: Entity) -> bool:
    return not set(a.attributes) & set(b.attributes)


def _two(rng: Generator, scene: SceneGraph) -> tuple[Entity, Entity]:
    if len(scene.entities) < 2:
        raise _Unfit
    a, b = (scene.entities[i] for i in rng.choice(len(scene.entities), size=2, replace=False))
    names = [name(entity) for entity in scene.entities]
    if names.count(name(a)) > 1 or names.count(name(b)) > 1:
        raise _Unfit
    return a, b


def _relaid(
    rng: Generator, entities: Sequence[Entity], moved: Sequence[str], relations: tuple[Relation, ...]
) -> SceneGraph:
    """`entities` with those in `moved` placed anew such that `relations` hold; the others stay where they are."""
    free = tuple(e.model_copy(update={"box": None, "depth": None}) if e.id in moved else e for e in entities)
    kept = tuple(
        r
        for r in truth(SceneGraph(entities=tuple(e for e in entities if e.id not in moved))).relations
        if r.predicate in ("inside", "in front of")
    )
    fixed = {e.id: e for e in free if e.box is not None}
    return layout(
        SceneGraph(entities=free, relations=(*kept, *relations)), rng, attempts=12, fixed=fixed, placement=NEAT
    )


def _move(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing]) -> Edit:
    a, b = _two(rng, scene)
    predicate = MOVES[int(rng.integers(len(MOVES)))]
    stated = Relation(subject=a.id, predicate=predicate, object=b.id)
    now = truth(scene).canonical_relations()
    # One edit in eight asks for what already holds, so that the editor learns to leave a right picture alone.
    if stated.canonical() in now:
        if rng.random() < 0.88:
            raise _Unfit
        return Edit(scene, scene, move(name(a), predicate, name(b)), goal=_goal(a, predicate, b))
    if predicate in ("inside", "in front of", "behind") and not _distinct(a, b):
        raise _Unfit
    size = () if predicate in ("bigger than", "smaller than", "inside") else (_size_word(a),)
    entities = [
        e.model_copy(update={"attributes": (*size, *a.attributes)}) if e.id == a.id else e for e in scene.entities
    ]
    target = _relaid(rng, entities, [a.id], (stated,))
    return Edit(scene, target, move(name(a), predicate, name(b)), frozenset({a.id}), _goal(a, predicate, b))


def _goal(subject: Entity, predicate: str, object_: Entity) -> Requirement:
    """The relation alone, with both things called by colour and shape."""
    references = tuple(Reference(category=e.category, attributes=tuple(e.attributes[-1:])) for e in (subject, object_))
    ids = (subject.id, object_.id)
    return Requirement(id="goal", kind="relation", entities=ids, references=references, predicate=predicate)


def _size_word(entity: Entity) -> str:
    return next(
        word for word in truth(SceneGraph(entities=(entity,))).entities[0].attributes if word in ("small", "large")
    )


def _swap(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing]) -> Edit:
    a, b = _two(rng, scene)
    if any(
        {r.subject, *r.objects} & {a.id, b.id}
        for r in truth(scene).relations
        if r.predicate in ("inside", "in front of")
    ):
        raise _Unfit
    places = {a.id: b.box, b.id: a.box}
    entities = tuple(e.model_copy(update={"box": places.get(e.id, e.box)}) for e in scene.entities)
    return Edit(scene, SceneGraph(entities=entities), swap(name(a), name(b)), frozenset({a.id, b.id}))


def _add(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing]) -> Edit:
    if len(scene.entities) > 3:
        raise _Unfit
    colour, shape = pairings[int(rng.integers(len(pairings)))]
    new = Entity(id="new", category=shape, attributes=(colour,))
    entities = (*scene.entities, new)
    relations: tuple[Relation, ...] = ()
    place, goal = "", None
    anchors = [e for e in scene.entities if [name(o) for o in scene.entities].count(name(e)) == 1]
    if anchors and rng.random() < 0.75:
        anchor = anchors[int(rng.integers(len(anchors)))]
        predicate = MOVES[int(rng.integers(len(MOVES)))]
        if predicate in ("inside", "in front of", "behind") and not _distinct(new, anchor):
            raise _Unfit
        relations = (Relation(subject=new.id, predicate=predicate, object=anchor.id),)
        place = f" {predicate} the {name(anchor)}"
        if name(new) not in [name(e) for e in scene.entities]:
            goal = _goal(new, predicate, anchor)
    return Edit(scene, _relaid(rng, entities, [new.id], relations), add(name(new), place), goal=goal)


def _remove(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing]) -> Edit:
    if len(scene.entities) < 2:
        raise _Unfit
    gone = scene.entities[int(rng.integers(len(scene.entities)))]
    rest = tuple(e for e in scene.entities if e.id != gone.id)
    return Edit(scene, SceneGraph(entities=rest), remove(name(gone)), frozenset({gone.id}))


def _recolour(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing]) -> Edit:
    thing = _alone(rng, scene)
    colours = [c for c, shape in pairings if shape == thing.category and c not in thing.attributes]
    colour = colours[int(rng.integers(len(colours)))]
    changed = _changed(scene, thing, {"attributes": (colour,)})
    return Edit(scene, changed, recolour(name(thing), colour), frozenset({thing.id}))


def _replace(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing]) -> Edit:
    thing = _alone(rng, scene)
    colour, shape = pairings[int(rng.integers(len(pairings)))]
    if shape == thing.category or _overlaps(scene, thing):
        raise _Unfit
    changed = _changed(scene, thing, {"attributes": (colour,), "category": shape})
    return Edit(scene, changed, replace(name(thing), describe(shape, (colour,))), frozenset({thing.id}))


def _resize(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing]) -> Edit:
    thing = _alone(rng, scene)
    size = "large" if _size_word(thing) == "small" else "small"
    entities = [
        e.model_copy(update={"attributes": (size, *thing.attributes)}) if e.id == thing.id else e
        for e in scene.entities
    ]
    near = layout_near(rng, entities, thing)
    return Edit(scene, near, recolour(name(thing), size), frozenset({thing.id}))


def layout_near(rng: Generator, entities: Sequence[Entity], thing: Entity, tries: int = 12) -> SceneGraph:
    """The layout, among a few, that leaves the centre of `thing` nearest to where it was; LayoutError if none."""
    x0, y0, x1, y1 = thing.box or (0, 0, 0, 0)
    best: tuple[float, SceneGraph] | None = None
    for _ in range(tries):
        try:
            found = _relaid(rng, entities, [thing.id], ())
        except LayoutError:
            continue
        box = found.entity(thing.id).box or (0, 0, 0, 0)
        away = float(np.hypot(box[0] + box[2] - x0 - x1, box[1] + box[3] - y0 - y1))
        if best is None or away < best[0]:
            best = (away, found)
    if best is None:
        raise LayoutError("no room to resize")
    return best[1]


def _alone(rng: Generator, scene: SceneGraph) -> Entity:
    """A thing whose name no other thing has."""
    names = [name(entity) for entity in scene.entities]
    lone = [entity for entity in scene.entities if names.count(name(entity)) == 1]
    if not lone:
        raise _Unfit
    return lone[int(rng.integers(len(lone)))]


def _overlaps(scene: SceneGraph, thing: Entity) -> bool:
    return any(
        thing.id in (r.subject, *r.objects) for r in truth(scene).relations if r.predicate in ("inside", "in front of")
    )


def _changed(scene: SceneGraph, thing: Entity, update: Mapping[str, object]) -> SceneGraph:
    entities = tuple(e.model_copy(update=dict(update)) if e.id == thing.id else e for e in scene.entities)
    changed = next(e for e in entities if e.id == thing.id)
    twice = [name(e) for e in entities].count(name(changed)) > 1
    merged = _overlaps(scene, thing) and any(not _distinct(changed, e) for e in entities if e.id != thing.id)
    if twice or merged:
        raise _Unfit
    return SceneGraph(entities=entities)


Maker = Callable[[Generator, SceneGraph, Sequence[Pairing]], Edit]
EDITS: Mapping[str, Maker] = MappingProxyType(
    {
        "move": _move,
        "swap": _swap,
        "add": _add,
        "remove": _remove,
        "recolour": _recolour,
        "replace": _replace,
        "resize": _resize,
    }
)
_KINDS = tuple(EDITS)
_WEIGHTS = (0.38, 0.08, 0.24, 0.12, 0.07, 0.07, 0.04)


def repair(
    prompt: SceneGraph, seen: SceneGraph, requirements: Sequence[Requirement]
) -> tuple[Instruction, Requirement]:
    """The instruction that mends the first failed requirement of `prompt` in a scene whose truth is `seen`.

    Missing things come first, then surplus ones, colours, and relations, as each makes the next checkable.

    Raises:
        ValueError: nothing is wrong.
    """
    verdicts = check(requirements, seen)
    failed = [r for r in requirements if not verdicts[r.id] and all(verdicts[parent] for parent in r.depends)]
    if not failed:
        raise ValueError("every requirement holds: there is nothing to repair")
    first = min(failed, key=lambda r: ("exists", "count", "attribute", "relation").index(r.kind))
    return _mend(prompt, seen, first), first


def _mend(prompt: SceneGraph, seen: SceneGraph, failed: Requirement) -> Instruction:
    wanted = prompt.entity(failed.entities[0])
    if failed.kind == "exists":
        return _supply(prompt, seen, wanted)
    if failed.kind == "count":
        picked = [e for e in seen.entities if failed.references[0].matches(e)]
        if len(picked) < (failed.count or 0):
            return add(name(wanted))
        wrong = [e for e in picked if not set(wanted.attributes) <= set(e.attributes)]
        return remove(name((wrong or picked)[0]))
    if failed.kind == "attribute":
        picked = [e for e in seen.entities if failed.references[0].matches(e) and failed.attribute not in e.attributes]
        return recolour(name(picked[0]), failed.attribute or "")
    other = prompt.entity(failed.entities[1])
    predicate = _asked(failed)
    if failed.predicate == "between":
        third = prompt.entity(failed.entities[2])
        return f"move the {name(wanted)} between the {name(other)} and the {name(third)}"
    if predicate == "around":
        return move(name(other), "inside", name(wanted))
    return move(name(wanted), predicate, name(other))


_CONTRARY = MappingProxyType(
    {
        "left of": "right of",
        "right of": "left of",
        "above": "below",
        "below": "above",
        "near": "far from",
        "far from": "near",
        "bigger than": "smaller than",
        "smaller than": "bigger than",
    }
)


def _asked(failed: Requirement) -> str:
    predicate = failed.predicate or ""
    return _CONTRARY.get(predicate, predicate) if failed.negated else predicate


def _supply(prompt: SceneGraph, seen: SceneGraph, wanted: Entity) -> Instruction:
    """Turn a thing nobody asked for into the missing one, else add it where a relation wants it."""
    references = [Reference(category=e.category, attributes=e.attributes) for e in prompt.entities]
    stray = [e for e in seen.entities if not any(reference.matches(e) for reference in references)]
    same = [e for e in stray if e.category == wanted.category]
    colours = [word for word in wanted.attributes if word in COLOURS]
    if same and colours:
        return recolour(name(same[0]), colours[0])
    if stray:
        return replace(name(stray[0]), name(wanted))
    present = {
        e.id
        for e in prompt.entities
        if any(Reference(category=e.category, attributes=e.attributes).matches(s) for s in seen.entities)
    }
    for relation in prompt.relations:
        if (
            relation.subject == wanted.id
            and not relation.negated
            and relation.predicate in MOVES
            and relation.objects[0] in present
        ):
            return add(name(wanted), f" {relation.predicate} the {name(prompt.entity(relation.objects[0]))}")
    return add(name(wanted))
