"""Room on the canvas: what is crowded is drawn with all things small, where a prompt leaves their sizes open."""

import networkx as nx

from rlrig_eval.scene import VOCABULARY, SceneGraph
from rlrig_eval.shapes import CLOSE, FREE, Placement

_SIZED = {"size", "containment", "depth"}
_SIZES = {"small", "large"}
_CROWD = 5  # things of the usual extents take the canvas from edge to edge


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


def spacing(graph: SceneGraph) -> Placement:
    """How the graph is laid out: CLOSE where it puts _CROWD things or more in one row.

    >>> steps = [("red ring", "above", "red star"), ("red star", "above", "blue star")]
    >>> spacing(SceneGraph.from_triples(steps)) is FREE
    True
    """
    return CLOSE if max(_row(graph, way) for way in ("left of", "above")) >= _CROWD else FREE


def _row(graph: SceneGraph, way: str) -> int:
    """Things in the longest row of one direction."""
    steps = [(r.subject, r.objects[0]) for r in graph.canonical_relations() if r.predicate == way and not r.negated]
    order = nx.DiGraph(steps)
    return len(nx.dag_longest_path(order)) if nx.is_directed_acyclic_graph(order) else 0
