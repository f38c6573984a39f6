"""VISOR's row for a model, from the detections that its authors ship."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import model_validator

from rlrig_eval.errors import UnreadableFile
from rlrig_eval.metrics.visor import RELATIONS, VISOR, visor, visor_sra
from rlrig_eval.report.folder import Excerpt
from rlrig_eval.report.recompute.files import checked, document, known
from rlrig_eval.report.table import Column, Table

IMAGES = 4
"""Of each prompt."""


class Phrase(Excerpt):
    """What is used of an entry of ``text_spatial_rel_phrases.json``; the second object of a single is null.

    Its place in the file is its unique id in the whole file alone, not in a part of it.
    """

    unique_id: int
    obj_1_attributes: tuple[str, ...]
    obj_2_attributes: tuple[str | None, ...]
    rel_type: str
    num_objects: int


class Detections(Excerpt):
    """What is used of an image in VISOR's ``results_*.json``; `centroid` are (x, y) in pixels, one of each class."""

    classes: tuple[str, ...]
    centroid: tuple[tuple[float, float], ...]
    sra: int

    @model_validator(mode="after")
    def _side_by_side(self) -> Self:
        if len(self.classes) != len(self.centroid):
            raise ValueError(f"{len(self.classes)} classes, but {len(self.centroid)} centroids")
        return self


def visor_table(results: Path, phrases: Path) -> Table:
    """VISOR's row for a model, from its detections; `sra` is taken from the file, and held against our own rule.

    Args:
        phrases: ``text_spatial_rel_phrases.json``, which says what each prompt asks for.

    Raises:
        UnreadableFile: a file is not what it should be, names a prompt that is not there, or has one id twice.
    """
    asked = _by_id([checked(Phrase, raw, phrases) for raw in document(phrases, list)], phrases)
    found: dict[int, list[tuple[bool, bool]]] = {}
    unlike = 0
    for name, raw in document(results, dict).items():
        number = name.partition("_")[0]
        if not number.isdecimal() or int(number) not in asked:
            raise UnreadableFile(f"{name!r} is no image of a prompt in {phrases.name}", path=results)
        phrase, seen = asked[int(number)], checked(Detections, raw, results)
        if not _relational(phrase):
            continue
        one, other = (
            [at for label, at in zip(seen.classes, seen.centroid, strict=True) if label == names[0]]
            for names in (phrase.obj_1_attributes, phrase.obj_2_attributes)
        )
        both = bool(one and other)
        unlike += both and visor_sra(phrase.rel_type, one, other) != bool(seen.sra)
        found.setdefault(int(number), []).append((both, bool(seen.sra)))
    scores = _visor(list(found.values()))
    images = sum(map(len, found.values()))
    missing = IMAGES * sum(map(_relational, asked.values())) - images
    names = ("oa", "uncond", "cond", "n1", "n2", "n3", "n4")
    titles = ("OA", "VISOR", "VISOR, both found", *(f"VISOR-{n}" for n in range(1, IMAGES + 1)))
    columns = (
        Column(name="results", title="results"),
        *(Column(name=name, title=title, kind="share", digits=4) for name, title in zip(names, titles, strict=True)),
        Column(name="images", title="images", kind="count"),
        Column(name="missing", title="missing", kind="count"),
        Column(name="unlike", title="pictures that our rule judges otherwise", kind="count"),
    )
    row = (results.stem, *(None if scores is None else known(getattr(scores, n)) for n in names))
    note = "As published: means over the pictures that are there, shares of the prompts that have one."
    return Table(title="VISOR, recomputed", columns=columns, rows=((*row, images, missing, unlike),), notes=(note,))


def _by_id(phrases: list[Phrase], path: Path) -> dict[int, Phrase]:
    asked: dict[int, Phrase] = {}
    for phrase in phrases:
        if asked.setdefault(phrase.unique_id, phrase) is not phrase:
            raise UnreadableFile(f"two entries have the unique_id {phrase.unique_id}", path=path)
    return asked


def _visor(found: list[list[tuple[bool, bool]]]) -> VISOR | None:
    """Images that are not there are in no mean, and are no success in a count."""
    if not found:
        return None
    flat = [image for images in found for image in images]
    filled = [image for images in found for image in (*images, *[(False, False)] * IMAGES)[:IMAGES]]
    means, counts = (
        visor([both for both, _ in of], [holds for _, holds in of], images_per_prompt)
        for of, images_per_prompt in ((flat, 1), (filled, IMAGES))
    )
    return counts._replace(oa=means.oa, uncond=means.uncond, cond=means.cond)


def _relational(phrase: Phrase) -> bool:
    return phrase.num_objects == 2 and phrase.rel_type in RELATIONS
