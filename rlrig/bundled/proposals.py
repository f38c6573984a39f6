"""Every instruction that would mend what failed and contradicts nothing that the prompt says."""

from collections.abc import Iterator, Sequence

from rlrig.bundled.repair import about, clause_for, stated_by
from rlrig.bundled.sentences import MOST_CLAUSES, Clause, Instruction, add, move, name, recolour, remove, replace
from rlrig_eval.scene import VOCABULARY, Entity, Reference, Relation, Requirement, SceneGraph
from rlrig_eval.scene.parse import read
from rlrig_eval.shapes.vocabulary import COLOURS, SHAPES

_THINGS = tuple(Entity(id="x", category=shape, attributes=(colour,)) for colour in COLOURS for shape in SHAPES)


def proposals(prompt: str, failed: Sequence[Requirement]) -> list[Instruction]:
    """What the Actor may write: the sentences of `sentences.py`, each for one of the `failed` requirements.

    A requirement whose parent failed too waits for its parent. What depends on the picture (which stray thing is to
    become the missing one, say) is left open: all that it might be is among them. None when no sentence helps.

    >>> from rlrig_eval.scene import parse
    >>> relation = parse("a red star above a blue star").requirements()[-1]
    >>> proposals("a red star above a blue star", [relation])
    ['move the red star above the blue star', 'move the blue star below the red star']
    """
    graph, names = read(prompt).graph, {requirement.id for requirement in failed}
    roots = [requirement for requirement in failed if not names & set(requirement.depends)]
    return list(dict.fromkeys(text for root in roots for text in _mending(graph, root)))


def _mending(prompt: SceneGraph, failed: Requirement) -> Iterator[Instruction]:
    if failed.kind == "relation":
        yield from _moves(prompt, failed)
        return
    (reference,) = failed.references
    for wanted in prompt.entities:
        if not reference.matches(wanted) or (failed.attribute or wanted.category) not in _words(wanted):
            continue
        if failed.kind == "attribute":
            others = [thing for thing in _THINGS if reference.category == thing.category]
            yield from (recolour(name(t), failed.attribute or "") for t in others if failed.attribute not in _words(t))
        elif failed.kind == "count":
            yield add(name(wanted))
            yield from (remove(name(thing)) for thing in _THINGS if _could_be(reference, thing))
        else:
            yield from _supplies(prompt, wanted)


def _moves(prompt: SceneGraph, failed: Requirement) -> Iterator[Instruction]:
    """Either thing of a relation that does not hold, moved where it says, and where one other relation says."""
    for relation in prompt.relations:
        if not _says(prompt, relation, failed):
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
    if len(objects) > 1 or VOCABULARY[ours.predicate].symmetric:
        orders.append([subject, *objects[::-1]] if len(objects) > 1 else [*objects, subject])
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


def _with_one_more(first: Clause, others: Iterator[Clause] | Sequence[Clause]) -> Iterator[list[Clause]]:
    """`first` alone, and with each other of as many things; a clause of three things stands alone."""
    yield [first]
    if len(first.things) == 1:
        yield from ([first, other][:MOST_CLAUSES] for other in others if other != first and len(other.things) == 1)


def _words(thing: Entity) -> tuple[str, ...]:
    return thing.category, *thing.attributes


def _could_be(reference: Reference, thing: Entity) -> bool:
    """Whether a thing of any size is one that the reference means."""
    return reference.category == thing.category and set(reference.attributes) & set(COLOURS) <= set(thing.attributes)
