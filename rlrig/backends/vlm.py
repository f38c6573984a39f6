"""Checker and Actor on any image-text-to-text model of transformers, bundled or from the Hub."""

import hashlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

import torch
from peft import PeftModel
from PIL import Image
from torch import Tensor, nn
from transformers import (
    AutoModelForImageTextToText,
    AutoProcessor,
    ProcessorMixin,
)

from rlrig.backends.chat import ask, ask_repair, render
from rlrig.backends.trie import among
from rlrig.precision import full_precision
from rlrig.spent import Spent
from rlrig_eval.checkpoints import locate, open_model, usable_device
from rlrig_eval.errors import UsageError, first_line
from rlrig_eval.scene import Requirement
from rlrig_eval.yes_no import answer_ids, yes_share

BATCH = 32
NEW_TOKENS = 24


@dataclass(frozen=True)
class VLM:
    """A model in evaluation mode and its processor; Checker and Actor may share one."""

    model: nn.Module
    processor: ProcessorMixin

    @classmethod
    def from_pretrained(cls, source: str | Path, device: str = "cpu", dtype: str | torch.dtype = torch.float32) -> Self:
        """Load `bundled:NAME`, a local folder or a Hub id.

        Raises UsageError when there is no such checkpoint or device, or its files cannot be read.
        """
        device = usable_device(device)
        model = open_model(AutoModelForImageTextToText, source, dtype=dtype, use_safetensors=True)
        processor = open_model(AutoProcessor, source)
        processor.tokenizer.padding_side = "left"  # the next token of every row of a batch is the last
        return cls(model.to(device).eval(), processor)

    @property
    def ends(self) -> list[int]:
        """The tokens that end an answer: those of the checkpoint's generation_config, or else the tokenizer's."""
        ends = self.model.generation_config.eos_token_id
        ends = self.processor.tokenizer.eos_token_id if ends is None else ends
        return [ends] if isinstance(ends, int) else list(ends)

    def written(self, tokens: Tensor) -> Tensor:
        """(B, T) new tokens: True up to the first one that ends an answer, and that one; what follows is padding."""
        ended = torch.isin(tokens, torch.tensor(self.ends, device=tokens.device, dtype=tokens.dtype))
        return ended.cumsum(-1) - ended.int() == 0

    def read(self, images: Sequence[Image.Image], texts: Sequence[str]) -> dict[str, Tensor]:
        """The model's inputs for one user turn of an image and a text each, on its device."""
        prompts = [render(self.processor, text) for text in texts]
        pictures = [[image.convert("RGB")] for image in images]
        inputs = self.processor(text=prompts, images=pictures, padding=True, return_tensors="pt")
        return dict(inputs.to(self.model.device, self.model.dtype))

    def fingerprint(self) -> str:
        """sha256 of the base weights, whatever adapter is on top of them."""
        digest = hashlib.sha256()
        for name, weight in sorted(_base_weights(self.model)):
            digest.update(name.encode())
            digest.update((weight.detach().cpu().float() + 0.0).numpy().tobytes())  # -0.0 is 0.0, and averages say so
        return digest.hexdigest()


class VLMChecker:
    """Asks the frozen base, adapters off, whether a picture meets a requirement."""

    def __init__(self, vlm: VLM, batch_size: int = BATCH) -> None:
        self._vlm, self._batch = vlm, batch_size
        self._yes, self._no = answer_ids(vlm.processor.tokenizer)
        self._hash = vlm.fingerprint()
        self.spent: list[Spent] = []

    @classmethod
    def from_pretrained(cls, source: str | Path, batch_size: int = BATCH, **options: Any) -> Self:
        """`options` are those of `VLM.from_pretrained`."""
        return cls(VLM.from_pretrained(source, **options), batch_size)

    @property
    def vlm(self) -> VLM:
        return self._vlm

    def assert_frozen(self) -> None:
        """Raise RuntimeError when the base weights are no longer those that this Checker was made with."""
        if self._vlm.fingerprint() != self._hash:
            raise RuntimeError("the Checker's weights have changed: a reward must not move")

    def check(self, images: Sequence[Image.Image], requirements: Sequence[Sequence[Requirement]]) -> list[list[float]]:
        """P(yes) in [0, 1] of every requirement of every image: the first answer token, among yes and no."""
        pairs = [(image, r) for image, asked in zip(images, requirements, strict=True) for r in asked]
        chances: list[float] = []
        read: list[int] = []
        for batch in _batched(pairs, self._batch):
            texts = [ask(requirement.question()) for _, requirement in batch]
            inputs = self._vlm.read([image for image, _ in batch], texts)
            chances.extend(self._shares(inputs))
            read += _lengths(inputs)
        answers, lengths = iter(chances), iter(read)
        self.spent = [Spent(len(asked), sum(islice(lengths, len(asked))), len(asked)) for asked in requirements]
        return [[next(answers) for _ in asked] for asked in requirements]

    @torch.inference_mode()
    def _shares(self, inputs: dict[str, Tensor]) -> list[float]:
        with _adapters_off(self._vlm.model), full_precision(self._vlm.model.device.type):
            logits = self._vlm.model(**inputs, logits_to_keep=1).logits[:, -1]
        return [float(share) for share in yes_share(logits, self._yes, self._no)]


