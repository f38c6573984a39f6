"""Which nouns T2I-CompBench looks for: the published picking, on what a tagger says."""

from __future__ import annotations

import pytest

from rlrig_eval.metrics import compbench_complex_nouns, compbench_nouns

KINDS = {"the": "DET", "a": "DET", "red": "ADJ", "is": "AUX", "and": "CCONJ", "Paris": "PROPN", "Eiffel": "PROPN"}
ADPOSITIONS = ("on", "of", "next", "to", "near", "left")


def tagged(text: str) -> list[tuple[str, str]]:
    """A tagger for these tests: what it does not know is a noun."""
    words = text.split()
    return [(word, KINDS.get(word, "ADP" if word in ADPOSITIONS else "NOUN")) for word in words]


@pytest.mark.parametrize(
    ("text", "nouns"),
    [
        ("a dog on the left of a car", ("dog", "car")),
        ("a girl next to a woman", ("person", "person")),
        ("a traffic light near a fire hydrant", ("traffic", "hydrant")),
        ("a dog", ("dog", "dog")),
        ("near the", (None, None)),
    ],
)
def test_the_first_and_the_last_noun(text: str, nouns: tuple[str | None, str | None]) -> None:
    assert compbench_nouns(tagged(text)) == nouns


@pytest.mark.parametrize(
    ("text", "nouns"),
    [
        ("the red cup is on the left of the table and the chair", ("cup", "table")),
        ("the man is next to the red car", ("person", "car")),
        ("Paris is near the river", ("Paris", "river")),  # a name will do before the preposition ...
        ("the cup is near Eiffel Paris and", ("cup", "Paris")),  # ... and after it, where no noun follows
        ("the cup is near Paris", (None, None)),  # the last token is never looked at as a name
        ("the cup is near the table and the dog is next to the car", (None, None)),  # four nouns
        ("the cup and the table", (None, None)),
    ],
)
def test_the_nouns_on_either_side_of_the_preposition(text: str, nouns: tuple[str | None, str | None]) -> None:
    assert compbench_complex_nouns(tagged(text)) == nouns
