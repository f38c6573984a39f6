"""How well `shapes.read` reads fresh drawings back, clean and damaged: a command that writes a report.

python -m rlrig_eval.shapes.accuracy --scenes 5000 --out reports/shapes-read
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.optimize import linear_sum_assignment

from rlrig_eval.atomic import replace_text
from rlrig_eval.markdown import fixed, table
from rlrig_eval.scene.graph import Entity, Relation, SceneGraph
from rlrig_eval.shapes.damage import DAMAGES, DESCRIPTIONS
from rlrig_eval.shapes.layout import LayoutError, layout
from rlrig_eval.shapes.read import NotAShapesDrawing, read
from rlrig_eval.shapes.vocabulary import COLOURS, SHAPES
from rlrig_eval.shapes.world import PAIRINGS, draw, sample, truth

DEFINITION = (
    "An entity is right when one thing read has its shape, size word and colour, and a box of IoU >= 0.5 with its "
    "own (one partner each, as many as possible). A relation is right when the same relation, in canonical form, "
    "holds between the partners of its members. Precision counts what was read, recall what was drawn, F1 is "
    "their harmonic mean. A refused drawing reads as nothing."
)
TARGETS = {name: 0.995 if name == "clean" else 0.97 for name in DAMAGES}
_SAME_PLACE = 0.5
_CHUNK = 50


@dataclass
class Tally:
    """What was drawn, read, and both, by key: ("entity",), ("shape", name), ("predicate", name), ..."""

    drawn: Counter[tuple[str, ...]] = field(default_factory=Counter)
    seen: Counter[tuple[str, ...]] = field(default_factory=Counter)
    both: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def __iadd__(self, other: "Tally") -> "Tally":
        self.drawn += other.drawn
        self.seen += other.seen
        self.both += other.both
        return self

    def row(self, *key: str) -> dict[str, float | int | None]:
        """precision, recall, f1 (None over nothing), and how many were drawn."""
        drawn, seen, both = self.drawn[key], self.seen[key], self.both[key]
        return {
            "precision": both / seen if seen else None,
            "recall": both / drawn if drawn else None,
            "f1": 2 * both / (drawn + seen) if drawn + seen else None,
            "drawn": drawn,
        }


def compare(gold: SceneGraph, seen: SceneGraph) -> Tally:
    """One scene's tally of `seen` against the truth `gold`, as DEFINITION says."""
    partner = _partners(gold.entities, seen.entities)
    back = {theirs: ours for ours, theirs in partner.items()}
    tally = Tally()
    tally.drawn.update(key for entity in gold.entities for key in _entity_keys(entity))
    tally.seen.update(key for entity in seen.entities for key in _entity_keys(entity))
    tally.both.update(key for e in gold.entities if e.id in partner for key in _entity_keys(e))
    drawn, found = gold.canonical_relations(), seen.canonical_relations()
    tally.drawn.update(key for relation in drawn for key in _relation_keys(relation))
    tally.seen.update(key for relation in found for key in _relation_keys(relation))
    right = drawn & {moved for relation in found if (moved := _renamed(relation, back)) is not None}
    tally.both.update(key for relation in right for key in _relation_keys(relation))
    return tally


def touching(rng: Generator) -> SceneGraph:
    """A random scene of three things, of which two of different colours touch: `sample` makes none such."""
    while True:
        chosen = [PAIRINGS[i] for i in rng.choice(len(PAIRINGS), size=3, replace=False)]
        things = tuple(Entity(id=f"e{i}", category=s, attributes=(c,)) for i, (c, s) in enumerate(chosen))
        if chosen[0][0] == chosen[1][0]:
            continue
        stated = (Relation(subject="e0", predicate="touching", object="e1"),)
        try:
            return truth(layout(SceneGraph(entities=things, relations=stated), rng, attempts=8))
        except LayoutError:
            continue


SCENES: Mapping[str, Callable[[Generator], SceneGraph]] = {"sampled": sample, "touching": touching}


def measure(scenes: int, seed: int, workers: int = 1, kind: str = "sampled") -> dict[str, Tally]:
    """Tallies by damage over `scenes` scenes of a kind (of SCENES); scene i depends on (seed, i) alone."""
    chunks = [range(start, min(start + _CHUNK, scenes)) for start in range(0, scenes, _CHUNK)]
    tallies = {name: Tally() for name in DAMAGES}
    with ProcessPoolExecutor(workers) as pool:
        for done, chunk in enumerate(pool.map(partial(_measure_chunk, seed, SCENES[kind]), chunks), start=1):
            for name, tally in chunk.items():
                tallies[name] += tally
            print(f"\r{min(done * _CHUNK, scenes)} of {scenes} scenes", end="", file=sys.stderr)
    print(file=sys.stderr)
    return tallies