Choices = Callable[[str, Sequence[Requirement]], Sequence[str]]
"""Of a prompt and what of it failed: the instructions that make sense; none where anything may."""


class VLMActor:
    """Writes one edit instruction for a picture that fails its prompt, greedily; of `choices`, where there are any."""

    def __init__(
        self, vlm: VLM, batch_size: int = BATCH, new_tokens: int = NEW_TOKENS, choices: Choices | None = None
    ) -> None:
        self._vlm, self._batch, self._new_tokens = vlm, batch_size, new_tokens
        self._choices = choices or (lambda prompt, failed: ())
        self.spent: list[Spent] = []

    @classmethod
    def from_pretrained(
        cls,
        base: str | Path | VLM,
        adapter: str | Path | None = None,
        batch_size: int = BATCH,
        new_tokens: int = NEW_TOKENS,
        choices: Choices | None = None,
        **options: Any,
    ) -> Self:
        """`adapter` is a peft folder or `bundled:NAME` put on `base`; without one the base itself writes."""
        vlm = base if isinstance(base, VLM) else VLM.from_pretrained(base, **options)
        return cls(vlm if adapter is None else adapted(vlm, adapter), batch_size, new_tokens, choices)

    @torch.inference_mode()
    def write(
        self,
        images: Sequence[Image.Image],
        prompts: Sequence[str],
        failed: Sequence[Sequence[Requirement]],
        seeds: Sequence[int],
    ) -> list[str]:
        """One instruction for each (image, prompt, failed requirements), whatever the seeds."""
        written: list[str] = []
        self.spent = []
        for batch in _batched(list(zip(images, prompts, failed, strict=True)), self._batch):
            texts = [ask_repair(prompt, wrong) for _, prompt, wrong in batch]
            inputs = self._vlm.read([image for image, _, _ in batch], texts)
            start = inputs["input_ids"].shape[1]
            answers = [self._choices(prompt, wrong) for _, prompt, wrong in batch]
            held = among(answers, self._vlm.processor.tokenizer, self._vlm.ends, start) if any(answers) else None
            tokens = self._vlm.model.generate(
                **inputs,
                max_new_tokens=self._new_tokens,
                do_sample=False,
                eos_token_id=self._vlm.ends,
                prefix_allowed_tokens_fn=held,
            )
            fresh = tokens[:, start:]
            written += self._vlm.processor.batch_decode(fresh, skip_special_tokens=True)
            lengths = zip(_lengths(inputs), self._vlm.written(fresh).sum(-1).tolist(), strict=True)
            self.spent += [Spent(1, read, answered) for read, answered in lengths]
        return [text.strip() for text in written]


def load_both(
    source: str | Path,
    adapter: str | Path | None,
    choices: Choices | None = None,
    new_tokens: int = NEW_TOKENS,
    **options: Any,
) -> tuple[VLMChecker, VLMActor]:
    """Checker and Actor on one copy of the weights: the Checker looks with the Actor's `adapter` off.

    `options` are those of `VLM.from_pretrained`.
    """
    base = VLM.from_pretrained(source, **options)
    shared = base if adapter is None else adapted(base, adapter)
    return VLMChecker(shared), VLMActor(shared, new_tokens=new_tokens, choices=choices)


def _lengths(inputs: dict[str, Tensor]) -> list[int]:
    """Tokens of each row, those of its picture among them and padding not."""
    return [int(length) for length in inputs["attention_mask"].sum(-1)]


def _batched(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def adapted(vlm: VLM, adapter: str | Path, **options: Any) -> VLM:
    """`vlm` with a peft folder or bundled:NAME on it. UsageError when it cannot be read, or does not fit."""
    path = locate(adapter)
    try:
        with peft_quiet():
            return VLM(PeftModel.from_pretrained(vlm.model, path, **options).eval(), vlm.processor)
    except Exception as error:  # its loaders raise a dozen kinds; all mean that this adapter is no use here
        raise UsageError(f"{adapter}: cannot load this adapter: {first_line(error)}") from error


@contextmanager
def peft_quiet() -> Iterator[None]:
    with warnings.catch_warnings():  # peft 0.21 asks transformers 5.23 for an attribute by its old name
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield


def _adapters_off(model: nn.Module) -> AbstractContextManager[Any]:
    return model.disable_adapter() if isinstance(model, PeftModel) else nullcontext()


def _base_weights(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Names as they were before peft put layers around the adapted ones."""
    base = model.get_base_model() if isinstance(model, PeftModel) else model
    for name, weight in base.named_parameters():
        if "lora_" not in name:
            yield name.replace(".base_layer", ""), weight
