"""Teach a vision-language model from lessons, grade it as it learns, and save it in half precision."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn
from transformers import PreTrainedModel, ProcessorMixin

from rlrig.backends.vlm import VLM
from rlrig.bundled.crew import share
from rlrig.bundled.fit import Budget, fit, half_precision, optimisers
from rlrig.bundled.grading import exam, grade, quality
from rlrig.bundled.owners import OwnerHead, watched
from rlrig.bundled.packing import Lesson, Packed, Packer, answer_loss
from rlrig.bundled.scenes import stream
from rlrig_eval.shapes import PAIRINGS, PLAIN, Style
from rlrig_eval.suite.structures import Pairing

BATCH = 16
OWNER_WEIGHT = 0.5
MATRIX_RATE, RATE = 3e-3, 2e-3


class Student(nn.Module):
    """A vision-language model with a head that names what lies under each of its picture tokens."""

    def __init__(self, model: PreTrainedModel, picture_tokens: int) -> None:
        super().__init__()
        self.model, self.head = model, OwnerHead(model.config.text_config.hidden_size, picture_tokens)

    def forward(self, batch: Packed) -> tuple[Tensor, Mapping[str, float]]:
        inner = self.model.model
        with watched(inner.connector if hasattr(inner, "connector") else inner.visual) as seen:
            answers, parts = answer_loss(self.model, batch)
        tokens = getattr(seen[0], "pooler_output", seen[0])
        if isinstance(tokens, tuple):  # Qwen2.5-VL cuts them up, picture by picture
            tokens = torch.cat(tokens)
        owner = self.head(tokens.reshape(len(batch.cells), self.head.tokens, -1), batch.cells)
        return answers + OWNER_WEIGHT * owner, {**parts, "owner": float(owner.detach())}


def teach(
    model: PreTrainedModel,
    processor: ProcessorMixin,
    lessons: Callable[[int], Callable[[Generator], Lesson]],
    pairings: Sequence[Pairing],
    budget: Budget,
    out: Path,
    style: Style = PLAIN,
    seed: int = 0,
) -> dict[str, Any]:
    """Train until the budget is spent, save to `out`, and grade what was saved on dev prompts.

    `lessons` makes the maker of lessons, given how many were had before. The log that comes back holds accuracy by
    topic and calibration error on dev pictures in `style`: of `pairings`, and with a pairing that only the judge
    may learn from.
    """
    packer = Packer(processor, model)
    student = Student(model, packer.picture_tokens).to(budget.device)
    held_out = exam(packer, pairings, pictures=128, style=style)

    def batches(step: int) -> Iterator[Packed]:
        return stream(lessons(step * share(BATCH)), packer.pack, share(BATCH), seed + step)

    def loss(batch: Packed) -> tuple[Tensor, Mapping[str, float]]:
        with half_precision(budget.device):
            return student(batch.to(budget.device))

    def evaluate(candidate: nn.Module) -> Mapping[str, float]:
        return quality(grade(candidate.model, processor, held_out, budget.device))

    average, log = fit(student, optimisers(student, MATRIX_RATE, RATE), batches, loss, evaluate, budget)
    average.model.half().save_pretrained(out)
    processor.save_pretrained(out)
    saved = VLM.from_pretrained(out, budget.device)
    exams = {
        "dev": exam(packer, pairings, pictures=256, style=style, seed=seed + 100),
        "unseen": exam(packer, PAIRINGS, pictures=128, style=style, only_unseen=True, seed=seed + 101),
    }
    graded = {name: quality(grade(saved.model, saved.processor, pages, budget.device)) for name, pages in exams.items()}
    return log | graded | {"parameters": sum(weight.numel() for weight in model.parameters())}
