"""Text-to-image systems, each behind the contract of `Generator`."""

from rlrig_eval.models.contract import Drawn, Failure, Generator, Job, Picture, Trace
from rlrig_eval.models.registry import (
    ModelFile,
    ModelSpec,
    build,
    names,
    needs,
    own_reader,
    preferred_batch_size,
    recorded,
    resolve,
)

__all__ = [
    "Drawn",
    "Failure",
    "Generator",
    "Job",
    "ModelFile",
    "ModelSpec",
    "Picture",
    "Trace",
    "build",
    "names",
    "needs",
    "own_reader",
    "preferred_batch_size",
    "recorded",
    "resolve",
]
