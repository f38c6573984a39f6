"""Every instruction that would mend what failed and contradicts nothing that the prompt says."""

from collections.abc import Iterator, Sequence

from rlrig.instructions.repair import about, clause_for, stated_by
from rlrig.instructions.sentences import Clause, Instruction, add, move, name, recolour, remove, replace
from rlrig.reward import roots
from rlrig_eval.scene import VOCABULARY, Entity, Reference, Relation, Requirement, SceneGraph
from rlrig_eval.scene.parse import read
from rlrig_eval.shapes import PAIRINGS
from rlrig_eval.shapes.vocabulary import COLOURS

_THINGS = tuple(Entity(id="x", category=shape, attributes=(colour,)) for colour, shape in PAIRINGS)


def proposals(prompt: str, failed: Sequence[Requirement]) -> list[Instruction]:
    """What the Actor may write: the sentences of `sentences`, each for one of the `failed` requirements.

    A requirement whose parent failed too waits for its parent. What depends on the picture (which stray thing is to
    become the missing one, say) is left open: all that it might be is among them. None when no sentence helps.

    >>> from rlrig_eval.scene import parse
    >>> relation = parse("a red star above a blue star").requirements()[-1]
    >>> proposals("a red star above a blue star", [relation])
    ['move the red star above the blue star', 'move the blue star below the red star']
    """
    graph = read(prompt).graph
    return list(dict.fromkeys(text for root in roots(failed) for text in _mending(graph, root)))


def _mending(prompt: SceneGraph, failed: Requirement) -> Iterator[Instruction]:
    if failed.kind == "relation":
        yield from _moves(prompt, failed)
        return
    (reference,) = failed.references
    for wanted in prompt.entities:
        if not reference.matches(wanted):
            continue
        if failed.attribute is not None:
            if failed.attribute in wanted.attributes:
                others = [t for t in _THINGS if t.category == wanted.category and failed.attribute not in t.attributes]
                yield from (recolour(name(thing), failed.attribute) for thing in others)
        elif failed.kind == "count":
            yield add(name(wanted))
            if failed.counting == "exact":  # of at least so many there are never too many
                yield from (remove(name(thing)) for thing in _THINGS if _could_be(reference, thing))
        else:
            yield from _supplies(prompt, wanted)


def _moves(prompt: SceneGraph, failed: Requirement) -> Iterator[Instruction]:
    """Either thing of a relation that does not hold, moved where it says, and where one other relation says."""
    for relation in prompt.relations:
        if not relation.spatial or not _says(prompt, relation, failed):
            continue
        for mover in (relation.subject, *relation.objects):
            first, thing = clause_for(prompt, relation, mover), prompt.entity(mover)
            if first is not None:
                yield from (move(name(thing), clauses) for clauses in _with_one_more(first, _clauses(prompt, thing)))


def _says(prompt: SceneGraph, relation: Relation, failed: Requirement) -> bool:
    """Whether it is the relation that failed: the ids of a requirement are those of another graph."""
    ours, theirs = relation.canonical(), stated_by(failed).canonical()
    if (ours.predicate, ours.frame, ours.negated) != (theirs.predicate, theirs.frame, theirs.negated):
        return False
    meant = dict(zip(failed.entities, failed.references, strict=True))
    subject, *objects = (meant[number] for number in (theirs.subject, *theirs.objects))
    orders = [[subject, *objects]]
    if len(objects) > 1:
        orders.append([subject, *objects[::-1]])
    elif VOCABULARY[ours.predicate].symmetric:
        orders.append([*objects, subject])
    things = [prompt.entity(number) for number in (ours.subject, *ours.objects)]
    return any(all(map(Reference.matches, order, things)) for order in orders)


def _supplies(prompt: SceneGraph, wanted: Entity) -> Iterator[Instruction]:
    """A missing thing, added at a place of its own or made of something that nobody asked for."""
    yield add(name(wanted))
    stated = _clauses(prompt, wanted)
    for first in stated:
        yield from (add(name(wanted), clauses) for clauses in _with_one_more(first, stated))
    asked = {name(entity) for entity in prompt.entities}
    colours = [word for word in wanted.attributes if word in COLOURS]
    for stray in _THINGS:
        if name(stray) not in asked:
            yield replace(name(stray), name(wanted))
            if stray.category == wanted.category and colours:
                yield recolour(name(stray), colours[0])


def _clauses(prompt: SceneGraph, one: Entity) -> list[Clause]:
    found = (clause_for(prompt, relation, one.id) for relation in about(prompt, one.id) if not relation.negated)
    return [clause for clause in found if clause is not None]


def _with_one_more(first: Clause, others: Sequence[Clause]) -> Iterator[list[Clause]]:
    """`first` alone, and with each other of as many things (MOST_CLAUSES); a clause of three things stands alone."""
    yield [first]
    if len(first.things) == 1:
        yield from ([first, other] for other in others if other != first and len(other.things) == 1)


def _could_be(reference: Reference, thing: Entity) -> bool:
    """Whether a thing of any size is one that the reference means."""
    return reference.category == thing.category and set(reference.attributes) & set(COLOURS) <= set(thing.attributes)
