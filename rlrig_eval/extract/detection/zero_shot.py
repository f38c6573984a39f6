"""Zero-shot detectors of transformers: Grounding DINO (arXiv 2303.05499) and OWLv2 (arXiv 2306.09683), OWL-ViT too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from rlrig_eval.checkpoints import open_model, usable_device
from rlrig_eval.errors import UsageError
from rlrig_eval.metrics import Detection

MOST_TOKENS = 256
"""What Grounding DINO's text encoder takes; longer lists of words are asked in parts."""


class ZeroShot:
    """Boxes for words, from one forward pass. A box has the label that it fits best."""

    def __init__(self, model: str, revision: str | None = None, device: str = "cpu", dtype: str = "float32") -> None:
        import torch
        from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

        loaded = open_model(
            AutoModelForZeroShotObjectDetection,
            model,
            revision,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
        )
        kind = loaded.config.model_type
        if kind not in _ASK:
            raise UsageError(f"detector {model}: is a {kind}; known: {', '.join(sorted(_ASK))}")
        self._ask = _ASK[kind]
        self._processor = open_model(AutoProcessor, model, revision)
        self._model: Any = loaded.to(usable_device(device)).eval()

    def detect(self, image: Image.Image, queries: Mapping[str, str], least: float) -> list[Detection]:
        """Every box whose best label has a confidence above `least`.

        Args:
            queries: what to ask for each category. Boxes are in pixels of `image`, clipped by nobody.
        """
        import torch

        with torch.inference_mode():
            boxes, scores = self._ask(self._model, self._processor, image, list(queries.values()))
        best, label = scores.float().max(-1)
        categories = list(queries)
        keep = (best > least).nonzero().flatten().tolist()
        corners = boxes.float().tolist()
        return [Detection(categories[int(label[index])], tuple(corners[index]), float(best[index])) for index in keep]


def _owl(model: Any, processor: Any, image: Image.Image, queries: Sequence[str]) -> tuple[Any, Any]:
    """Boxes (n, 4) in pixels and sigmoid scores (n, queries)."""
    inputs = processor(text=[list(queries)], images=image, return_tensors="pt", truncation=True)
    outputs = model(**_on(inputs, model))
    # OWLv2 pads a picture to a square, below and to the right, and its boxes are shares of that square.
    square = max(image.size)
    wide, high = (square, square) if model.config.model_type == "owlv2" else image.size
    return _corners(outputs.pred_boxes[0], wide, high), outputs.logits[0].sigmoid()


def _grounding_dino(model: Any, processor: Any, image: Image.Image, queries: Sequence[str]) -> tuple[Any, Any]:
    """As `_owl`; of several parts, each has its own boxes, with scores of 0 for the words of the others."""
    import torch

    parts: list[tuple[Any, Any]] = []
    for first, chunk in _parts(queries, processor.tokenizer):
        text = _sentence(chunk)
        inputs = processor(images=image, text=text, return_tensors="pt")
        outputs = model(**_on(inputs, model))
        chances = outputs.logits[0].sigmoid()
        scores = torch.zeros(len(chances), len(queries), device=chances.device)
        for number, tokens in enumerate(_spans(chunk, processor.tokenizer)):
            # The mean over a label's tokens, as MMDetection does (`convert_grounding_to_cls_scores`); the phrases
            # that transformers puts together from single tokens mix labels up.
            scores[:, first + number] = chances[:, tokens].mean(-1).nan_to_num(0.0)  # a label may have no token
        parts.append((_corners(outputs.pred_boxes[0], *image.size), scores))
    return torch.cat([boxes for boxes, _ in parts]), torch.cat([scores for _, scores in parts])


_ASK: Mapping[str, Callable[[Any, Any, Image.Image, Sequence[str]], tuple[Any, Any]]] = {
    "grounding-dino": _grounding_dino,
    "mm-grounding-dino": _grounding_dino,
    "owlv2": _owl,
    "owlvit": _owl,
}


def _sentence(labels: Sequence[str]) -> str:
    """Grounding DINO's form: lower case, each label ended by a full stop."""
    return " ".join(f"{label.lower().replace('.', ' ')}." for label in labels)


def _spans(labels: Sequence[str], tokenizer: Any) -> list[list[int]]:
    """The positions of each label's tokens in the sentence of all of them."""
    offsets = tokenizer(_sentence(labels), return_offsets_mapping=True)["offset_mapping"]
    spans, start = [], 0
    for label in labels:
        end = start + len(label)
        spans.append([i for i, (low, high) in enumerate(offsets) if start <= low < high <= end])
        start = end + 2
    return spans


def _parts(labels: Sequence[str], tokenizer: Any) -> list[tuple[int, list[str]]]:
    """The labels in chunks that the text encoder takes, each with the index of its first."""
    parts: list[tuple[int, list[str]]] = []
    for index, label in enumerate(labels):
        if parts and len(tokenizer(_sentence([*parts[-1][1], label]))["input_ids"]) <= MOST_TOKENS:
            parts[-1][1].append(label)
        else:
            parts.append((index, [label]))
    return parts


def _corners(boxes: Any, wide: float, high: float) -> Any:
    """(n, 4) centre, width and height as shares, to corners in pixels."""
    import torch

    middle, half = boxes[:, :2], boxes[:, 2:] / 2
    scale = torch.tensor([wide, high, wide, high], device=boxes.device)
    return torch.cat([middle - half, middle + half], -1) * scale


def _on(inputs: Any, model: Any) -> dict[str, Any]:
    return dict(inputs.to(model.device, model.dtype))
