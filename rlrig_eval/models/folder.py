"""Pictures that exist already, drawn by whatever made them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from rlrig_eval.errors import UnreadableFile, UsageError
from rlrig_eval.models.contract import Drawn, Failure, Job
from rlrig_eval.models.pictures import open_rgb
from rlrig_eval.suite.importers.ids import prompt_id

ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
PER_PROMPT = 10
"""Pictures of a prompt in T2I-CompBench."""
ON_A_SHEET = 4
"""Pictures of a prompt in DPG-Bench, two by two on a sheet."""

Layout = Literal["flat", "geneval", "t2i-compbench", "dpg"]


@dataclass(frozen=True)
class Found:
    """A file: the prompt it is of (its id, or its text), its seed, and the prompt's number where the layout has one.

    `sheet` says that the file holds the pictures of four seeds.
    """

    prompt: str
    seed: int
    file: Path
    number: int | None = None
    sheet: bool = False


class Folder:
    """Scores the pictures in a folder.

    Args:
        path: where they lie.
        layout: "flat" is files named ``<prompt_id>_<seed>.png`` (or jpg, webp). "geneval" is what GenEval's scripts
            write: ``<n>/metadata.jsonl`` with the prompt and ``<n>/samples/<seed>.png``. "t2i-compbench" is
            ``<prompt>_<10 n + seed>.png``, in the folder or in ``samples``. "dpg" is DPG-Bench's ``<item_id>.png``, a
            sheet of four pictures two by two: seeds 0 to 3 are cut from it row by row.

    Raises:
        UsageError: there is no such folder, or no picture in it.
    """

    batch_size = 16

    def __init__(self, path: Path, layout: Layout = "flat") -> None:
        if not path.is_dir():
            raise UsageError(f"{path}: there is no such folder")
        self._by_text = layout in ("geneval", "t2i-compbench")
        self._files: dict[str, dict[int, list[Found]]] = {}
        for found in _LAYOUTS[layout](path):
            self._files.setdefault(found.prompt, {}).setdefault(found.seed, []).append(found)
        if not self._files:
            raise UsageError(f"{path}: no pictures in it for layout {layout!r}")
        self.settings: Mapping[str, Any] = {}

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return [self._open(job) for job in jobs]

    def _open(self, job: Job) -> Drawn:
        name = job.text if self._by_text else job.prompt_id
        seeds = self._files.get(name)
        if seeds is None:
            return Failure(f"no picture of {name!r} with any seed, among those of {len(self._files)} prompts")
        if job.seed not in seeds:
            return Failure(
                f"no picture of {name!r} with seed {job.seed}, only with {', '.join(map(str, sorted(seeds)))}"
            )
        return _the_one(seeds[job.seed], job)


def _the_one(found: Sequence[Found], job: Job) -> Drawn:
    """The picture of a job; of several with the same text, the one whose number ends the prompt's id."""
    if len(found) > 1:
        digits = re.search(r"\d+$", job.prompt_id)
        found = [one for one in found if digits is not None and one.number == int(digits[0])]
    if len(found) != 1:
        return Failure(
            f"several pictures are of {job.text!r} with seed {job.seed}, and none is told apart by its number"
        )
    image = open_rgb(found[0].file)
    return _cut(image, found[0]) if found[0].sheet and isinstance(image, Image.Image) else image


def _cut(sheet: Image.Image, found: Found) -> Drawn:
    """The picture of a seed: left to right, then the row below, as DPG's `compute_dpg_bench.py` crops."""
    (width, odd_x), (height, odd_y) = divmod(sheet.width, 2), divmod(sheet.height, 2)
    if odd_x or odd_y:
        return Failure(f"{found.file.name} is {sheet.width} x {sheet.height}, no sheet of two by two pictures")
    row, column = divmod(found.seed, 2)
    return sheet.crop((column * width, row * height, (column + 1) * width, (row + 1) * height))


def _flat(folder: Path) -> Iterator[Found]:
    """Found by listing, so that an id never becomes a path."""
    for file in _pictures(folder):
        prompt, _, seed = file.stem.rpartition("_")
        if seed.isdecimal():
            yield Found(prompt, int(seed), file)


def _geneval(folder: Path) -> Iterator[Found]:
    for metadata in sorted(folder.glob("*/metadata.jsonl")):
        try:
            text = json.loads(metadata.read_text("utf-8").splitlines()[0])["prompt"]
        except (OSError, ValueError, IndexError, KeyError, TypeError):
            raise UnreadableFile('not a JSON object with a "prompt"', path=metadata, line=1) from None
        number = int(metadata.parent.name) if metadata.parent.name.isdecimal() else None
        for file in _pictures(metadata.parent / "samples"):
            if file.stem.isdecimal():
                yield Found(text, int(file.stem), file, number)


def _compbench(folder: Path) -> Iterator[Found]:
    """The prompt ends at the *last* underscore; the published scorers cut at the first, and so lose what follows."""
    for file in (*_pictures(folder), *_pictures(folder / "samples")):
        prompt, _, index = file.stem.rpartition("_")
        if index.isdecimal():
            number, seed = divmod(int(index), PER_PROMPT)
            yield Found(prompt, seed, file, number)


def _dpg(folder: Path) -> Iterator[Found]:
    for file in _pictures(folder):
        for seed in range(ON_A_SHEET):
            yield Found(prompt_id("dpg", file.stem), seed, file, sheet=True)


_LAYOUTS: Mapping[Layout, Callable[[Path], Iterator[Found]]] = {
    "flat": _flat,
    "geneval": _geneval,
    "t2i-compbench": _compbench,
    "dpg": _dpg,
}


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS)
