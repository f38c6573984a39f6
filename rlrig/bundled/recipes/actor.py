"""The bundled Actor: a LoRA adapter on the frozen Checker that writes edit instructions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from peft import LoraConfig, get_peft_model
from PIL import Image
from torch import Tensor, nn

from rlrig.backends.bases import note_base
from rlrig.backends.vlm import VLM, VLMActor, adapted
from rlrig.bundled.lessons.curriculum import Lesson, Shelf, shown
from rlrig.bundled.lessons.damage import damaged
from rlrig.bundled.lessons.questions import failure, instruction
from rlrig.bundled.lessons.variations import Staged, stage, vary
from rlrig.bundled.training.crew import share
from rlrig.bundled.training.fit import Budget, fit, optimisers
from rlrig.bundled.training.packing import Packed, Packer, answer_loss
from rlrig.bundled.training.repainted import painted_by
from rlrig.bundled.training.stream import stream
from rlrig.instructions.repair import repair
from rlrig.precision import half_precision
from rlrig_eval.scene import Requirement, SceneGraph
from rlrig_eval.shapes import SEEN, Split, render, split
from rlrig_eval.suite.wording import word

BATCH = 16
PROMPTS = 4
RANK = 48
_PAINTED = 0.5  # share of lessons on pictures by the Diffuser: those are what the loop shows
_ADAPTED = r".*language_model.*(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)|.*embed_tokens|lm_head"


class Failures:
    """Makes a lesson from a random generator: one picture and PROMPTS prompts that it fails, each with its mending."""

    def __init__(self, painted: Sequence[tuple[Staged, Image.Image]]) -> None:
        """`painted` are pictures by the Diffuser; the others are drawn, and each scene comes back a few times."""
        self._painted, self._shelf = painted, Shelf(SEEN, wrong=0.8)

    def __call__(self, rng: Generator) -> Lesson:
        while True:
            staged, picture = self._picture(rng)
            prompts = [staged.prompt, *(vary(rng, staged.prompt, SEEN) for _ in range(2 * PROMPTS))]
            turns = [
                turn
                for prompt in dict.fromkeys(prompts)
                if split(prompt) == "train"
                if (turn := instruction(rng, prompt, staged.scene)) is not None
            ]
            if turns:
                return Lesson(damaged(rng, picture), turns[:PROMPTS], staged.scene)

    def _picture(self, rng: Generator) -> tuple[Staged, Image.Image]:
        if rng.random() < _PAINTED:
            return self._painted[int(rng.integers(len(self._painted)))]
        return shown(rng, self._shelf.take(rng), SEEN)


def train(budget: Budget, base: Path, drawer: Path, out: Path, start: Path | None = None) -> dict[str, Any]:
    """Train the adapter on the VLM in `base`, a new one or that in `start`, and save it to `out`.

    The log says how often the instruction for a failed dev picture is word for word the reference ("exact").

    Raises:
        RuntimeError: the base, which is the Checker, did not stay as it was.
    """
    torch.manual_seed(0)
    vlm = VLM.from_pretrained(base, budget.device)
    before, packer = vlm.fingerprint(), Packer(vlm.processor, vlm.model)
    vlm.model.name_or_path = ""  # peft writes it down, and a folder of this machine means nothing elsewhere
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=_ADAPTED)
    model = get_peft_model(vlm.model, config) if start is None else adapted(vlm, start, is_trainable=True).model
    model.train()
    held_out = list(_failures(192))
    make = Failures(painted_by(drawer, SEEN, 1, device=budget.device))

    def batches(step: int) -> Iterator[Packed]:
        return stream(make, packer.pack, share(BATCH), step)

    def loss(batch: Packed) -> tuple[Tensor, Mapping[str, float]]:
        with half_precision(budget.device):
            return answer_loss(model, batch.to(budget.device))

    def evaluate(candidate: nn.Module) -> Mapping[str, float]:
        written = write(VLM(candidate.eval(), vlm.processor), held_out)
        return {"exact": float(np.mean([text == repair(*case) for text, case in zip(written, held_out, strict=True)]))}

    rate = 2e-3 if start is None else 1e-3
    average, log = fit(model, optimisers(model, rate, rate), batches, loss, evaluate, budget)
    if VLM(average, vlm.processor).fingerprint() != before:
        raise RuntimeError("training the Actor changed the base, which is the Checker")
    average.half().save_pretrained(out, save_embedding_layers=False)  # they are the base's own
    note_base(out, str(base))
    return log


Failure = tuple[SceneGraph, SceneGraph, Requirement]
"""A prompt, a scene that fails it, and what the Actor is told of that."""


def write(vlm: VLM, failed: Sequence[Failure]) -> list[str]:
    """The instructions that an Actor on `vlm` writes for failed prompts, as the loop would ask for them."""
    pictures = [render(scene) for _, scene, _ in failed]
    texts, told = [word(prompt) for prompt, _, _ in failed], [[told] for _, _, told in failed]
    return VLMActor(vlm).write(pictures, texts, told, seeds=[0] * len(failed))  # it is greedy: they decide nothing


def _failures(count: int, bucket: Split = "dev") -> Iterator[Failure]:
    """Scenes that fail their prompt."""
    found = number = 0
    while found < count:
        rng = np.random.default_rng([77, number])
        number += 1
        staged = stage(rng, SEEN, bucket, wrong=1.0)
        told = failure(rng, staged.prompt, staged.scene)
        if told is not None:
            found += 1
            yield staged.prompt, staged.scene, told
