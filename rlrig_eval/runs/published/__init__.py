"""Scorers that are a published benchmark's own rule. An imported suite names its own; `TOTALS` are of whole runs.

A scorer sees what an extractor read, so detections have no confidences: each counts as 1, and thresholds are the
extractor's affair. A rule that cuts by confidence says what it makes of that (`compbench`).
"""

from collections.abc import Mapping
from types import MappingProxyType

SCORERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "geneval": ("rlrig_eval.runs.published.geneval:geneval", "GenEval's verdict, as published and corrected"),
        "visor": ("rlrig_eval.runs.published.visor:visor", "VISOR's object accuracy and relations, both ways"),
        "compbench": ("rlrig_eval.runs.published.compbench:compbench", "T2I-CompBench's 2D, 3D and numeracy rules"),
        "hrs": ("rlrig_eval.runs.published.hrs:hrs", "HRS-Bench's spatial and size rules"),
        "triples": ("rlrig_eval.runs.published.triples:triples", "LAION-SG's SG-IoU on spatial and on other triples"),
    }
)
"""Name -> where it is, and what it scores."""
