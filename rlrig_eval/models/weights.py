"""Checkpoints on disk: where a name leads, and a hash that tells one training from the next."""

from __future__ import annotations

import hashlib
from pathlib import Path

from rlrig_eval import assets


def locate(checkpoint: str) -> str:
    """The folder of ``bundled:NAME``; a path or a Hub id stays as it is."""
    return str(assets.checkpoint(checkpoint)) if checkpoint.startswith(assets.BUNDLED) else checkpoint


def weights_hash(checkpoint: str) -> str | None:
    """Twelve hex digits over the weight files of a checkpoint folder; None for a Hub id.

    A run records it, so that a checkpoint that was trained on is not taken for the one that a run began with.
    """
    folder = Path(locate(checkpoint))
    files = sorted(folder.rglob("*.safetensors")) if folder.is_dir() else []
    if not files:
        return None
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(folder)).encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:12]
