"""Opening the models that an extractor reads with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlrig_eval import weights
from rlrig_eval.checkpoints import locate, quiet, unusable
from rlrig_eval.errors import UsageError


def require(checkpoint: str) -> None:
    """Raises UsageError for a folder that is not there and, when the Hub is off, for weights that are not fetched."""
    path = locate(checkpoint)
    if not weights.is_hub_id(path) and not (Path(path) / "config.json").is_file():
        raise UsageError(f"model {checkpoint}: no Hub id, and no folder with a config.json in it")
    weights.require(path)


def load(kind: Any, checkpoint: str, revision: str | None = None, **options: Any) -> Any:
    """`kind.from_pretrained`.

    Raises:
        UsageError: the checkpoint is missing, truncated, or of another class.
    """
    at = {} if revision is None else {"revision": revision}
    try:
        with quiet():
            return kind.from_pretrained(locate(checkpoint), **at, **options)
    except Exception as problem:  # its loaders raise a dozen kinds; all mean that this checkpoint is no use
        raise unusable(checkpoint, problem) from problem
