"""P(yes) of a model that runs here, read off the logits of its first answer token: what judges and the Checker share.

VQAScore: arXiv 2404.01291. Of a server's log-probabilities `metrics.first_token` reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rlrig_eval.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

_YES, _NO = ("yes", "Yes"), ("no", "No")


def answer_ids(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The first tokens of the spellings of yes, and of no, by a tokenizer of transformers.

    Raises UsageError when the tokenizer cannot tell them apart.
    """

    def first(spellings: Sequence[str]) -> list[int]:
        return sorted({tokenizer(spelling, add_special_tokens=False)["input_ids"][0] for spelling in spellings})

    yes, no = first(_YES), first(_NO)
    if set(yes) & set(no):
        raise UsageError(f"{tokenizer.name_or_path}: yes and no begin with the same token, so it cannot say P(yes)")
    return yes, no


def yes_share(logits: Tensor, yes: Sequence[int], no: Sequence[int]) -> Tensor:
    """(..., vocabulary) logits to (...) P(yes) in [0, 1], up to rounding: softmax restricted to the spellings."""
    shares = logits[..., [*yes, *no]].float().softmax(-1)
    return shares[..., : len(yes)].sum(-1)
