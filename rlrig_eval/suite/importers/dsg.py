"""DSG-1k: propositions that depend on one another, a row of a CSV each (arXiv 2310.18235, j-min/DSG)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import Field

from rlrig_eval.metrics.dsg import dsg_parents
from rlrig_eval.scene import Entity, Relation, SceneGraph
from rlrig_eval.scene.phrases import singular
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Placed, Record, Row, checked, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.graphs import PARTIAL, kinds, relation
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.schema import Prompt, Question

SEEN = frozenset(("color", "material", "size", "shape", "texture", "pattern", "scale"))
"""Kinds of attribute that a graph holds; the others (state, type, style, ...) are asked about alone."""
_TUPLE = re.compile(r".+? - .+? \((.*)\)", re.DOTALL)
_CELL = re.compile(r"[\d\s,]*")


class Proposition(Record):
    """A row: one proposition of the prompt `item_id`."""

    item_id: str = Field(min_length=1)
    text: str
    proposition_id: int
    dependency: str
    category_broad: str
    category_detailed: str
    stated: str = Field(alias="tuple")
    question_natural_language: str

    @property
    def said(self) -> tuple[str, ...]:
        """What stands between the parentheses of the tuple."""
        found = _TUPLE.fullmatch(self.stated)
        return tuple(found[1].split(", ")) if found else ()


Rows = Sequence[Row[Proposition]]


def read(path: Path, variant: str) -> Imported:
    file = the_file(path, "dsg-1k-anns.csv", "*.csv")
    rows = checked(records(file), Proposition)
    return Imported(propositions("dsg-1k", rows), [file], mended(rows))


def propositions(benchmark: str, rows: Rows, texts: Mapping[str, str] | None = None) -> list[Placed]:
    """A prompt for each `item_id`, in the order of their first rows; `texts` by item id replace those of the rows."""
    items: dict[str, list[Row[Proposition]]] = {}
    for row in rows:
        items.setdefault(row.record.item_id, []).append(row)
    return prompts_of(
        ((item[0], item) for item in items.values()),
        lambda item: _prompt(benchmark, item, None if texts is None else texts[item[0].record.item_id]),
    )


def mended(rows: Rows) -> list[str]:
    """What is wrong with the dependencies of a published file, counted, and what was done about it."""
    known = {(row.record.item_id, row.record.proposition_id) for row in rows}
    words = sum(_CELL.fullmatch(row.record.dependency) is None for row in rows)
    itself = sum(row.record.proposition_id in dsg_parents(row.record.dependency) for row in rows)
    nothing = sum(
        (row.record.item_id, parent) not in known for row in rows for parent in dsg_parents(row.record.dependency)
    )
    found = ((words, "cells with words"), (itself, "references to themselves"), (nothing, "references to nothing"))
    said = ", ".join(f"{number} {what}" for number, what in found if number)
    return [f"Passed over in the dependencies: {said}"] if said else []


def _prompt(benchmark: str, rows: Rows, text: str | None) -> Prompt:
    first, seen = rows[0].record, set[int]()
    for row in rows:
        if row.record.text != first.text:
            row.wrong("text", f"differs from that of line {rows[0].line}, which has the same item_id")
        if row.record.proposition_id in seen:
            row.wrong("proposition_id", f"{row.record.proposition_id} stands twice in item {first.item_id!r}")
        seen.add(row.record.proposition_id)
    name = prompt_id(benchmark, first.item_id)
    graph, whole = graph_of([row.record for row in rows])
    spatial = any(row.record.category_detailed == "spatial" for row in rows)
    return Prompt(
        id=name,
        text=first.text if text is None else text,
        graph=graph,
        tags=(
            first.item_id.rstrip("0123456789").rstrip("_"),
            *(("asks spatial",) if spatial else ()),
            *kinds(graph),
            *(() if whole else (PARTIAL,)),
        ),
        group=name,
        questions=tuple(_question(row.record, seen) for row in rows),
    )


def _question(record: Proposition, known: set[int]) -> Question:
    own = record.proposition_id
    return Question(
        id=str(own),
        text=record.question_natural_language,
        depends=tuple(str(p) for p in dsg_parents(record.dependency) if p != own and p in known),
        tags=(f"{record.category_broad} - {record.category_detailed}",),
    )


def graph_of(records: Iterable[Proposition]) -> tuple[SceneGraph, bool]:
    """What the tuples say of things, their looks, numbers and relations; and whether that is all that they say."""
    records = tuple(records)
    things: dict[str, list[str]] = {", ".join(r.said): [] for r in records if r.category_broad == "entity" and r.said}
    ids = {thing: f"e{number}" for number, thing in enumerate(things)}
    counts: dict[str, int] = {}
    relations: dict[Relation, None] = {}
    whole = True
    for record in records:
        said = record.said
        kind = (record.category_broad, record.category_detailed)
        if kind[0] == "entity":
            continue
        if kind[0] == "attribute" and kind[1] in SEEN and len(said) == 2 and said[0] in ids:
            things[said[0]].append(said[1])
        elif kind == ("other", "count") and len(said) == 2 and said[0] in ids and (number := _exactly(said[1])):
            counts[said[0]] = number
        elif kind[0] == "relation" and len(said) == 3 and set(said[:2]) <= ids.keys() and said[0] != said[1]:
            relations[relation(ids[said[0]], said[2], ids[said[1]])] = None
        else:
            whole = False
    entities = (
        Entity(
            id=ids[thing],
            category=singular(thing) if counts.get(thing, 1) > 1 else thing,
            attributes=tuple(dict.fromkeys(looks)),
            count=counts.get(thing, 1),
        )
        for thing, looks in things.items()
    )
    return SceneGraph(entities=tuple(entities), relations=tuple(relations)), whole


def _exactly(words: str) -> int:
    """The number of an ``==3``; 0 where there is none."""
    found = re.fullmatch(r"==\s*(\d+)", words)
    return int(found[1]) if found else 0


BENCHMARK = Benchmark(
    name="dsg-1k",
    title="DSG-1k",
    source="github.com/j-min/DSG (dsg/data/), arXiv 2310.18235",
    licence="Apache-2.0",
    files="dsg-1k-anns.csv, or the folder that it lies in",
    read=read,
)
