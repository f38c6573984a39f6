"""rlrig-eval validate: are these files what they should be?"""

from __future__ import annotations

from typing import Annotated

import typer


def validate(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Suites by folder, file or name.")],
) -> None:
    """Check suites: every prompt, graph, twin and tag; a line for each problem, with file, line and field."""
    from rlrig_eval.errors import UsageError
    from rlrig_eval.suite.validate import validate as inspect

    findings = []
    for path in paths:
        found = inspect([path])
        findings.extend(found)
        if not found:
            typer.echo(f"{path}: ok")
    if findings:
        raise UsageError("\n".join(map(str, findings)))
