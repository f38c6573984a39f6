"""Two runs side by side: whether they can be compared, and by how much they differ."""

from __future__ import annotations

from typing import Any

from rlrig_eval.errors import NotComparable
from rlrig_eval.runs.config import RunConfig
from rlrig_eval.runs.opened import Opened
from rlrig_eval.stats import Difference, paired_difference


def terms(config: RunConfig) -> dict[str, Any]:
    """What must be equal for two results to be comparable (DESIGN section 4, exit code 4)."""
    return {
        "suite": {"name": config.suite.name, "split": config.suite.split, "sha256": config.suite.sha256},
        "protocol": config.protocol.model_dump(mode="json"),
        "extractor": {"name": config.extractor.name, "version": config.extractor.version},
        "judges": [judge.identity() for judge in config.all_judges],
    }


def require_comparable(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Raises NotComparable, naming what differs, unless the two `terms` are equal."""
    differing = [name for name in one if one[name] != other.get(name)]
    if differing:
        shown = "; ".join(f"{name}: {one[name]} against {other.get(name)}" for name in differing)
        raise NotComparable(f"not comparable: {shown}")


def differences(a: Opened, b: Opened) -> dict[str, Difference]:
    """Metric -> a - b, paired by prompt over the prompts that both have scored."""
    groups = b.groups | a.groups
    shared = [metric for metric in a.prompt_scores if metric in b.prompt_scores]
    return {metric: paired_difference(a.prompt_scores[metric], b.prompt_scores[metric], groups) for metric in shared}
