"""What pictures took, added up: of several steps, or of several candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def together(costs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The sum of some costs, name by name; what one of them does not say is unknown of the sum, and left out.

    A model that says nothing of images has made one, and one that says nothing of a VLM has asked none.

    >>> together([{"images": 1, "denoiser_evals": 16}, {"images": 0, "denoiser_evals": 0, "vlm_calls": 3}])
    {'images': 1.0, 'denoiser_evals': 16.0, 'vlm_calls': 3.0}
    >>> together([{}, {"vlm_calls": 2, "vlm_tokens_read": 80, "vlm_tokens_written": 2}])["vlm_tokens_read"]
    80.0
    """
    whole = [_whole(cost) for cost in costs]
    known = [name for name in whole[0] if all(name in cost for cost in whole)] if whole else []
    return {name: float(sum(cost[name] for cost in whole)) for name in known}


def _whole(cost: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = {"images": 1.0, **cost}
    found.setdefault("vlm_calls", 0.0)
    if not found["vlm_calls"]:
        found = {**found, "vlm_tokens_read": 0.0, "vlm_tokens_written": 0.0}
    return found
