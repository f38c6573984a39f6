"""GenEval's verdict on one picture, and its overall score: tags weigh the same, however many prompts they have."""

from __future__ import annotations

from collections.abc import Sequence

from rlrig_eval.metrics import Detection, GenEvalClause, GenEvalSpec, Variant, geneval_verdict
from rlrig_eval.metrics.geneval import COLOURS, TAGS
from rlrig_eval.runs.published.seen import as_seen, detections
from rlrig_eval.runs.scorers import Scores
from rlrig_eval.scene import SceneGraph
from rlrig_eval.suite import Prompt, Suite

POSITIONS = ("left of", "right of", "above", "below")
_VARIANTS: dict[str, Variant] = {"correct": "published", "correct_corrected": "corrected"}


def geneval(read: SceneGraph, prompt: Prompt, suite: Suite) -> Scores:
    """``correct`` and ``correct_corrected``: 1 when the picture shows what is included, and not what is excluded.

    A colour is what the extractor says of a thing, in place of the published CLIP classifier. None of a prompt that
    GenEval has no record for.
    """
    if not covers(prompt.graph):
        return Scores(dict.fromkeys(_VARIANTS))
    spec = spec_of(prompt)
    seen, colours = detections(read), _colours(read)

    def colour_of(found: Sequence[Detection], category: str) -> list[str]:
        return [colours.get((thing.category, thing.box), "none") for thing in found]

    verdicts = {name: geneval_verdict(spec, seen, colour_of, variant) for name, variant in _VARIANTS.items()}
    values = {name: float(verdict.correct) for name, verdict in verdicts.items()}
    return Scores(values, {name: list(verdict.reasons) for name, verdict in verdicts.items()})


def covers(asked: SceneGraph) -> bool:
    """Whether a record of GenEval can say this: of each thing a count, one of ten colours, one of four positions.

    A thing stands to one that is named before it.
    """
    index = {entity.id: place for place, entity in enumerate(asked.entities)}
    subjects = [relation.subject for relation in asked.relations]
    return (
        bool(asked.entities)
        and all(len(e.attributes) <= 1 and {*e.attributes} <= {*COLOURS} for e in asked.entities)
        and len({*subjects}) == len(subjects)
        and all(
            r.predicate in POSITIONS and as_seen(r) and index[r.objects[0]] < index[r.subject] for r in asked.relations
        )
    )


def spec_of(prompt: Prompt) -> GenEvalSpec:
    """The record of `evaluation_metadata.jsonl` that a prompt which GenEval `covers` was made of.

    An `exclude` that is not "no more than included" has no place in a graph; the published file has none.
    """
    index = {entity.id: place for place, entity in enumerate(prompt.graph.entities)}
    stands = {r.subject: (r.predicate, index[r.objects[0]]) for r in prompt.graph.relations}
    include = tuple(
        GenEvalClause.model_validate(
            {
                "class": entity.category,
                "count": entity.count,
                "color": next(iter(entity.attributes), None),
                "position": stands.get(entity.id),
            }
        )
        for entity in prompt.graph.entities
    )
    most = {clause.category: clause.count + 1 for clause in include} if prompt.counting == "exact" else {}
    exclude = tuple(GenEvalClause.model_validate({"class": name, "count": count}) for name, count in most.items())
    tag = next((tag for tag in prompt.tags if tag in TAGS), "")
    return GenEvalSpec(tag=tag, prompt=prompt.text, include=include, exclude=exclude)


def _colours(read: SceneGraph) -> dict[tuple[str, object], str]:
    known = ((e, next((word for word in e.attributes if word in COLOURS), None)) for e in read.entities)
    return {(entity.category, entity.box): colour for entity, colour in known if colour is not None}
