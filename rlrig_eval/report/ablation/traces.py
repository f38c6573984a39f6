"""What a run tells of its samples beyond their rows."""

from __future__ import annotations

import json
from typing import Any

from rlrig_eval.runs.opened import Opened
from rlrig_eval.runs.rows import SampleRow


def drawn_rows(run: Opened) -> list[SampleRow]:
    """Those that have a picture, in the order of the plan."""
    return [run.rows[sample.id] for sample in run.samples if run.rows[sample.id].status == "ok"]


def rounds(run: Opened, row: SampleRow) -> list[dict[str, Any]]:
    """Of a sample that has a trace."""
    found: list[dict[str, Any]] = json.loads((run.folder / (row.trace or "")).read_text())["rounds"]
    return found


def actions(run: Opened, row: SampleRow) -> list[str]:
    """draw, fresh or edit, one a picture; a model without traces has drawn once."""
    return [one["action"] for one in rounds(run, row)] if row.trace else ["draw"]
