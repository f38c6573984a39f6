"""Many questions about one picture in one sequence, each blind to the others.

The picture's tokens come once, then every turn with its answer. A token sees the picture and its own turn
alone, at the positions it would have if the turn were the only one, so training is exact for single questions
and the cost of the picture is shared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
from peft import PeftModel
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import ProcessorMixin

from rlrig.backends.chat import render
from rlrig.bundled.lessons.curriculum import Lesson
from rlrig.bundled.lessons.questions import NO, YES, Turn
from rlrig.bundled.training.owners import owners
from rlrig.bundled.training.referents import NOWHERE, UNKNOWN, Place, places
from rlrig_eval.scene import SceneGraph

IGNORED = -100
_MARK = "\N{SECTION SIGN}"
DOUBT = 0.015
"""Share of a verdict that goes to the other one: as sure as drawings are clear, it would be too sure of pictures."""
_SPOKEN_WEIGHT = 0.3  # of a token of a described place, against a yes or no


@dataclass(frozen=True)
class Packed:
    """A batch. `inputs` are the model's; `labels` (B, L) are what should follow each token, or IGNORED.

    `weights` (B, L) float, 1 where a verdict should follow; `topics` are those of the turns, row by row.
    """

    inputs: Mapping[str, Tensor]
    labels: Tensor
    weights: Tensor
    topics: tuple[str, ...]
    first: Tensor
    """(B, L) bool: where the next token is the first of an answer."""
    cells: Tensor
    """(B, 8, 8): what lies under each cell of the picture, see `owners`."""
    named: Tensor
    """(B, L, 3): the place of what each token of a turn names, see `referents`."""
    picture: slice
    """Which of the L tokens are the picture's."""
    verdicts: tuple[int, int]
    """The tokens of yes and no."""

    def to(self, device: str) -> "Packed":
        moved = {name: value.to(device) for name, value in self.inputs.items()}
        tensors = (self.labels, self.weights, self.first, self.cells, self.named)
        labels, weights, first, cells, named = (part.to(device) for part in tensors)
        return Packed(moved, labels, weights, self.topics, first, cells, named, self.picture, self.verdicts)


class Packer:
    """Puts pictures and turns into batches for one model."""

    def __init__(self, processor: ProcessorMixin, model: nn.Module) -> None:
        """`model` is asked once at which positions it puts the tokens before the text."""
        self._processor = processor
        head, self._tail = render(processor, _MARK).split(_MARK)
        blank = processor(text=[head], images=[[Image.new("RGB", (64, 64), "white")]], return_tensors="pt")
        self._head: Tensor = blank["input_ids"][0]
        shown = (self._head == model.config.image_token_id).nonzero()
        self._picture = slice(int(shown.min()), int(shown.max()) + 1)
        self.picture_tokens = len(shown)
        self._places, self._next = _positions(model, blank)
        self._ids = lru_cache(maxsize=100_000)(self._encode)
        self._verdicts = (self._ids(YES)[0], self._ids(NO)[0])

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self._processor.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _words(self, ids: Sequence[int]) -> list[str]:
        found: list[str] = self._processor.tokenizer.convert_ids_to_tokens(ids)
        return found

    def pack(self, lessons: Sequence[Lesson]) -> Packed:
        rows = [self._row(lesson.turns, lesson.scene) for lesson in lessons]
        length = max(len(row.ids) for row in rows) + len(self._head)
        count, before = len(rows), len(self._head)
        ids = torch.full((count, length), self._processor.tokenizer.pad_token_id)
        labels, weights = torch.full((count, length), IGNORED), torch.zeros(count, length)
        turn_of, places = torch.full((count, length), -1), torch.zeros(count, length, dtype=torch.long)
        first, named = torch.zeros(count, length, dtype=torch.bool), torch.full((count, length, 3), UNKNOWN)
        ids[:, :before], turn_of[:, :before] = self._head, 0
        for number, row in enumerate(rows):
            here = slice(before, before + len(row.ids))
            ids[number, here], labels[number, here] = torch.tensor(row.ids), torch.tensor(row.labels)
            weights[number, here], turn_of[number, here] = torch.tensor(row.weights), torch.tensor(row.turns)
            places[number, here], first[number, here] = (
                torch.tensor(row.places) + self._next,
                torch.tensor(row.first),
            )
            named[number, here] = torch.tensor(row.named)
        inputs = {"input_ids": ids, "attention_mask": _visible(turn_of), "position_ids": self._spread(places)}
        inputs |= self._processor.image_processor([[lesson.picture] for lesson in lessons], return_tensors="pt")
        inputs.pop("rows", None)
        inputs.pop("cols", None)
        topics = tuple(topic for row in rows for topic in row.topics)
        cells = torch.stack([owners(lesson.scene) for lesson in lessons])
        return Packed(inputs, labels, weights, topics, first, cells, named, self._picture, self._verdicts)

    def _spread(self, places: Tensor) -> Tensor:
        """(B, L) places in the text to the model's position ids: (B, L), or (3, B, L) with mrope."""
        if self._places.ndim == 1:
            places[:, : len(self._head)] = self._places
            return places
        spread = places.expand(3, *places.shape).clone()
        spread[:, :, : len(self._head)] = self._places[:, None]
        return spread

    def _row(self, turns: Sequence[Turn], scene: SceneGraph) -> "_Row":
        row = _Row()
        for number, turn in enumerate(turns, start=1):
            asked = self._ids(turn.prompt + self._tail)
            answer = (*self._ids(turn.answer), self._processor.tokenizer.eos_token_id)
            length = len(asked) + len(answer) - 1
            weight = 1.0 if turn.answer in (YES, NO) else _SPOKEN_WEIGHT
            row.ids += [*asked, *answer[:-1]]
            row.labels += [*[IGNORED] * (len(asked) - 1), *answer]
            row.weights += [
                *[0.0] * (len(asked) - 1),
                weight,
                *[min(weight, _SPOKEN_WEIGHT)] * (len(answer) - 1),
            ]
            row.first += [*[False] * (len(asked) - 1), True, *[False] * (len(answer) - 1)]
            row.turns += [number] * length
            row.places += range(length)
            row.named += [*places(self._words(asked), scene), *[NOWHERE] * (len(answer) - 1)]
            row.topics.append(turn.topic)
        return row


