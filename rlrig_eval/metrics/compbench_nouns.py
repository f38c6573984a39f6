"""Which nouns of a prompt T2I-CompBench looks for (Karine-Huang/T2I-CompBench `UniDet_eval/2D_spatial_eval.py`).

The published script tags the prompt with spaCy's `en_core_web_sm`. A tagger is handed in here as what it says: the
tokens of the prompt, each with its universal part of speech ("NOUN", "PROPN", ...).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rlrig_eval.metrics.compbench import PEOPLE

Tagged = tuple[str, str]
"""A token and its part of speech."""
Nouns = tuple[str | None, str | None]

PREPOSITIONS = ("on top of", "on bottom of", "on the left", "on the right", "next to", "on side of", "near")
_LONGEST = 3  # words


def compbench_nouns(tokens: Sequence[Tagged]) -> Nouns:
    """The first and the last noun, single words; girl, boy, man and woman are "person". None without any noun.

    So "traffic light" is looked for as a traffic or as a light, and with one noun both are the same.

    >>> compbench_nouns([("a", "DET"), ("girl", "NOUN"), ("near", "ADP"), ("a", "DET"), ("fire", "NOUN"),
    ...                  ("hydrant", "NOUN")])
    ('person', 'hydrant')
    """
    nouns = [text for text, kind in tokens if kind == "NOUN"]
    return (_person(nouns[0]), _person(nouns[-1])) if nouns else (None, None)


def compbench_complex_nouns(tokens: Sequence[Tagged]) -> Nouns:
    """The nouns on either side of the preposition, as ``--complex`` picks them; None unless just two are found.

    Before it the nearest noun or name, after it the nearest noun, or else the last word of the nearest name. Every
    place where a preposition begins is gone through, so a prompt with two of them has too many nouns and none is taken.
    A preposition is matched by whole tokens, and "on the left" also inside of "on the left of".

    >>> words = "the red cup is on top of the table".split()
    >>> kinds = ["DET", "ADJ", "NOUN", "AUX", "ADP", "NOUN", "ADP", "DET", "NOUN"]
    >>> compbench_complex_nouns(list(zip(words, kinds, strict=True)))
    ('cup', 'table')
    """
    found: list[str] = []
    for start, length in _prepositions([text for text, _ in tokens]):
        before = (text for text, kind in reversed(tokens[:start]) if kind in ("NOUN", "PROPN"))
        after = tokens[start + length :]
        found += [noun for noun in (next(before, None), _following(after)) if noun is not None]
    return (_person(found[0]), _person(found[1])) if len(found) == 2 else (None, None)


def _prepositions(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """(first token, number of tokens) of each preposition, the longest at each place."""
    for start in range(len(words)):
        lengths = [n for n in range(_LONGEST, 0, -1) if " ".join(words[start : start + n]) in PREPOSITIONS]
        if lengths:
            yield start, min(lengths[0], len(words) - start)


def _following(tokens: Sequence[Tagged]) -> str | None:
    noun = next((text for text, kind in tokens if kind == "NOUN"), None)
    if noun is not None:
        return noun
    pairs = pairwise(tokens)
    return next((text for (text, kind), (_, after) in pairs if kind == "PROPN" and after != "PROPN"), None)


def _person(noun: str) -> str:
    return "person" if noun in PEOPLE else noun
