"""Compose the groups of the hard suites over things of the shapes world; names of objects are put in afterwards."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from types import MappingProxyType

from rlrig_eval.scene import VOCABULARY, Entity, Relation, SceneGraph, opposite
from rlrig_eval.scene.relations import Axis
from rlrig_eval.suite.contrast import restated
from rlrig_eval.suite.hard.ladder import ladder
from rlrig_eval.suite.hard.members import Draw, Member, affirmed, exchanged, mirrored, recounted
from rlrig_eval.suite.structures import DIRECTIONS, MEASURES, OVERLAPS, compose

_ACROSS: Mapping[Axis, tuple[str, str]] = MappingProxyType(
    {"horizontal": ("above", "below"), "vertical": ("left of", "right of")}
)
"""Axis -> the directions of the other one."""
_LENGTHS = (3, 4)  # things in an ordering
_COUNTS = ((3, 2), (2, 3), (3, 1), (1, 3), (2, 2))

Composer = Callable[[Draw], Iterator[Member]]
"""The members of a group, one after another. Their graphs may leave no room; `groups.drawable` tells."""


def _things(draw: Draw, count: int) -> list[Entity]:
    """So many different things."""
    chosen = [draw.pairings[i] for i in draw.rng.choice(len(draw.pairings), size=count, replace=False)]
    return [Entity(id=f"e{n}", category=shape, attributes=(colour,)) for n, (colour, shape) in enumerate(chosen)]


def _turn(options: Sequence[str], number: int) -> str:
    return options[number % len(options)]


def _say(subject: Entity, predicate: str, object_: Entity, negated: bool = False) -> Relation:
    return Relation(subject=subject.id, predicate=predicate, object=object_.id, negated=negated)


def _graph(entities: Sequence[Entity], *relations: Relation) -> SceneGraph:
    return SceneGraph(entities=tuple(entities), relations=relations)


def _ordering(draw: Draw) -> Iterator[Member]:
    """Three or four things, each before the next."""
    way, length = _turn(DIRECTIONS, draw.number), _LENGTHS[draw.number // 4 % len(_LENGTHS)]
    row = _things(draw, length)
    graph = _graph(row, *(_say(one, way, next_) for one, next_ in pairwise(row)))
    yield Member(graph, mirrored(graph, VOCABULARY[way].axis), tags=(f"ordered={length}",))


def _alignment(draw: Draw) -> Iterator[Member]:
    """A thing between two that stand in a row, in a column, or on a diagonal."""
    a, b, c = _things(draw, 3)
    between = Relation(subject=a.id, predicate="between", object=(b.id, c.id))
    kind = _turn(("row", "column", "diagonal"), draw.number)
    way = DIRECTIONS[int(draw.rng.integers(2)) + 2 * (kind == "column")]
    across = _ACROSS[VOCABULARY[way].axis]
    if kind == "diagonal":
        ends = [_say(b, way, c), _say(b, across[int(draw.rng.integers(2))], c)]
    else:  # level with one another: neither way across
        ends = [_say(b, way, c), *(_say(b, other, c, negated=True) for other in across)]
    graph = _graph([a, b, c], between, *ends)
    twin = mirrored(graph, VOCABULARY[way].axis) if draw.number // 3 % 2 else exchanged(graph, a.id, b.id)
    yield Member(graph, twin, tags=(f"aligned:{kind}",))


def _counts(draw: Draw) -> Iterator[Member]:
    """Two groups with a number each, in turn of one shape or colour and of two of each."""
    alike = draw.number // 2 % 2 == 1
    while True:
        a, b = _things(draw, 2)
        if (a.category == b.category or a.attributes == b.attributes) == alike:
            break
    # By chance and not in turn: of two things alike there are too few for every number and way to be in a bucket.
    many, few = _COUNTS[int(draw.rng.integers(len(_COUNTS)))]
    way = DIRECTIONS[int(draw.rng.integers(len(DIRECTIONS)))]
    groups = [a.model_copy(update={"count": many}), b.model_copy(update={"count": few})]
    graph = _graph(groups, _say(groups[0], way, groups[1]))
    turned = mirrored(graph, VOCABULARY[way].axis)
    twin = turned if draw.number // 4 % 2 or many == few else recounted(graph, a.id, b.id)
    tags = (f"counts={many}+{few}", *(("alike",) if alike else ()))
    yield Member(graph, twin, tags=tags)


def _denied(draw: Draw) -> Iterator[Member]:
    """One direction with two denials beside it, or a pair of denials that leaves only the other axis."""
    a, b, c = _things(draw, 3)
    way = _turn(DIRECTIONS, draw.number // 2)
    axis = VOCABULARY[way].axis
    if draw.number % 2:
        neither = _graph([a, b], _say(a, way, b, negated=True), _say(a, opposite(way), b, negated=True))
        yield Member(neither, affirmed(neither, int(draw.rng.integers(2))), tags=("denied:both ways",))
        return
    no, measure = _ACROSS[axis][int(draw.rng.integers(2))], MEASURES[int(draw.rng.integers(len(MEASURES)))]
    last = c if draw.number % 4 else b
    graph = _graph(
        [a, b] if last is b else [a, b, c],
        _say(a, way, b),
        _say(a, no, b, negated=True),
        _say(a if last is b else b, measure, last, negated=True),
    )
    twin = mirrored(graph, axis) if draw.number // 4 % 2 else affirmed(graph, 1 + int(draw.rng.integers(2)))
    yield Member(graph, twin, tags=("denied:beside a direction",))


def _closure(draw: Draw) -> Iterator[Member]:
    """Four things in one order, told by three relations in any order; by all six; and with an open pair settled.

    The pictures of `minimal` and `closed` are the same. `open` adds a relation, across the chain, of a pair of which
    the chain implies nothing there.
    """
    row = _things(draw, 4)
    way = _turn(DIRECTIONS, draw.number)
    axis = VOCABULARY[way].axis
    hops = [_say(one, way, next_) for one, next_ in pairwise(row)]
    told = [hops[i] if draw.rng.random() < 0.5 else _other_side(hops[i]) for i in draw.rng.permutation(3)]
    closed = [_say(nearer, way, farther) for nearer, farther in combinations(row, 2)]
    one, other = ((0, 2), (0, 3), (1, 3))[int(draw.rng.integers(3))]
    settled = _say(row[one], _ACROSS[axis][int(draw.rng.integers(2))], row[other])
    minimal = _graph(row, *told)  # one after another: few are in the bucket, and then the rest is not made
    yield Member(minimal, mirrored(minimal, axis), tags=("form:minimal",))
    whole = _graph(row, *closed)
    yield Member(whole, mirrored(whole, axis), "closed", ("form:closed",))
    more = _graph(row, *told, settled)
    yield Member(more, mirrored(more, VOCABULARY[settled.predicate].axis), "open", ("form:open",))


def _other_side(relation: Relation) -> Relation:
    pair = (Entity(id=relation.subject, category="a"), Entity(id=relation.objects[0], category="b"))
    return restated(SceneGraph(entities=pair, relations=(relation,))).relations[0]


def _contact(draw: Draw) -> Iterator[Member]:
    """Two things inside or over one another, or apart: held against near and far of the same two, beside a third."""
    predicate = _turn(OVERLAPS, draw.number)
    a, b = compose(draw.rng, "pair", draw.pairings, predicate).entities
    while (third := _things(draw, 1)[0].model_copy(update={"id": "e2"})) in (
        a.model_copy(update={"id": "e2"}),
        b.model_copy(update={"id": "e2"}),
    ):
        continue
    side = _say(b, _turn(DIRECTIONS, draw.number // 2), third)

    def state(stated: str) -> SceneGraph:
        return _graph([a, b, third], _say(a, stated, b), side)

    apart = opposite(predicate)
    if VOCABULARY[predicate].axis == "containment":  # what lies inside a thing is not near it
        pairs = ((predicate, "near"), (apart, "far from"))
    else:
        pairs = ((predicate, apart), ("near", "far from"))
    for role, (one, other) in zip(("", "apart"), pairs, strict=True):
        yield Member(state(one), state(other), role, tags=(f"contact:{one}",))


def _distance(draw: Draw) -> Iterator[Member]:
    """One thing near, one far, and one neither near nor far from the same thing."""
    hub, one, middle, other = _things(draw, 4)
    neither = [_say(middle, measure, hub, negated=True) for measure in ("near", "far from")]
    graph = _graph([hub, one, middle, other], _say(one, "near", hub), *neither, _say(other, "far from", hub))
    yield Member(graph, mirrored(graph, "distance"), tags=("graded:distance",))


def _size(draw: Draw) -> Iterator[Member]:
    """Two things of a size, both bigger or both smaller than a third; where two of them stand is said too."""
    a, b, c = _things(draw, 3)
    way = _turn(("bigger than", "smaller than"), draw.number)
    same = [_say(c, measure, a, negated=True) for measure in ("bigger than", "smaller than")]
    graph = _graph([a, b, c], _say(a, way, b), *same, _say(c, _turn(DIRECTIONS, draw.number // 2), b))
    yield Member(graph, mirrored(graph, "size"), tags=("graded:size",))


def _touching(draw: Draw) -> Iterator[Member]:
    """Touching against near without touching, of two on a side or beside a third; or which of two is it that touches.

    Colours differ: two of one colour that touch are one patch.
    """
    while True:
        a, b, c = _things(draw, 3)
        if not (set(a.attributes) | set(c.attributes)) & set(b.attributes):
            break
    kind, way = _turn(("side", "third", "which"), draw.number), _turn(DIRECTIONS, draw.number // 3)
    touches, apart = [_say(a, "touching", b)], [_say(a, "near", b), _say(a, "touching", b, negated=True)]
    if kind == "which":
        graph = _graph([a, b, c], *touches, _say(c, "near", b), _say(c, "touching", b, negated=True))
        twin = exchanged(graph, a.id, c.id)
    else:
        things, side = ([a, b], _say(a, way, b)) if kind == "side" else ([a, b, c], _say(b, way, c))
        graph, twin = _graph(things, *touches, side), _graph(things, *apart, side)
    yield Member(graph, twin, tags=(f"touching:{kind}",))


def _five(draw: Draw) -> Iterator[Member]:
    """Five things, each before the next: small ones, from edge to edge."""
    way, row = _turn(DIRECTIONS, draw.number), _things(draw, 5)
    graph = _graph(row, *(_say(one, way, next_) for one, next_ in pairwise(row)))
    yield Member(graph, mirrored(graph, VOCABULARY[way].axis), tags=("ordered=5",))


STRUCTURES: Mapping[str, Composer] = MappingProxyType(
    {
        "ordering": _ordering,
        "alignment": _alignment,
        "counts": _counts,
        "denied": _denied,
        "closure": _closure,
        "contact": _contact,
        "distance": _distance,
        "size": _size,
        "ladder": ladder,
        "touching": _touching,
        "five": _five,
    }
)
