"""Scene graphs of what a benchmark states, and the words that it states relations in."""

from rlrig_eval.scene import ParseError, Relation, SceneGraph, is_spatial, parse
from rlrig_eval.scene.language.lexicon import TERMS

UNPARSED = "unparsed"
"""Tag of a prompt of which only the text is known and whose text cannot be read: its graph is empty, never guessed."""
PARTIAL = "partial"
"""Tag of a prompt that asks for more than its graph says."""


def relation(subject: str, words: str, object_: str) -> Relation:
    """A relation of two things in a benchmark's words: as `parse` reads them, or kept as they are.

    A "between" with one object only is kept as "in between", which is no relation of the vocabulary.

    >>> relation("a", "beside", "b").predicate, relation("a", "growing near", "b").predicate
    ('near', 'growing near')
    >>> relation("a", "surrounded by", "b")
    Relation(subject='b', predicate='around', object='a', frame='viewer', negated=False)
    """
    term = TERMS.get(words.lower())
    if term is None or term.kind != "relation":
        return Relation(subject=subject, predicate=words, object=object_)
    if term.passive:
        subject, object_ = object_, subject
    name = "in between" if term.predicate == "between" else term.predicate
    return Relation(subject=subject, predicate=name, object=object_)


def read_text(text: str) -> tuple[SceneGraph, tuple[str, ...]]:
    """What a text asks for, and the tag `UNPARSED` with an empty graph when it cannot be read.

    >>> read_text("a dog left of a cat")[1], read_text("tranquillity, oil on canvas")
    ((), (SceneGraph(entities=(), relations=()), ('unparsed',)))
    """
    try:
        return parse(text), ()
    except ParseError:
        return SceneGraph(), (UNPARSED,)


def kinds(graph: SceneGraph) -> tuple[str, ...]:
    """Whether the relations of a graph are spatial, for benchmarks whose predicates are free words.

    >>> kinds(SceneGraph.from_triples([("dog", "on", "rug"), ("dog", "chewing", "bone")]))
    ('spatial', 'non-spatial')
    """
    spatial = {is_spatial(relation.predicate) for relation in graph.relations}
    return tuple(tag for tag, holds in (("spatial", True), ("non-spatial", False)) if holds in spatial)
