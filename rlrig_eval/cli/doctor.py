"""rlrig-eval doctor: does this installation work?"""

from __future__ import annotations

import typer


def doctor() -> None:
    """Show versions and bundled data, and test the shapes extractor on freshly drawn scenes."""
    from rlrig_eval.errors import RunError
    from rlrig_eval.runs.diagnosis import findings

    bad = 0
    for finding in findings():
        bad += not finding.good
        typer.echo(f"{'ok ' if finding.good else 'BAD'}  {finding.what}: {finding.detail}")
    if bad:
        raise RunError(f"{bad} of these need mending")
