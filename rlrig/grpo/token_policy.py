"""The Actor as a policy: a vision-language model with a LoRA, whose instructions have a probability."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from PIL.Image import Image
from torch import Tensor

from rlrig.backends.chat import ask_repair
from rlrig.backends.trie import Allowed, among
from rlrig.backends.vlm import VLM, Choices, adapted, peft_quiet
from rlrig_eval.checkpoints import locate
from rlrig_eval.errors import UsageError, first_line
from rlrig_eval.scene import Requirement

TRAINED, REFERENCE = "default", "reference"


@dataclass(frozen=True)
class Completions:
    """B instructions that were sampled: `prompts` the model's inputs, padded on the left; `tokens` (B, T) with `mask`
    (B, T) up to the end-of-text token, which is counted; `texts`; `finished` where that token came; `held`, what might
    have been written at each place, where not everything might."""

    prompts: dict[str, Tensor]
    tokens: Tensor
    mask: Tensor
    texts: tuple[str, ...]
    finished: tuple[bool, ...]
    held: Allowed | None = None


class ActorPolicy:
    """An Actor that is sampled at a `temperature`; the same temperature divides the logits of its probabilities.

    It never writes the tokens that stand for a picture: the model takes those for pictures that it was not given.
    Where there are `choices`, it writes one of them, as in the loop: siblings that differ in what the loop would never
    let through teach nothing of use. The base below the LoRA is the Checker, and stays frozen.

    Raises UsageError for a model without an adapter.
    """

    def __init__(
        self, vlm: VLM, temperature: float = 1.0, max_tokens: int = 24, choices: Choices | None = None
    ) -> None:
        if not isinstance(vlm.model, PeftModel):
            raise UsageError("the Actor to train needs an adapter")
        self.vlm, self.model = vlm, vlm.model
        self._temperature, self._max_tokens, self._choices = temperature, max_tokens, choices
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
        choices: Choices | None = None,
    ) -> "ActorPolicy":
        """Begin from `adapter` (a peft folder or bundled:NAME), of which a frozen copy is the reference policy; else
        from a fresh LoRA on the layers that the regular expression `targets` matches, with the base as reference;
        `seed` is that of the fresh one.

        Raises UsageError for an adapter that does not fit the base, or `targets` that match no layer."""
        base.model.requires_grad_(requires_grad=False)
        with peft_quiet(), torch.random.fork_rng(devices=[]):  # drawn on the CPU; other processes have the other GPUs
            torch.manual_seed(seed)
            if adapter is None:
                lora = LoraConfig(r=rank, lora_alpha=alpha, init_lora_weights="gaussian", target_modules=targets)
                try:
                    model = get_peft_model(base.model, lora, adapter_name=TRAINED)
                except ValueError as problem:
                    raise UsageError(f"actor.lora.targets: {first_line(problem)}") from problem
            else:
                model = adapted(base, adapter, adapter_name=TRAINED, is_trainable=True).model
                model.load_adapter(locate(adapter), adapter_name=REFERENCE, is_trainable=False)
        return cls(VLM(model.eval(), base.processor), temperature, max_tokens, choices)

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

    def read(
        self, images: Sequence[Image], prompts: Sequence[str], failed: Sequence[Sequence[Requirement]]
    ) -> dict[str, Tensor]:
        """The model's inputs, which ask for an instruction."""
        texts = [ask_repair(prompt, wrong) for prompt, wrong in zip(prompts, failed, strict=True)]
        return self.vlm.read(list(images), texts)

    @torch.no_grad()
    def sample(
        self, images: Sequence[Image], prompts: Sequence[str], failed: Sequence[Sequence[Requirement]], seed: int
    ) -> Completions:
        """One instruction for each (image, prompt, failed requirements), from the whole distribution."""
        inputs = self.read(images, prompts, failed)
        held = self._held(prompts, failed, inputs["input_ids"].shape[1])
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
                **dict.fromkeys(("min_p", "top_h", "typical_p", "epsilon_cutoff", "eta_cutoff")),
                repetition_penalty=1.0,
                no_repeat_ngram_size=0,
                prefix_allowed_tokens_fn=held,
                suppress_tokens=self._unsaid or None,
            )
        tokens = whole[:, inputs["input_ids"].shape[1] :]
        said = self.vlm.written(tokens)
        kept = [row[of_it] for row, of_it in zip(tokens, said, strict=True)]
        texts = self.vlm.processor.batch_decode(kept, skip_special_tokens=True)
        finished = [int(row[-1]) in self.vlm.ends for row in kept]
        return Completions(inputs, tokens, said.long(), tuple(text.strip() for text in texts), tuple(finished), held)

    def _held(self, prompts: Sequence[str], failed: Sequence[Sequence[Requirement]], start: int) -> Allowed | None:
        answers = [self._choices(*each) for each in zip(prompts, failed, strict=True)] if self._choices else []
        return among(answers, self.vlm.processor.tokenizer, self.vlm.ends, start) if any(answers) else None

    def logp(self, made: Completions) -> Tensor:
        """log P of each token (B, T) float32, given its picture, its question and what comes before; 0 off the mask."""
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
        if made.held is not None:
            logits = logits.masked_fill(~_open(made.held, inputs["input_ids"], logits), -torch.inf)
        found = (logits / self._temperature).log_softmax(-1).gather(2, made.tokens[:, :, None])[:, :, 0]
        return torch.where(made.mask.bool(), found, 0.0)  # padding is not among what may be written


def _open(held: Allowed, whole: Tensor, logits: Tensor) -> Tensor:
    """(B, T, V): what may be written at each place of `whole` (B, prompt + T), by what comes before it."""
    found, start = torch.zeros_like(logits, dtype=torch.bool), whole.shape[1] - logits.shape[1]
    for row, tokens in enumerate(whole.cpu()):
        for place in range(logits.shape[1]):
            found[row, place, held(row, tokens[: start + place])] = True
    return found
