"""The one decomposition of a scene graph into atomic statements, and how a read graph is checked on them.

The Checker, the GRPO reward, the VLM judges and the strict metrics all start from
`SceneGraph.requirements()`.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from math import comb, prod
from typing import Literal

from rlrig_eval.scene.graph import Entity, Frozen, Relation, SceneGraph
from rlrig_eval.scene.phrases import describe, number_word, with_article

Counting = Literal["exact", "at_least"]
Frame = Literal["viewer", "object"]
"""Whose left is meant: the viewer's, or that of the thing that a relation refers to."""


class Reference(Frozen):
    """A noun phrase that picks entities out of a picture: a category and the attributes that are named.

    `count` is how many instances the prompt asks for under this phrase; it sets the grammatical number.
    """

    category: str
    attributes: tuple[str, ...] = ()
    count: int = 1

    def matches(self, entity: Entity) -> bool:
        return entity.category == self.category and set(self.attributes) <= set(entity.attributes)

    def phrase(self) -> str:
        return describe(self.category, self.attributes, self.count)


class Requirement(Frozen):
    """One atomic, checkable statement.

    `references` is the subject, then the objects of a relation. `attribute` is set for kind attribute,
    `count` for kind count, `predicate`, `negated` and `frame` for kind relation, `counting` for all three. `among` says
    that a reference of a relation fits other things of the prompt too, as of two trees that nothing tells apart: then
    it is to hold of as many as are asked for, and not of all. `depends` are ids of parents: a requirement whose parent
    fails is not satisfied.
    """

    id: str
    kind: Literal["exists", "count", "attribute", "relation"]
    entities: tuple[str, ...]
    references: tuple[Reference, ...]
    depends: tuple[str, ...] = ()
    attribute: str | None = None
    count: int | None = None
    counting: Counting = "exact"
    predicate: str | None = None
    negated: bool = False
    frame: Frame = "viewer"
    among: bool = False

    def statement(self) -> str:
        """The requirement as an English clause without a capital or a full stop.

        >>> from rlrig_eval.scene import Entity, Relation, SceneGraph
        >>> a = Entity(id="a", category="circle", attributes=("red",))
        >>> b = Entity(id="b", category="square", count=2)
        >>> left = Relation(subject="a", predicate="left of", object="b")
        >>> for r in SceneGraph(entities=(a, b), relations=(left,)).requirements(): print(r.statement())
        there is a circle
        there is exactly one circle
        the circle is red
        there is a square
        there are exactly two squares
        the circle is left of the squares
        """
        subject = self.references[0]
        verb = "is" if subject.count == 1 else "are"
        if self.kind == "exists":
            return f"there is {with_article(describe(subject.category, subject.attributes))}"
        if self.kind == "count":
            amount = "exactly" if self.counting == "exact" else "at least"
            wanted = self.count or 0
            things = describe(subject.category, subject.attributes, wanted)
            return f"there {'is' if wanted == 1 else 'are'} {amount} {number_word(wanted)} {things}"
        if self.kind == "attribute":
            return f"the {subject.phrase()} {verb} {self.attribute}"
        negation = " not" if self.negated else ""
        if self.frame == "object":
            return f"the {subject.phrase()} {verb}{negation} {self._on_own_side()}"
        return f"the {subject.phrase()} {verb}{negation} {self.predicate} {self._objects()}"

    def question(self) -> str:
        """The requirement as a yes/no question; yes means satisfied.

        >>> from rlrig_eval.scene import Entity, SceneGraph
        >>> a = Entity(id="a", category="circle", attributes=("red",))
        >>> [r.question() for r in SceneGraph(entities=(a,)).requirements()]
        ['is there a circle?', 'is there exactly one circle?', 'is the circle red?']
        """
        subject = self.references[0]
        verb = "is" if subject.count == 1 else "are"
        statement = self.statement()
        if self.kind in ("exists", "count"):
            verb = statement.split()[1]
            return f"{verb} there {statement.split(' ', 2)[2]}?"
        head, tail = f"the {subject.phrase()}", statement.split(f" {verb} ", 1)[1]
        return f"{verb} {head} {tail}?"

    def _on_own_side(self) -> str:
        """ "to the dog's own left": not the viewer's, unless the two look the same way."""
        objects = self._objects()
        owner = f"{objects}'" if objects.endswith("s") and self.references[1].count > 1 else f"{objects}'s"
        side = (self.predicate or "").removesuffix(" of")
        if side in ("left", "right"):
            return f"to {owner} own {side}"
        return f"{self.predicate} {objects} from {owner} own point of view"

    def _objects(self) -> str:
        objects = self.references[1:]
        if len(objects) == 2 and objects[0] == objects[1]:  # a group, or two things of the same name
            return f"the {describe(objects[0].category, objects[0].attributes, max(2, objects[0].count))}"
        return " and ".join(f"the {reference.phrase()}" for reference in objects)


