"""python -m rlrig_eval.report.recompute: see the package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlrig_eval.errors import UsageError, leave
from rlrig_eval.report.recompute.detections import visor_table
from rlrig_eval.report.recompute.verdicts import compbench, geneval, tiif
from rlrig_eval.report.render import html_page, render_table
from rlrig_eval.report.table import Table

KINDS = ("geneval", "t2i-compbench", "tiif", "visor")


def main(
    kind: Annotated[str, typer.Argument(metavar="|".join(KINDS))],
    results: Annotated[
        Path, typer.Argument(help="results.jsonl, vqa_result.json, a model's folder of answers, or results_*.json.")
    ],
    planned: Annotated[
        str | None,
        typer.Option(
            help="GenEval: evaluation_metadata.jsonl. T2I-CompBench: the number of pictures. VISOR: "
            "text_spatial_rel_phrases.json, which it needs."
        ),
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="md|csv|tex|html|json")] = "terminal",
) -> None:
    """Recompute published scores from raw verdicts."""
    table = _table(kind, results, planned)
    text = render_table(table, format_)
    typer.echo(html_page(table.title, text) if format_ == "html" else text, nl=False)


def _table(kind: str, results: Path, planned: str | None) -> Table:
    if kind == "geneval":
        return geneval(results, None if planned is None else Path(planned))
    if kind == "tiif":
        return tiif(results)
    if kind == "visor":
        if planned is None:
            raise UsageError("visor needs --planned text_spatial_rel_phrases.json, which says what was asked for")
        return visor_table(results, Path(planned))
    if kind == "t2i-compbench":
        if planned is not None and not planned.isdecimal():
            raise UsageError(f"--planned {planned}: for t2i-compbench, the number of pictures")
        return compbench(results, None if planned is None else int(planned))
    raise UsageError.unknown("benchmark", kind, KINDS)


if __name__ == "__main__":
    leave(lambda: typer.run(main))
