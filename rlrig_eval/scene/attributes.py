"""Words that describe an entity, by kind. A word of no kind is still an attribute, of the kind "other"."""

from typing import Literal

AttributeKind = Literal["colour", "size", "material", "other"]

COLOURS = frozenset(
    "red green blue yellow purple black white orange pink brown gray grey gold golden silver cyan magenta "
    "turquoise beige violet".split()
)
SIZES = frozenset("small large big tiny huge little giant".split())
DIMENSIONS = frozenset("tall short long wide narrow thick thin".split())  # sizes in one direction: no rivals of SIZES
MATERIALS = frozenset(
    "wooden wood metal metallic plastic glass stone rubber leather fabric cotton paper ceramic brick "
    "concrete marble".split()
)


def kind_of(word: str) -> AttributeKind:
    """The kind of an attribute word.

    >>> kind_of("red"), kind_of("large"), kind_of("wooden"), kind_of("hairy")
    ('colour', 'size', 'material', 'other')
    """
    if word in COLOURS:
        return "colour"
    if word in SIZES or word in DIMENSIONS:
        return "size"
    return "material" if word in MATERIALS else "other"
