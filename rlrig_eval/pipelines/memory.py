"""How much memory a checkpoint's weights take, and how much of it on the GPU: arithmetic on what is known of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlrig_eval.checkpoints import locate
from rlrig_eval.pipelines.settings import Loading
from rlrig_eval.weights import BYTES, known

GB = 1e9
_SHRUNK = {"bitsandbytes_4bit": 0.5, "bitsandbytes_8bit": 1.0, "quanto": 1.0, "torchao": 1.0}
_WHOLE = re.compile("vae|safety_checker|tokenizer")


@dataclass(frozen=True)
class Need:
    """Weights of one checkpoint. Gigabytes are 10^9 bytes; None where its parameters are not known here.

    `at_once` is the most of them that lies on the GPU at one time; `stays` says whether it lies there all the time.
    """

    what: str
    checkpoint: str
    total: float | None
    at_once: float | None
    stays: bool
    how: str

    def __str__(self) -> str:
        if self.total is None or self.at_once is None:
            return f"{self.what}: {self.checkpoint}: its size is not known here"
        gpu = f"{self.at_once:.1f} GB of them on the GPU, {self.how}"
        return f"{self.what}: {self.checkpoint}: {self.total:.1f} GB of weights, {gpu}"


def need(what: str, checkpoint: str, loading: Loading) -> Need:
    """What the weights of a checkpoint take when they are loaded so."""
    parts = _components(checkpoint, loading)
    if parts is None:
        return Need(what, checkpoint, None, None, stays=loading.offload is None, how="")
    total = sum(parts.values())
    shrunk = f" ({loading.quantise})" if loading.quantise else ""
    if loading.offload is None:
        return Need(what, checkpoint, total, total, stays=True, how=f"all the time, {loading.dtype}{shrunk}")
    if loading.offload == "model":
        largest = max(parts, key=lambda name: parts[name])
        how = f"a model at a time ({largest} is the largest), {loading.dtype}{shrunk}"
        return Need(what, checkpoint, total, parts[largest], stays=False, how=how)
    return Need(what, checkpoint, total, 0.0, stays=False, how=f"a layer at a time, {loading.dtype}{shrunk}")


def summary(needs: Sequence[Need]) -> str:
    """One line on all of them together."""
    sizes = [one.at_once for one in needs if one.at_once is not None]
    if len(sizes) < len(needs):
        return "together: not known here, for the sizes of some are not"
    staying = sum(one.at_once or 0.0 for one in needs if one.stays)
    passing = max((one.at_once or 0.0 for one in needs if not one.stays), default=0.0)
    waiting = sum(one.total or 0.0 for one in needs if not one.stays)
    beside = f", and {waiting:.1f} GB in main memory" if waiting else ""
    return (
        f"together: {staying + passing:.1f} GB of weights on the GPU at the most{beside}; "
        "what drawing takes on top was not measured"
    )


def _components(checkpoint: str, loading: Loading) -> dict[str, float] | None:
    """Gigabytes by component."""
    about = known().get(checkpoint)
    if about is None:
        return _stored(Path(locate(checkpoint)))
    shrunk = _SHRUNK.get(loading.quantise or "", BYTES[loading.dtype])
    return {
        name: billions * (BYTES[loading.dtype] if _WHOLE.match(name) else shrunk)
        for name, billions in about.parameters.items()
    }


def _stored(folder: Path) -> dict[str, float] | None:
    """As they lie on the disk, which may be in another precision."""
    found: dict[str, float] = {}
    for file in folder.rglob("*.safetensors") if folder.is_dir() else ():
        found[file.parent.name] = found.get(file.parent.name, 0.0) + file.stat().st_size / GB
    return found or None
