"""The propositions of DSG as a graph: "relation - spatial (rocks, ground, on)" and the like."""

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from rlrig_eval.metrics.dsg import dsg_parents
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.phrases import singular
from rlrig_eval.suite.importers.benchmark import Record
from rlrig_eval.suite.importers.graphs import relation

SEEN = frozenset(("color", "material", "size", "shape", "texture", "pattern", "scale"))
"""Kinds of attribute that a graph holds; the others (state, type, style, ...) are asked about alone."""
_TUPLE = re.compile(r".+? - .+? \((.*)\)", re.DOTALL)


class Proposition(Record):
    """A row: one proposition of the prompt `item_id`."""

    item_id: str = Field(min_length=1)
    text: str
    proposition_id: int
    dependency: str
    category_broad: str
    category_detailed: str
    stated: str = Field(alias="tuple")
    question_natural_language: str

    @property
    def said(self) -> tuple[str, ...]:
        """What stands between the parentheses of the tuple."""
        found = _TUPLE.fullmatch(self.stated)
        return tuple(found[1].split(", ")) if found else ()

    @property
    def thing(self) -> str:
        """The thing that the proposition says is there; empty for one that says something of a thing.

        A thing may have a comma in it ("Paris, France"); "entity - scale (child, small)" is an attribute.
        """
        if self.category_broad != "entity" or (self.category_detailed in SEEN and len(self.said) == 2):
            return ""
        return ", ".join(self.said)

    @property
    def looks(self) -> bool:
        """Whether it says of a thing how it looks, in a way that a graph holds."""
        return self.category_broad in ("attribute", "entity") and self.category_detailed in SEEN and len(self.said) == 2


def graph_of(records: Iterable[Proposition]) -> tuple[SceneGraph, bool]:
    """What the tuples say of things, their looks, numbers and relations; and whether that is all that they say.

    Every proposition of a thing is a thing: of two that are called alike, the one is meant that a tuple depends on. A
    tuple that leaves it open is not in the graph.
    """
    records = tuple(records)
    things = {record.proposition_id: record.thing for record in records if record.thing}
    ids = {own: f"e{number}" for number, own in enumerate(things)}
    looks: dict[int, dict[str, None]] = {own: {} for own in things}
    counts: dict[int, int] = {}
    relations: dict[Relation, None] = {}
    whole = True
    for record in records:
        if record.thing:
            continue
        said, about = record.said, _about(record, things)
        if record.looks and about:
            looks[about[0]][said[1]] = None
        elif (record.category_broad, record.category_detailed) == ("other", "count") and (number := _exactly(said)):
            whole &= bool(about)
            counts |= dict.fromkeys(about, number)
        elif record.category_broad == "relation" and len(about) == 2:
            relations[relation(ids[about[0]], said[2], ids[about[1]])] = None
        else:
            whole = False
    entities = (
        Entity(
            id=ids[own],
            category=singular(thing) if counts.get(own, 1) > 1 else thing,
            attributes=tuple(looks[own]),
            count=counts.get(own, 1),
        )
        for own, thing in things.items()
    )
    return SceneGraph(entities=tuple(entities), relations=tuple(relations)), whole


def _about(record: Proposition, things: Mapping[int, str]) -> tuple[int, ...]:
    """The propositions of the things that a tuple names, two for a relation of two; none where one is in doubt.

    Of things called alike the parents decide, in their order: "watch (people, people)" with "9,1" is 9 watching 1.
    """
    places = 2 if record.category_broad == "relation" else 1
    if len(record.said) != places + 1:
        return ()
    names = record.said[:places]
    return _picked(names, things, [p for p in dsg_parents(record.dependency) if p in things])


def _picked(names: Sequence[str], things: Mapping[int, str], parents: Sequence[int]) -> tuple[int, ...]:
    found: list[int] = []
    for name in names:
        alike = [own for own, thing in things.items() if thing == name]
        meant = alike if len(alike) == 1 else [own for own in parents if things[own] == name]
        if not meant or (len(alike) > 1 and len(meant) != names.count(name)):
            return ()
        own = meant[names[: len(found)].count(name) if len(meant) > 1 else 0]
        if own in found:
            return ()
        found.append(own)
    return tuple(found)


def _exactly(said: Sequence[str]) -> int:
    """The number of an ``==3``; 0 where there is none."""
    found = re.fullmatch(r"==\s*(\d+)", said[1]) if len(said) == 2 else None
    return int(found[1]) if found else 0
