"""Instruments on the instrument: how noisy a judge is, whom it agrees with, and what leads it astray."""

from rlrig_eval.judges.instruments.agree import Hearing, Truth, agreements, together, unanimity
from rlrig_eval.judges.instruments.controls import CONTROLS, control
from rlrig_eval.judges.instruments.hearing import Case, Heard, hear
from rlrig_eval.judges.instruments.labels import read_labels, sheet
from rlrig_eval.judges.instruments.repeats import repeats

__all__ = [
    "CONTROLS",
    "Case",
    "Heard",
    "Hearing",
    "Truth",
    "agreements",
    "control",
    "hear",
    "read_labels",
    "repeats",
    "sheet",
    "together",
    "unanimity",
]
