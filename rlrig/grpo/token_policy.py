"""The Actor as a policy: a vision-language model with a LoRA, whose instructions have a probability."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL.Image import Image
from torch import Tensor

from rlrig.backends.chat import ask_repair
from rlrig.backends.vlm import VLM, adapted, peft_quiet
from rlrig_eval.checkpoints import locate
from rlrig_eval.errors import UsageError
from rlrig_eval.scene import Requirement

TRAINED, REFERENCE = "default", "reference"


@dataclass(frozen=True)
class Completions:
    """B instructions that were sampled: `prompts` the model's inputs, padded on the left; `tokens` (B, T) with `mask`
    (B, T) up to the end-of-text token, which is counted; `texts`; `finished` where that token came."""

    prompts: dict[str, Tensor]
    tokens: Tensor
    mask: Tensor
    texts: tuple[str, ...]
    finished: tuple[bool, ...]


class ActorPolicy:
    """An Actor that is sampled at a `temperature`; the same temperature divides the logits of its probabilities.

    It never writes the tokens that stand for a picture: the model takes those for pictures that it was not given.
    The base below the LoRA is the Checker, and stays frozen.
    """

    def __init__(self, vlm: VLM, temperature: float = 1.0, max_tokens: int = 24) -> None:
        if not isinstance(vlm.model, PeftModel):
            raise UsageError("the Actor to train needs an adapter")
        self.vlm, self.model = vlm, vlm.model
        self._temperature, self._max_tokens = temperature, max_tokens
        config = vlm.model.config
        self._unsaid = [
            number for kind in ("image", "video") if (number := getattr(config, f"{kind}_token_id", None)) is not None
        ]

    @classmethod
    def on(
        cls,
        base: VLM,
        adapter: str | None,
        rank: int,
        alpha: float,
        targets: str,
        temperature: float = 1.0,
        max_tokens: int = 24,
        seed: int = 0,
    ) -> "ActorPolicy":
        """Begin from `adapter` (a peft folder or bundled:NAME), of which a frozen copy is the reference policy; else
        from a fresh LoRA on the layers that the regular expression `targets` matches, with the base as reference;
        `seed` is that of the fresh one."""
        base.model.requires_grad_(False)
        with peft_quiet(), torch.random.fork_rng():
            torch.manual_seed(seed)
            if adapter is None:
                lora = LoraConfig(r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=targets)
                try:
                    model = get_peft_model(base.model, lora, adapter_name=TRAINED)
                except ValueError as problem:
                    raise UsageError(f"actor.lora.targets: {str(problem).splitlines()[0]}") from problem
            else:
                model = adapted(base, adapter, adapter_name=TRAINED, is_trainable=True).model
                model.load_adapter(locate(adapter), adapter_name=REFERENCE, is_trainable=False)
        return cls(VLM(model.eval(), base.processor), temperature, max_tokens)

    def parameters(self) -> dict[str, torch.nn.Parameter]:
        return {name: p for name, p in self.model.named_parameters() if TRAINED in name.split(".") and "lora_" in name}

    @contextmanager
    def reference(self) -> Iterator[None]:
        """Within, the policy is the one that training began with."""
        if REFERENCE not in self.model.peft_config:
            with self.model.disable_adapter():
                yield
            return
        self.model.set_adapter(REFERENCE)
        try:
            yield
        finally:
            self.model.set_adapter(TRAINED)

    @torch.no_grad()
    def sample(
        self, images: Sequence[Image], prompts: Sequence[str], failed: Sequence[Sequence[Requirement]], seed: int
    ) -> Completions:
        """One instruction for each (image, prompt, failed requirements), from the whole distribution."""
        texts = [ask_repair(prompt, wrong) for prompt, wrong in zip(prompts, failed, strict=True)]
        inputs = self.vlm.read(list(images), texts)
        devices = [self.model.device] if self.model.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(seed)
            whole = self.model.generate(
                **inputs,
                max_new_tokens=self._max_tokens,
                do_sample=True,
                eos_token_id=self.vlm.ends,
                temperature=self._temperature,
                # Whatever else the checkpoint's own generation_config asks for would cut or bend what is trained.
                top_k=0,
                top_p=1.0,
                repetition_penalty=1.0,
                no_repeat_ngram_size=0,
                suppress_tokens=self._unsaid or None,
            )
        tokens = whole[:, inputs["input_ids"].shape[1] :]
        said = self.vlm.written(tokens)
        kept = [row[of_it] for row, of_it in zip(tokens, said, strict=True)]
        texts = self.vlm.processor.batch_decode(kept, skip_special_tokens=True)
        finished = [int(row[-1]) in self.vlm.ends for row in kept]
        return Completions(inputs, tokens, said.long(), tuple(text.strip() for text in texts), tuple(finished))

    def logp(self, made: Completions) -> Tensor:
        """log P of each token (B, T) float32, given its picture, its question and the tokens before it."""
        length = made.tokens.shape[1]
        inputs = dict(made.prompts)
        shape = inputs["input_ids"].shape
        for name, value in made.prompts.items():
            if value.shape == shape:  # what the processor says of each token: kinds, visibility
                inputs[name] = torch.cat([value, torch.zeros_like(made.tokens, dtype=value.dtype)], 1)
        inputs["input_ids"] = torch.cat([made.prompts["input_ids"], made.tokens], 1)
        inputs["attention_mask"] = torch.cat([made.prompts["attention_mask"], made.mask], 1)
        logits = self.model(**inputs, logits_to_keep=length + 1, use_cache=False).logits[:, :-1].float()
        logits = logits.index_fill(2, torch.tensor(self._unsaid, device=logits.device, dtype=torch.long), -torch.inf)
        return (logits / self._temperature).log_softmax(-1).gather(2, made.tokens[:, :, None])[:, :, 0]
