"""Prompt text to scene graph, by a grammar that names what it cannot read.

`read` gives the graph and the spans of the text that it did not understand; `parse` gives the graph or an error.
Both run the spaCy pipeline of `rlrig_eval.scene.language`: no trained model, no download, the same answer every time.
"""

from collections.abc import Iterable, Iterator

from rlrig_eval.scene.graph import SceneGraph
from rlrig_eval.scene.language.parsed import Parsed, Unparsed
from rlrig_eval.scene.phrases import describe

__all__ = ["ParseError", "Parsed", "Unparsed", "parse", "read", "read_all"]


class ParseError(ValueError):
    """The text says something that the grammar does not cover; the message names the words."""


def parse(text: str) -> SceneGraph:
    """The scene graph of a prompt, with the predicate and direction of each relation as the text states them.

    Raises:
        ParseError: words that the grammar does not cover, or that a thing is absent, which no graph can say.

    >>> graph = parse("two small red circles to the left of a blue square, and the square above a black star")
    >>> [(e.category, e.attributes, e.count) for e in graph.entities]
    [('circle', ('small', 'red'), 2), ('square', ('blue',), 1), ('star', ('black',), 1)]
    >>> [(r.subject, r.predicate, r.object) for r in graph.relations]
    [('e0', 'left of', 'e1'), ('e1', 'above', 'e2')]
    """
    parsed = read(text)
    if parsed.unparsed:
        raise ParseError(parsed.unparsed[0].why)
    if parsed.absent:
        missing = parsed.absent[0]
        raise ParseError(f"a scene graph cannot say 'no {describe(missing.category, missing.attributes)}'")
    return parsed.graph


def read(text: str) -> Parsed:
    """What a text asks for, as far as it is understood, and the words that are not.

    >>> parsed = read("a happy dog on the left of a cat, and no bird")
    >>> [e.category for e in parsed.graph.entities], [a.category for a in parsed.absent]
    (['dog', 'cat'], ['bird'])
    >>> [(span.text, span.start, span.end) for span in parsed.unparsed]
    [('happy', 2, 7)]
    """
    from rlrig_eval.scene.language.pipeline import pipeline

    parsed: Parsed = pipeline()(_encodable(text))._.scene
    return parsed


def read_all(texts: Iterable[str]) -> Iterator[Parsed]:
    """`read` for many texts, in their order; faster than one at a time."""
    from rlrig_eval.scene.language.pipeline import pipeline

    for doc in pipeline().pipe(_encodable(text) for text in texts):
        yield doc._.scene


def _encodable(text: str) -> str:
    """The text with a "?" for each lone surrogate, which spaCy's UTF-8 store has no room for."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
