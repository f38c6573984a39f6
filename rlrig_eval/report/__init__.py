"""Reports: one table in many formats, and one page that shows every picture."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlrig_eval.report.gallery import page, site
    from rlrig_eval.report.ranking import leaderboard
    from rlrig_eval.report.render import render_table
    from rlrig_eval.report.table import Table

__all__ = ["Table", "leaderboard", "page", "render_table", "site"]

_HOMES = {"Table": "table", "leaderboard": "ranking", "page": "gallery", "render_table": "render", "site": "gallery"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:  # on demand: rich, jinja2 and the run folder's readers are not cheap to import
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