def reference(graph: SceneGraph, entity: Entity) -> Reference:
    """How to name `entity` in `graph`: its category, and the attributes that tell it from others of it."""
    others = [e for e in graph.entities if e.category == entity.category and e.id != entity.id]
    named = tuple(a for a in entity.attributes if any(a not in other.attributes for other in others))
    return Reference(category=entity.category, attributes=named, count=entity.count)


def decompose(graph: SceneGraph, counting: Counting = "exact") -> tuple[Requirement, ...]:
    """Every requirement of `graph`, parents before children.

    `counting` is the suite's rule: "exact" (a singular means one) or "at_least" (imported benchmarks).
    """
    references = {entity.id: reference(graph, entity) for entity in graph.entities}
    found: list[Requirement] = []
    for entity in graph.entities:
        ref, exists = references[entity.id], f"exists:{entity.id}"
        about = {"entities": (entity.id,), "references": (ref,)}
        found.append(Requirement(id=exists, kind="exists", **about))
        # A phrase can pick out another group too ("circle" beside "red circle"): both are then asked for.
        total = sum(other.count for other in graph.entities if ref.matches(other))
        if counting == "exact" or total > 1:
            found.append(
                Requirement(
                    id=f"count:{entity.id}",
                    kind="count",
                    count=total,
                    counting=counting,
                    depends=(exists,),
                    **about,
                )
            )
        found.extend(
            Requirement(
                id=f"attribute:{entity.id}:{word}",
                kind="attribute",
                attribute=word,
                counting=counting,
                depends=(exists,),
                **about,
            )
            for word in entity.attributes
            if word not in ref.attributes
        )
    for number, relation in enumerate(graph.relations):
        names = (relation.subject, *relation.objects)
        found.append(
            Requirement(
                id=f"relation:{number}",
                kind="relation",
                entities=names,
                references=tuple(references[name] for name in names),
                depends=tuple(dict.fromkeys(f"exists:{name}" for name in names)),
                predicate=relation.predicate,
                counting=counting,
                negated=relation.negated,
                frame=relation.frame,
                among=any(references[n].matches(other) for n in names for other in graph.entities if other.id != n),
            )
        )
    return tuple(found)


def check(requirements: Sequence[Requirement], read: SceneGraph) -> dict[str, bool]:
    """Requirement id -> satisfied in `read`, a graph of instances that holds every relation it can see.

    A requirement whose parent fails is not satisfied (transitive). A relation of a group holds when it holds
    for every entity that the reference picks out; a negated one when it holds for none and both are present. Where
    the reference picks out another thing's as well, as many as are asked for are enough.

    Counted "at_least" more may be there than are asked for, so as many as are asked for are enough for what is not
    negated. They are those that are most as the prompt describes them: a blue dog on the left does not make up for a
    red one on the right.
    """
    facts = read.canonical_relations()
    described = _described(requirements) if any(r.counting == "at_least" for r in requirements) else {}
    verdicts: dict[str, bool] = {}
    for requirement in requirements:
        parents = all(verdicts[parent] for parent in requirement.depends)
        verdicts[requirement.id] = parents and _holds(requirement, read, facts, described)
    return verdicts


