"""Edits of drawn scenes, (scene, instruction, scene): what the editor is trained to do.

Where an instruction leaves something open a rule decides it, for a flow that is shown lots drawn makes half of each:
what moves goes to the nearest place that clearly will do, what is new stands nearest to what it is placed by (else to
the middle) and is as large (else as the least thing there), and of things alike the smallest goes, of equals the one
farthest from the middle.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from numpy.random import Generator

from rlrig.bundled.lessons.relaid import (
    as_large,
    middle,
    of_size,
    other_size,
    overlaps,
    prominence,
    relaid,
    resized,
    size_word,
    swapped,
)
from rlrig.instructions.sentences import (
    MOVES,
    OVERLAPS,
    SETTLING,
    Clause,
    Instruction,
    add,
    move,
    name,
    recolour,
    remove,
    replace,
    swap,
)
from rlrig_eval.scene import Entity, Reference, Relation, Requirement, SceneGraph
from rlrig_eval.scene.phrases import describe
from rlrig_eval.shapes import NEAT, SEEN, LayoutError, layout, truth
from rlrig_eval.shapes.vocabulary import CONTAINERS
from rlrig_eval.suite.structures import DIRECTIONS, Pairing


@dataclass(frozen=True)
class Edit:
    """Two laid-out scenes that differ by what `instruction` asks for, and by nothing else.

    `touched` are the ids of the source's things that the edit may change; `goals` are the relations that it asks for.
    """

    source: SceneGraph
    target: SceneGraph
    instruction: Instruction
    touched: frozenset[str] = frozenset()
    goals: tuple[Requirement, ...] = ()


Wish = tuple[str, ...]
"""The predicates that a mover shall have: one or two of MOVES, or between."""


def sample_edit(rng: Generator, pairings: Sequence[Pairing] = SEEN, between: float = 0.12, evenly: float = 0.0) -> Edit:
    """One edit of a random scene of one to four things; of what is placed, a share of `between` goes between two.

    In a share of `evenly` of the scenes without overlaps a thing is large as often as small; in the others, the more
    things, the fewer are large.
    """
    while True:
        kind, wish = _KINDS[int(rng.choice(len(_KINDS), p=_WEIGHTS))], _any_wish(rng, between)
        for _ in range(_TRIES):  # the same again, so that what is hard to lay out keeps its share
            try:
                return EDITS[kind](rng, _scene(rng, pairings, evenly), pairings, wish)
            except (LayoutError, _Unfit):
                continue


def _any_wish(rng: Generator, between: float) -> Wish:
    if rng.random() < between:
        return ("between",)
    first = _WISHED[int(rng.integers(len(_WISHED)))]
    second = _WISHED[int(rng.integers(len(_WISHED)))]
    alone = rng.random() < 0.6 or first == second or {first, second} <= set(OVERLAPS)
    return (first,) if alone else (first, second)


class _Unfit(Exception):
    """The drawn scene does not admit this kind of edit."""


def _scene(rng: Generator, pairings: Sequence[Pairing], evenly: float) -> SceneGraph:
    """Laid-out things with distinct names, now and then two or three alike."""
    count = int(rng.choice([1, 2, 3, 4], p=[0.1, 0.3, 0.35, 0.25]))
    chosen = [pairings[i] for i in rng.choice(len(pairings), size=count, replace=False)]
    entities = [Entity(id=f"e{n}", category=shape, attributes=(colour,)) for n, (colour, shape) in enumerate(chosen)]
    alike = int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))
    entities = [entities[0].model_copy(update={"id": e.id}) if n < alike else e for n, e in enumerate(entities)]
    relations: tuple[Relation, ...] = ()
    if count > 1 and rng.random() < 0.25:
        a, b = entities[0], entities[1]
        predicate = "inside" if b.category in CONTAINERS and rng.random() < 0.5 else "in front of"
        if _distinct(a, b) and not (predicate == "in front of" and a.category == "ring"):
            relations = (Relation(subject=a.id, predicate=predicate, object=b.id),)
    if evenly and not relations and rng.random() < evenly:  # no draw for none, so that held-out edits stay the same
        entities = [of_size(e, ("small", "large")[int(rng.integers(2))]) for e in entities]
    laid = layout(SceneGraph(entities=tuple(entities), relations=relations), rng, attempts=6, placement=NEAT)
    unsized = tuple(e.model_copy(update={"attributes": e.attributes[-1:]}) for e in laid.entities)
    return laid.model_copy(update={"entities": unsized})


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


def _move(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], wish: Wish) -> Edit:
    a, b = _two(rng, scene)
    relations = _wishes(rng, scene, a, b, wish)
    told = move(name(a), [_clause(scene, relation) for relation in relations])
    goals = tuple(_goal(scene, relation) for relation in relations)
    # One edit in eight asks for what already holds, so that the editor learns to leave a right picture alone.
    if {relation.canonical() for relation in relations} <= truth(scene).canonical_relations():
        if rng.random() < 0.88:
            raise _Unfit
        return Edit(scene, scene, told, goals=goals)
    sized = a if _resizing(relations) else as_large(a, a)
    entities = [sized if e.id == a.id else e for e in scene.entities]
    return Edit(scene, relaid(rng, entities, {a.id: middle(a)}, relations), told, frozenset({a.id}), goals)


def _wishes(rng: Generator, scene: SceneGraph, mover: Entity, other: Entity, wish: Wish) -> tuple[Relation, ...]:
    """The relations of `wish` that `mover` shall have, the first to `other`; each thing's name tells it apart."""
    names = [name(e) for e in scene.entities]
    unique = [e for e in scene.entities if e.id not in (mover.id, other.id) and names.count(name(e)) == 1]
    if wish == ("between",):
        if not unique:
            raise _Unfit
        third = unique[int(rng.integers(len(unique)))]
        return (Relation(subject=mover.id, predicate="between", object=(other.id, third.id)),)
    others = [other, *((*unique, *unique, other)[int(rng.integers(2 * len(unique) + 1))] for _ in wish[1:])]
    pairs = list(zip(wish, others, strict=True))
    if any(predicate in OVERLAPS and not _distinct(mover, thing) for predicate, thing in pairs):
        raise _Unfit
    return tuple(Relation(subject=mover.id, predicate=predicate, object=thing.id) for predicate, thing in pairs)


