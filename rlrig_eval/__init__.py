"""Spatial evaluation of text-to-image systems: draw, read back, score, compare, gate, report."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlrig_eval.report import results
    from rlrig_eval.runs import evaluate

__version__ = "0.1.0"
__all__ = ["__version__", "evaluate", "results"]


def __getattr__(name: str) -> Any:
    if name == "evaluate":  # on demand, so that `import rlrig_eval.scene` and `--help` stay light
        return import_module("rlrig_eval.runs").evaluate
    if name == "results":
        return import_module("rlrig_eval.report.results")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