@dataclass
class _Row:
    """What follows the picture: one entry a token, except `topics` (one a turn)."""

    ids: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    first: list[bool] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    named: list[Place] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)


def _positions(model: nn.Module, blank: Mapping[str, Any]) -> tuple[Tensor, int]:
    """Where the tokens before the text are, (H,) or (3, H), and where the text begins."""
    find = getattr(model.model, "get_rope_index", None)
    if find is None:
        places = torch.arange(blank["input_ids"].shape[1])
    else:
        places = find(blank["input_ids"], blank["mm_token_type_ids"], image_grid_thw=blank["image_grid_thw"])[0][:, 0]
    return places, int(places.max()) + 1


def _visible(turn_of: Tensor) -> Tensor:
    """(B, 1, L, L) bool: earlier tokens of the same turn and of the picture (turn 0); padding is -1."""
    length = turn_of.shape[1]
    asking, asked = turn_of[:, :, None], turn_of[:, None, :]
    earlier = torch.ones(length, length, dtype=torch.bool).tril()
    return (((asking == asked) | ((asked == 0) & (asking >= 0))) & earlier)[:, None]


def answer_logits(model: nn.Module, batch: Packed, where: Tensor) -> Tensor:
    """(n, vocabulary) logits at the positions where (B, L) bool `where` is true, row by row."""
    whole = model.get_base_model() if isinstance(model, PeftModel) else model
    hidden = whole.model(**batch.inputs, use_cache=False).last_hidden_state
    logits: Tensor = whole.lm_head(hidden[where])
    return logits


def answer_loss(model: nn.Module, batch: Packed) -> tuple[Tensor, Mapping[str, float]]:
    """Weighted mean cross-entropy of every answer token; for the log, words and verdicts apart."""
    where = batch.labels != IGNORED
    labels, weights = batch.labels[where], batch.weights[where]
    kinds = {"verdicts": weights == 1.0, "words": weights < 1.0}
    others = torch.where(kinds["verdicts"], sum(batch.verdicts) - labels, IGNORED)
    losses = token_losses(answer_logits(model, batch, where), labels, others)
    parts = {name: float(losses.detach()[kind].mean()) for name, kind in kinds.items() if bool(kind.any())}
    return (losses * weights).sum() / weights.sum(), parts


def token_losses(logits: Tensor, labels: Tensor, others: Tensor) -> Tensor:
    """(n,) cross-entropies of (n, vocabulary) logits.

    Where `others` is not IGNORED, DOUBT of it is that of the other verdict: label smoothing (Szegedy et al. 2016)
    among the two.
    """
    right = F.cross_entropy(logits, labels, reduction="none")
    wrong = F.cross_entropy(logits, others, reduction="none", ignore_index=IGNORED)
    return torch.where(others == IGNORED, right, torch.lerp(right, wrong, DOUBT))
