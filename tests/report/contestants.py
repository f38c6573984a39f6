"""Small runs for the report's tests, drawn and scored for real: a suite of a few prompts, and models that err."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rlrig_eval.models import Failure, Generator, Job, Picture
from rlrig_eval.models.synthetic import Synthetic
from rlrig_eval.runs import evaluate
from rlrig_eval.scene import check
from rlrig_eval.shapes import PAIRINGS
from rlrig_eval.suite import Prompt, Protocol, Suite
from rlrig_eval.suite.seeds import candidate_seed
from rlrig_eval.suite.structures import STRUCTURES
from rlrig_eval.suite.wording import word

HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)> \"'&"
SHAPES = ("pair", "between", "counted", "negated", "chain", "triangle", "star", "pair")


def suite(prompts: int, seeds: Sequence[int] = (0,), hostile: bool = False) -> Suite:
    """Two prompts a group, each the other's twin; the first text is an attack on the page if `hostile`."""
    rng = np.random.default_rng(3)
    found = []
    for number in range(prompts):
        structure = SHAPES[number // 2 % len(SHAPES)]
        graph = STRUCTURES[structure](rng, PAIRINGS, None)
        twin = number ^ 1
        found.append(
            Prompt(
                id=f"p{number:03}",
                text=HOSTILE if hostile and number == 0 else word(graph),
                graph=graph,
                tags=(structure, f"relations:{len(graph.relations)}"),
                twin=f"p{twin:03}" if twin < prompts else None,
                group=f"g{number // 2}",
            )
        )
    return Suite(
        name="tiny",
        version="1.0",
        world="shapes",
        split="test",
        protocol=Protocol(seeds=tuple(seeds)),
        prompts=found,
    )


class Single:
    """Draws once; wrong in `error_rate` of the pictures, and failing altogether on the prompts in `broken`."""

    batch_size = 16

    def __init__(self, error_rate: float, broken: Sequence[str] = ()) -> None:
        self.synthetic, self.broken = Synthetic(error_rate), broken
        self.settings: Mapping[str, Any] = {"size": 64, "steps": 12}

    def generate(self, jobs: Sequence[Job]) -> list[Picture | Failure]:
        return [Failure("out of paint") if job.prompt_id in self.broken else self.draw(job) for job in jobs]

    def draw(self, job: Job) -> Picture:
        (image,) = self.synthetic.generate([job])
        return Picture(image)


class Rounds(Single):
    """Draws, looks, and tries again up to `budget` times; as an edit of the last picture, or as a new candidate."""

    def __init__(self, error_rate: float, edits: bool, budget: int = 4) -> None:
        super().__init__(error_rate)
        self.edits, self.budget = edits, budget

    def draw(self, job: Job) -> Picture:
        requirements = job.graph.requirements()
        images, rounds = [], []
        for index in range(self.budget):
            attempt = replace(job, noise=candidate_seed(job.noise, index))
            images.append(self.synthetic.generate([attempt])[0])
            holds = check(requirements, self.synthetic.truth(attempt))
            failed = [r.statement() for r in requirements if not holds[r.id]]
            edit = self.edits and index > 0
            rounds.append(
                {
                    "index": index,
                    "action": "edit" if edit else "draw",
                    "parent": index - 1 if edit else None,
                    "instruction": f"make it so that {wanted}" if edit else None,
                    "probabilities": {name: 0.93 if held else 0.12 for name, held in holds.items()},
                    "reward": sum(holds.values()) / len(holds),
                    "seconds": 0.05,
                }
            )
            if not failed:
                break
            wanted = failed[0]
        best = max(range(len(rounds)), key=lambda i: (rounds[i]["reward"], -i))
        calls = {
            "images": len(images),
            "denoiser_evals": 12 * len(images),
            "vlm_calls": len(images) * len(requirements),
        }
        stopped = "satisfied" if rounds[best]["reward"] == 1 else "budget"
        trace = {"rounds": rounds, "chosen": best, "stopped": stopped, "calls": calls}
        return Picture(images[best], trace, images, calls)


def named(name: str, generator: Generator) -> Generator:
    """`generator` under a model's name (a run is called after the class of an object it is given)."""
    generator.__class__ = type(name, (type(generator),), {})
    return generator


def run(folder: Path, of: Suite, generator: Generator) -> Path:
    """The folder of a finished run."""
    return evaluate(of, generator, out=folder).folder
