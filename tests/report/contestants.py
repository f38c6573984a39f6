"""Small runs for the report's tests, drawn and scored for real: a few prompts, and models that err."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from rlrig_eval.models import Failure, Generator, Job, Picture
from rlrig_eval.models.synthetic import Synthetic
from rlrig_eval.runs import evaluate
from rlrig_eval.scene import check
from rlrig_eval.shapes import PAIRINGS
from rlrig_eval.suite import Prompt, Protocol, Suite
from rlrig_eval.suite.seeds import candidate_seed
from rlrig_eval.suite.structures import STRUCTURES
from rlrig_eval.suite.wording import word

HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\"> & '"
BROKEN = "p005"
UNREADABLE = "p006"
SURE, UNSURE = 0.93, 0.12


def suite(prompts: int = 8, seeds: Sequence[int] = (0,)) -> Suite:
    """Two prompts a group, each the other's twin. The text of the first is an attack on the page."""
    rng = np.random.default_rng(3)
    structures = ("pair", "counted", "between", "negated", "chain", "triangle", "star")
    found = []
    for number in range(prompts):
        structure = structures[number // 2 % len(structures)]
        graph = STRUCTURES[structure](rng, PAIRINGS, None)
        found.append(
            Prompt(
                id=f"p{number:03}",
                text=word(graph) if number else HOSTILE,
                graph=graph,
                tags=(structure, f"relations:{len(graph.relations)}"),
                twin=f"p{number ^ 1:03}",
                group=f"g{number // 2}",
            )
        )
    protocol = Protocol(seeds=tuple(seeds))
    return Suite(name="tiny", version="1.0", world="shapes", split="test", protocol=protocol, prompts=tuple(found))


class Single:
    """Draws once, errs in `error_rate` of the pictures, fails on BROKEN, draws no shapes on UNREADABLE."""

    batch_size = 16

    def __init__(self, error_rate: float) -> None:
        self.synthetic = Synthetic(error_rate)
        self.settings: Mapping[str, Any] = {"size": 64, "steps": 12}

    def generate(self, jobs: Sequence[Job]) -> list[Picture | Failure]:
        return [self.draw(job) for job in jobs]

    def draw(self, job: Job) -> Picture | Failure:
        if job.prompt_id == BROKEN:
            return Failure("out of paint")
        if job.prompt_id == UNREADABLE:
            return Picture(Image.effect_noise((64, 64), 90).convert("RGB"))
        return Picture(self.synthetic.generate([job])[0])


class Rounds:
    """Draws, looks (the Checker knows the truth), and tries again; as an edit, or as a fresh candidate."""

    batch_size = 16

    def __init__(self, error_rate: float, edits: bool, budget: int = 4) -> None:
        self.synthetic = Synthetic(error_rate)
        self.edits, self.budget = edits, budget
        self.settings: Mapping[str, Any] = {"size": 64, "steps": 12, "budget": budget}

    def generate(self, jobs: Sequence[Job]) -> list[Picture]:
        return [self.draw(job) for job in jobs]

    def draw(self, job: Job) -> Picture:
        images: list[Image.Image] = []
        rounds: list[dict[str, Any]] = []
        wanted = ""
        while len(rounds) < self.budget and not (rounds and rounds[-1]["reward"] == 1):
            attempt = replace(job, noise=candidate_seed(job.noise, len(rounds)))
            images.append(self.synthetic.generate([attempt])[0])
            holds = check(job.graph.requirements(), self.synthetic.truth(attempt))
            edit = self.edits and bool(rounds)
            rounds.append(
                {
                    "index": len(rounds),
                    "action": "edit" if edit else "draw",
                    "parent": len(rounds) - 1 if edit else None,
                    "instruction": f"make it so that {wanted}" if edit else None,
                    "probabilities": {name: SURE if held else UNSURE for name, held in holds.items()},
                    "reward": sum(holds.values()) / len(holds),
                    "seconds": 0.05,
                }
            )
            wanted = next((r.statement() for r in job.graph.requirements() if not holds[r.id]), "")
        rewards = [seen["reward"] for seen in rounds]
        calls = {"images": len(images), "denoiser_evals": 12 * len(images), "vlm_calls": len(images)}
        stopped = "satisfied" if max(rewards) == 1 else "budget"
        chosen = rewards.index(max(rewards))
        trace = {"threshold": 0.5, "rounds": rounds, "chosen": chosen, "stopped": stopped, "calls": calls}
        return Picture(images[chosen], trace, images, calls)


def named(name: str, generator: Generator) -> Generator:
    """`generator` as a model called `name` (a run is called after the class of the object that draws)."""
    generator.__class__ = type(name, (type(generator),), {})
    return generator


def run(folder: Path, of: Suite, generator: Generator) -> Path:
    """The folder of a finished run."""
    return evaluate(of, generator, out=folder).folder
