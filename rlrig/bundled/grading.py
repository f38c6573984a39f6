"""How good a bundled VLM is on drawings it never saw: accuracy by topic, and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from transformers import ProcessorMixin

from rlrig.bundled.packing import IGNORED, Lesson, Packed, Packer, answer_logits
from rlrig.bundled.questions import Examiner
from rlrig.bundled.variations import stage
from rlrig_eval.shapes import PLAIN, Split, Style, render, unseen
from rlrig_eval.suite.structures import Pairing
from rlrig_eval.yes_no import answer_ids, yes_share

_BINS = 10


@dataclass(frozen=True)
class Mark:
    """One question: its topic, P(yes), and whether yes was right."""

    topic: str
    probability: float
    right: bool


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


def quality(marks: Sequence[Mark]) -> dict[str, float]:
    """Accuracy over all and by topic, and the expected calibration error (ten equal bins of P(yes))."""
    by_topic: dict[str, list[bool]] = {}
    for mark in marks:
        by_topic.setdefault(mark.topic, []).append((mark.probability >= 0.5) == mark.right)
    hits = [hit for found in by_topic.values() for hit in found]
    found = {"accuracy": float(np.mean(hits)), "ece": calibration_error(marks)}
    return found | {name: float(np.mean(by_topic[name])) for name in sorted(by_topic)}


def calibration_error(marks: Sequence[Mark]) -> float:
    """Mean distance between P(yes) and the share of yes, over bins weighted by size (Guo et al. 2017)."""
    chance = np.array([mark.probability for mark in marks])
    right = np.array([mark.right for mark in marks], dtype=float)
    bins = np.minimum((chance * _BINS).astype(int), _BINS - 1)
    gaps = [abs(chance[bins == b].mean() - right[bins == b].mean()) * (bins == b).sum() for b in np.unique(bins)]
    return float(np.sum(gaps) / len(marks))