def _clause(scene: SceneGraph, relation: Relation) -> Clause:
    return Clause(relation.predicate, tuple(name(scene.entity(number)) for number in relation.objects))


def _goal(scene: SceneGraph, relation: Relation) -> Requirement:
    """The relation alone, its things called by colour and shape."""
    ids = (relation.subject, *relation.objects)
    references = tuple(
        Reference(category=e.category, attributes=tuple(e.attributes[-1:])) for e in map(scene.entity, ids)
    )
    number = f"{relation.predicate} {' '.join(relation.objects)}"
    return Requirement(id=number, kind="relation", entities=ids, references=references, predicate=relation.predicate)


def _resizing(relations: Sequence[Relation]) -> bool:
    """Whether a relation settles the size of its subject."""
    return any(relation.predicate in SETTLING for relation in relations)


def _swap(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], wish: Wish) -> Edit:
    a, b = _two(rng, scene)
    if overlaps(scene, a) or overlaps(scene, b) or size_word(a) != size_word(b):
        raise _Unfit
    target, before = swapped(scene, a, b), truth(scene).canonical_relations()
    turned = [r for r in truth(target).relations if {r.subject, *r.objects} == {a.id, b.id}]
    goals = tuple(_goal(target, r) for r in turned if r.canonical() not in before)
    return Edit(scene, target, swap(name(a), name(b)), frozenset({a.id, b.id}), goals)


def _add(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], wish: Wish) -> Edit:
    new = _new(rng, scene, pairings)
    sized = as_large(new, min(scene.entities, key=prominence))
    return Edit(scene, relaid(rng, (*scene.entities, sized), {new.id: middle(new)}, ()), add(name(new)))


def _place(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], wish: Wish) -> Edit:
    """Add something where it has the relations of `wish`."""
    new, by = _new(rng, scene, pairings), _alone(rng, scene)
    relations = _wishes(rng, scene, new, by, wish)
    wider = SceneGraph(entities=(*scene.entities, new))
    told = add(name(new), [_clause(wider, relation) for relation in relations])
    sized = new if _resizing(relations) else as_large(new, by)
    target = relaid(rng, (*scene.entities, sized), {new.id: middle(by)}, relations)
    more = name(new) in map(name, scene.entities)  # of things alike a goal would not say which
    return Edit(scene, target, told, goals=() if more else tuple(_goal(wider, relation) for relation in relations))


