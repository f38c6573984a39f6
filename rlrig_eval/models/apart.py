"""A failure costs its own sample: what a batch cannot do together, its jobs do one by one."""

from collections.abc import Callable, Sequence

from rlrig_eval.errors import RunError
from rlrig_eval.models.contract import Drawn, Failure, Job


def apart_if_need_be(jobs: Sequence[Job], draw: Callable[[Sequence[Job]], list[Drawn]]) -> list[Drawn]:
    """What `draw` makes of the jobs; where it raises RunError, what it makes of each alone, or a Failure."""
    try:
        return draw(jobs)
    except RunError as problem:
        if len(jobs) > 1:
            return [one for job in jobs for one in apart_if_need_be([job], draw)]
        return [Failure(str(problem))]