def report(tallies: Mapping[str, Tally], scenes: int, seed: int, command: str) -> dict[str, Any]:
    """The whole measurement as JSON."""
    return {
        "command": command,
        "scenes": scenes,
        "seed": seed,
        "definition": DEFINITION,
        "damages": {
            name: {
                "description": DESCRIPTIONS[name],
                "target": TARGETS[name],
                "entity": tally.row("entity"),
                "relation": tally.row("relation"),
                "by_shape": {shape: tally.row("shape", shape) for shape in SHAPES},
                "by_colour": {colour: tally.row("colour", colour) for colour in COLOURS},
                "by_predicate": {
                    predicate: tally.row("predicate", predicate)
                    for kind, *names in sorted(tally.drawn)
                    if kind == "predicate"
                    for predicate in names
                },
            }
            for name, tally in tallies.items()
        },
    }


def markdown(measured: Mapping[str, Any]) -> str:
    """The report for people."""
    damages = measured["damages"]
    lines = ["# How well `shapes.read` reads", "", measured["definition"], ""]
    lines += [f"{measured['scenes']} fresh scenes, seed {measured['seed']}. Made by:", ""]
    lines += ["```", measured["command"], "```", ""]
    head = ("picture", "entity precision", "recall", "F1", "relation precision", "recall", "F1", "target")
    rows = []
    for row in damages.values():
        cells = [fixed(row[what][figure], 4) for what in ("entity", "relation") for figure in _FIGURES]
        rows.append((row["description"], *cells, f"{row['target']:g}"))
    lines += [*table(head, rows), ""]
    for title, key in (("relation", "by_predicate"), ("shape", "by_shape"), ("colour", "by_colour")):
        lines += [f"## F1 by {title}", ""]
        names = list(next(iter(damages.values()))[key])
        rows = [
            (
                name,
                str(damages["clean"][key][name]["drawn"]),
                *(fixed(d[key][name]["f1"], 4) for d in damages.values()),
            )
            for name in names
        ]
        lines += [*table((title, "drawn", *damages), rows), ""]
    return "\n".join(lines)


_FIGURES = ("precision", "recall", "f1")


def _measure_chunk(seed: int, make: Callable[[Generator], SceneGraph], scenes: range) -> dict[str, Tally]:
    tallies = {name: Tally() for name in DAMAGES}
    for number in scenes:
        rng = np.random.default_rng([seed, number])
        gold = make(rng)
        image = draw(gold)
        for name, damage in DAMAGES.items():
            try:
                seen = read(damage(image, rng))
            except NotAShapesDrawing:
                seen = SceneGraph()
            tallies[name] += compare(gold, seen)
    return tallies


def _partners(gold: Sequence[Entity], seen: Sequence[Entity]) -> dict[str, str]:
    """Gold id -> read id: same words, same place; most pairs first, then the best overlap."""
    value = np.zeros((len(gold), len(seen)))
    for i, ours in enumerate(gold):
        for j, theirs in enumerate(seen):
            alike = ours.category == theirs.category and set(ours.attributes) == set(theirs.attributes)
            overlap = _box_iou(ours, theirs)
            if alike and overlap >= _SAME_PLACE:
                value[i, j] = 10 + overlap
    pairs = zip(*linear_sum_assignment(value, maximize=True), strict=True)
    return {gold[i].id: seen[j].id for i, j in pairs if value[i, j] > 0}


def _box_iou(one: Entity, other: Entity) -> float:
    if one.box is None or other.box is None:
        return 0.0
    a, b = np.asarray(one.box), np.asarray(other.box)
    shared = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return float(shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared))


def _entity_keys(entity: Entity) -> list[tuple[str, ...]]:
    colours = [("colour", word) for word in entity.attributes if word in COLOURS]
    return [("entity",), ("shape", entity.category), *colours]


def _relation_keys(relation: Relation) -> list[tuple[str, ...]]:
    return [("relation",), ("predicate", relation.predicate)]


def _renamed(relation: Relation, names: Mapping[str, str]) -> Relation | None:
    """The relation between the partners of its members, in canonical form; None when one has none."""
    if any(name not in names for name in (relation.subject, *relation.objects)):
        return None
    first, *rest = (names[name] for name in relation.objects)
    moved = {"subject": names[relation.subject], "object": (first, rest[0]) if rest else first}
    return relation.model_copy(update=moved).canonical()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m rlrig_eval.shapes.accuracy", description=__doc__)
    parser.add_argument("--scenes", type=int, default=5000)
    parser.add_argument("--kind", choices=tuple(SCENES), default="sampled", help="how scenes are made")
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--workers", type=int, default=1, help="processes; the result is the same for any number")
    parser.add_argument("--out", type=Path, help="write PATH.json and PATH.md instead of printing")
    options = parser.parse_args()
    command = f"python -m rlrig_eval.shapes.accuracy --scenes {options.scenes} --seed {options.seed}"
    if options.kind != "sampled":
        command += f" --kind {options.kind}"
    if options.out is not None:
        command += f" --out {options.out}"
    tallies = measure(options.scenes, options.seed, options.workers, options.kind)
    measured = report(tallies, options.scenes, options.seed, command)
    if options.out is None:
        print(markdown(measured))
        return
    options.out.parent.mkdir(parents=True, exist_ok=True)
    replace_text(options.out.with_suffix(".json"), json.dumps(measured, indent=1) + "\n")
    replace_text(options.out.with_suffix(".md"), markdown(measured))


if __name__ == "__main__":
    main()
