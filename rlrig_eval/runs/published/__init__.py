"""Scorers that are a published benchmark's own rule. An imported suite names its own; `TOTALS` are of whole runs.

A scorer sees what an extractor read, so detections have no confidences: each counts as 1, and thresholds are the
extractor's affair.
"""

from collections.abc import Mapping
from types import MappingProxyType

SCORERS: Mapping[str, str] = MappingProxyType(
    {
        "geneval": "rlrig_eval.runs.published.geneval:geneval",
        "visor": "rlrig_eval.runs.published.visor:visor",
        "compbench": "rlrig_eval.runs.published.compbench:compbench",
        "hrs": "rlrig_eval.runs.published.hrs:hrs",
        "triples": "rlrig_eval.runs.published.triples:triples",
    }
)
"""Name -> where it is."""
