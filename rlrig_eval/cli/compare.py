"""rlrig-eval compare: two runs, paired by prompt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="A run folder.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another; differences are A - B.")],
    force: Annotated[bool, typer.Option("--force", help="Compare what is not comparable.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the differences as JSON.")] = False,
) -> None:
    """Compare two runs on the prompts that both have scored, with intervals that resample whole groups.

    Leaves with 4 when suite, protocol, extractor or judges differ.
    """
    from json import dumps

    from rlrig_eval.cli.tables import print_differences
    from rlrig_eval.errors import NotComparable
    from rlrig_eval.runs.compare import differences, require_comparable, terms
    from rlrig_eval.runs.opened import open_run

    a, b = open_run(run_a), open_run(run_b)
    try:
        require_comparable(terms(a.config), terms(b.config))
    except NotComparable as problem:
        if not force:
            raise
        typer.echo(f"warning: {problem}", err=True)
    found = differences(a, b)
    if json:
        typer.echo(dumps({metric: difference.as_dict() for metric, difference in found.items()}, indent=2))
    else:
        print_differences(run_a, run_b, found)
