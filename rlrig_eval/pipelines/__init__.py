"""Pipelines of diffusers, opened and run in one way by the harness's models and by the system under test."""

from rlrig_eval.pipelines.opening import open_drawer, open_named, unwrap
from rlrig_eval.pipelines.painter import Painted, Painter
from rlrig_eval.pipelines.settings import Lora, Sampling

__all__ = ["Lora", "Painted", "Painter", "Sampling", "open_drawer", "open_named", "unwrap"]
