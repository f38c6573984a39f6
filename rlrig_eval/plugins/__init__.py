"""The door for what others write: classes and functions by name, entry point or file, and their options."""

from rlrig_eval.plugins.find import Target, find, load, loading, names
from rlrig_eval.plugins.options import converted, defaults, guessed, pairs

__all__ = ["Target", "converted", "defaults", "find", "guessed", "load", "loading", "names", "pairs"]
