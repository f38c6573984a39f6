"""Runs as a table of how good their pictures look, with how many of them are right beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

import torch
from PIL import Image
from torch import Tensor

from rlrig_eval.errors import UsageError
from rlrig_eval.models import Failure
from rlrig_eval.models.pictures import open_rgb
from rlrig_eval.report.folder import Contestant, read_runs
from rlrig_eval.report.quality.clip import Clip
from rlrig_eval.report.quality.scores import ANCHORS, anchored, clip_scores, distances
from rlrig_eval.report.table import Cell, Column, Estimate, Table
from rlrig_eval.runs.compare import PRIMARY
from rlrig_eval.runs.progress import bar
from rlrig_eval.stats import cluster_mean_ci, prompt_means

T = TypeVar("T")
AT_ONCE = 16
_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
_COLUMNS = (
    Column(name="model", title="model"),
    Column(name=PRIMARY, title="all correct", kind="share", better="higher"),
    Column(name="clip_score", title="CLIP score", kind="number", better="higher", digits=2),
    Column(name="aesthetic", title="beautiful, not ugly", kind="share", better="higher"),
    Column(name="well_made", title="good, not bad", kind="share", better="higher"),
)
_DISTANCES = (
    Column(name="fid_clip", title="FID, CLIP features", kind="number", better="lower", digits=2),
    Column(name="kid_clip", title="KID, CLIP features", kind="number", better="lower", digits=4),
)
_PICTURES = Column(name="pictures", title="pictures", kind="count")


@dataclass
class _Looked:
    """Scores of single pictures, by metric, with the prompt of each; and the features of all."""

    prompts: list[str] = field(default_factory=list)
    values: dict[str, list[float]] = field(default_factory=dict)
    features: list[Tensor] = field(default_factory=list)

    def add(self, name: str, values: Iterable[float]) -> None:
        self.values.setdefault(name, []).extend(values)


def quality(folders: Sequence[Path], clip: Clip, reference: Path | None = None, progress: bool = False) -> Table:
    """A row for each run. CLIP scores are of the suite's own sentences; intervals resample groups of prompts.

    Args:
        reference: a run folder, or any folder of pictures, that distances are taken to.
        progress: whether a bar is shown for each folder, on a terminal.

    Raises:
        UsageError: a folder that is no finished run, or one without pictures.
    """
    against = None if reference is None else _features(clip, reference, progress)
    rows = [_row(one, clip, against, progress) for one in read_runs(folders)]
    notes = ["Brackets are 95 % intervals over groups of prompts. Looks alone: what is where does not count."]
    if against is not None:
        notes.append(f"Distances are to the {len(against)} pictures in {reference}; FID is biased for few pictures.")
    columns = (*_COLUMNS, *(() if against is None else _DISTANCES), _PICTURES)
    return Table(title="How good the pictures look", columns=columns, rows=tuple(rows), notes=tuple(notes))


def _row(one: Contestant, clip: Clip, against: Tensor | None, progress: bool) -> tuple[Cell, ...]:
    looked = _look(one, clip, progress)
    features = torch.cat(looked.features)
    groups = one.run.groups
    found: list[Cell] = [one.label, one.summary.metrics.get(PRIMARY)]
    for name in ("clip_score", *ANCHORS):
        means = prompt_means(zip(looked.prompts, looked.values[name], strict=True))
        interval = cluster_mean_ci(list(means.values()), [groups[prompt] for prompt in means])
        found.append(Estimate.model_validate(interval.as_dict()))
    if against is not None:
        far = distances(features, against)
        found += [far[column.name] for column in _DISTANCES]
    return (*found, len(features))


def _look(one: Contestant, clip: Clip, progress: bool) -> _Looked:
    run, looked = one.run, _Looked()
    drawn = [s for s in run.samples if s.id in run.rows and run.rows[s.id].status == "ok"]
    if not drawn:
        raise UsageError(f"{run.folder}: no picture in it")
    with bar(f"look at {run.folder}", len(drawn), progress) as advance:
        for some in _parts(drawn):
            images = [_open(run.folder / (run.rows[sample.id].image or "")) for sample in some]
            features = clip.look(images)
            looked.prompts += [sample.prompt.id for sample in some]
            looked.add("clip_score", clip_scores(clip, images, [sample.prompt.text for sample in some]))
            for name, values in anchored(clip, features).items():
                looked.add(name, values)
            looked.features.append(features)
            advance(len(some))
    return looked


def _features(clip: Clip, reference: Path, progress: bool) -> Tensor:
    files, found = _files(reference), []
    with bar(f"look at {reference}", len(files), progress) as advance:
        for some in _parts(files):
            found.append(clip.look([_open(file) for file in some]))
            advance(len(some))
    return torch.cat(found)


def _files(folder: Path) -> list[Path]:
    """The pictures of a run folder, or of a folder itself."""
    inside = folder / "images" if (folder / "run.json").is_file() else folder
    files = sorted(one for one in inside.glob("*") if one.suffix.lower() in _ENDINGS) if inside.is_dir() else []
    if not files:
        raise UsageError(f"{folder}: no pictures in it")
    return files


def _open(file: Path) -> Image.Image:
    image = open_rgb(file)
    if isinstance(image, Failure):
        raise UsageError(f"{file}: {image.reason}")
    return image


def _parts(items: Sequence[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some
