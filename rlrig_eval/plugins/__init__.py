"""The door for what others write: classes and functions by name, entry point or file, and their options."""

from rlrig_eval.plugins.find import Target, find, load, load_callable, loading, names
from rlrig_eval.plugins.options import converted, defaults, guessed, pairs, parameters

__all__ = [
    "Target",
    "converted",
    "defaults",
    "find",
    "guessed",
    "load",
    "load_callable",
    "loading",
    "names",
    "pairs",
    "parameters",
]
