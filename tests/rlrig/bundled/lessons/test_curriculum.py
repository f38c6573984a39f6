"""Lessons begin with little and grow."""

import numpy as np

from rlrig.bundled.lessons.curriculum import BEGINNER, Lessons
from rlrig_eval.shapes import SEEN


def test_the_first_lessons_are_short_and_of_few_things():
    first, later = Lessons(SEEN), Lessons(SEEN, had=BEGINNER)
    rng = np.random.default_rng(0)
    lessons = [[maker(rng).turns for _ in range(12)] for maker in (first, later)]
    turns = [[len(lesson) for lesson in each] for each in lessons]
    things = [
        [turn.answer.count(" at ") for lesson in each for turn in lesson if turn.topic == "describe"]
        for each in lessons
    ]
    assert max(turns[0]) <= 8
    assert np.mean(turns[0]) < np.mean(turns[1])
    assert np.mean(things[0]) < np.mean(things[1])
