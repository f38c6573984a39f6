"""What a VLM learns beside the answers."""

import numpy as np

from rlrig.bundled.lessons.curriculum import BEGINNER, Lessons
from rlrig.bundled.training.fit import optimisers
from rlrig.bundled.training.packing import Packer
from rlrig.bundled.training.teaching import Student
from rlrig_eval.shapes import SEEN


def test_a_student_learns_what_lies_under_its_picture_tokens(student):
    lessons, rng = Lessons(SEEN, had=BEGINNER), np.random.default_rng(0)
    packer = Packer(student.processor, student.model)
    pupil, batch = Student(student.model.train(), packer.picture_tokens), packer.pack([lessons(rng)])
    found = optimisers(pupil, 2e-3, 2e-3)
    owner = []
    for _ in range(25):
        loss, parts = pupil(batch)
        loss.backward()
        owner.append(parts["owner"])
        for optimiser in found:
            optimiser.step()
            optimiser.zero_grad()
    student.model.eval()
    assert owner[-1] < owner[0] / 2
