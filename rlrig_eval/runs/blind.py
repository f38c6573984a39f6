"""Chance levels of a suite, by tag: ``python -m rlrig_eval.runs.blind --suite spatial-hard --out reports/blind``.

Three ways to answer a prompt without doing what it says of where things stand. No picture is drawn: a reading is made
up, and checked as a picture's would be.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.random import Generator

from rlrig_eval.atomic import replace_json, replace_text
from rlrig_eval.errors import leave
from rlrig_eval.extract.written import SIDE, seen
from rlrig_eval.folders import writable
from rlrig_eval.markdown import fixed, table
from rlrig_eval.metrics import all_correct, pair_accuracy, requirements_share
from rlrig_eval.models.tableau import GRID, tableau
from rlrig_eval.scene import SceneGraph, check
from rlrig_eval.shapes import LayoutError
from rlrig_eval.suite import Prompt, Suite, load

SEEDS = 3
_FIELD = SIDE / GRID
_EXTENTS = (30, 48, 72)  # pixels
_KINDS = ("structure:", "k=", "relation:", "frame:", "contact:", "aligned:", "form:")

Answer = Callable[[Prompt, Generator], SceneGraph]


@dataclass(frozen=True)
class Row:
    """Means over the prompts of a tag (and SEEDS draws where there is chance in it), in [0, 1]."""

    tag: str
    prompts: int
    answer: str
    all_correct: float
    requirements: float
    pairs: float | None


def constant(prompt: Prompt, rng: Generator) -> SceneGraph:
    """The things of the prompt in rows from left to right, in the order in which it names them, all of one size."""
    places = [(number % GRID, 2 + number // GRID) for number in range(len(prompt.graph.expand().entities))]
    return _standing(prompt.graph, places, [48] * len(places), range(len(places)))


def text_only(prompt: Prompt, rng: Generator) -> SceneGraph:
    """The things of the prompt, as many as it says, anywhere and of any size: who reads the nouns alone."""
    count = len(prompt.graph.expand().entities)
    fields = rng.choice(GRID * GRID, size=count, replace=False)
    places = [(int(field) % GRID, int(field) // GRID) for field in fields]
    return _standing(prompt.graph, places, rng.choice(_EXTENTS, size=count), rng.permutation(count))


ANSWERS: Mapping[str, Answer] = {"constant": constant, "text only": text_only}


def _standing(
    graph: SceneGraph, places: Sequence[tuple[int, int]], extents: Sequence[int], depths: Sequence[int]
) -> SceneGraph:
    entities = []
    for entity, place, extent, depth in zip(graph.expand().entities, places, extents, depths, strict=True):
        x, y = ((field + 0.5) * _FIELD for field in place)
        box = (x - extent / 2, y - extent / 2, x + extent / 2, y + extent / 2)
        entities.append(entity.model_copy(update={"box": box, "depth": float(depth)}))
    return seen(tuple(entities), ())


def shuffled(suite: Suite, rng: Generator) -> Iterator[tuple[Prompt, SceneGraph]]:
    """Each prompt with a right answer to the first prompt of another group of its structure, the next that can be laid
    out on the grid.
    """
    structures: dict[str, dict[str, list[Prompt]]] = {}
    for prompt in suite.prompts:
        name = next((tag for tag in prompt.tags if tag.startswith("structure:")), "")
        structures.setdefault(name, {}).setdefault(prompt.group, []).append(prompt)
    for groups in structures.values():
        laid_out = {name: read for name, (first, *_) in groups.items() if (read := _right(first, rng)) is not None}
        names = list(groups)
        for number, name in enumerate(names):
            other = next((one for one in names[number + 1 :] + names[:number] if one in laid_out), None)
            if other is not None:
                yield from ((prompt, laid_out[other]) for prompt in groups[name])


def _right(prompt: Prompt, rng: Generator) -> SceneGraph | None:
    try:
        return seen(*tableau(prompt.graph, rng))
    except LayoutError:
        return None


def rows(suite: Suite) -> list[Row]:
    """Every answer, over all prompts and over those of each tag."""
    tags = ["all", *sorted({tag for p in suite.prompts for tag in p.tags if tag.startswith(_KINDS)})]
    found = []
    for name, verdicts in _verdicts(suite).items():
        for tag in tags:
            kept = [p for p in suite.prompts if tag == "all" or tag in p.tags]
            ids = {p.id for p in kept}
            of_tag = {key: value for key, value in verdicts.items() if key[0] in ids}
            right = {key: all_correct(value) for key, value in of_tag.items()}
            pairs = pair_accuracy(right, {p.id: p.twin for p in kept if p.twin is not None})
            if of_tag:
                shares = fmean(requirements_share(value) for value in of_tag.values())
                mean = fmean(pairs.values()) if pairs else None
                found.append(Row(tag, len(kept), name, fmean(right.values()), shares, mean))
    return found


def _verdicts(suite: Suite) -> dict[str, dict[tuple[str, int], Mapping[str, bool]]]:
    """Answer -> (prompt id, seed) -> requirement id -> satisfied. A thing's own left is never read: not satisfied."""
    found: dict[str, dict[tuple[str, int], Mapping[str, bool]]] = {}
    for name, answer in ANSWERS.items():
        seeds = SEEDS if name == "text only" else 1
        found[name] = {
            (p.id, seed): check(suite.requirements(p), answer(p, np.random.default_rng([seed, *p.id.encode()])))
            for p in suite.prompts
            for seed in range(seeds)
        }
    other = shuffled(suite, np.random.default_rng(0))
    found["shuffled"] = {(p.id, 0): check(suite.requirements(p), read) for p, read in other}
    return found


def as_markdown(suite: Suite, found: Sequence[Row], command: str) -> str:
    """One line a tag: prompts, then for each answer the shares that are wholly right and of requirements, and pairs."""
    names = list(dict.fromkeys(row.answer for row in found))
    head = ("tag", "prompts", *(title for name in names for title in (f"{name}: all", "reqs", "pairs")))
    shown = []
    for tag in dict.fromkeys(row.tag for row in found):
        by_name = {row.answer: row for row in found if row.tag == tag}
        cells = [cell for name in names for cell in _cells(by_name.get(name))]
        shown.append((tag, str(next(iter(by_name.values())).prompts), *cells))
    lines = [
        f"# Chance on {suite.name} {suite.version} ({suite.split}, {len(suite.prompts)} prompts)",
        "",
        f"`{command}`",
        "",
        *table(head, shown, "l" + "r" * (len(head) - 1), tight=True),
    ]
    return "\n".join(lines) + "\n"


def _cells(row: Row | None) -> list[str]:
    shares = (None, None, None) if row is None else (row.all_correct, row.requirements, row.pairs)
    return [fixed(share, 3, blank="–") for share in shares]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write SUITE.md and SUITE.json. Raises UsageError for no such suite, or a folder that cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m rlrig_eval.runs.blind", description=__doc__)
    parser.add_argument("--suite", default="spatial-hard")
    parser.add_argument("--out", type=Path, required=True, help="folder of the report")
    given = parser.parse_args(arguments)
    suite = load(given.suite)
    writable(given.out)
    command = f"python -m rlrig_eval.runs.blind --suite {given.suite} --out {given.out}"
    found = rows(suite)
    about = {"schema": 1, "command": command, "suite": suite.name, "sha256": suite.sha256, "seeds": SEEDS}
    replace_json(given.out / f"{suite.name}.json", about | {"rows": [asdict(row) for row in found]})
    replace_text(given.out / f"{suite.name}.md", as_markdown(suite, found, command))


if __name__ == "__main__":
    leave(main)
