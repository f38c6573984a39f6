"""Write the suite ``spatial-objects``: ``python -m rlrig_eval.suite.objects --seed 11 --out suites/spatial-objects``.

Half of it are the groups of `spatial-hard` about common things instead of shapes, so what they ask for can be drawn;
the rest asks what no flat shapes can show: whose left is meant, depth without overlap, in and on and under and above,
touching and apart.
The same seed and the same `spatial-hard` write the same bytes.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.random import Generator

from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.phrases import with_article
from rlrig_eval.shapes import Split
from rlrig_eval.suite.hard.groups import Group
from rlrig_eval.suite.hard.members import Member, exchanged, mirrored
from rlrig_eval.suite.hard.rows import prompts
from rlrig_eval.suite.loader import load
from rlrig_eval.suite.schema import Prompt
from rlrig_eval.suite.split_files import write_split
from rlrig_eval.suite.wording import word

SUITE, SOURCE = "spatial-objects", "spatial-hard"
THINGS = (
    "bicycle, motorcycle, boat, fire hydrant, bench, bird, cat, dog, horse, cow, giraffe, backpack, "
    "umbrella, handbag, suitcase, kite, skateboard, bottle, cup, bowl, chair, couch, laptop, book, clock, "
    "vase, teddy bear, lamp"
).split(", ")
"""Names of COCO, and a lamp: each is one thing of a middle size, has a plain plural and is no colour."""
FACING = ("dog", "cat", "horse", "cow", "bear", "elephant", "teddy bear", "giraffe")
"""Things with a left and a right of their own."""
BESIDE = ("suitcase", "bench", "bicycle", "umbrella", "chair", "fire hydrant", "backpack", "skateboard")
SMALL = ("apple", "banana", "carrot", "book", "spoon", "fork", "cell phone", "clock", "teddy bear", "bottle", "cup")
HOLDERS = ("bowl", "suitcase", "backpack", "handbag", "sink", "box")

OWN: Mapping[Split, int] = {"test": 12, "dev": 2}
"""Split -> groups of each structure that `spatial-hard` does not have."""
_KEPT = ("ordered=", "aligned:", "counts=", "denied:", "form:", "graded:")
_LEFT_OUT = ("contact", "touching")  # things in one another, of which `support` has those that fit; touching is its own


def groups(bucket: Split, seed: int) -> dict[str, list[Group]]:
    """Structure -> the groups of a split."""
    found: dict[str, list[Group]] = {}
    used: set[str] = set()
    rows = load(SOURCE if bucket == "test" else f"{SOURCE}:{bucket}").prompts
    for name, members in groupby(rows, key=lambda prompt: prompt.group):
        together = list(members)
        if _fits(together):
            group = _unlike(partial(_recast, together), [seed, *name.encode()], used)
            found.setdefault(group.structure, []).append(group)
    own = (("frames", _frames), ("depth", _depth), ("support", _support), ("touching", _touching))
    for structure, compose in own:
        for number in range(OWN[bucket]):
            make = partial(_own, structure, compose, number)
            seeds = [seed, len(bucket), *structure.encode(), number]
            found.setdefault(structure, []).append(_unlike(make, seeds, used))
    return found


def _unlike(make: Callable[[Generator], Group], seeds: Sequence[int], used: set[str]) -> Group:
    """The first group that says nothing that is said already; its texts join those `used`."""
    rng = np.random.default_rng(seeds)
    while True:
        group = make(rng)
        texts = {tell(graph) for member in group.members for graph in (member.graph, member.twin)}
        if not texts & used:
            used |= texts
            return group


def _own(structure: str, compose: Callable[[Generator, int], tuple[Member, ...]], number: int, rng: Generator) -> Group:
    return Group(structure, number, compose(rng, number))


def _structure(prompt: Prompt) -> str:
    return next(tag.partition(":")[2] for tag in prompt.tags if tag.startswith("structure:"))


def _fits(rows: Sequence[Prompt]) -> bool:
    """Whether a group of `spatial-hard` is of use here: not where it puts one thing inside of another."""
    inside = any(r.predicate in ("inside", "around") for row in rows for r in row.graph.relations)
    return _structure(rows[0]) not in _LEFT_OUT and not inside


def _recast(rows: Sequence[Prompt], rng: Generator) -> Group:
    """A group of `spatial-hard` about things of other names."""
    by_id = {row.id: row for row in rows}
    things = {(e.category, e.attributes) for row in rows for e in row.graph.entities}
    shapes = sorted({shape for shape, _ in things})
    names = dict(zip(shapes, (THINGS[i] for i in rng.permutation(len(THINGS))), strict=False))
    alike = {shape for shape in shapes if sum(shape == other for other, _ in things) > 1}

    def renamed(graph: SceneGraph) -> SceneGraph:
        entities = (
            Entity(
                id=e.id,
                category=names[e.category],
                count=e.count,
                attributes=e.attributes if e.category in alike else (),
            )
            for e in graph.entities
        )
        return SceneGraph(entities=tuple(entities), relations=graph.relations)

    members = tuple(
        Member(
            renamed(row.graph),
            renamed(by_id[row.twin].graph),
            role=row.id.removeprefix(row.group).removeprefix("-"),
            tags=_own_tags(row),
        )
        for row in rows
        if row.twin is not None and "twin" not in row.tags
    )
    paraphrased = any("paraphrase" in row.tags for row in rows)
    return Group(_structure(rows[0]), 0 if paraphrased else 1, members)


def _own_tags(row: Prompt) -> tuple[str, ...]:
    return tuple(tag for tag in row.tags if tag.startswith(_KEPT))


def _frames(rng: Generator, number: int) -> tuple[Member, ...]:
    """The same two things on the viewer's left and right, and on the own left and right of the one that has them."""
    thing, owner = _pair(rng, BESIDE, FACING)
    side = ("left of", "right of")[number % 2]
    found = []
    for role, frame in (("", "viewer"), ("own", "object")):
        relation = Relation.model_validate({"subject": "e0", "predicate": side, "object": "e1", "frame": frame})
        graph = SceneGraph(entities=(thing, owner), relations=(relation,))
        found.append(Member(graph, mirrored(graph, "horizontal"), role, (f"frame:{role or 'viewer'}",)))
    return tuple(found)


