"""The templates of `reports/templates`, with what they may call."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rlrig_eval.assets import reports_dir
from rlrig_eval.report.table import Estimate, heading, show, show_interval


@cache
def environment() -> Environment:
    """Everything that is filled in is escaped, whatever the file is called; a missing value is an error."""
    loaded = Environment(
        loader=FileSystemLoader(reports_dir() / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    loaded.globals |= {"show": show, "show_interval": show_interval, "heading": heading}
    loaded.tests["estimate"] = lambda cell: isinstance(cell, Estimate) and cell.mean is not None
    return loaded
