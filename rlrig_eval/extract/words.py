"""The words that a picture is read with: which are asked about, and which are there to lead astray."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rlrig_eval.extract.synonyms import COCO, related
from rlrig_eval.scene import SceneGraph

OBJECT_FRAME = " (seen from the thing itself)"
DISTRACTORS = 8


@dataclass(frozen=True)
class Words:
    """The closed lists of one prompt, sorted, so that their order says nothing of what stands where.

    Attributes:
        categories, attributes, predicates: of the prompt. A predicate in the frame of a thing ends in OBJECT_FRAME.
        distractors: categories that the prompt does not name, nor anything that means the same.
        counting: whether the prompt asks for a number of things (GenEval's rule then wants surer detections).
    """

    categories: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    predicates: tuple[str, ...] = ()
    distractors: tuple[str, ...] = ()
    counting: bool = False

    @classmethod
    def of(cls, graph: SceneGraph, pool: Iterable[str] = (), distractors: int = DISTRACTORS) -> Words:
        """The words of a prompt's graph.

        Args:
            pool: categories that distractors are taken from, those of the suite say; COCO's fill them up.
        """
        categories = tuple(sorted({entity.category for entity in graph.entities}))
        return cls(
            categories=categories,
            attributes=tuple(sorted({word for entity in graph.entities for word in entity.attributes})),
            predicates=tuple(sorted({r.predicate + OBJECT_FRAME * (r.frame == "object") for r in graph.relations})),
            distractors=_distractors(categories, tuple(pool), distractors),
            counting=any(entity.count > 1 for entity in graph.entities),
        )


def categories_of(graphs: Iterable[SceneGraph]) -> tuple[str, ...]:
    """Every category of some graphs, sorted."""
    return tuple(sorted({entity.category for graph in graphs for entity in graph.entities}))


@lru_cache(maxsize=4096)
def _distractors(categories: tuple[str, ...], pool: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The same ones for the same categories, whatever run, shard or order they are asked for in."""

    def rank(word: str) -> str:
        return hashlib.sha256("\n".join([*categories, word]).encode()).hexdigest()

    def strangers() -> Iterator[str]:
        for words in (set(pool), set(COCO)):
            yield from sorted(words, key=rank)

    chosen: list[str] = []
    for word in strangers():
        if len(chosen) >= count:
            break
        if not any(related(word, other) for other in (*categories, *chosen)):
            chosen.append(word)
    return tuple(sorted(chosen))
