"""Pictures read back as scene graphs."""

from rlrig_eval.extract.contract import Extractor, Unscored
from rlrig_eval.extract.registry import build, default_for, names

__all__ = ["Extractor", "Unscored", "build", "default_for", "names"]
