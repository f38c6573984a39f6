"""Vision-language models of transformers, asked in batches; P(yes) comes from one forward pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from rlrig_eval.checkpoints import open_model, usable_device, weights_hash
from rlrig_eval.judges.contract import Reply, Request, Trouble, Usage
from rlrig_eval.yes_no import answer_ids, yes_share


class Local:
    """A model from the Hub, a folder or ``bundled:NAME``. It reads its own chat template, and runs no remote code."""

    rubric = "p-yes"
    pair_rubric = "pairwise-p"
    passing = frozenset({"device"})

    def __init__(
        self,
        model: str,
        revision: str | None = None,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 32,
        reply_limit: int = 512,
    ) -> None:
        from transformers import AutoModelForImageTextToText, AutoProcessor

        device = usable_device(device)
        loaded = open_model(AutoModelForImageTextToText, model, revision, dtype=dtype, use_safetensors=True)
        self._processor: Any = open_model(AutoProcessor, model, revision)
        self._processor.tokenizer.padding_side = "left"  # the next token of every row of a batch is the last
        self._model: Any = loaded.to(device).eval()
        self._batch, self._reply_limit = batch_size, reply_limit
        self._yes, self._no = answer_ids(self._processor.tokenizer)

    @staticmethod
    def revision_of(model: str, revision: str | None = None, **_: Any) -> str | None:
        """The hash of a folder's weights; for a Hub id, the revision that was named."""
        return weights_hash(model) or revision

    def replies(self, requests: Iterable[Request]) -> Iterator[Reply | Trouble]:
        # The questions on one picture make a batch, so that no verdict depends on the company it was reached in.
        for (_, one_word), part in groupby(requests, key=lambda r: ([*map(id, r.images)], r.form.schema is None)):
            answer = self._chances if one_word else self._texts
            while chunk := list(islice(part, self._batch)):
                yield from answer(chunk)

    def _inputs(self, requests: Sequence[Request]) -> dict[str, Any]:
        texts = [self._rendered(request) for request in requests]
        pictures = [list(request.images) for request in requests]
        inputs = self._processor(text=texts, images=pictures, padding=True, return_tensors="pt")
        return dict(inputs.to(self._model.device, self._model.dtype))

    def _rendered(self, request: Request) -> str:
        content = [*({"type": "image"} for _ in request.images), {"type": "text", "text": request.text}]
        turn = [{"role": "user", "content": content}]
        return str(self._processor.apply_chat_template(turn, tokenize=False, add_generation_prompt=True))

    def _chances(self, requests: Sequence[Request]) -> list[Reply]:
        """P(yes): softmax over the first tokens that spell yes or no (VQAScore, Lin et al. 2024)."""
        import torch

        inputs = self._inputs(requests)
        with torch.inference_mode():
            logits = self._model(**inputs, logits_to_keep=1).logits[:, -1]
        shares = yes_share(logits, self._yes, self._no)
        tokens = inputs["attention_mask"].sum(-1).tolist()
        return [
            Reply("yes" if p >= 0.5 else "no", p_yes=p, usage=Usage(1, used, 1, usd=0.0))
            for p, used in zip(shares.clamp(0, 1).tolist(), tokens, strict=True)
        ]

    def _texts(self, requests: Sequence[Request]) -> list[Reply]:
        """Greedy text."""
        import torch

        inputs = self._inputs(requests)
        with torch.inference_mode():
            written = self._model.generate(**inputs, max_new_tokens=self._reply_limit, do_sample=False)
        fresh = written[:, inputs["input_ids"].shape[1] :]
        tokens, texts = inputs["attention_mask"].sum(-1).tolist(), self._processor.batch_decode(fresh, True)
        return [
            Reply(text, usage=Usage(1, used, fresh.shape[1], usd=0.0)) for text, used in zip(texts, tokens, strict=True)
        ]


class ShapesVLM(Local):
    """The bundled judge: another class, other drawing styles and another seed than the Checker's."""

    def __init__(self, device: str = "cpu", batch_size: int = 64) -> None:
        super().__init__("bundled:judge", device=device, batch_size=batch_size)

    @staticmethod
    def revision_of(**_: Any) -> str | None:  # type: ignore[override]
        return weights_hash("bundled:judge")
