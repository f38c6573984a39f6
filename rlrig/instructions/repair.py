"""Which instruction mends a picture: the reference that the Actor is taught."""

from collections.abc import Sequence
from types import MappingProxyType

from rlrig.instructions.sentences import (
    MOST_CLAUSES,
    MOVES,
    Clause,
    Instruction,
    add,
    move,
    name,
    recolour,
    remove,
    replace,
)
from rlrig_eval.scene import VOCABULARY, Entity, Reference, Relation, Requirement, SceneGraph, check
from rlrig_eval.shapes.vocabulary import COLOURS


def failures(prompt: SceneGraph, seen: SceneGraph) -> list[Requirement]:
    """What fails of `prompt` in a scene whose truth is `seen`, but for what only fails as its parent does."""
    requirements = prompt.requirements()
    holds = check(requirements, seen)
    return [r for r in requirements if not holds[r.id] and all(holds[parent] for parent in r.depends)]


def repair(prompt: SceneGraph, seen: SceneGraph, failed: Requirement) -> Instruction:
    """The instruction that mends `failed`, one of the `failures` of `prompt` in a scene whose truth is `seen`.

    What is moved or added is told up to MOST_CLAUSES of its relations, so that mending one does not break another.
    """
    return _moved(prompt, failed) if failed.kind == "relation" else _supplied(prompt, seen, failed)


def _supplied(prompt: SceneGraph, seen: SceneGraph, failed: Requirement) -> Instruction:
    wanted = prompt.entity(failed.entities[0])
    picked = [e for e in seen.entities if failed.references[0].matches(e)]
    if failed.kind == "exists":
        return _made(prompt, seen, wanted)
    if failed.kind == "attribute":
        plain = next(e for e in picked if failed.attribute not in e.attributes)
        return recolour(name(plain), failed.attribute or "")
    if len(picked) < (failed.count or 0):
        return add(name(wanted))
    wrong = [e for e in picked if not set(wanted.attributes) <= set(e.attributes)]
    return remove(name((wrong or picked)[0]))


def _made(prompt: SceneGraph, seen: SceneGraph, wanted: Entity) -> Instruction:
    """Turn a thing nobody asked for into the missing one, else add it where its relations want it."""
    references = {e.id: Reference(category=e.category, attributes=e.attributes) for e in prompt.entities}
    stray = [e for e in seen.entities if not any(reference.matches(e) for reference in references.values())]
    same = [e for e in stray if e.category == wanted.category]
    colours = [word for word in wanted.attributes if word in COLOURS]
    if same and colours:
        return recolour(name(same[0]), colours[0])
    if stray:
        like = [e for e in stray if set(colours) & set(e.attributes)]
        return replace(name((like or stray)[0]), name(wanted))
    there = {number for number, reference in references.items() if any(map(reference.matches, seen.entities))}
    stated = [
        clause
        for relation in about(prompt, wanted.id)
        if not relation.negated and _others(relation, wanted.id) <= there
        if (clause := clause_for(prompt, relation, wanted.id)) is not None
    ]
    return add(name(wanted), _fitting(stated))


def _moved(prompt: SceneGraph, failed: Requirement) -> Instruction:
    """Move one of the two things: one whose relations an instruction holds, of equals the subject.

    The subject's clause is the requirement's own words: taught to move whichever had less to break, an Actor often took
    the mover from one and the direction from the other.
    """
    wrong, options = stated_by(failed), []
    for mover in dict.fromkeys((failed.entities[0], failed.entities[1])):
        own = about(prompt, mover)
        first = clause_for(prompt, wrong, mover)
        rest = [clause_for(prompt, r, mover) for r in own if r != wrong and not r.negated]
        if first is not None:
            clauses = _fitting([first, *(clause for clause in rest if clause is not None)])
            options.append((len(own) > MOST_CLAUSES, move(called(prompt, mover), clauses)))
    return min(options, key=lambda option: option[0])[1]


def stated_by(requirement: Requirement) -> Relation:
    subject, *objects = requirement.entities
    predicate = requirement.predicate or ""
    object_ = (objects[0], objects[1]) if len(objects) == 2 else objects[0]
    return Relation(subject=subject, predicate=predicate, object=object_, negated=requirement.negated)


def _fitting(clauses: Sequence[Clause]) -> list[Clause]:
    """The first clauses; one of three things stands alone, as a sentence with more could be read in two ways."""
    pairs = [clause for clause in dict.fromkeys(clauses) if len(clause.things) == 1]
    return list(clauses[:1]) if clauses and len(clauses[0].things) > 1 else pairs[:MOST_CLAUSES]


def about(prompt: SceneGraph, one: str) -> list[Relation]:
    return [relation for relation in prompt.relations if one in (relation.subject, *relation.objects)]


def _others(relation: Relation, one: str) -> set[str]:
    return {relation.subject, *relation.objects} - {one}


def clause_for(prompt: SceneGraph, relation: Relation, mover: str) -> Clause | None:
    """What `relation` asks of `mover`; None where no instruction says that, as of what is not about space."""
    if not relation.spatial:
        return None
    if len(relation.objects) == 2:
        names = tuple(called(prompt, number) for number in relation.objects)
        told = Clause("far from", names[:1]) if relation.negated else Clause("between", names)
        return told if relation.subject == mover else None
    predicate = _CONTRARY.get(relation.predicate, relation.predicate) if relation.negated else relation.predicate
    if relation.subject != mover:
        predicate = VOCABULARY[predicate].inverse or predicate  # near is its own, where its opposite is far from
    (other,) = _others(relation, mover)
    return Clause(predicate, (called(prompt, other),)) if predicate in MOVES else None


def called(prompt: SceneGraph, entity: str) -> str:
    return name(prompt.entity(entity))


_CONTRARY = MappingProxyType(
    {
        "left of": "right of",
        "right of": "left of",
        "above": "below",
        "below": "above",
        "near": "far from",
        "far from": "near",
        "bigger than": "smaller than",
        "smaller than": "bigger than",
        **dict.fromkeys(("inside", "around", "in front of", "behind"), "far from"),
    }
)
