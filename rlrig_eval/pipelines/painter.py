"""One way to call a pipeline: a CPU generator a picture, evaluations counted, batches that shrink when memory ends."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.errors import RunError, UsageError
from rlrig_eval.pipelines.settings import Sampling

T = TypeVar("T")
_DENOISERS = ("transformer", "unet", "prior", "decoder")
_EXHAUSTED = ("out of memory", "not enough memory", "can't allocate memory")


@dataclass(frozen=True)
class Painted:
    """One picture: (height, width, 3) values in [0, 1], the denoiser evaluations it took (None: not known), and whether
    the pipeline's own safety checker blacked it out."""

    pixels: NDArray[np.floating[Any]]
    evaluations: float | None
    held_back: bool = False


class Painter:
    """A pipeline, and how it is called.

    A batch that does not fit into memory is halved, and the size that fitted is kept. No picture depends on the size
    of its batch but for rounding, for each has a generator of its own. `sized`: the call is told width and height.
    """

    def __init__(self, pipeline: Any, sampling: Sampling, at_once: int | None = None, sized: bool = True) -> None:
        self.pipeline = pipeline
        self._arguments = arguments(pipeline, sampling, sized)
        self._negative = (sampling.negative_prompt or "") if sampling.guided else sampling.negative_prompt
        if self._negative is not None and "negative_prompt" not in takes(pipeline):
            raise UsageError(f"{type(pipeline).__name__} takes no negative_prompt: leave that setting out")
        self._at_once = at_once

    def paint(self, prompts: Sequence[str], seeds: Sequence[int], **each: Sequence[Any]) -> list[Painted]:
        """A picture a prompt, from the noise of its seed. `each`: further arguments, one value a picture."""

        def some(part: slice) -> list[Painted]:
            return self._call(
                list(prompts[part]), seeds[part], {name: [*values[part]] for name, values in each.items()}
            )

        painted, self._at_once = backing_off(some, len(prompts), self._at_once, self._tidy)
        return painted

    def _call(self, prompts: list[str], seeds: Sequence[int], each: Mapping[str, list[Any]]) -> list[Painted]:
        import torch

        given = dict(self._arguments) | each
        if self._negative is not None:
            given["negative_prompt"] = [self._negative] * len(prompts)
        with counted(self.pipeline) as evaluations:
            output = self.pipeline(
                prompt=prompts,
                generator=[torch.Generator("cpu").manual_seed(seed) for seed in seeds],
                output_type="np",
                **given,
            )
        held = getattr(output, "nsfw_content_detected", None) or [False] * len(prompts)
        share = sum(evaluations) / len(prompts) if evaluations else None
        return [Painted(one, share, bool(flag)) for one, flag in zip(output.images, held, strict=True)]

    def _tidy(self) -> None:
        """What an interrupted call leaves on the GPU goes back."""
        import torch

        self.pipeline.maybe_free_model_hooks()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def backing_off(
    call: Callable[[slice], list[T]], count: int, at_once: int | None, tidy: Callable[[], None]
) -> tuple[list[T], int | None]:
    """`call` over 0..count in order, `at_once` at a time (None: all), halved whenever memory ends.

    Returns what the calls returned, and how many were done at once in the end.

    Raises:
        RunError: there is not enough memory for one.
    """
    done: list[T] = []
    while len(done) < count:
        size = min(at_once or count, count - len(done))
        exhausted = False
        try:
            done += call(slice(len(done), len(done) + size))
        except RuntimeError as problem:  # torch.OutOfMemoryError is one
            if not any(sign in str(problem).lower() for sign in _EXHAUSTED):
                raise
            exhausted = True
        if exhausted:  # outside the handler, whose traceback would keep the tensors alive
            if size == 1:
                raise RunError("out of memory for a single picture: see offload, quantise, vae_tiling and size")
            at_once = size // 2
            tidy()
    return done, at_once


def arguments(pipeline: Any, sampling: Sampling, sized: bool = True) -> dict[str, Any]:
    """The settings as the pipeline's own arguments; UsageError for one that it does not take."""
    width, height = sampling.width_height
    named = {
        "num_inference_steps": sampling.steps,
        "width": width if sized else None,
        "height": height if sized else None,
        "guidance_scale": sampling.guidance,
        "true_cfg_scale": sampling.true_cfg,
        "max_sequence_length": sampling.max_sequence_length,
    }
    given = {name: value for name, value in named.items() if value is not None} | (sampling.arguments or {})
    known = takes(pipeline)
    for name in given:
        if name not in known:
            raise UsageError(f"{type(pipeline).__name__} takes no {name}: leave that setting out")
    return given


@contextmanager
def counted(pipeline: Any) -> Iterator[list[int]]:
    """The batch size of every call of a denoiser; their sum is the cost, guidance included."""
    import torch

    calls: list[int] = []

    def count(_module: Any, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        # Some take a tensor, some a list with one for each picture.
        first = next(value for value in (*positional, *named.values()) if isinstance(value, torch.Tensor | list))
        calls.append(len(first))

    parts = [
        part
        for name, part in pipeline.components.items()
        if isinstance(part, torch.nn.Module) and name.startswith(_DENOISERS)
    ]
    handles = [part.register_forward_pre_hook(count, with_kwargs=True) for part in parts]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def takes(pipeline: Any) -> Mapping[str, Any]:
    """The arguments of a pipeline's call, by name."""
    return inspect.signature(pipeline.__call__).parameters
