"""What was read, laid against what was asked: which instance is which, and on which relations they agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rlrig_eval.metrics.matching import by_category, match_instances
from rlrig_eval.scene import VOCABULARY, Relation, SceneGraph, focus
from rlrig_eval.scene.relations import opposite


@dataclass(frozen=True)
class Alignment:
    """`gold` in instances, `read` focused on what it speaks of, and `partner`: read id -> gold id.

    Partners have the same category; their attributes may differ.
    """

    gold: SceneGraph
    read: SceneGraph
    partner: dict[str, str]

    @cached_property
    def found(self) -> frozenset[str]:
        """The gold ids that something read is."""
        return frozenset(self.partner.values())

    @cached_property
    def seen(self) -> frozenset[Relation]:
        """The read relations between partners, in canonical form and by gold ids."""
        return frozenset(
            renamed.canonical() for relation in self.read.relations if (renamed := self._renamed(relation)) is not None
        )

    def answer(self, asked: Relation) -> str | None:
        """What was read where gold states `asked`: its own predicate, another one of its axis from the subject's side,
        "nothing" when there is none, or None when one of its members was not found."""
        if not {asked.subject, *asked.objects} <= self.found:
            return None
        if asked.canonical() in self.seen:
            return asked.predicate
        kind = VOCABULARY.get(asked.predicate)
        for relation in sorted(self.seen, key=lambda one: one.predicate):
            same = VOCABULARY.get(relation.predicate)
            members = {relation.subject, *relation.objects}
            if kind is None or same is None or same.axis != kind.axis or members != {asked.subject, *asked.objects}:
                continue
            turned = relation.subject != asked.subject and len(relation.objects) == 1
            return opposite_side(relation.predicate) if turned else relation.predicate
        return "nothing"

    def _renamed(self, relation: Relation) -> Relation | None:
        names = [self.partner.get(name) for name in (relation.subject, *relation.objects)]
        if None in names:
            return None
        subject, *objects = (name for name in names if name is not None)
        object_ = (objects[0], objects[1]) if len(objects) == 2 else objects[0]
        return relation.model_copy(update={"subject": subject, "object": object_})


def opposite_side(predicate: str) -> str:
    """The predicate as the object would say it of the subject.

    >>> opposite_side("left of"), opposite_side("near")
    ('right of', 'near')
    """
    kind = VOCABULARY.get(predicate)
    return predicate if kind is not None and kind.symmetric else opposite(predicate)


def align(read: SceneGraph, gold: SceneGraph) -> Alignment:
    """Instances are matched by category so that they share the most relations, as for the strict relation-IoU."""
    gold = gold.expand()
    focused = focus(read, gold)
    return Alignment(gold, focused, dict(match_instances(focused, gold, by_category).pairs))


def answers(alignment: Alignment) -> Iterator[tuple[str, str | None]]:
    """(asked predicate, what was read) for each relation that gold states and does not deny."""
    for relation in alignment.gold.relations:
        if not relation.negated:
            yield relation.predicate, alignment.answer(relation)
