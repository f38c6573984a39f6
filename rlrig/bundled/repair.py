"""Which instruction mends a picture: the reference that the Actor is taught."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rlrig.bundled.sentences import MOST_CLAUSES, MOVES, Clause, Instruction, add, move, name, recolour, remove, replace
from rlrig_eval.scene import VOCABULARY, Entity, Reference, Relation, Requirement, SceneGraph, check
from rlrig_eval.shapes.vocabulary import COLOURS

Verdicts = Mapping[str, bool]


def repair(
    prompt: SceneGraph, seen: SceneGraph, requirements: Sequence[Requirement]
) -> tuple[Instruction, Requirement]:
    """The instruction that mends the first failed requirement of `prompt` in a scene whose truth is `seen`.

    Missing things come first, then surplus ones, colours, and relations, as each makes the next checkable. What is
    moved or added is told up to MOST_CLAUSES of its relations, so that mending one does not break another.

    Raises:
        ValueError: nothing is wrong.
    """
    verdicts = check(requirements, seen)
    failed = [r for r in requirements if not verdicts[r.id] and all(verdicts[parent] for parent in r.depends)]
    if not failed:
        raise ValueError("every requirement holds: there is nothing to repair")
    first = min(failed, key=lambda r: ("exists", "count", "attribute", "relation").index(r.kind))
    if first.kind == "relation":
        return _moved(prompt, first, _broken(failed)), first
    return _supplied(prompt, seen, first), first


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
        return replace(name(stray[0]), name(wanted))
    there = {number for number, reference in references.items() if any(map(reference.matches, seen.entities))}
    stated = [
        clause
        for relation in about(prompt, wanted.id)
        if not relation.negated and _others(relation, wanted.id) <= there
        if (clause := clause_for(prompt, relation, wanted.id)) is not None
    ]
    return add(name(wanted), _fitting(stated))


def _moved(prompt: SceneGraph, failed: Requirement, broken: frozenset[Relation]) -> Instruction:
    """Move one of the two things: the one whose move mends most; of equals one whose relations an instruction holds.

    Then the subject, as its clause is the requirement's own words: taught to move whichever had less to break, an Actor
    often took the mover from one and the direction from the other.
    """
    options = []
    for mover in dict.fromkeys((failed.entities[0], failed.entities[1])):
        own = about(prompt, mover)
        stated = {r: clause for r in own if (clause := clause_for(prompt, r, mover)) is not None}
        wrong = [stated[r] for r in own if r in broken and r in stated]
        right = [stated[r] for r in own if r not in broken and r in stated and not r.negated]
        clauses = _fitting([*wrong, *right])
        if wrong:
            mended = sum(clause in wrong for clause in clauses)
            options.append((-mended, len(own) > MOST_CLAUSES, move(called(prompt, mover), clauses)))
    return min(options, key=lambda option: option[:2])[2]


def _broken(failed: Sequence[Requirement]) -> frozenset[Relation]:
    return frozenset(stated_by(requirement) for requirement in failed if requirement.kind == "relation")


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
        return Clause("between", names) if relation.subject == mover else None
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
    }
)
