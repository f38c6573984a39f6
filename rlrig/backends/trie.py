"""Decoding held to given answers: the model chooses among them token by token (De Cao et al., arXiv 2010.00904)."""

from collections.abc import Callable, Iterable, Sequence

from torch import Tensor
from transformers import PreTrainedTokenizerBase

Trie = dict[int, "Trie"]
Allowed = Callable[[int, Tensor], list[int]]
"""Of a row's number and the tokens so far: those that may come next; what `generate` asks for."""


def among(
    answers: Sequence[Sequence[str]], tokenizer: PreTrainedTokenizerBase, ends: Sequence[int], start: int
) -> Allowed:
    """Row k may write any of `answers[k]` and then one of `ends`; a row without answers writes what it likes.

    `start` is the length of the inputs, which the rows share. `ends` is not empty: a sentence may begin another.
    """
    tries = [_trie(tokenizer(list(row), add_special_tokens=False)["input_ids"], ends) if row else {} for row in answers]
    anything = list(range(len(tokenizer)))

    def allowed(row: int, tokens: Tensor) -> list[int]:
        if not tries[row]:
            return anything
        place = tries[row]
        for token in tokens[start:].tolist():
            place = place.get(token, {})
        return list(place) or list(ends)  # past its end a row is padded

    return allowed


def _trie(sentences: Iterable[Sequence[int]], ends: Sequence[int]) -> Trie:
    root: Trie = {}
    for sentence in sentences:
        place = root
        for token in sentence:
            place = place.setdefault(token, {})
        place.update({end: {} for end in ends})
    return root
