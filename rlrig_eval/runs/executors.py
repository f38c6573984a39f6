"""Where a run's batches are drawn: an executor does the work of `session.draw_and_score` on its own terms."""

from __future__ import annotations

from collections.abc import Callable

from rlrig_eval.errors import UsageError
from rlrig_eval.runs.session import draw_and_score

_BUILT_IN: dict[str, Callable[..., None]] = {"local": draw_and_score}


def executor(name: str) -> Callable[..., None]:
    """The executor called `name`, with the signature of `draw_and_score`.

    Raises:
        UsageError: there is none, or it is not part of this version.
    """
    if name == "ray":
        raise UsageError("executor 'ray' is not in this version: it will come with the extra rlrig-eval[ray]")
    if name not in _BUILT_IN:
        raise UsageError.unknown("executor", name, _BUILT_IN)
    return _BUILT_IN[name]
