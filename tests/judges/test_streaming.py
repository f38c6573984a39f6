"""However many pictures are judged, few are held: with fresh replies, kept ones, and none for want of budget."""

from __future__ import annotations

import tracemalloc
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from rlrig_eval.judges import Budget, Reply, Task, Verdict
from rlrig_eval.judges.asking import AskingJudge
from rlrig_eval.judges.budget import Metered
from rlrig_eval.judges.cache import Cache, Cached
from rlrig_eval.judges.rubrics import rubric
from tests.judges.replies import PROMPT

WINDOW, MANY = 16, 1500


class Windowed:
    """Answers as a server does: so many requests are out before the first reply is handed on."""

    def replies(self, requests):
        out = deque()
        for _ in requests:
            out.append(Reply("yes", p_yes=1.0))
            if len(out) >= WINDOW:
                yield out.popleft()
        yield from out


class Crashing:
    """Raises over every second picture."""

    def replies(self, requests):
        for number, _ in enumerate(requests):
            if number:
                raise RuntimeError("out of memory")
            yield Reply("yes", p_yes=1.0)


class Held:
    """How many of the pictures that it makes are alive."""

    def __init__(self) -> None:
        self.now = self.most = 0

    def pictures(self, count: int) -> Iterator[Task]:
        for number in range(count):
            image = Image.new("RGB", (4, 4), (number % 256, number // 256, 7))
            self.now += 1
            self.most = max(self.most, self.now)
            weakref.finalize(image, self._gone)
            yield Task(image, PROMPT, ())
            del image

    def _gone(self) -> None:
        self.now -= 1


def judge(backend, cache: Path | None = None, calls: int | None = None) -> AskingJudge:
    metered = Metered(backend, Budget(max_calls=calls))
    return AskingJudge(rubric("vqascore"), Cached(metered, Cache(cache) if cache else None, {}))


@pytest.mark.parametrize("case", ["fresh", "kept", "half kept", "budget spent", "budget of none", "crashes"])
def test_few_pictures_are_held_at_once(tmp_path: Path, case: str) -> None:
    cache = tmp_path / "c.sqlite"
    if "kept" in case:
        list(judge(Windowed(), cache).verdicts(Held().pictures(MANY if case == "kept" else MANY // 2)))
    calls = {"budget spent": MANY // 2, "budget of none": 0}.get(case)
    held = Held()
    asked = judge(Crashing() if case == "crashes" else Windowed(), cache, calls)
    found = list(asked.verdicts(held.pictures(MANY)))
    assert len(found) == MANY
    if case != "crashes":
        assert sum(isinstance(one, Verdict) for one in found) == (MANY if calls is None else calls)
    assert held.most <= 2 * WINDOW


def test_memory_does_not_grow_with_the_number_of_calls() -> None:
    verdicts = judge(Windowed()).verdicts(Held().pictures(MANY))

    def traced(count: int) -> int:
        for _ in range(count):
            next(verdicts)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        early, late = traced(MANY // 5), traced(3 * MANY // 5)
    finally:
        tracemalloc.stop()
    assert late - early < 50_000  # 900 calls: a leak of one reply a call would be above 100 kB