def zero_children(requirements: Sequence[Requirement], verdicts: Mapping[str, bool]) -> dict[str, bool]:
    """Verdicts of a judge that answered each question alone, with children of failed parents set to False."""
    zeroed: dict[str, bool] = {}
    for requirement in requirements:
        zeroed[requirement.id] = verdicts[requirement.id] and all(zeroed[parent] for parent in requirement.depends)
    return zeroed


def _described(requirements: Sequence[Requirement]) -> dict[str, tuple[frozenset[str], int]]:
    """Entity id -> its attributes that are requirements of their own, and how many things its reference stands for."""
    words: dict[str, set[str]] = {}
    wanted: dict[str, int] = {}
    for requirement in requirements:
        if not requirement.entities:
            continue
        subject = requirement.entities[0]
        wanted.setdefault(subject, requirement.references[0].count)
        if requirement.kind == "count":
            wanted[subject] = requirement.count or 0
        if requirement.kind == "attribute" and requirement.attribute is not None:
            words.setdefault(subject, set()).add(requirement.attribute)
    return {name: (frozenset(words.get(name, ())), count) for name, count in wanted.items()}


def _likest(picked: Sequence[Entity], words: frozenset[str], wanted: int) -> list[Entity]:
    """Those that have most of `words`, first: as many as are wanted, and all that have no fewer than the last one."""

    def fits(entity: Entity) -> int:
        return len(words & set(entity.attributes))

    ranked = sorted(picked, key=fits, reverse=True)
    least = min(map(fits, ranked[:wanted]), default=0)
    return [entity for entity in ranked if fits(entity) >= least]


def _holds(
    requirement: Requirement,
    read: SceneGraph,
    facts: frozenset[Relation],
    described: Mapping[str, tuple[frozenset[str], int]],
) -> bool:
    picked = [[e for e in read.entities if ref.matches(e)] for ref in requirement.references]
    if requirement.kind == "exists":
        return bool(picked[0])
    if requirement.kind == "count":
        wanted = requirement.count or 0
        return len(picked[0]) == wanted if requirement.counting == "exact" else len(picked[0]) >= wanted
    spare = requirement.counting == "at_least" and not requirement.negated
    if spare:
        picked = [_likest(some, *described[name]) for some, name in zip(picked, requirement.entities, strict=True)]
    if requirement.kind == "attribute":
        asked = picked[0][: described[requirement.entities[0]][1]] if spare else picked[0]
        return all(requirement.attribute in entity.attributes for entity in asked)
    right = [(statement in facts) != requirement.negated for statement in _statements(requirement, picked)]
    if requirement.among or spare:
        return sum(right) >= min(_asked(requirement), len(right)) > 0
    return bool(right) and all(right)


def _asked(requirement: Requirement) -> int:
    """Of how many pairs (or triples) of instances a relation is stated."""
    subject, *objects = (reference.count for reference in requirement.references)
    if len(objects) == 2 and requirement.entities[1] == requirement.entities[2]:
        return subject * comb(objects[0], 2)
    return subject * prod(objects)


def _statements(requirement: Requirement, picked: list[list[Entity]]) -> list[Relation]:
    predicate = requirement.predicate or ""
    subjects = [entity.id for entity in picked[0]]
    objects: list[str] | list[tuple[str, str]]
    if len(picked) == 2:
        objects = [entity.id for entity in picked[1]]
    elif requirement.entities[1] == requirement.entities[2]:
        objects = list(combinations([entity.id for entity in picked[1]], 2))
    else:
        objects = [(a.id, b.id) for a, b in product(picked[1], picked[2]) if a.id != b.id]
    return [
        Relation(subject=subject, predicate=predicate, object=object_, frame=requirement.frame).canonical()
        for subject in subjects
        for object_ in objects
        if subject not in (object_ if isinstance(object_, tuple) else (object_,))
    ]
