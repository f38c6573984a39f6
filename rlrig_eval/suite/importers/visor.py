"""VISOR on SR2D: two objects in one of four relations, told both ways round (arXiv 2212.10015, microsoft/VISOR)."""

from pathlib import Path
from typing import Literal

from pydantic import Field

from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.graphs import relation
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt

Told = tuple[str, str, str | None]
"""What a record says: its relation, and the two objects."""


class Phrase(Record):
    """A record of `text_spatial_rel_phrases.json`; the second object of a single is null."""

    unique_id: int = Field(ge=0)
    obj_1_attributes: tuple[str, ...] = Field(min_length=1, max_length=1)
    obj_2_attributes: tuple[str | None, ...] = Field(min_length=1, max_length=1)
    rel_type: Literal["to the left of", "to the right of", "above", "below", "and", "single"]
    text: str

    @property
    def told(self) -> Told:
        return self.rel_type, self.obj_1_attributes[0], self.obj_2_attributes[0]

    @property
    def relational(self) -> bool:
        return self.rel_type not in ("and", "single")


def read(path: Path, variant: str) -> Imported:
    """A prompt a phrase of `text_spatial_rel_phrases.json`. Raises UsageError."""
    file = the_file(path, "text_spatial_rel_phrases.json")
    rows = checked(records(file), Phrase)
    ids: dict[Told, str] = {}
    for row in rows:
        ids.setdefault(row.record.told, prompt_id("visor", row.record.unique_id))
    return Imported(prompts_of(one_each(rows), lambda row: _prompt(row, ids)), [file])


def _prompt(row: Row[Phrase], ids: dict[Told, str]) -> Prompt:
    """The twin says the same of the two objects the other way round, where the file has it."""
    record = row.record
    words, one, other = record.told
    if (other is None) != (words == "single"):
        row.wrong("obj_2_attributes", f"{other!r} does not go with rel_type {words!r}")
    name = prompt_id("visor", record.unique_id)
    things = [thing for thing in (one, other) if thing is not None]
    graph = SceneGraph(
        entities=tuple(Entity(id=f"e{index}", category=thing) for index, thing in enumerate(things)),
        relations=(relation("e0", words, "e1"),) if record.relational else (),
    )
    paired = record.relational and one != other and ids[record.told] == name
    twin = ids.get((words, other or "", one)) if paired else None
    group = f"visor-{'-'.join(sorted(things))}"
    return Prompt(id=name, text=record.text, graph=graph, tags=(words,), twin=twin, group=group)


BENCHMARK = Benchmark(
    name="visor",
    title="VISOR (SR2D)",
    source="github.com/microsoft/VISOR, arXiv 2212.10015",
    licence="MIT",
    files="text_spatial_rel_phrases.json, or the folder that it lies in",
    read=read,
    scorers=("graph", "visor"),
    images_per_prompt=4,
)
