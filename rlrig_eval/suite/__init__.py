"""Suites: prompts with the graphs they ask for, the protocol of a run, and where they are read from."""

from rlrig_eval.suite.loader import load, names
from rlrig_eval.suite.schema import ErrorPolicy, Prompt, Protocol, Suite, World
from rlrig_eval.suite.seeds import candidate_seed, noise_seed

__all__ = [
    "ErrorPolicy",
    "Prompt",
    "Protocol",
    "Suite",
    "World",
    "candidate_seed",
    "load",
    "names",
    "noise_seed",
]
