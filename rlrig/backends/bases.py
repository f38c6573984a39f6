"""Which weights an adapter was trained on, noted beside it: on others it still loads, and does something else."""

import json
from pathlib import Path

from rlrig_eval import weights
from rlrig_eval.checkpoints import locate, weights_hash
from rlrig_eval.errors import UsageError

_FILE = "base.json"


def note_base(folder: Path, checkpoint: str, merged: str | None = None) -> None:
    """Note in an adapter's folder that it lies on `checkpoint`, with the adapter `merged` in it if there was one."""
    known = None if weights.is_hub_id(checkpoint) else weights_hash(checkpoint)
    found = {"weights": known, "merged": None if merged is None else weights_hash(merged)}
    (folder / _FILE).write_text(json.dumps(found, indent=2) + "\n")


def require_whole(adapter: str) -> None:
    """Raise UsageError when `adapter` was trained on top of another one."""
    merged = _noted(adapter).get("merged")
    if merged is not None:
        raise UsageError(
            f"{adapter}: was trained on top of another adapter ({merged}), and is nothing without it; the pipeline "
            "that its run exported has both"
        )


def require_base(adapter: str, checkpoint: str, merged: str | None = None) -> None:
    """Raise UsageError when `adapter` (a folder, a Hub id or bundled:NAME) is noted to belong on other weights, or not
    on top of the adapter `merged`.

    One without a note goes on anything that it fits; and so does one on a checkpoint of the Hub, which is known by its
    commit: another commit, or a copy in a folder, may well be the same weights.
    """
    if merged is None:
        require_whole(adapter)
    elif (below := _noted(adapter).get("merged")) != weights_hash(merged):
        raise UsageError(f"{adapter}: was not trained on top of {merged}, but of {below or 'no other adapter'}")
    noted = _noted(adapter).get("weights")
    if noted is None or weights.is_hub_id(checkpoint):
        return
    found = weights_hash(checkpoint)
    if noted != found:
        raise UsageError(f"{adapter}: was trained on other weights ({noted}) than {checkpoint} has ({found})")


def _noted(adapter: str) -> dict[str, str | None]:
    file = Path(locate(adapter)) / _FILE
    try:
        found: dict[str, str | None] = json.loads(file.read_text()) if file.is_file() else {}
    except ValueError as problem:
        raise UsageError(f"{file}: not valid JSON: {problem}") from problem
    return found
