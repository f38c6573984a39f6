"""Compose prompt graphs of the shapes world: which things, how many, and what is said of them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from numpy.random import Generator

from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.shapes.vocabulary import CONTAINERS

Pairing = tuple[str, str]
"""A (colour, shape)."""

DIRECTIONS = ("left of", "right of", "above", "below")
OVERLAPS = ("inside", "around", "in front of", "behind")
MEASURES = ("near", "far from", "bigger than", "smaller than")
PREDICATES = (*DIRECTIONS, *OVERLAPS, *MEASURES)
"""Every two-place relation of the shapes world."""


def compose(rng: Generator, structure: str, pairings: Sequence[Pairing], predicate: str | None = None) -> SceneGraph:
    """A prompt graph without boxes.

    Args:
        structure: a name of STRUCTURES.
        pairings: the (colour, shape) pairings to draw from, without replacement.
        predicate: what the first relation says; random when None, ignored where the structure decides it.

    The graph may contradict itself or leave no room; `shapes.layout` tells.
    """
    return STRUCTURES[structure](rng, pairings, predicate)


def _things(rng: Generator, count: int, pairings: Sequence[Pairing]) -> list[Entity]:
    chosen = [pairings[i] for i in rng.choice(len(pairings), size=count, replace=False)]
    return [Entity(id=f"e{n}", category=shape, attributes=(colour,)) for n, (colour, shape) in enumerate(chosen)]


def _pick(rng: Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]


def _sized(rng: Generator, entity: Entity) -> Entity:
    return entity.model_copy(update={"attributes": (_pick(rng, ("small", "large")), *entity.attributes)})


def _join(subject: Entity, predicate: str, object_: Entity, negated: bool = False) -> Relation:
    return Relation(subject=subject.id, predicate=predicate, object=object_.id, negated=negated)


def _graph(entities: Sequence[Entity], *relations: Relation) -> SceneGraph:
    return SceneGraph(entities=tuple(entities), relations=relations)


def _fits(predicate: str, subject: Entity, object_: Entity) -> bool:
    """Whether the world can draw it: a container must hold, colours must differ where things overlap."""
    if predicate not in OVERLAPS:
        return True
    if set(subject.attributes) & set(object_.attributes):
        return False
    if predicate in ("inside", "around"):
        return (object_ if predicate == "inside" else subject).category in CONTAINERS
    return (subject if predicate == "in front of" else object_).category != "ring"


def _relate(rng: Generator, subject: Entity, object_: Entity, options: Sequence[str]) -> Relation:
    return _join(subject, _pick(rng, [p for p in options if _fits(p, subject, object_)]), object_)


def _single(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    (thing,) = _things(rng, 1, pairings)
    return _graph([_sized(rng, thing) if rng.random() < 0.4 else thing])


def _several(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    (thing,) = _things(rng, 1, pairings)
    return _graph([thing.model_copy(update={"count": int(rng.integers(2, 4))})])


def _together(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    return _graph(_things(rng, int(rng.integers(2, 4)), pairings))


def _pair(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    wanted = predicate or _pick(rng, PREDICATES)
    while True:
        a, b = _things(rng, 2, pairings)
        if _fits(wanted, a, b):
            break
    if wanted in DIRECTIONS and rng.random() < 0.25:
        a = _sized(rng, a)
    return _graph([a, b], _join(a, wanted, b))


def _negated(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b = _things(rng, 2, pairings)
    return _graph([a, b], _join(a, predicate or _pick(rng, (*DIRECTIONS, *MEASURES)), b, negated=True))


def _counted(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b = _things(rng, 2, pairings)
    group = a.model_copy(update={"count": int(rng.integers(2, 4))})
    wanted = predicate or _pick(rng, DIRECTIONS)
    return _graph([group, b], _join(group, wanted, b))


def _ordering(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b, c = _things(rng, 3, pairings)
    wanted = predicate or _pick(rng, DIRECTIONS)
    return _graph([a, b, c], _join(a, wanted, b), _join(b, wanted, c))


def _between(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b, c = _things(rng, 3, pairings)
    between = Relation(subject=a.id, predicate="between", object=(b.id, c.id))
    if rng.random() < 0.5:
        return _graph([a, b, c], between)
    return _graph([a, b, c], between, _join(b, _pick(rng, DIRECTIONS), c))


def _chain(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b, c = _things(rng, 3, pairings)
    first = _join(a, predicate, b) if predicate and _fits(predicate, a, b) else _relate(rng, a, b, PREDICATES)
    return _graph([a, b, c], first, _relate(rng, b, c, DIRECTIONS))


def _triangle(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b, c = _things(rng, 3, pairings)
    first = _join(a, predicate, b) if predicate and _fits(predicate, a, b) else _relate(rng, a, b, PREDICATES)
    rest = (*DIRECTIONS, *MEASURES)
    return _graph([a, b, c], first, _relate(rng, b, c, DIRECTIONS), _relate(rng, a, c, rest))


def _counted_chain(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b, c = _things(rng, 3, pairings)
    pair = a.model_copy(update={"count": 2})
    return _graph(
        [pair, b, c],
        _relate(rng, pair, b, DIRECTIONS),
        _relate(rng, b, c, DIRECTIONS),
        _relate(rng, pair, c, DIRECTIONS),
    )


def _long_chain(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b, c, d = _things(rng, 4, pairings)
    first = _join(a, predicate, b) if predicate and _fits(predicate, a, b) else _relate(rng, a, b, PREDICATES)
    return _graph([a, b, c, d], first, _relate(rng, b, c, DIRECTIONS), _relate(rng, c, d, (*DIRECTIONS, *MEASURES)))


def _star(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    a, b, c, d = _things(rng, 4, pairings)
    return _graph([a, b, c, d], *(_relate(rng, other, a, DIRECTIONS) for other in (b, c, d)))


def _web(rng: Generator, pairings: Sequence[Pairing], predicate: str | None) -> SceneGraph:
    chain = _long_chain(rng, pairings, predicate)
    a, _, c, d = chain.entities
    closing = _relate(rng, a, d, DIRECTIONS) if rng.random() < 0.5 else _relate(rng, a, c, DIRECTIONS)
    return _graph(chain.entities, *chain.relations, closing)


Composer = Callable[[Generator, Sequence[Pairing], str | None], SceneGraph]
STRUCTURES: Mapping[str, Composer] = MappingProxyType(
    {
        "single": _single,  # no relation: only trained on
        "several": _several,
        "together": _together,
        "pair": _pair,  # one relation
        "negated": _negated,
        "counted": _counted,
        "between": _between,  # one or two
        "ordering": _ordering,  # two
        "chain": _chain,
        "triangle": _triangle,  # three
        "counted chain": _counted_chain,
        "long chain": _long_chain,
        "star": _star,
        "web": _web,  # four
    }
)
