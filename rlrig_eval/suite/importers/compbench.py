"""T2I-CompBench and T2I-CompBench++: one prompt a line, a file for every category (arXiv 2307.06350)."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Placed, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.counted import OBJECTS, counted, listed
from rlrig_eval.suite.importers.files import the_files
from rlrig_eval.suite.importers.graphs import read_text
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import lines
from rlrig_eval.suite.schema import Prompt

CATEGORIES = ("color", "shape", "texture", "spatial", "3d_spatial", "non_spatial", "numeracy", "complex")
SETS = ("spatial", "action", "spatialaction")
"""Parts of `complex` that are scored by rules of their own, each in a file `complex_val_<part>.txt`."""


_SAYS = {
    " on side of ": " next to ",
    " on the bottom of ": " below ",
    " on the top of ": " above ",
    " hidden by ": " behind ",
}
"""Words of the two spatial categories that are no English for a relation -> what the published rules take them for."""


class Line(Record):
    """A line."""

    text: str


def read(path: Path, variant: str) -> Imported:
    """A prompt a line of every `<category>_val.txt` in the folder, tagged with the published part that it is in.

    Raises UsageError.
    """
    files = list(the_files(path, *(f"{category}_val.txt" for category in CATEGORIES)))
    prompts: list[Placed] = []
    notes: list[str] = []
    for file in list(files):
        parts = _parts(file)
        rows = checked((raw._replace(data={"text": raw.data}) for raw in lines(file)), Line)
        category = file.stem.removesuffix("_val").removesuffix("_train")
        sets = {text: part for part, found in parts.items() for text in _texts(found)}
        things = _things(file) if category == "numeracy" else None
        make = partial(_prompt, category=category, sets=sets, objects=None if things is None else listed(things))
        prompts += prompts_of(one_each(rows), make)
        files += (*parts.values(), *(() if things is None else (things,)))
        if category == "numeracy" and things is None:
            notes.append(f"Without {OBJECTS} beside {file.name}: every word after a number counts as a thing")
    return Imported(prompts, files, notes)


def _things(file: Path) -> Path | None:
    beside = file.with_name(OBJECTS)
    return beside if beside.is_file() else None


def _plain(text: str) -> str:
    for words, meant in _SAYS.items():
        text = text.replace(words, meant)
    return text


def _parts(file: Path) -> dict[str, Path]:
    """The files that divide `complex`, where they lie beside it."""
    if not file.stem.startswith("complex"):
        return {}
    found = {part: file.with_name(f"{file.stem}_{part}.txt") for part in SETS}
    return {part: beside for part, beside in found.items() if beside.is_file()}


def _texts(file: Path) -> list[str]:
    return [str(raw.data).lower() for raw in lines(file)]


def _prompt(row: Row[Line], category: str, sets: Mapping[str, str], objects: Mapping[str, str] | None) -> Prompt:
    """The id has the number of the line from 0, as the published image names count."""
    text = row.record.text
    name = prompt_id("t2i-compbench", f"{category}-{row.line - 1:04d}")
    if category == "numeracy":
        graph, unread = counted(text, objects)
    else:
        graph, unread = read_text(_plain(text) if category in ("spatial", "3d_spatial") else text)
    part = sets.get(text.lower())
    return Prompt(
        id=name,
        text=text,
        graph=graph,
        tags=(category, *((f"{category}:{part}",) if part else ()), *unread),
        group=name,
        counting="exact" if category == "numeracy" else None,
    )


BENCHMARK = Benchmark(
    name="t2i-compbench",
    title="T2I-CompBench++",
    source="github.com/Karine-Huang/T2I-CompBench (examples/dataset/), arXiv 2307.06350",
    licence="MIT",
    files="a file such as spatial_val.txt, or the folder of them",
    read=read,
    scorers=("graph", "compbench"),
    images_per_prompt=10,
)
