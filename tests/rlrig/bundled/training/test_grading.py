"""Exams of a VLM: which pictures they show."""

from rlrig.bundled.training.grading import exam
from rlrig.bundled.training.packing import Packer
from rlrig_eval.shapes import PAIRINGS


def test_an_exam_on_unseen_pairings_shows_one_in_every_picture(student):
    packer = Packer(student.processor, student.model)
    (page,) = exam(packer, PAIRINGS, pictures=6, only_unseen=True)
    assert len(page.labels) == 6
    assert int(page.first.sum()) == len(page.topics)
