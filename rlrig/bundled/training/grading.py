"""Exams of a bundled VLM as it learns: questions on drawings it never saw, and its marks."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from transformers import ProcessorMixin

from rlrig.bundled.lessons.curriculum import Lesson
from rlrig.bundled.lessons.questions import Examiner
from rlrig.bundled.lessons.variations import stage
from rlrig.bundled.measuring.calibration import Mark
from rlrig.bundled.training.packing import IGNORED, Packed, Packer, answer_logits
from rlrig_eval.shapes import PLAIN, Split, Style, render, unseen
from rlrig_eval.suite.structures import Pairing
from rlrig_eval.yes_no import answer_ids, yes_share


def exam(
    packer: Packer,
    pairings: Sequence[Pairing],
    pictures: int,
    bucket: Split = "dev",
    style: Style = PLAIN,
    only_unseen: bool = False,
    seed: int = 99,
) -> list[Packed]:
    """Questions on held-out prompts, yes and no even in each topic.

    With `only_unseen`, on pictures with a pairing that only the judge is trained on.
    """
    examiner = Examiner(pairings)
    items: list[Lesson] = []
    number = 0
    while len(items) < pictures:
        rng = np.random.default_rng([seed, number])
        number += 1
        staged = stage(rng, pairings, bucket)
        if only_unseen and not unseen(staged.scene):
            continue
        turns = examiner.ask(rng, staged, 12)
        items.append(Lesson(render(staged.scene, style=style), turns, staged.scene))
    return [packer.pack(items[i : i + 32]) for i in range(0, len(items), 32)]


@torch.no_grad()
def grade(model: nn.Module, processor: ProcessorMixin, batches: Sequence[Packed], device: str = "cpu") -> list[Mark]:
    yes, no = answer_ids(processor.tokenizer)
    marks: list[Mark] = []
    training = model.training
    model.eval()
    for batch in batches:
        batch = batch.to(device)
        shares = yes_share(answer_logits(model, batch, batch.first), yes, no).tolist()
        right = [label in yes for label in batch.labels[batch.first & (batch.labels != IGNORED)].tolist()]
        marks.extend(map(Mark, batch.topics, shares, right))
    model.train(training)
    return marks
