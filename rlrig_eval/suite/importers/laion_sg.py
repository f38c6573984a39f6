"""LAION-SG, later LAION-Comp, and its hard part CompSGen: annotated scene graphs (arXiv 2412.08580)."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from rlrig_eval.scene import Entity, SceneGraph
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Record, Row, checked, one_each, prompts_of
from rlrig_eval.suite.importers.files import the_files
from rlrig_eval.suite.importers.graphs import PARTIAL, kinds, relation
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt

TRIPLES, CAPTION = "triples", "caption"
MORE_THAN = 4
"""CompSGen has the records with more relations than this."""

Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
"""Written as a string in one copy and as a number in another."""


class Item(Record):
    """A thing; its id is no list position, and two things may look the same."""

    item_id: Id
    label: str = Field(min_length=1)
    attributes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """What the official loader writes for it."""
        return " ".join((*self.attributes, self.label))


class Triple(Record):
    """`item1` is the subject and `item2` the object, by item id."""

    item1: Id
    relation: str = Field(min_length=1)
    item2: Id


class Annotation(Record):
    """A picture's graph."""

    img_id: Id
    caption_ori: str = ""
    items: tuple[Item, ...]
    relations: tuple[Triple, ...]


def read(path: Path, variant: str) -> Imported:
    """A prompt a record that has relations, its graph as it was annotated; the others are counted in the notes.

    Raises UsageError.
    """
    files = the_files(path, "*.json", "*.jsonl", "*.parquet")
    rows = checked((raw for file in files for raw in records(file)), Annotation)
    # The official loader leaves out what has no relations.
    kept = [row for row in rows if row.record.relations]
    notes = [f"{len(rows) - len(kept)} records without relations left out"] if len(kept) < len(rows) else []
    return Imported(prompts_of(one_each(kept), lambda row: _prompt(row, variant)), files, notes)


def read_hard(path: Path, variant: str) -> Imported:
    """The records with more than `MORE_THAN` relations."""
    found = read(path, variant)
    hard = [placed for placed in found.prompts if len(placed.row.record.relations) > MORE_THAN]
    note = f"{len(found.prompts) - len(hard)} records with {MORE_THAN} relations or fewer left out"
    prompts = [
        replace(placed, prompt=_renamed(placed.prompt, prompt_id("compsgen", placed.row.record.img_id)))
        for placed in hard
    ]
    return Imported(prompts, found.files, (*found.notes, note))


def _renamed(prompt: Prompt, name: str) -> Prompt:
    return prompt.model_copy(update={"id": name, "group": name})


def _prompt(row: Row[Annotation], variant: str) -> Prompt:
    """Only what a triple names is asked for: the text names nothing else, and the published IoU knows nothing else."""
    record = row.record
    items = {item.item_id: item for item in record.items}
    if len(items) < len(record.items):
        twice = next(name for name, times in Counter(item.item_id for item in record.items).items() if times > 1)
        row.wrong("items", f"item_id {twice!r} stands twice")
    for number, triple in enumerate(record.relations):
        for field, name in (("item1", triple.item1), ("item2", triple.item2)):
            if name not in items:
                row.wrong(f"relations.{number}.{field}", f"there is no item {name!r}")
    told = [triple for triple in record.relations if triple.item1 != triple.item2]
    named = dict.fromkeys(name for triple in told for name in (triple.item1, triple.item2))
    if not named:
        row.wrong("relations", "every relation is between a thing and itself")
    text = "; ".join(f"{items[t.item1].words} {t.relation} {items[t.item2].words}" for t in told)
    graph = SceneGraph(
        entities=tuple(
            Entity(id=name, category=items[name].label, attributes=tuple(dict.fromkeys(items[name].attributes)))
            for name in named
        ),
        relations=tuple(relation(t.item1, t.relation, t.item2) for t in told),
    )
    partial = (PARTIAL,) if len(told) < len(record.relations) else ()
    isolated = ("isolated items",) if len(named) < len(items) else ()
    name = prompt_id("laion-sg", record.img_id)
    return Prompt(
        id=name,
        text=text if variant == TRIPLES else record.caption_ori,
        graph=graph,
        tags=(*kinds(graph), *isolated, *partial),
        group=name,
    )


_FILES = "a JSON, JSONL or Parquet file, a folder of them, or a folder that `datasets` saved"
BENCHMARK = Benchmark(
    name="laion-sg",
    title="LAION-SG",
    source="huggingface.co/datasets/mengcy/LAION-SG, arXiv 2412.08580",
    licence="MIT",
    files=_FILES,
    read=read,
    variants=(TRIPLES, CAPTION),
    scorers=("graph", "triples"),
)
COMPSGEN = replace(BENCHMARK, name="compsgen", title="CompSGen (LAION-SG, more than four relations)", read=read_hard)
