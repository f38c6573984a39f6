"""Whether the models that an extractor reads with are there, told before anything is drawn."""

from __future__ import annotations

from pathlib import Path

from rlrig_eval import weights
from rlrig_eval.checkpoints import locate
from rlrig_eval.errors import UsageError


def require(checkpoint: str) -> None:
    """Raises UsageError for a folder that is not there and, when the Hub is off, for weights that are not fetched."""
    path = locate(checkpoint)
    if not weights.is_hub_id(path) and not (Path(path) / "config.json").is_file():
        raise UsageError(f"model {checkpoint}: no Hub id, and no folder with a config.json in it")
    weights.require(path)
