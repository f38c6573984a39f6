"""Scene graphs: entities that are instances (or groups of instances) and typed relations between them."""

from collections.abc import Iterable, Mapping
from itertools import combinations, product
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, field_validator, model_validator

from rlrig_eval.scene.attributes import kind_of
from rlrig_eval.scene.relations import VOCABULARY, is_spatial

if TYPE_CHECKING:
    import networkx as nx

    from rlrig_eval.scene.requirements import Counting, Requirement

Box = tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
"""(x0, y0, x1, y1) in pixels, y down, x1 > x0 and y1 > y0. JSON has no infinity: a run could not be opened again."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entity(Frozen):
    """One thing, or a group of `count` alike things.

    `depth` is the distance from the viewer: the smaller is nearer, only the order means something.
    """

    id: str = Field(min_length=1)
    category: str = Field(min_length=1)
    attributes: tuple[str, ...] = ()
    count: int = Field(default=1, ge=1)
    box: Box | None = None
    depth: FiniteFloat | None = None

    @field_validator("box")
    @classmethod
    def _box_has_area(cls, box: Box | None) -> Box | None:
        if box is not None and not (box[2] > box[0] and box[3] > box[1]):
            raise ValueError(f"a box is (x0, y0, x1, y1) with x1 > x0 and y1 > y0, not {box}")
        return box


class Relation(Frozen):
    """`subject predicate object`, all by entity id; the object of a three-place one is a pair of ids."""

    subject: str
    predicate: str = Field(min_length=1)
    object: str | tuple[str, str]
    frame: Literal["viewer", "object"] = "viewer"
    negated: bool = False

    @model_validator(mode="after")
    def _places(self) -> "Relation":
        places = VOCABULARY[self.predicate].places if is_spatial(self.predicate) else 2
        if len(self.objects) != places - 1:
            raise ValueError(f"{self.predicate!r} takes {places - 1} object(s), not {len(self.objects)}")
        if self.subject in self.objects:
            raise ValueError(f"{self.subject!r} cannot be {self.predicate!r} itself")
        return self

    @property
    def objects(self) -> tuple[str, ...]:
        return (self.object,) if isinstance(self.object, str) else self.object

    @property
    def mutual(self) -> bool:
        """Whether it says the same of both its things, so that neither comes first."""
        kind = VOCABULARY.get(self.predicate)
        return kind is not None and kind.symmetric and self.frame == "viewer"

    @property
    def spatial(self) -> bool:
        return is_spatial(self.predicate)

    def canonical(self) -> "Relation":
        """The one form in which two wordings of the same fact are equal.

        >>> Relation(subject="b", predicate="right of", object="a").canonical()
        Relation(subject='a', predicate='left of', object='b', frame='viewer', negated=False)
        >>> Relation(subject="b", predicate="near", object="a").canonical().subject
        'a'
        """
        predicate, subject, object_ = self.stated()
        return self.model_copy(update={"subject": subject, "predicate": predicate, "object": object_})

    def stated(self) -> tuple[str, str, str | tuple[str, str]]:
        """Predicate, subject and object of the canonical form, for those who need no copy of the relation.

        >>> Relation(subject="b", predicate="right of", object="a").stated()
        ('left of', 'a', 'b')
        """
        kind = VOCABULARY.get(self.predicate)
        if kind is None:
            return self.predicate, self.subject, self.object
        if isinstance(self.object, tuple):
            first, second = sorted(self.object)
            return self.predicate, self.subject, (first, second)
        if self.frame == "object":  # told from the other end it would be in the frame of the other thing
            return self.predicate, self.subject, self.object
        if kind.swap or (kind.symmetric and self.object < self.subject):
            return kind.canonical, self.object, self.subject
        return kind.canonical, self.subject, self.object


class SceneGraph(Frozen):
    """Entities and the relations between them; ids are local names and never compared across graphs."""

    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()

    @model_validator(mode="after")
    def _well_formed(self) -> "SceneGraph":
        counts = {entity.id: entity.count for entity in self.entities}
        if len(counts) != len(self.entities):
            ids = [entity.id for entity in self.entities]
            raise ValueError(f"entity id {next(i for i in ids if ids.count(i) > 1)!r} is used twice")
        for relation in self.relations:
            for name in (relation.subject, *relation.objects):
                if name not in counts:
                    raise ValueError(f"relation {relation.predicate!r} names the unknown entity {name!r}")
            pair = relation.objects
            if len(pair) == 2 and pair[0] == pair[1] and counts[pair[0]] < 2:
                raise ValueError(f"{relation.predicate!r} needs two objects, {pair[0]!r} is one")
        return self

    @classmethod
    def from_triples(cls, triples: Iterable[tuple[str, str, str]]) -> "SceneGraph":
        """One entity for each distinct noun phrase; leading attribute words become attributes.

        >>> graph = SceneGraph.from_triples([("red circle", "left of", "square")])
        >>> graph.entities[0].category, graph.entities[0].attributes
        ('circle', ('red',))
        """
        triples = tuple(triples)
        phrases = dict.fromkeys(phrase for subject, _, object_ in triples for phrase in (subject, object_))
        entities = []
        for number, phrase in enumerate(phrases):
            words = phrase.split()
            head = next((i for i, word in enumerate(words) if kind_of(word) == "other"), len(words) - 1)
            entities.append(Entity(id=f"e{number}", category=" ".join(words[head:]), attributes=tuple(words[:head])))
        ids = {phrase: entity.id for phrase, entity in zip(phrases, entities, strict=True)}
        relations = (Relation(subject=ids[s], predicate=p, object=ids[o]) for s, p, o in triples)
        return cls(entities=tuple(entities), relations=tuple(relations))

    def entity(self, id_: str) -> Entity:
        """The entity of that id; KeyError when there is none."""
        return self._by_id()[id_]

    def _by_id(self) -> Mapping[str, Entity]:
        return {entity.id: entity for entity in self.entities}

    def expand(self) -> "SceneGraph":
        """Groups become instances, each holding the group's relations; a graph of instances is unchanged.

        >>> two = Entity(id="c", category="circle", count=2)
        >>> one = Entity(id="s", category="square")
        >>> near = Relation(subject="c", predicate="near", object="s")
        >>> [r.subject for r in SceneGraph(entities=(two, one), relations=(near,)).expand().relations]
        ['c#1', 'c#2']
        """
        if all(entity.count == 1 for entity in self.entities):
            return self
        members: dict[str, list[str]] = {}
        entities: list[Entity] = []
        for entity in self.entities:
            if entity.count == 1:
                members[entity.id] = [entity.id]
                entities.append(entity)
                continue
            members[entity.id] = [f"{entity.id}#{number + 1}" for number in range(entity.count)]
            alone = {"count": 1, "box": None, "depth": None}
            entities.extend(entity.model_copy(update={"id": name, **alone}) for name in members[entity.id])
        relations = [
            relation.model_copy(update={"subject": subject, "object": object_})
            for relation in self.relations
            for subject in members[relation.subject]
            for object_ in _object_members(relation, members)
        ]
        return SceneGraph(entities=tuple(entities), relations=tuple(relations))

    def canonical_relations(self) -> frozenset[Relation]:
        """The relations in canonical form, each once."""
        return frozenset(relation.canonical() for relation in self.relations)

    def requirements(self, counting: "Counting" = "exact") -> tuple["Requirement", ...]:
        """The atomic, checkable statements of this graph, parents first (see `scene.requirements`)."""
        from rlrig_eval.scene.requirements import decompose

        return decompose(self, counting)

    def to_networkx(self) -> "nx.MultiDiGraph[str]":
        """Nodes are entity ids with their fields; an edge runs from the subject to each object."""
        import networkx as nx

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        for entity in self.entities:
            graph.add_node(entity.id, **entity.model_dump(exclude={"id"}))
        for relation in self.relations:
            for object_ in dict.fromkeys(relation.objects):
                graph.add_edge(
                    relation.subject,
                    object_,
                    predicate=relation.predicate,
                    negated=relation.negated,
                    frame=relation.frame,
                )
        return graph


def _object_members(relation: Relation, members: Mapping[str, list[str]]) -> Iterable[str] | Iterable[tuple[str, str]]:
    if isinstance(relation.object, str):
        return members[relation.object]
    first, second = relation.object
    if first == second:
        return combinations(members[first], 2)
    return product(members[first], members[second])
