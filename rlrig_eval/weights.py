"""What is known of published checkpoints, whether their weights are on this machine, and how to get them.

The facts are data, `baselines/weights.yaml`; what is not in it is unknown, and nothing here asks the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from rlrig_eval.assets import baselines_dir
from rlrig_eval.errors import UsageError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_SPARED = ("safety_checker", "feature_extractor")  # parts that a pipeline opens without
BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0}
"""Bytes that a parameter takes."""


@dataclass(frozen=True)
class Weights:
    """A published checkpoint. `parameters`: billions, by component; `exclude`: files of its repository not needed."""

    checkpoint: str
    licence: str
    gated: bool
    parameters: Mapping[str, float]
    source: str
    exclude: tuple[str, ...] = ()
    needs: tuple[str, ...] = field(default=())

    def gigabytes(self, dtype: str = "bfloat16") -> float:
        """10^9 bytes of all its parameters in `dtype`."""
        return sum(self.parameters.values()) * BYTES[dtype]

    def size(self, dtype: str = "bfloat16") -> str:
        """`gigabytes` in words, with a decimal where it is small."""
        found = self.gigabytes(dtype)
        return f"{found:.0f} GB" if found >= 10 else f"{found:.1f} GB"


class MissingWeights(UsageError):
    """A published checkpoint that is not on this machine, and could not be fetched."""


@cache
def known() -> Mapping[str, Weights]:
    """Every checkpoint of which something is known, by Hub id."""
    import yaml

    rows = yaml.safe_load((baselines_dir() / "weights.yaml").read_text("utf-8"))
    return {name: _weights(name, **row) for name, row in rows.items()}


def is_hub_id(checkpoint: str) -> bool:
    """Whether a name is looked up on the Hub: owner/name, and no folder here is called so."""
    return bool(_HUB_ID.fullmatch(checkpoint)) and not Path(checkpoint).exists()


def on_disk(checkpoint: str) -> bool:
    """Whether the Hub's cache holds a snapshot of `checkpoint` with all of its weight files."""
    return any(map(_whole, _snapshots(checkpoint)))


def require(checkpoint: str) -> None:
    """Raise MissingWeights when a Hub id can only fail to load: not in the cache, and the Hub is off."""
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if HF_HUB_OFFLINE and is_hub_id(checkpoint) and not on_disk(checkpoint):
        raise MissingWeights(explain(checkpoint, "HF_HUB_OFFLINE is set, so the Hub is not asked"))


def explain(checkpoint: str, why: str) -> str:
    """One line: what is missing, its licence and size, where it belongs, and the command that fetches it."""
    about = known().get(checkpoint)
    if about is None:
        size = "licence and size are not known here"
        command = f"hf download {checkpoint}"
    else:
        size = f"licence: {about.licence}; about {about.size()} in half precision"
        command = fetch_command(about)
    gate = f"; gated: accept its terms at https://huggingface.co/{checkpoint}, then hf auth login"
    said = f"checkpoint {checkpoint}: its weights are not on this machine ({why}); {size}"
    needed = "".join(f"; it also needs {other}" for other in (about.needs if about else ()))
    return f"{said}{gate if about and about.gated else ''}{needed}; cache: {cache_dir()}; fetch it with: {command}"


def fetch_command(about: Weights) -> str:
    """The line that downloads what is loaded of a checkpoint, and leaves out its other weights."""
    left_out = "".join(f' --exclude "{pattern}"' for pattern in about.exclude)
    return f"hf download {about.checkpoint}{left_out}"


def cache_dir() -> Path:
    """The folder that the Hub's files lie in (HF_HOME, HF_HUB_CACHE)."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE)


def listed() -> Iterator[str]:
    """A line on every known checkpoint: whether it is here, its size, gate and licence."""
    for name, about in sorted(known().items(), key=lambda item: item[0].casefold()):
        gate = "gated, " if about.gated else ""
        yield f"{'here   ' if on_disk(name) else 'missing'}  {name}: {about.size()}, {gate}{about.licence}"


def overview() -> str:
    """What `doctor` says of them."""
    return "\n".join([f"weights of published checkpoints, in {cache_dir()}:", *(f"  {line}" for line in listed())])


def commit(checkpoint: str) -> str | None:
    """The Hub's commit of the newest whole snapshot in the cache; None where there is none."""
    found = [folder for folder in _snapshots(checkpoint) if _whole(folder)]
    return max(found, key=lambda folder: folder.stat().st_mtime).name if found else None


def _snapshots(checkpoint: str) -> list[Path]:
    if not _HUB_ID.fullmatch(checkpoint):
        return []
    return [*cache_dir().glob(f"models--{checkpoint.replace('/', '--')}/snapshots/*/")]


def _whole(snapshot: Path) -> bool:
    """Every shard that an index names is there, some weights are, and they are those of every part of a pipeline."""
    shards = [
        index.parent / name
        for index in snapshot.rglob("*.safetensors.index.json")
        for name in set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    ]
    there = all(shard.exists() for shard in shards) and any(snapshot.rglob("*.safetensors"))
    return there and all(map(_has_weights, _parts(snapshot)))


def _parts(snapshot: Path) -> list[Path]:
    """The folders that a pipeline's model_index.json says it is made of."""
    index = snapshot / "model_index.json"
    made_of = json.loads(index.read_text("utf-8")) if index.exists() else {}
    named = {name: of for name, of in made_of.items() if isinstance(of, list) and of[0] is not None}
    return [snapshot / name for name in named if name not in _SPARED]


def _has_weights(part: Path) -> bool:
    """Whether a part is whole; what has no config.json, a tokenizer or a scheduler, has no weights."""
    weights = (*part.glob("*.safetensors"), *part.glob("*.bin"))
    return part.is_dir() and (bool(weights) or not (part / "config.json").exists())


def _weights(
    name: str,
    licence: str,
    parameters: Mapping[str, float],
    source: str,
    gated: bool = False,
    exclude: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Weights:
    return Weights(name, licence, gated, parameters, source, tuple(exclude), tuple(needs))
