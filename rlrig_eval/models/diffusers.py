"""Any text-to-image pipeline of diffusers, from a bundled checkpoint, a folder, a single file or the Hub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from rlrig_eval.checkpoints import weights_hash
from rlrig_eval.models.contract import Drawn, Failure, Job, Picture
from rlrig_eval.models.pictures import from_array
from rlrig_eval.pipelines.settings import Sampling


class DiffusersModel:
    """A pipeline behind the contract of `Generator`; one CPU noise generator for each picture.

    A batch that does not fit into memory is drawn in halves, which changes no picture.
    """

    Settings = Sampling
    batch_size = 1

    def __init__(self, checkpoint: str, settings: Sampling, device: Literal["auto", "cpu", "cuda"] = "auto") -> None:
        from rlrig_eval.pipelines import Painter, open_drawer

        self._painter = Painter(open_drawer(checkpoint, settings, device), settings)
        self._pipeline = self._painter.pipeline
        self.settings: dict[str, Any] = settings.model_dump(mode="json", exclude_none=True) | {
            "checkpoint": checkpoint,
            "weights": weights_hash(checkpoint),
        }
        if settings.loras:
            self.settings["lora_weights"] = [weights_hash(lora.source) for lora in settings.loras]
        if settings.denoiser:
            self.settings["denoiser_weights"] = weights_hash(settings.denoiser)
        if settings.parts:
            self.settings["part_weights"] = {name: weights_hash(source) for name, source in settings.parts.items()}

    @staticmethod
    def needs(checkpoint: str, settings: Any, **_: Any) -> list[str]:
        """What the weights take."""
        from rlrig_eval.pipelines.memory import need, summary

        found = need("weights", checkpoint, Sampling.model_validate(settings))
        return [str(found), summary([found])]

    def generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        painted = self._painter.paint([job.text for job in jobs], [job.noise for job in jobs])
        return [_picture(one) for one in painted]


def _picture(painted: Any) -> Drawn:
    if painted.held_back:
        return Failure("the pipeline's safety checker held the picture back")
    drawn = from_array(painted.pixels)
    if isinstance(drawn, Failure | Picture):
        return drawn
    known = {} if painted.evaluations is None else {"denoiser_evals": painted.evaluations}
    return Picture(drawn, cost={"images": 1.0, **known, "vlm_calls": 0.0})
