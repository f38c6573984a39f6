"""A scene graph as a drawing: what was asked and what was read, in one picture, coloured by how they fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Literal

from rlrig_eval.report.alignment import align
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.phrases import describe

State = Literal["matched", "missing", "invented"]
WIDTH, HEIGHT = 320.0, 200.0
_MARGIN_X, _MARGIN_Y = 70.0, 28.0
_NODE = 12.0  # half the height of a node: where edges end
_MOST = 24  # edges: three groups of three would make a hairball


@dataclass(frozen=True)
class Node:
    """A thing: asked and read (`matched`), asked and not read as such (`missing`), or read and not asked."""

    label: str
    x: float
    y: float
    state: State


@dataclass(frozen=True)
class Edge:
    """A relation, from subject to object, as a curve; `x`, `y` is where its words stand."""

    path: str
    label: str
    x: float
    y: float
    state: State


@dataclass(frozen=True)
class Diagram:
    """Everything of one picture, in a viewBox of `WIDTH` by `HEIGHT`; `words` says it without the drawing."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    words: str
    width: float = WIDTH
    height: float = HEIGHT


def diagram(read: SceneGraph, gold: SceneGraph) -> Diagram:
    """The two graphs in one: a thing whose attributes are wrong is missing, and the one read in its place invented."""
    laid = align(read, gold)
    of_read = {entity.id: entity for entity in laid.read.entities}
    of_gold = {gold_id: of_read[read_id] for read_id, gold_id in laid.partner.items()}
    nodes: dict[str, tuple[Entity, State]] = {}
    for entity in laid.gold.entities:
        twin = of_gold.get(entity.id)
        same = twin is not None and set(twin.attributes) == set(entity.attributes)
        nodes[entity.id] = (entity, "matched" if same else "missing")
        if twin is not None and not same:
            nodes[f"read {twin.id}"] = (twin, "invented")
    for entity in laid.read.entities:
        if entity.id not in laid.partner:
            nodes[f"read {entity.id}"] = (entity, "invented")
    asked = {relation.canonical(): relation for relation in laid.gold.relations if not relation.negated}
    edges: list[tuple[Relation, State]] = []
    for canonical, relation in asked.items():
        edges.append((relation, "matched" if canonical in laid.seen else "missing"))
    edges += [(one, "invented") for one in sorted(laid.seen - asked.keys(), key=repr)]
    places = _circle(list(nodes))
    drawn = tuple(_edges(edges, places))
    return Diagram(
        nodes=tuple(
            Node(describe(entity.category, entity.attributes), *places[name], state)
            for name, (entity, state) in nodes.items()
        ),
        edges=drawn[:_MOST],
        words=_words(nodes, edges),
    )


def _circle(names: list[str]) -> dict[str, tuple[float, float]]:
    """Places on an ellipse, clockwise from the left; one alone stands in the middle."""
    if len(names) == 1:
        return {names[0]: (WIDTH / 2, HEIGHT / 2)}
    found = {}
    for number, name in enumerate(names):
        angle = pi + 2 * pi * number / len(names)
        x, y = WIDTH / 2 + (WIDTH / 2 - _MARGIN_X) * cos(angle), HEIGHT / 2 + (HEIGHT / 2 - _MARGIN_Y) * sin(angle)
        found[name] = (round(x, 1), round(y, 1))
    return found


def _edges(edges: list[tuple[Relation, State]], places: dict[str, tuple[float, float]]) -> Iterator[Edge]:
    """Those that join the same two things bend to opposite sides, the third and fourth further out."""
    drawn: Counter[tuple[str, ...]] = Counter()
    for relation, state in edges:
        for name in dict.fromkeys(relation.objects):
            pair = tuple(sorted((relation.subject, name)))
            if name == relation.subject:
                continue
            number, turned = drawn[pair], relation.subject != pair[0]
            drawn[pair] += 1
            side = (-1 if (number % 2 == 1) != turned else 1) * (14.0 + 16.0 * (number // 2))
            yield _edge(places[relation.subject], places[name], relation, state, side)


def _edge(start: tuple[float, float], end: tuple[float, float], relation: Relation, state: State, side: float) -> Edge:
    (x0, y0), (x1, y1) = start, end
    length = max(1.0, ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)
    middle = (x0 + x1) / 2 - side * (y1 - y0) / length, (y0 + y1) / 2 + side * (x1 - x0) / length
    (sx, sy), (ex, ey) = _short(start, middle), _short(end, middle)
    path = f"M{sx:.1f} {sy:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {ex:.1f} {ey:.1f}"
    return Edge(
        path,
        relation.predicate,
        round((x0 + x1) / 4 + middle[0] / 2, 1),
        round((y0 + y1) / 4 + middle[1] / 2, 1),
        state,
    )


def _short(node: tuple[float, float], towards: tuple[float, float]) -> tuple[float, float]:
    """Where a line leaves the node."""
    dx, dy = towards[0] - node[0], towards[1] - node[1]
    length = max(1.0, (dx**2 + dy**2) ** 0.5)
    return node[0] + dx / length * _NODE, node[1] + dy / length * _NODE


def _words(nodes: dict[str, tuple[Entity, State]], edges: list[tuple[Relation, State]]) -> str:
    def name(id_: str) -> str:
        entity = nodes[id_][0]
        return describe(entity.category, entity.attributes)

    told = [f"{state}: {name(r.subject)} {r.predicate} {' and '.join(map(name, r.objects))}" for r, state in edges]
    told += [f"{state}: {describe(e.category, e.attributes)}" for e, state in nodes.values() if state != "matched"]
    return "; ".join(told) or "everything matched"
