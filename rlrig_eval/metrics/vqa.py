"""Scores that average a VQA model's answers: TIFA, Soft-TIFA (GenEval 2) and VQAScore.

TIFA: arXiv 2303.11897. GenEval 2: arXiv 2512.16853, facebookresearch/GenEval2. VQAScore: arXiv 2404.01291,
linzhiqiu/t2v_metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, fsum, isfinite, log
from statistics import fmean
from typing import NamedTuple

from rlrig_eval.metrics.variant import Variant, is_corrected
from rlrig_eval.scene.phrases import NUMBERS

VQASCORE_PROMPT = 'Does this figure show "{text}"? Please answer yes or no.'
"""Of CLIP-FlanT5 and version 3.0; 3.1 says "Yes or No". The wording moves the score, so it is part of a row's key."""


class SoftTIFA(NamedTuple):
    """The benchmark's scores, 0 to 100: `am` rewards each atom, `gm` the whole prompt.

    Of published probabilities, which may pass 1, they may pass 100.
    """

    am: float
    gm: float


def tifa(given: Sequence[str], answers: Sequence[str]) -> float:
    """The share of multiple-choice questions whose given answer equals the right one, to the letter.

    Raises:
        ValueError: no questions, or as many answers as there are not questions.
    """
    return _mean([float(a == b) for a, b in zip(given, answers, strict=True)])


def soft_tifa_am(probabilities: Sequence[float]) -> float:
    """The arithmetic mean of an image's atoms, each P(right answer).

    A published one may pass 1 (see `soft_tifa_probability`), and so may the mean, as published.

    Raises:
        ValueError: no atoms, or one that is negative or not finite.
    """
    if wrong := [p for p in probabilities if not (isfinite(p) and p >= 0)]:
        raise ValueError(f"a probability is finite and not negative, not {wrong[0]}")
    return _mean(probabilities)


def soft_tifa_gm(probabilities: Sequence[float]) -> float:
    """The geometric mean of an image's atoms, (p1 ... pn)^(1/n); 0 as soon as one is 0. Raises as `soft_tifa_am`.

    >>> round(soft_tifa_gm([1.0, 0.25]), 12)
    0.5
    """
    soft_tifa_am(probabilities)
    if min(probabilities) == 0:
        return 0.0
    return exp(fmean(log(p) for p in probabilities))


def soft_tifa(images: Sequence[Sequence[float]]) -> SoftTIFA:
    """The benchmark's scores: 100 times the mean over images. Raises as `soft_tifa_am`.

    >>> scores = soft_tifa([[1.0, 0.25], [1.0, 1.0]])
    >>> scores.am, round(scores.gm, 9)
    (81.25, 75.0)
    """
    return SoftTIFA(am=100 * fmean(map(soft_tifa_am, images)), gm=100 * fmean(map(soft_tifa_gm, images)))


def soft_tifa_spellings(question: str, answer: str) -> tuple[str, ...]:
    """The spellings whose first tokens count as the right answer.

    >>> soft_tifa_spellings("How many cows are in the image?", "three")
    ('three', 'Three', ' three', ' Three', '3', ' 3')
    >>> soft_tifa_spellings("Are the cows plastic?", "Yes")
    ('Yes', 'yes', ' yes', ' Yes')
    """
    if not question.startswith("How many"):
        return "Yes", "yes", " yes", " Yes"
    word = answer.lower()
    digits = (str(NUMBERS.index(word)),) if word in NUMBERS else ()
    return (word, word.capitalize(), f" {word}", f" {word.capitalize()}", *digits, *(f" {digit}" for digit in digits))


def soft_tifa_probability(
    question: str,
    answer: str,
    tokens_of: Callable[[str], Sequence[int]],
    first_token: Mapping[int, float],
    variant: Variant = "published",
) -> float:
    """P(right answer) of one atom, summed over spellings.

    Args:
        tokens_of: the tokenizer: a spelling to its token ids, without special tokens.
        first_token: the probability of each token to be the first one generated; a token that is not there has none.
        variant: "published" adds the first token of every spelling: one that several share is added as often (the
            sum may pass 1), and a spelling of several tokens counts by its beginning. "corrected" adds each token
            that is a whole spelling once.
    """
    tokens = [tuple(tokens_of(spelling)) for spelling in soft_tifa_spellings(question, answer)]
    if is_corrected(variant):
        counted = sorted({ids[0] for ids in tokens if len(ids) == 1})
    else:
        counted = [ids[0] for ids in tokens if ids]
    return fsum(first_token.get(token, 0.0) for token in counted)


def vqascore(probabilities: Sequence[float]) -> float:
    """The benchmark's VQAScore: the mean over images of P("Yes") to `VQASCORE_PROMPT`, each in [0, 1].

    Raises:
        ValueError: no images, or one outside [0, 1].
    """
    if wrong := [p for p in probabilities if not 0 <= p <= 1]:
        raise ValueError(f"a probability lies in [0, 1], not {wrong[0]}")
    return _mean(probabilities)


def _mean(values: Sequence[float]) -> float:
    if not values:
        raise ValueError("the mean of no answers")
    return fmean(values)
