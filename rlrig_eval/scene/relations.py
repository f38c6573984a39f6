"""The typed vocabulary of spatial relations: inverse, symmetry, transitivity, axis and canonical form."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Axis = Literal["horizontal", "vertical", "depth", "containment", "distance", "size", "between", "support", "contact"]


@dataclass(frozen=True)
class Kind:
    """What is known of one predicate.

    `canonical` is the predicate it is rewritten to before any comparison and `swap` says whether subject and
    object trade places on the way; a predicate that is its own canonical form never swaps.
    """

    name: str
    axis: Axis
    canonical: str
    swap: bool = False
    inverse: str | None = None
    symmetric: bool = False
    transitive: bool = False
    places: int = 2


_KINDS = (
    Kind("left of", "horizontal", "left of", inverse="right of", transitive=True),
    Kind("right of", "horizontal", "left of", swap=True, inverse="left of", transitive=True),
    Kind("above", "vertical", "above", inverse="below", transitive=True),
    Kind("below", "vertical", "above", swap=True, inverse="above", transitive=True),
    # "on" says more than "above" (contact), so it keeps a form of its own and no word is exactly its inverse. It has an
    # axis of its own, as touching does: what is on a thing is above it too, and that is no second opinion.
    Kind("on", "support", "on"),
    Kind("under", "vertical", "above", swap=True, inverse="above", transitive=True),
    Kind("in front of", "depth", "in front of", inverse="behind", transitive=True),
    Kind("behind", "depth", "in front of", swap=True, inverse="in front of", transitive=True),
    Kind("inside", "containment", "inside", inverse="around", transitive=True),
    Kind("around", "containment", "inside", swap=True, inverse="inside", transitive=True),
    Kind("near", "distance", "near", inverse="near", symmetric=True),
    Kind("far from", "distance", "far from", inverse="far from", symmetric=True),
    Kind("touching", "contact", "touching", inverse="touching", symmetric=True),
    Kind("bigger than", "size", "bigger than", inverse="smaller than", transitive=True),
    Kind("smaller than", "size", "bigger than", swap=True, inverse="bigger than", transitive=True),
    Kind("between", "between", "between", places=3),
)

VOCABULARY: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""Every spatial predicate by name. Any other predicate is kept verbatim and counts as non-spatial."""


def is_spatial(predicate: str) -> bool:
    """Whether `predicate` belongs to the typed vocabulary.

    >>> is_spatial("left of"), is_spatial("wearing")
    (True, False)
    """
    return predicate in VOCABULARY


def opposite(predicate: str) -> str:
    """The predicate that the mirrored or role-swapped twin of a prompt states instead of `predicate`.

    Inverse where there is one; near and far from trade places; anything else stays.

    >>> opposite("left of"), opposite("near"), opposite("between")
    ('right of', 'far from', 'between')
    """
    if predicate in ("near", "far from"):
        return "far from" if predicate == "near" else "near"
    kind = VOCABULARY.get(predicate)
    return kind.inverse if kind is not None and kind.inverse is not None else predicate