def _depth(rng: Generator, number: int) -> tuple[Member, ...]:
    """One thing nearer than the other and to a side of it, so that neither needs to hide the other."""
    one, other = _pair(rng, THINGS, THINGS)
    stated = (("in front of", "behind")[number % 2], ("left of", "right of")[number // 2 % 2])
    graph = SceneGraph(
        entities=(one, other), relations=tuple(Relation(subject="e0", predicate=p, object="e1") for p in stated)
    )
    return (Member(graph, mirrored(graph, "depth"), tags=("depth beside",)),)


def _support(rng: Generator, number: int) -> tuple[Member, ...]:
    """In against under, on against above without touching, and on against under with the things exchanged."""
    state = partial(_state, *_pair(rng, SMALL, HOLDERS))
    on, hovering = state("on"), state("above", "not touching")
    return (
        Member(state("inside"), state("under")),
        Member(on, hovering, "on"),
        Member(exchanged(on, "e0", "e1"), exchanged(state("under"), "e0", "e1"), "unlikely", ("unlikely",)),
    )


def _touching(rng: Generator, number: int) -> tuple[Member, ...]:
    """Touching against near without touching; of two groups in three, on a side that both say."""
    state = partial(_state, *_pair(rng, THINGS, THINGS))
    side = ((), ("left of",), ("right of",))[number % 3]
    return (Member(state(*side, "touching"), state(*side, "near", "not touching")),)


def _state(one: Entity, other: Entity, *predicates: str) -> SceneGraph:
    """What is said of the first thing and the second, "not" before what is denied."""
    relations = tuple(
        Relation(subject=one.id, predicate=p.removeprefix("not "), object=other.id, negated=p.startswith("not "))
        for p in predicates
    )
    return SceneGraph(entities=(one, other), relations=relations)


def _pair(rng: Generator, first: Sequence[str], second: Sequence[str]) -> tuple[Entity, Entity]:
    one = first[int(rng.integers(len(first)))]
    others = [name for name in second if name != one]
    other = others[int(rng.integers(len(others)))]
    return Entity(id="e0", category=one), Entity(id="e1", category=other)


def tell(graph: SceneGraph) -> str:
    """The plain wording, with whose left and right are meant where the viewer and another could be.

    >>> side = Relation(subject="e0", predicate="left of", object="e1", frame="object")
    >>> things = (Entity(id="e0", category="bench"), Entity(id="e1", category="dog"))
    >>> tell(SceneGraph(entities=things, relations=(side,)))
    "a bench on the dog's left"
    """
    if len(graph.relations) != 1 or graph.entities[-1].category not in FACING:
        return word(graph)
    relation = graph.relations[0]
    if relation.frame == "object":
        subject, owner = (graph.entity(name) for name in (relation.subject, relation.objects[0]))
        return f"{with_article(subject.category)} on the {owner.category}'s {relation.predicate.removesuffix(' of')}"
    return f"{word(graph)}, as seen by the viewer" if relation.predicate in ("left of", "right of") else word(graph)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the JSONL files of every split."""
    parser = argparse.ArgumentParser(prog="python -m rlrig_eval.suite.objects", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True, help="folder of the suite")
    options = parser.parse_args(arguments)
    for bucket in OWN:
        write_split(options.out, bucket, prompts(SUITE, bucket, "photo", groups(bucket, options.seed), tell))


if __name__ == "__main__":
    main()
