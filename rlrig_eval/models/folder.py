"""Pictures that exist already, drawn by whatever made them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.models.contract import Drawn, Failure, Job
from rlrig_eval.models.pictures import open_rgb

ENDINGS = (".png", ".jpg", ".jpeg", ".webp")


class Folder:
    """Scores the pictures in a folder.

    Args:
        path: where they lie.
        layout: "flat" is files named ``<prompt_id>_<seed>.png`` (or jpg, webp); "geneval" is what
            GenEval's scripts write: ``<n>/metadata.jsonl`` with the prompt and ``<n>/samples/<seed>.png``.

    Raises:
        UsageError: there is no such folder, or no picture in it.
    """

    batch_size = 16

    def __init__(self, path: Path, layout: Literal["flat", "geneval"] = "flat") -> None:
        if not path.is_dir():
            raise UsageError(f"{path}: there is no such folder")
        self._by_text = layout == "geneval"
        self._files = _geneval(path) if self._by_text else _flat(path)
        if not self._files:
            raise UsageError(f"{path}: no pictures in it for layout {layout!r}")
        self.settings: Mapping[str, Any] = {}

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return [self._open(job) for job in jobs]

    def _open(self, job: Job) -> Drawn:
        key = (job.text if self._by_text else job.prompt_id, job.seed)
        if key not in self._files:
            return Failure(f"no picture of {key[0]!r} with seed {job.seed}")
        return open_rgb(self._files[key])


def _flat(folder: Path) -> dict[tuple[str, int], Path]:
    """(prompt id, seed) -> file; found by listing, so that an id never becomes a path."""
    named = [(file, *file.stem.rpartition("_")[::2]) for file in _pictures(folder)]
    return {(prompt, int(seed)): file for file, prompt, seed in named if seed.isdecimal()}


def _geneval(folder: Path) -> dict[tuple[str, int], Path]:
    """(prompt text, seed) -> file."""
    found = {}
    for metadata in sorted(folder.glob("*/metadata.jsonl")):
        try:
            text = json.loads(metadata.read_text("utf-8").splitlines()[0])["prompt"]
        except (OSError, ValueError, IndexError, KeyError, TypeError):
            raise UnreadableFile('not a JSON object with a "prompt"', path=metadata, line=1) from None
        for file in _pictures(metadata.parent / "samples"):
            if file.stem.isdecimal():
                found[text, int(file.stem)] = file
    return found


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS)
