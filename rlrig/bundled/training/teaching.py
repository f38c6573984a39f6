"""Teach a vision-language model from lessons, grade it as it learns, and save it in half precision."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn
from transformers import PreTrainedModel, ProcessorMixin

from rlrig.backends.vlm import VLM
from rlrig.bundled.lessons.curriculum import Lesson
from rlrig.bundled.measuring.calibration import quality
from rlrig.bundled.training.crew import share
from rlrig.bundled.training.fit import Budget, fit, optimisers
from rlrig.bundled.training.grading import exam, grade
from rlrig.bundled.training.owners import OwnerHead, watched
from rlrig.bundled.training.packing import Packed, Packer, answer_loss
from rlrig.bundled.training.referents import UNKNOWN, PlaceHead, picture_places
from rlrig.bundled.training.stream import stream
from rlrig.precision import half_precision
from rlrig_eval.shapes import PAIRINGS, PLAIN, Style
from rlrig_eval.suite.structures import Pairing

BATCH = 16
OWNER_WEIGHT, PLACE_WEIGHT = 0.5, 0.3
EARLY, MIDDLE = 0, 2  # decoder layers
MATRIX_RATE, RATE = 3e-3, 2e-3


class Student(nn.Module):
    """A vision-language model with heads that say what lies under its picture tokens, and where what is named is."""

    def __init__(self, model: PreTrainedModel, picture_tokens: int) -> None:
        super().__init__()
        width = model.config.text_config.hidden_size
        self.model, self.head = model, OwnerHead(width, picture_tokens)
        self.early, self.middle = PlaceHead(width), PlaceHead(width)
        self.register_buffer("centres", torch.tensor(picture_places(picture_tokens)), persistent=False)

    def forward(self, batch: Packed) -> tuple[Tensor, Mapping[str, float]]:
        inner = self.model.model
        vision, decoder = (
            (inner.connector, inner.text_model) if hasattr(inner, "connector") else (inner.visual, inner.language_model)
        )
        layers = decoder.layers
        with watched(vision) as seen, watched(layers[EARLY]) as early, watched(layers[MIDDLE]) as middle:
            answers, parts = answer_loss(self.model, batch)
        tokens = getattr(seen[0], "pooler_output", seen[0])
        if isinstance(tokens, tuple):  # Qwen2.5-VL cuts them up, picture by picture
            tokens = torch.cat(tokens)
        owner = self.head(tokens.reshape(len(batch.cells), self.head.tokens, -1), batch.cells)
        place = self._places(early[0], middle[0], batch)
        loss = answers + OWNER_WEIGHT * owner + PLACE_WEIGHT * place
        return loss, {**parts, "owner": float(owner.detach()), "place": float(place.detach())}

    def _places(self, early: Any, middle: Any, batch: Packed) -> Tensor:
        early, middle = (layer[0] if isinstance(layer, tuple) else layer for layer in (early, middle))
        named = batch.named[..., 0] != UNKNOWN
        shown = early[:, batch.picture].flatten(0, 1)
        return self.early(shown, self.centres.repeat(len(batch.cells), 1)) + self.middle(
            middle[named], batch.named[named]
        )


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
