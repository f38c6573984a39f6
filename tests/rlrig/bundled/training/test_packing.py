"""Many questions in one sequence: each is answered, and learned, as if it were alone."""

import numpy as np
import torch

from rlrig.bundled.lessons.curriculum import BEGINNER, Lessons
from rlrig.bundled.training.fit import optimisers
from rlrig.bundled.training.packing import DOUBT, IGNORED, Packer, answer_logits, answer_loss, token_losses
from rlrig_eval.shapes import SEEN
from rlrig_eval.yes_no import answer_ids, yes_share


@torch.no_grad()
def test_a_question_in_a_pack_is_answered_as_if_it_were_asked_alone(student):
    lessons, rng = Lessons(SEEN, had=BEGINNER), np.random.default_rng(0)
    items = [lessons(rng) for _ in range(2)]
    batch = Packer(student.processor, student.model).pack(items)
    yes, no = answer_ids(student.processor.tokenizer)
    packed = yes_share(answer_logits(student.model, batch, batch.first), yes, no)
    alone = []
    for lesson in items:
        image, turns = lesson.picture, lesson.turns
        inputs = student.read([image] * len(turns), [turn.prompt for turn in turns])
        alone.append(yes_share(student.model(**inputs, logits_to_keep=1).logits[:, -1], yes, no))
    # float32 sums in another order; measured 1e-6
    assert torch.allclose(packed, torch.cat(alone), atol=1e-4)


def test_a_verdict_is_best_given_with_a_little_doubt_and_another_word_with_none():
    chances = torch.tensor([0.9, 1 - DOUBT, 0.999])
    logits = torch.stack([chances, 1 - chances], -1).log()
    yes, no = torch.zeros(3, dtype=torch.long), torch.ones(3, dtype=torch.long)
    assert token_losses(logits, yes, no).argmin() == 1
    assert token_losses(logits, yes, torch.full((3,), IGNORED)).argmin() == 2


def test_a_student_learns_a_lesson_by_heart(student):
    model = student.model.train()
    lessons, rng = Lessons(SEEN, had=BEGINNER), np.random.default_rng(0)
    batch = Packer(student.processor, model).pack([lessons(rng)])
    found = optimisers(model, 2e-3, 2e-3)
    losses = []
    for _ in range(25):
        loss, _ = answer_loss(model, batch)
        loss.backward()
        losses.append(float(loss.detach()))
        for optimiser in found:
            optimiser.step()
            optimiser.zero_grad()
    model.eval()
    assert losses[-1] < losses[0] / 2
