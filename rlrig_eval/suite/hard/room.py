"""Room on the canvas: what is crowded is drawn with all things small, where a prompt leaves their sizes open."""

from rlrig_eval.scene import VOCABULARY, SceneGraph

_SIZED = {"size", "containment", "depth"}
_SIZES = {"small", "large"}


def roomy(graph: SceneGraph) -> SceneGraph:
    """The graph with every thing small: any drawing of it is one of `graph`. As it is where something is said of sizes,
    or of what is inside or over what.

    >>> roomy(SceneGraph.from_triples([("red ring", "above", "red star")])).entities[0].attributes
    ('small', 'red')
    """
    axes = {VOCABULARY[relation.predicate].axis for relation in graph.relations}
    if axes & _SIZED or any(_SIZES & set(entity.attributes) for entity in graph.entities):
        return graph
    entities = (e.model_copy(update={"attributes": ("small", *e.attributes)}) for e in graph.entities)
    return graph.model_copy(update={"entities": tuple(entities)})
