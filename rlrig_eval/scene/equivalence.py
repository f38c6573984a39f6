"""Whether two graphs say the same, whatever they call their entities."""

from typing import TYPE_CHECKING

from rlrig_eval.scene.graph import SceneGraph

if TYPE_CHECKING:
    import networkx as nx


def equivalent(one: SceneGraph, other: SceneGraph) -> bool:
    """Whether the same things are asked for in the same relations, up to ids, order and canonical form.

    >>> left = SceneGraph.from_triples([("circle", "left of", "square")])
    >>> right = SceneGraph.from_triples([("square", "right of", "circle")])
    >>> equivalent(left, right), equivalent(left, SceneGraph.from_triples([("square", "left of", "circle")]))
    (True, False)
    """
    import networkx as nx

    return bool(nx.is_isomorphic(_incidence(one), _incidence(other), node_match=dict.__eq__, edge_match=dict.__eq__))


def _incidence(graph: SceneGraph) -> "nx.Graph[tuple[str, int | str]]":
    """A node for each thing and each fact, and an edge, labelled with the role, for each part a thing takes."""
    import networkx as nx

    found: nx.Graph[tuple[str, int | str]] = nx.Graph()
    for entity in graph.entities:
        label = (entity.category, frozenset(entity.attributes), entity.count)
        found.add_node(("thing", entity.id), label=label)
    for number, fact in enumerate(graph.canonical_relations()):
        found.add_node(("fact", number), label=(fact.predicate, fact.negated, fact.frame))
        found.add_edge(("fact", number), ("thing", fact.subject), role="subject")
        role = "subject" if fact.mutual else "object"
        for object_ in fact.objects:
            found.add_edge(("fact", number), ("thing", object_), role=role)
    return found
