"""How far published scoring rules and their corrected forms differ on random scenes: a report, and no speed.

python -m benchmarks.rules --scenes 10000 --seed 0 --out reports/metric-rules.json
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator

from benchmarks.iou import graphs
from rlrig_eval.atomic import replace_text
from rlrig_eval.metrics import (
    Detection,
    compbench_2d,
    compbench_3d,
    compbench_depth,
    compbench_instances,
    dpg_categories,
    dpg_image,
    dsg_score,
    geneval_relations,
    hrs_between,
    hrs_relations,
    paintskills_spatial,
    scene_graph_iou,
    spice,
    visor,
    visor_sra,
)
from rlrig_eval.metrics.boxes import centre
from rlrig_eval.metrics.hrs import ABOVE, BELOW, LEFT, RIGHT
from rlrig_eval.metrics.paintskills import RELATIONS as PAINTSKILLS
from rlrig_eval.metrics.visor import RELATIONS as VISOR
from rlrig_eval.scene import Box, Relation, opposite

SIDE = 480  # pixels of the square picture
BOXES = "two boxes with sides of 24 to 240 px, anywhere in a picture of 480 px"
TREE = "8 questions, three quarters of them under an earlier one, answered yes 4 times in 5"
FLOOR = f"{BOXES}, each at a depth of its own, on a floor that comes nearer downwards"
GRAPHS = "6 things of 3 shapes with 12 relations, one thing recoloured and 3 relations reversed in the reading"
SHAPES = ("circle", "square", "star")
DIRECTIONS = ("on the left of", "on the right of", "on the top of", "on the bottom of")
DIFFERENT = 1e-9  # scores closer than this are equal

Pair = tuple[float, float]
"""The score of one scene as published, and corrected."""


@dataclass(frozen=True)
class Row:
    """One rule on `scenes` of one kind: the share whose two scores differ, and both means."""

    rule: str
    about: str
    scenes: int
    differ: float
    published: float
    corrected: float


def box(rng: Generator) -> Box:
    width, height = rng.uniform(24, 240, 2)
    x, y = rng.uniform(0, SIDE - width), rng.uniform(0, SIDE - height)
    return float(x), float(y), float(x + width), float(y + height)


def geneval(rng: Generator) -> Pair:
    a, b, word = box(rng), box(rng), rng.choice(["left of", "right of", "above", "below"])
    return float(word in geneval_relations(a, b)), float(word in geneval_relations(a, b, "corrected"))


def compbench(*words: str) -> Callable[[Generator], Pair]:
    def score(rng: Generator) -> Pair:
        a, b, word = box(rng), box(rng), str(rng.choice(words))
        s1, s2 = rng.uniform(0.5, 1, 2)
        return compbench_2d(a, b, word, s1, s2), compbench_2d(a, b, word, s1, s2, "corrected")

    return score


def depth_order(rng: Generator) -> Pair:
    _, _, published, corrected = _deep(rng)
    return float(published[0] > published[1]), float(corrected[0] > corrected[1])


def compbench_depths(rng: Generator) -> Pair:
    a, b, published, corrected = _deep(rng)
    word = str(rng.choice(["in front of", "behind"]))
    return compbench_3d(a, b, *published, word), compbench_3d(a, b, *corrected, word, "corrected")


def _deep(rng: Generator) -> tuple[Box, Box, Pair, Pair]:
    """Two boxes and the mean depths in them, published and corrected; the nearer box hides the other."""
    pair, nearness = (box(rng), box(rng)), rng.uniform(0.3, 1, 2)
    depth = np.repeat(np.linspace(0, 0.6, SIDE, dtype=np.float32)[:, None], SIDE, axis=1)
    for i in np.argsort(nearness):
        x0, y0, x1, y1 = map(int, pair[i])
        depth[y0:y1, x0:x1] = nearness[i]
    published, corrected = ([compbench_depth(depth, b, v) for b in pair] for v in ("published", "corrected"))
    return *pair, (published[0], published[1]), (corrected[0], corrected[1])


def instances(rng: Generator) -> Pair:
    labels = [str(label) for label in rng.choice(["dog", "cup", "tree"], size=6)]
    pairs = [compbench_instances(labels, "dog", "cup", variant) for variant in ("published", "corrected")]
    return float(pairs[0] == pairs[1]), 1.0


def sra(rng: Generator) -> Pair:
    one, other = ([centre(box(rng)) for _ in range(rng.integers(1, 4))] for _ in range(2))
    word = str(rng.choice(list(VISOR)))
    return float(visor_sra(word, one, other)), float(visor_sra(word, one, other, "corrected"))


def visor_1(rng: Generator) -> Pair:
    found, holds = rng.random((2, 100, 4)) < np.array([0.3, 0.6])[:, None, None]
    return visor(found, holds, denominator="found").n1, visor(found, holds).n1


def hrs(rng: Generator) -> Pair:
    a, b, word = box(rng), box(rng), rng.choice([LEFT, RIGHT, ABOVE, BELOW])
    return float(word in hrs_relations(a, b)), float(word in hrs_relations(a, b, "corrected"))


def between(rng: Generator) -> Pair:
    three = box(rng), box(rng), box(rng)
    return float(hrs_between(*three)), float(hrs_between(*three, "corrected"))


def paintskills(rng: Generator) -> Pair:
    seen, word = [Detection("cat", box(rng)), Detection("dog", box(rng))], str(rng.choice(PAINTSKILLS))
    published, corrected = (
        float(paintskills_spatial(seen, ("cat", "dog"), word, variant)) for variant in ("published", "corrected")
    )
    return published, corrected


def dsg(rng: Generator) -> Pair:
    answers, parents = _tree(rng)
    return dsg_score(answers, parents, "one_level"), dsg_score(answers, parents)


def dpg(rng: Generator) -> Pair:
    answers, parents = _tree(rng)
    shuffled = {int(q): parents[int(q)] for q in rng.permutation(list(parents))}
    return dpg_image([answers], shuffled), dpg_image([answers], shuffled, "corrected")


def dpg_leaves(rng: Generator) -> Pair:
    parents = _tree(rng)[1]
    crops = [{q: float(rng.random() < 0.8) for q in parents} for _ in range(4)]
    inner = {p for above in parents.values() for p in above}
    kinds = {q: "inner" if q in inner else "leaf" for q in parents}
    published, corrected = (
        float(np.mean(dpg_categories(crops, parents, kinds, variant)["leaf"])) for variant in ("published", "corrected")
    )
    return published, corrected


def _tree(rng: Generator) -> tuple[dict[int, float], dict[int, list[int]]]:
    parents = {q: [int(rng.integers(1, q))] if q > 1 and rng.random() < 0.75 else [] for q in range(1, 9)}
    return {q: float(rng.random() < 0.8) for q in parents}, parents


def spice_f1(rng: Generator) -> Pair:
    read, gold = graphs(rng, 6, SHAPES)
    other = [_inverse(relation) if rng.random() < 0.5 else relation for relation in read.relations]
    reworded = read.model_copy(update={"relations": tuple(other)})
    return spice(reworded, gold).f1, spice(reworded, gold, "corrected").f1


def _inverse(relation: Relation) -> Relation:
    turned = {"subject": relation.object, "object": relation.subject, "predicate": opposite(relation.predicate)}
    return relation.model_copy(update=turned)


def laion(rng: Generator) -> Pair:
    read, gold = graphs(rng, 6, SHAPES)
    return scene_graph_iou(read, gold, "laion").sg, scene_graph_iou(read, gold).sg


RULES: dict[str, tuple[str, Callable[[Generator], Pair]]] = {
    "geneval_relations": (f"{BOXES}; one of the four words", geneval),
    "compbench_2d: next to": (f"{BOXES}; confidences .5 to 1", compbench("next to")),
    "compbench_2d: on top of": (f"{BOXES}; confidences .5 to 1", compbench("on top of")),
    "compbench_2d: left, right, top, bottom": (f"{BOXES}; confidences .5 to 1", compbench(*DIRECTIONS)),
    "compbench_depth": (f"{FLOOR}; whether the first is nearer", depth_order),
    "compbench_3d": (f"{FLOOR}; in front of or behind", compbench_depths),
    "compbench_instances": ("6 detections of 3 classes; whether the most confident of either noun is taken", instances),
    "visor_sra": ("one to three such boxes of either object; one of the four words", sra),
    "visor: n1": ("100 prompts of 4 images, both found in .3, right in .6 of those; of prompts found, of all", visor_1),
    "hrs_relations": (f"{BOXES}; one of the four words", hrs),
    "hrs_between": ("three such boxes", between),
    "paintskills_spatial": (f"{BOXES}; one of the four words", paintskills),
    "dsg_score": (f"{TREE}; one level, transitive", dsg),
    "dpg_image": (f"{TREE}, in any order; in order, transitive", dpg),
    "dpg_categories": (f"{TREE}, 4 crops; the questions that no other depends on", dpg_leaves),
    "spice": (f"{GRAPHS}, half of the relations worded from the other side", spice_f1),
    "scene_graph_iou": (f"{GRAPHS}; sg, laion and strict", laion),
}


def measure(rule: str, scenes: int, seed: int) -> Row:
    """One rule on `scenes` scenes; scene i depends on (seed, i) alone."""
    about, score = RULES[rule]
    pairs = np.array([score(np.random.default_rng([seed, number])) for number in range(scenes)])
    published, corrected = np.round(pairs.mean(axis=0), 6).tolist()
    differ = float((np.abs(pairs[:, 0] - pairs[:, 1]) > DIFFERENT).mean())
    return Row(rule, about, scenes, differ, published, corrected)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rules", description=__doc__)
    parser.add_argument("--scenes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("reports/metric-rules.json"))
    options = parser.parse_args()
    command = f"python -m benchmarks.rules --scenes {options.scenes} --seed {options.seed} --out {options.out}"
    rows = [measure(rule, options.scenes, options.seed) for rule in RULES]
    report = {"command": command, "seed": options.seed, "rules": [asdict(row) for row in rows]}
    replace_text(options.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
