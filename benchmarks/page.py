"""python -m benchmarks.page --out FILE: what the benchmarks last measured, as a page of Markdown."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.measure import Result
from benchmarks.record import RESULTS, Record
from benchmarks.table import number, others, promised, spread
from rlrig_eval.atomic import replace_text
from rlrig_eval.errors import Exit, leave
from rlrig_eval.report.render import render_table
from rlrig_eval.report.table import Column, Table
from rlrig_eval.runs.store import read_document

_ABOUT = """# Speed and memory

Each benchmark does the same work in two ways, ours and a peer's (or a plain loop's), in turns, so that what slows the
machine slows both. Ratios are ours over the peer's, of processor time: medians, and quartiles in brackets; *beside it*
are those by the clock and of peak memory. `make bench` measures all of them again, `python -m benchmarks NAME` one;
this page is made of benchmarks/results/*.json by `python -m benchmarks.page --out reports/benchmarks.md`.

"""
_COLUMNS = ("benchmark", "what, against what", "ms", "peer's ms", "ours / peer's", "beside it", "promised", "measured")


def read(folder: Path) -> list[Record]:
    """The records below `folder`, by name. Raises UnreadableFile for one that is none, with its field."""
    return [read_document(path, Record) for path in sorted(folder.glob("*.json"))]


def page(records: Iterable[Record]) -> str:
    """One table, a row a comparison."""
    rows = tuple(_row(record, result) for record in records for result in record.results)
    table = Table(title="Ours against the peer's", columns=tuple(Column(name=c, title=c) for c in _COLUMNS), rows=rows)
    return _ABOUT + render_table(table, "md")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page", description=__doc__)
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the results")
    parser.add_argument("--out", type=Path, default=Path("reports/benchmarks.md"), help="the file of the page")
    given = parser.parse_args(arguments)
    replace_text(given.out, page(read(given.results)))
    print(given.out)
    return int(Exit.OK)


def _row(record: Record, result: Result) -> tuple[str, ...]:
    started, load = record.provenance.started, f"load {record.load:g}"
    return (
        record.benchmark,
        f"{result.name} (a {result.unit}, {result.rounds} rounds), against {result.peer}",
        number(result.ours_ms.median),
        number(result.peer_ms.median),
        spread(result.ratio),
        others(result),
        f"{', '.join(promised(result))}: {result.verdict}" if result.verdict else "",
        f"{started[:10]}, {record.cpu}, {load}",
    )


if __name__ == "__main__":
    leave(main)
