"""Which weights an adapter was trained on, noted beside it: on others it still loads, and does something else."""

import json
from pathlib import Path

from rlrig_eval.checkpoints import locate, weights_hash
from rlrig_eval.errors import UsageError

_FILE = "base.json"


def note_base(folder: Path, checkpoint: str, merged: str | None = None) -> None:
    """Note in an adapter's folder that it lies on `checkpoint`, with the adapter `merged` in it if there was one."""
    found = {"weights": weights_hash(checkpoint), "merged": None if merged is None else weights_hash(merged)}
    (folder / _FILE).write_text(json.dumps(found, indent=2) + "\n")


def require_whole(adapter: str) -> None:
    """Raise UsageError when `adapter` was trained on top of another one."""
    merged = _noted(adapter).get("merged")
    if merged is not None:
        raise UsageError(
            f"{adapter}: was trained on top of another adapter ({merged}), and is nothing without it; the pipeline "
            "that its run exported has both"
        )


def require_base(adapter: str, checkpoint: str) -> None:
    """Raise UsageError when `adapter` (a folder, a Hub id or bundled:NAME) is noted to belong on other weights.

    One without a note goes on anything that it fits.
    """
    require_whole(adapter)
    noted = _noted(adapter).get("weights")
    if noted is not None and noted != (found := weights_hash(checkpoint)):
        raise UsageError(f"{adapter}: was trained on other weights ({noted}) than {checkpoint} has ({found})")


def _noted(adapter: str) -> dict[str, str | None]:
    file = Path(locate(adapter)) / _FILE
    found: dict[str, str | None] = json.loads(file.read_text()) if file.is_file() else {}
    return found
