"""DSG-1k: propositions that depend on one another, a row of a CSV each (arXiv 2310.18235, j-min/DSG)."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from rlrig_eval.metrics.dsg import dsg_parents
from rlrig_eval.suite.importers.benchmark import Benchmark, Imported, Placed, Row, checked, prompts_of
from rlrig_eval.suite.importers.files import the_file
from rlrig_eval.suite.importers.graphs import PARTIAL, kinds
from rlrig_eval.suite.importers.ids import prompt_id
from rlrig_eval.suite.importers.records import records
from rlrig_eval.suite.importers.tuples import Proposition, graph_of
from rlrig_eval.suite.schema import Prompt, Question

_CELL = re.compile(r"[\d\s,]*")


Rows = Sequence[Row[Proposition]]


def read(path: Path, variant: str) -> Imported:
    """A prompt an item of `dsg-1k-anns.csv`, its graph made of the item's propositions. Raises UsageError."""
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


BENCHMARK = Benchmark(
    name="dsg-1k",
    title="DSG-1k",
    source="github.com/j-min/DSG (dsg/data/), arXiv 2310.18235",
    licence="Apache-2.0",
    files="dsg-1k-anns.csv, or the folder that it lies in",
    read=read,
)
