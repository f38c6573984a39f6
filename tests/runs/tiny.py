"""A small suite of the shapes world: 12 twin pairs and 6 single prompts, tagged."""

from __future__ import annotations

import shutil
from itertools import islice, permutations
from pathlib import Path

from rlrig_eval.scene import Entity, Relation, SceneGraph, opposite
from rlrig_eval.suite import Prompt, Suite

COLOURS = ("red", "green", "blue", "yellow")


def graph(predicate: str, first: str = "red", second: str = "blue") -> SceneGraph:
    a = Entity(id="a", category="circle", attributes=(first,))
    b = Entity(id="b", category="square", attributes=(second,))
    return SceneGraph(entities=(a, b), relations=(Relation(subject="a", predicate=predicate, object="b"),))


def prompt(number: int, predicate: str, colours: tuple[str, str], twin: int | None = None) -> Prompt:
    first, second = colours
    return Prompt(
        id=f"p{number:02}",
        text=f"a {first} circle {predicate} a {second} square",
        graph=graph(predicate, first, second),
        tags=(predicate.replace(" ", "-"), "paired" if twin is not None else "single"),
        twin=None if twin is None else f"p{twin:02}",
        group=f"g{min(number, number if twin is None else twin):02}",
    )


def suite() -> Suite:
    pairs = list(permutations(COLOURS, 2))
    prompts: list[Prompt] = []
    for index, predicate in enumerate(("left of", "above", "bigger than") * 4):
        own, twin = 2 * index, 2 * index + 1
        prompts.append(prompt(own, predicate, pairs[index], twin))
        prompts.append(prompt(twin, opposite(predicate), pairs[index], own))
    prompts += [prompt(24 + i, "near", pair) for i, pair in enumerate(islice(pairs, 6))]
    return Suite(name="tiny", version="1", world="shapes", split="test", prompts=tuple(prompts))


def write(folder: Path, suite_: Suite | None = None) -> Path:
    """The suite as a folder that `suite.load` reads."""
    made = suite_ or suite()
    folder.mkdir(parents=True)
    header = f"name: {made.name}\nversion: '{made.version}'\nworld: {made.world}\n"
    (folder / "suite.yaml").write_text(header)
    lines = (p.model_dump_json(exclude_defaults=True) + "\n" for p in made.prompts)
    (folder / "prompts.jsonl").write_text("".join(lines))
    return folder


def copy(run: Path, to: Path) -> Path:
    shutil.copytree(run, to)
    return to