def _new(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing]) -> Entity:
    """Something to add, now and then one more of what there is."""
    if len(scene.entities) > 3:
        raise _Unfit
    colour, shape = pairings[int(rng.integers(len(pairings)))]
    if rng.random() < 0.3:
        like = scene.entities[int(rng.integers(len(scene.entities)))]
        colour, shape = like.attributes[-1], like.category
    return Entity(id="new", category=shape, attributes=(colour,))


def _remove(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], wish: Wish) -> Edit:
    names = [name(entity) for entity in scene.entities]
    several = [entity for entity in scene.entities if names.count(name(entity)) > 1]
    # One too many is what a Diffuser errs in most, and to remove all of them is what an editor does if not shown.
    if len(scene.entities) < 2 or (not several and rng.random() < 0.6):
        raise _Unfit
    options = several or scene.entities
    chosen = options[int(rng.integers(len(options)))]
    gone = min((e for e in scene.entities if name(e) == name(chosen)), key=prominence)
    rest = tuple(e for e in scene.entities if e.id != gone.id)
    return Edit(scene, SceneGraph(entities=rest), remove(name(gone)), frozenset({gone.id}))


def _recolour(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], wish: Wish) -> Edit:
    thing = _alone(rng, scene)
    colours = [c for c, shape in pairings if shape == thing.category and c not in thing.attributes]
    colour = colours[int(rng.integers(len(colours)))]
    changed = _changed(scene, thing, {"attributes": (colour,)})
    return Edit(scene, changed, recolour(name(thing), colour), frozenset({thing.id}))


def _replace(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], wish: Wish) -> Edit:
    thing = _alone(rng, scene)
    colour, shape = pairings[int(rng.integers(len(pairings)))]
    if shape == thing.category or overlaps(scene, thing):
        raise _Unfit
    changed = _changed(scene, thing, {"attributes": (colour,), "category": shape})
    return Edit(scene, changed, replace(name(thing), describe(shape, (colour,))), frozenset({thing.id}))


def _resize(rng: Generator, scene: SceneGraph, pairings: Sequence[Pairing], wish: Wish) -> Edit:
    thing = _alone(rng, scene)
    if overlaps(scene, thing):  # it would be thrown off what it lies on
        raise _Unfit
    return Edit(scene, resized(rng, scene, thing), recolour(name(thing), other_size(thing)), frozenset({thing.id}))


def _alone(rng: Generator, scene: SceneGraph) -> Entity:
    """A thing whose name no other thing has."""
    names = [name(entity) for entity in scene.entities]
    lone = [entity for entity in scene.entities if names.count(name(entity)) == 1]
    if not lone:
        raise _Unfit
    return lone[int(rng.integers(len(lone)))]


def _changed(scene: SceneGraph, thing: Entity, update: Mapping[str, object]) -> SceneGraph:
    entities = tuple(e.model_copy(update=dict(update)) if e.id == thing.id else e for e in scene.entities)
    changed = next(e for e in entities if e.id == thing.id)
    twice = [name(e) for e in entities].count(name(changed)) > 1
    merged = overlaps(scene, thing) and any(not _distinct(changed, e) for e in entities if e.id != thing.id)
    if twice or merged:
        raise _Unfit
    return SceneGraph(entities=entities)


Maker = Callable[[Generator, SceneGraph, Sequence[Pairing], Wish], Edit]
EDITS: Mapping[str, Maker] = MappingProxyType(
    {
        "move": _move,
        "swap": _swap,
        "add": _add,
        "place": _place,
        "remove": _remove,
        "recolour": _recolour,
        "replace": _replace,
        "resize": _resize,
    }
)
_SHARES: Mapping[str, float] = MappingProxyType(
    {
        "move": 0.36,
        "swap": 0.03,
        "add": 0.06,
        "place": 0.2,
        "remove": 0.16,
        "recolour": 0.08,
        "replace": 0.09,
        "resize": 0.02,
    }
)
_KINDS, _WEIGHTS = tuple(_SHARES), tuple(_SHARES.values())
_WISHED = (*DIRECTIONS, *MOVES)  # directions twice: prompts ask for them most
_TRIES = 40
