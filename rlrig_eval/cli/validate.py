"""rlrig-eval validate: are these files what they should be?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Suite folders or files.")],
) -> None:
    """Check suites: every prompt, graph, twin and tag; a line for each problem, with file, line and field."""
    from rlrig_eval.errors import UsageError
    from rlrig_eval.suite import load

    problems = []
    for path in paths:
        try:
            suite = load(path)
            typer.echo(f"{path}: ok, {len(suite.prompts)} prompts, {suite.sha256[:12]}")
        except UsageError as problem:
            problems.append(problem)
    if problems:
        raise UsageError("\n".join(map(str, problems)))
