"""Checkpoints: where a name leads, a hash that tells one training from the next, and how models are opened.

The harness and the system under test open their models and pipelines here, so that both read and draw alike, and say
the same where one cannot be opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from rlrig_eval import assets, weights
from rlrig_eval.errors import UsageError, first_line
from rlrig_eval.processors import allow_missing_torchvision

PLAIN = (".safetensors", ".gguf")
"""Files of weights that are weights and nothing else; of any other kind loaders take a pickle, which may run code."""


def require_plain(file: str | Path, what: str, kinds: Sequence[str] = PLAIN) -> None:
    """Raises UsageError for a file of weights that is not of one of these kinds, as its name says."""
    if Path(file).suffix not in kinds:  # in this very case: `.SAFETENSORS` is a pickle to the loaders
        raise UsageError(f"{what} {file}: only {' or '.join(kinds)} is loaded, for others may be pickles: convert it")


def locate(checkpoint: str | Path) -> str:
    """The folder of ``bundled:NAME``; a path or a Hub id stays as it is."""
    name = str(checkpoint)
    return str(assets.checkpoint(name)) if name.startswith(assets.BUNDLED) else name


def weights_hash(checkpoint: str) -> str | None:
    """Twelve hex digits over the weight files of a checkpoint's folder or file; the commit of a cached Hub id.

    A run records it, so that a checkpoint that was trained on is not taken for the one that a run began with. None
    for a Hub id that is not in the cache.
    """
    folder = Path(locate(checkpoint))
    if folder.is_file():
        folder, files = folder.parent, [folder]
    else:
        files = sorted(folder.rglob("*.safetensors")) if folder.is_dir() else []
    if not files:
        found = weights.commit(checkpoint)
        return None if found is None else found[:12]
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(folder)).encode())
        there = file.stat()
        digest.update(_digest(file.resolve(), there.st_ino, there.st_size, there.st_mtime_ns, there.st_ctime_ns))
    return digest.hexdigest()[:12]


@cache
def _digest(file: Path, *_written: int) -> bytes:
    """A file's hash; one that was not written to since is read once, for the weights of a large model are gigabytes."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def usable_device(device: str) -> str:
    """`device`, with auto resolved; UsageError where torch cannot see it, told before anything is loaded."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError(f"device {device}: torch sees no GPU here")
    try:
        torch.device(device)
    except RuntimeError:
        raise UsageError(f"device {device}: torch has none of that name; try auto, cpu, cuda or cuda:1") from None
    return device


def open_model(kind: Any, checkpoint: str | Path, revision: str | None = None, **options: Any) -> Any:
    """What `kind`, a class of transformers, loads from ``bundled:NAME``, a folder or a Hub id: a model, a processor.

    Args:
        revision: the commit, tag or branch of a Hub id; None for its newest.
        options: what else its ``from_pretrained`` takes; for a model with `use_safetensors`, else a pickle will do.

    Raises:
        MissingWeights: a Hub id that is neither in the cache nor to be fetched.
        UsageError: the checkpoint is missing, truncated, a pickle, or of another class.
    """
    path = locate(checkpoint)
    weights.require(path)
    allow_missing_torchvision()
    at = {} if revision is None else {"revision": revision}
    try:
        with quiet():
            return kind.from_pretrained(path, **at, **options)
    except Exception as problem:  # its loaders raise a dozen kinds; all mean that this checkpoint is no use
        raise unusable(checkpoint, problem) from problem


def open_pipeline(pipeline_class: Any, checkpoint: str | Path, dtype: str, device: str | None, **arguments: Any) -> Any:
    """A diffusers pipeline from ``bundled:NAME``, a folder, a single file or a Hub id, its own progress bar hidden.

    Args:
        pipeline_class: the class whose ``from_pretrained``, or ``from_single_file``, loads it.
        dtype: float32, bfloat16 or float16.
        device: where it goes; None leaves it where the loader puts it.
        arguments: what else the loader takes.

    Raises:
        UsageError: the checkpoint is missing, truncated, a pickle, or of another class.
    """
    import torch

    path = locate(checkpoint)
    weights.require(path)
    single = Path(path).is_file()
    if single:
        require_plain(path, "checkpoint")
    allow_missing_torchvision()
    try:
        with quiet():
            if single:
                pipeline = pipeline_class.from_single_file(path, torch_dtype=getattr(torch, dtype), **arguments)
            else:
                pipeline = pipeline_class.from_pretrained(
                    path, dtype=getattr(torch, dtype), use_safetensors=True, **arguments
                )
    except Exception as problem:  # its loaders raise a dozen kinds; all mean that this checkpoint is no use
        raise unusable(checkpoint, problem) from problem
    pipeline.set_progress_bar_config(disable=True)
    return pipeline if device is None else pipeline.to(device)


def unusable(checkpoint: str | Path, problem: Exception) -> UsageError:
    """What to tell a user whose checkpoint did not load: where its weights are to be had, or what is wrong with it."""
    path = locate(checkpoint)
    first = first_line(problem)
    if weights.is_hub_id(path) and not weights.on_disk(path):
        return weights.MissingWeights(weights.explain(path, first))
    return UsageError(f"checkpoint {checkpoint}: cannot be loaded from {path}: {first}")


@contextmanager
def quiet() -> Iterator[None]:
    """Without the loaders' own bars and notices, which would break into a run's display; errors still show."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    logs = (diffusers_logging, transformers_logging)
    before = [(log, log.get_verbosity(), log.is_progress_bar_enabled()) for log in logs]
    try:
        for log in logs:
            log.disable_progress_bar()
            log.set_verbosity_error()
        yield
    finally:
        for log, verbosity, bars in before:
            log.set_verbosity(verbosity)
            if bars:
                log.enable_progress_bar()
