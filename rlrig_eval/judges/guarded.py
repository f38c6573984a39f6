"""A judge that asks in its own way, held to its contract: one verdict for each picture, and no exception."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlrig_eval.judges.asking import asked_again, said
from rlrig_eval.judges.contract import Judge, Task, Unscored, Verdict


@dataclass(frozen=True)
class Guarded:
    """Somebody else's judge. Where it raises or stops early, the rest of the pictures are unscored."""

    judge: Judge

    def again(self, turn: int) -> Guarded:
        """The same judge asked once more."""
        return Guarded(asked_again(self.judge, turn))

    def verdicts(self, tasks: Iterable[Task]) -> Iterator[Verdict | Unscored]:
        """One for each task, in order."""
        source, owed = iter(tasks), 0

        def counted() -> Iterator[Task]:
            nonlocal owed
            for task in source:
                owed += 1
                yield task

        problem = "the judge gave fewer verdicts than it was asked for"
        try:
            for found in self.judge.verdicts(counted()):
                if not owed:
                    problem = "the judge gave more verdicts than it was asked for"
                    break
                owed -= 1
                fits = isinstance(found, Verdict | Unscored)
                yield found if fits else Unscored(f"the judge gave no verdict but a {type(found).__name__}")
        except (Exception, SystemExit) as crash:  # its own trouble, of any kind
            problem = said(crash)
        for _ in range(owed):
            yield Unscored(problem)
        for _ in source:
            yield Unscored(problem)
