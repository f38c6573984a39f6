"""Whether two names mean the same, by sentence embeddings: asked only where the own table (`synonyms`) finds nothing.

The embedding of a name is the mean of a transformers encoder's last states over its tokens, of unit length (Reimers and
Gurevych, Sentence-BERT, EMNLP 2019). Nothing beside transformers is needed, and nothing is ever fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rlrig_eval.checkpoints import open_model
from rlrig_eval.errors import UsageError
from rlrig_eval.scene import SceneGraph

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to (texts, width) vectors of unit length."""


def sentence_embeddings(folder: str | Path) -> Embed:
    """The encoder that lies in `folder`, on the CPU.

    Raises:
        UsageError: there is no such folder, or no encoder with its tokenizer in it.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer

    path = Path(folder)
    if not path.is_dir():
        raise UsageError(
            f"embeddings: there is no folder {str(folder)!r}; name one that holds a transformers encoder "
            "(config.json, model.safetensors, tokenizer.json), as of a sentence-transformers model"
        )
    try:
        tokenizer = open_model(AutoTokenizer, path, local_files_only=True)
        model = open_model(AutoModel, path, local_files_only=True, use_safetensors=True).eval()
    except UsageError as problem:
        raise UsageError(f"embeddings: {problem}") from problem

    @torch.no_grad()
    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        read = tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")
        states, mask = model(**read).last_hidden_state, read["attention_mask"].unsqueeze(-1)
        mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1)  # padding is no part of a name
        return np.asarray(torch.nn.functional.normalize(mean.float(), dim=-1).numpy())

    return embed


def nearest(seen: str, words: Sequence[str], embed: Embed, least: float) -> str | None:
    """The one of `words` whose cosine with `seen` is greatest, the first of equals; None where none reaches `least`."""
    if not words:
        return None
    vectors = embed([seen, *words])
    cosines = vectors[1:] @ vectors[0]
    best = int(cosines.argmax())
    return words[best] if cosines[best] >= least else None


def renamed(graph: SceneGraph, words: Sequence[str], embed: Embed, least: float) -> SceneGraph:
    """`graph` with every category that is none of `words` called by the nearest of them, where one is near enough."""
    strange = {entity.category for entity in graph.entities} - set(words)
    name_of = {category: nearest(category, words, embed, least) or category for category in sorted(strange)}
    entities = (
        entity.model_copy(update={"category": name_of.get(entity.category, entity.category)})
        for entity in graph.entities
    )
    return graph.model_copy(update={"entities": tuple(entities)})
